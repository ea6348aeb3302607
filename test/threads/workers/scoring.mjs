/**
 * Tasks: writing late to events while other threads do, and while the events leave the ring.
 *
 * @module
 */

import { Gate } from '../support/gate.mjs'
import { lateReward } from '../support/payload.mjs'
import { stream } from './membership.mjs'

const SLOTS = /** @type {const} */ (['rewardHomeostasis', 'rewardCuriosity', 'rewardEfficiency', 'rewardGoal'])

/**
 * Adds `amount` to one slot of each of these events, `times` times, after `threads` have met.
 * @param {{ seqs: number[], appraiser: 0 | 1 | 2 | 3, amount: number, times: number, words: Int32Array, threads: number }} order
 */
export function addRewards({ seqs, appraiser, amount, times, words, threads }) {
  const target = stream()
  new Gate(words).meet(threads)
  for (let i = 0; i < times; i++) for (const seq of seqs) target.addReward(seq, appraiser, amount)
}

/** Events that all threads score at the same time, before they meet again. */
const TOGETHER = 100

/**
 * Scores every event of [0, count), one by one or in bulk; `threads` meet again and again, so that they race.
 * @param {{ count: number, appraiser: 0 | 1 | 2 | 3, bulk: boolean, words: Int32Array, threads: number }} order
 */
export function scoreAll({ count, appraiser, bulk, words, threads }) {
  const target = stream()
  const gate = new Gate(words)
  for (let from = 0; from < count; from += TOGETHER) {
    const seqs = Float64Array.from({ length: TOGETHER }, (_, i) => from + i)
    const rewards = seqs.map((seq) => lateReward(seq, appraiser))
    gate.meet(threads * (from / TOGETHER + 1))
    if (bulk) target.setAppraiserRewards(seqs, appraiser, rewards)
    else for (let i = 0; i < TOGETHER; i++) target.setAppraiserReward(from + i, appraiser, Number(rewards[i]))
  }
}

/**
 * Writes to the newest and oldest events until the gate opens, in every way there is, always the reward that belongs to
 * the event, by whoever it is. Returns what became of the writes, how many entries bulk calls had beside what they account
 * for, and how many rewards that were applied could not be found again.
 * @param {{ appraiser: 0 | 1 | 2 | 3, words: Int32Array, priorities?: boolean }} order
 */
export function chase({ appraiser, words, priorities = false }) {
  const target = stream()
  const gate = new Gate(words)
  /** @type {Record<string, number>} */
  const became = { applied: 0, evicted: 0, lost: 0, vanished: 0 }
  const one = (/** @type {number} */ seq) => {
    try {
      target.setAppraiserReward(seq, appraiser, lateReward(seq, appraiser))
      became.applied++
      const event = target.getEvent(seq)
      if (event !== undefined && event[SLOTS[appraiser]] !== lateReward(seq, appraiser)) became.vanished++
    } catch (error) {
      const code = /** @type {{ code?: string }} */ (error).code ?? String(error)
      became[code] = (became[code] ?? 0) + 1
    }
  }
  const many = (/** @type {number[]} */ seqs) => {
    for (const bulk of priorities ? [0, 1] : [0]) {
      try {
        const values = seqs.map((seq) => lateReward(seq, appraiser))
        const done = bulk ? target.setPriorities(seqs, values) : target.setAppraiserRewards(seqs, appraiser, values)
        became.applied += done.applied
        became.evicted += done.evicted
        became.lost += seqs.length - done.applied - done.evicted - done.corrected
      } catch (error) {
        const code = /** @type {{ code?: string }} */ (error).code ?? String(error)
        became[code] = (became[code] ?? 0) + 1
      }
    }
  }
  while (gate.level === 0) {
    const { oldestSeq, totalWritten } = target
    if (totalWritten === 0) continue
    for (let seq = Math.max(0, totalWritten - 3); seq < totalWritten; seq++) one(seq)
    for (let seq = Math.max(0, oldestSeq - 1); seq < Math.min(oldestSeq + 3, totalWritten); seq++) one(seq)
    many(Array.from({ length: Math.min(8, totalWritten - oldestSeq) }, (_, i) => oldestSeq + i))
  }
  return became
}
