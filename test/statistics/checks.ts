/**
 * The statistical checks of a sampler by priority, written once: the real sampler must pass every one of them, and
 * each sampler that is broken on purpose (`test/mutants`) must fail at least one.
 *
 * A check knows a sampler only through {@link PrioritySampler}: items 0 to n−1 with f32 weights, drawn with
 * replacement and with a probability proportional to the weight.
 *
 * @module
 */

import { Random } from '../mutants/random.js'
import { exactSum, expectedUnhit, fit, LEVEL, normalise } from './goodness.js'

/** What the checks need of a sampler. */
export interface PrioritySampler {
  /** Gives `items[i]` the weight `weights[i]`, rounded to f32. */
  set(items: ArrayLike<number>, weights: ArrayLike<number>): void
  /** `count` items with the probability of each in a single draw; the arrays are lent until the next call. */
  draw(count: number): { items: ArrayLike<number>; probabilities: ArrayLike<number> }
}

/** Makes a sampler of `size` items that all weigh 1. */
export type MakeSampler = (size: number, seed: number) => PrioritySampler

/** What a check found. */
export interface Verdict {
  /** The draws are as they should be and the reported probabilities are right. */
  ok: boolean
  /** The draws alone, whatever was reported. */
  fits: boolean
  /** The figures behind it. */
  detail: string
}

/** One check of a sampler. */
export interface Check {
  name: string
  run(make: MakeSampler): Verdict
}

const CHUNK = 4096

/** Draws `draws` times in chunks and calls `visit` for each. */
export function drawAll(
  sampler: PrioritySampler,
  draws: number,
  visit: (item: number, probability: number) => void,
): void {
  for (let left = draws; left > 0; left -= CHUNK) {
    const { items, probabilities } = sampler.draw(Math.min(left, CHUNK))
    const count = Math.min(left, CHUNK)
    for (let i = 0; i < count; i++) visit(items[i]!, probabilities[i]!)
  }
}

/** Counts draws and holds them against `weights` (as given; they are rounded to f32 here). */
export function fitsWeights(
  sampler: PrioritySampler,
  weights: ArrayLike<number>,
  draws: number,
  tolerance = 1e-12,
): Verdict {
  const probabilities = normalise(Float32Array.from(weights))
  const counts = new Float64Array(probabilities.length)
  let worst = 0
  let outside = 0
  drawAll(sampler, draws, (item, probability) => {
    const expected = probabilities[item]
    if (expected === undefined) outside++
    else {
      counts[item]!++
      worst = Math.max(worst, Math.abs(probability - expected) / expected)
    }
  })
  if (outside > 0) return { ok: false, fits: false, detail: `${outside} of ${draws} draws gave no item at all` }
  const { pValue, df, distance } = fit(counts, probabilities)
  return {
    ok: pValue > LEVEL && worst <= tolerance,
    fits: pValue > LEVEL,
    detail: `p = ${pValue.toExponential(2)} (df ${df}, distance ${distance.toExponential(2)}), probabilities off by ${worst.toExponential(2)}`,
  }
}

function weighted(name: string, draws: number, weights: number[]): Check {
  return {
    name,
    run: (make) => {
      const sampler = make(weights.length, 11)
      sampler.set(Array.from(weights.keys()), weights)
      return fitsWeights(sampler, weights, draws)
    },
  }
}

/** Heavy items among zeros and light ones. */
export function heavyAndZero(size: number): number[] {
  return Array.from({ length: size }, (_, i) => (i % 7 === 3 ? 1000 : i % 3 === 0 ? 0 : (i % 5) + 0.5))
}

/** Weights spread evenly over `decades` powers of ten. */
export function decades(size: number, spread: number): number[] {
  return Array.from(
    { length: size },
    (_, i) => 10 ** (-spread / 2 + (spread * ((i * 7) % size)) / Math.max(1, size - 1)),
  )
}

function singles(): Check {
  return {
    name: 'a single item with weight is always the one drawn, at every place of every small size',
    run: (make) => {
      for (let size = 1; size <= 300; size += size < 70 ? 1 : 23) {
        const sampler = make(size, size)
        const all = Array.from({ length: size }, (_, i) => i)
        sampler.set(all, new Float64Array(size))
        for (const place of new Set([0, size - 1, size >> 1, (size * 15) >> 4])) {
          sampler.set([place], [0.25])
          const { items, probabilities } = sampler.draw(8)
          for (let i = 0; i < 8; i++) {
            if (items[i] === place && probabilities[i] === 1) continue
            const detail = `size ${size}: ${items[i]} (p = ${probabilities[i]}) instead of ${place}`
            return { ok: false, fits: items[i] === place, detail }
          }
          sampler.set([place], [0])
        }
      }
      return { ok: true, fits: true, detail: '' }
    },
  }
}

