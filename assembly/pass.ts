/**
 * Weighted draws without replacement, in one pass over the window (Efraimidis and Spirakis, 2006): every event gets the
 * key ln E − ln w with E exponentially distributed; the k smallest keys, in ascending order, are k successive draws.
 * Logarithms make weights comparable that are too small for a float. The library keeps the k smallest; a call passes
 * CHUNK events and writes those whose key is below the largest kept so far.
 *
 * An event is passed over without a logarithm when u ≥ w·e^bound for a uniform u, since −ln(1 − u) ≥ u.
 */

import { CHUNK, OUT_PROBABILITIES, OUT_SEQS, WEIGH_LEAVES, WEIGH_RECENCY } from '../src/layout'
import { mixedWeight } from './draw'
import { exp, ln, lnOnePlus } from './power'
import { unit } from './random'
import { at8, oldestSeq, size, slotOfRank, tailSlot } from './state'
import { leafAt } from './tree'

/**
 * Passes the ranks from `from` on. Writes candidates' sequence numbers to OUT_SEQS, their keys to OUT_PROBABILITIES
 * and returns how many. `first` is the decay for WEIGH_RECENCY; for WEIGH_MIXED it is the weight of rewards and
 * `second` that of recency.
 */
export function passWindow(from: u32, weighing: u32, first: f64, second: f64, bound: f64): u32 {
  const n = size()
  const tail = tailSlot()
  const oldest = oldestSeq()
  const end = min(from + CHUNK, n)
  const scale = bound < 700 ? exp(bound) : <f64>Infinity
  const rate = weighing == WEIGH_RECENCY ? ln(first) : 0
  let found: u32 = 0
  for (let rank = from; rank < end; rank++) {
    let logWeight: f64
    const u = unit()
    if (weighing != WEIGH_RECENCY) {
      const leaf = load<f64>(leafAt(slotOfRank(rank, tail)))
      const weight = weighing == WEIGH_LEAVES ? leaf : mixedWeight(leaf, rank, n, first, second)
      if (!(weight > 0) || u >= weight * scale) continue
      logWeight = ln(weight)
    } else {
      logWeight = rate * <f64>(n - 1 - rank)
    }
    const key = ln(-lnOnePlus(-u)) - logWeight
    if (key >= bound) continue
    store<f64>(at8(OUT_SEQS, found), <f64>(oldest + rank))
    store<f64>(at8(OUT_PROBABILITIES, found), key)
    found++
  }
  return found
}