function churn(): Check {
  return {
    name: 'after a hundred thousand updates the draws follow the present weights',
    run: (make) => {
      const size = 777
      const random = new Random(5)
      const sampler = make(size, 6)
      const weights = new Float32Array(size).fill(1)
      for (let round = 0; round < 400; round++) {
        const items = Array.from({ length: 256 }, () => random.below(size))
        const given = items.map(() => (random.unit() < 0.1 ? 0 : 10 ** (random.unit() * 8 - 4)))
        for (let i = 0; i < items.length; i++) weights[items[i]!] = given[i]!
        sampler.set(items, given)
        if (round % 20 === 0) sampler.draw(16)
      }
      return fitsWeights(sampler, weights, 300_000)
    },
  }
}

function drift(): Check {
  return {
    name: 'after large weights became small nothing of them is left in the draws',
    run: (make) => {
      const size = 1024
      const random = new Random(9)
      const sampler = make(size, 10)
      const all = Array.from({ length: size }, (_, i) => i)
      for (let lap = 0; lap < 12; lap++) {
        sampler.set(
          all,
          all.map(() => 1e18 * (0.5 + random.unit())),
        )
        sampler.draw(64)
        for (const item of all) sampler.set([item], [1e6 * random.unit()])
        sampler.draw(64)
      }
      const weights = all.map((item) => 1e-6 * (1 + (item % 9)))
      for (const item of all) sampler.set([item], [weights[item]!])
      return fitsWeights(sampler, weights, 400_000)
    },
  }
}

/** The checks that take some milliseconds each. */
export const CHECKS: readonly Check[] = [
  weighted('equal weights', 300_000, new Array<number>(1000).fill(3)),
  weighted('heavy items among zeros', 400_000, heavyAndZero(1001)),
  weighted('twelve decades of weights', 400_000, decades(600, 12)),
  weighted('weights near the ends of f32', 200_000, [1e-38, 3e-38, 1e-40, 2e-39, 0, 5e-38]),
  weighted('large weights whose f32 sum would overflow', 200_000, [3e38, 1e38, 3.4e38, 2e38]),
  weighted('all weights zero means uniform', 200_000, new Array<number>(333).fill(0)),
  weighted('one item', 1000, [0.125]),
  singles(),
  churn(),
  drift(),
]

/**
 * Half of a million items weigh 1.0, half 0.01: as many items stay unhit as chance leaves, no more and no fewer.
 *
 * @param draws More draws tell more; at 2^22 a sampler with f32 sums is already more than ten deviations away.
 */
export function reachability(draws: number): Check {
  return {
    name: `a million items: chance alone decides what ${draws} draws never hit`,
    run: (make) => {
      const size = 1 << 20
      const weights = Float32Array.from({ length: size }, (_, i) => (i % 2 === 0 ? 1 : 0.01))
      const sampler = make(size, 21)
      sampler.set(Array.from(weights.keys()), weights)
      const probabilities = normalise(weights)
      const hits = new Uint32Array(size)
      let outside = 0
      let reported = 0
      drawAll(sampler, draws, (item, probability) => {
        if (item >= 0 && item < size) hits[item]!++
        else outside++
        if (Math.abs(probability / probabilities[item]! - 1) > 1e-12) reported++
      })
      let unhit = 0
      for (let i = 0; i < size; i++) if (hits[i] === 0) unhit++
      const { mean, deviation } = expectedUnhit(probabilities, draws)
      const z = (unhit - mean) / deviation

      // Blocks of neighbours show a bias of place that the share of unhit items does not.
      const blocks = new Float64Array(1024)
      const light = new Float64Array(2)
      for (let i = 0; i < size; i++) {
        blocks[i >> 10]! += hits[i]!
        light[i & 1]! += hits[i]!
      }
      const places = fit(blocks, new Float64Array(1024).fill(1 / 1024)).pValue
      const share = fit(light, normalise([1, Math.fround(0.01)])).pValue
      const fits = Math.abs(z) < 4.9 && places > LEVEL && share > LEVEL && outside === 0
      return {
        ok: fits && reported === 0,
        fits,
        detail:
          `unhit ${((100 * unhit) / size).toFixed(3)} %, chance leaves ${((100 * mean) / size).toFixed(3)} % (z = ${z.toFixed(1)}); ` +
          `p of places ${places.toExponential(1)}, of the two weights ${share.toExponential(1)}; ` +
          `${reported} wrong probabilities, ${outside} outside`,
      }
    },
  }
}

/** The exact probability of each item under (w + ε)^α, as the oracle of the reported probabilities. */
export function poweredProbabilities(weights: ArrayLike<number>, alpha: number, epsilon: number): Float64Array {
  const powered = Float64Array.from(weights, (weight) => (weight + epsilon) ** alpha)
  if (alpha === 0 || exactSum(powered) === 0) return new Float64Array(weights.length).fill(1 / weights.length)
  return normalise(powered)
}
