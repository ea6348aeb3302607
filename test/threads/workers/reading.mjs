/**
 * Tasks: reading while others write, and checking that every event adds up.
 *
 * @module
 */

import { Gate } from '../support/gate.mjs'
import { EventView, kernelOf, layout } from '../support/library.mjs'
import { asScored, faultOf, faultOfEvent, faultsOf } from '../support/payload.mjs'
import { tell } from '../support/serve.mjs'
import { stream } from './membership.mjs'

/** How far about the tail reads are made. */
const AROUND = 32

/** Lets the event loop of this thread turn. */
export function turn() {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A sequence of numbers in [0, n) that needs no generator of quality. */
function spread() {
  let state = 1
  return (/** @type {number} */ n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

/**
 * A number about the tail: what has just been claimed again is being overwritten.
 * @param {(n: number) => number} below
 */
function aboutTheTail(below) {
  const { capacity } = stream()
  const around = Math.min(AROUND, 2 * capacity)
  return kernelOf(stream()).core.claimed() - capacity + below(around) - around / 2
}

/**
 * The ways to read one or more events: each reads about `seq` and returns how many events that were, and adds faults.
 * @type {Record<string, (seq: number, faults: string[]) => number>}
 */
const WAYS = {
  getEvent(seq, faults) {
    const event = stream().getEvent(seq)
    if (event === undefined) return 0
    const fault = faultOfEvent(event, asScored)
    if (fault !== undefined) faults.push(`getEvent ${seq}: ${fault}`)
    return 1
  },
  view(seq, faults) {
    const view = stream().view(seq)
    if (view === undefined) return 0
    const fault = faultOf(view, asScored)
    if (fault !== undefined) faults.push(`view ${seq}: ${fault}`)
    return 1
  },
  queryRange(seq, faults) {
    const batch = stream().queryRange(seq, seq + 40)
    for (const fault of faultsOf(batch, asScored)) faults.push(`queryRange ${fault}`)
    return batch.length
  },
  find(seq, faults) {
    const batch = stream().find({ startSeq: seq, limit: 20 })
    for (const fault of faultsOf(batch, asScored)) faults.push(`find ${fault}`)
    return batch.length
  },
  sampleBatch(_, faults) {
    const batch = stream().sampleBatch(20)
    for (const fault of faultsOf(batch, asScored)) faults.push(`sampleBatch ${fault}`)
    return batch.length
  },
}

/** Ways that read one event, and so take little time. */
const SINGLE = new Set(['getEvent', 'view'])

/**
 * Reads about the tail without a look whether the copy is whole.
 * @param {(n: number) => number} below
 * @returns {boolean | undefined} whether it was; undefined if nothing was there
 */
function readUncheckedOnce(below) {
  const kernel = kernelOf(stream())
  const seq = aboutTheTail(below)
  if (seq < 0 || kernel.core.readUnchecked(seq, layout.READ_RECORD) !== layout.LATE_APPLIED) return undefined
  return faultOf(unchecked.moveTo(kernel, layout.READ_RECORD >>> 2, seq, undefined), asScored) === undefined
}

const unchecked = new EventView()

/**
 * Reads in these ways until the gate opens, and beside them without a look until `torn` of those reads were not whole.
 * Returns how many events were read in each way and what was wrong with them, and the same of the control.
 * @param {{ ways: string[], words: Int32Array, torn?: number }} order
 */
export function validate({ ways, words, torn = Number.POSITIVE_INFINITY }) {
  const gate = new Gate(words)
  const below = spread()
  const read = Object.fromEntries(ways.map((way) => [way, 0]))
  const control = { reads: 0, torn: 0 }
  /** @type {string[]} */
  const faults = []
  while (gate.level === 0 && control.torn < torn) {
    for (const way of ways) {
      const reading = /** @type {(typeof WAYS)[string]} */ (WAYS[way])
      for (let i = 0; i < (SINGLE.has(way) ? 100 : 4); i++) {
        const seq = i % 16 === 0 ? stream().oldestSeq + below(stream().capacity) : aboutTheTail(below)
        if (seq >= 0) read[way] = (read[way] ?? 0) + reading(seq, faults)
        // A batch takes as long as many reads of the control, and copies as many records.
        for (let k = 0; k < (SINGLE.has(way) ? 1 : 40); k++) {
          const whole = readUncheckedOnce(below)
          if (whole !== undefined) control.reads++
          if (whole === false) control.torn++
        }
      }
    }
  }
  return { read, faults: faults.slice(0, 20), control }
}

/**
 * Follows the stream by polling until the gate is open and everything that was claimed by then has been passed. Tells
 * when it has subscribed. Returns the account, what was wrong, and how many events came out of order.
 * @param {{ options: import('../../../src/index.js').SubscribeOptions, words: Int32Array }} order
 */
export function follow({ options, words }) {
  const gate = new Gate(words)
  const subscription = stream().subscribe(options)
  tell('subscribed')
  /** @type {string[]} */
  const faults = []
  let last = -1
  let disorder = 0
  let reported = 0
  for (let done = false; !done; ) {
    done = gate.level > 0
    for (let batch = subscription.poll(); batch.length > 0; batch = subscription.poll()) {
      faults.push(...faultsOf(batch, asScored))
      reported += batch.missed
      for (const seq of batch.seqs) {
        if (seq <= last) disorder++
        last = seq
      }
    }
  }
  const stats = subscription.stats()
  subscription.close()
  return { ...stats, reported, disorder, faults: faults.slice(0, 20) }
}

/**
 * Iterates a subscription until `count` events have come or it ends. Tells when it waits for the first of them. Returns
 * the numbers, batch by batch, what was wrong, and the account.
 * @param {{ options?: import('../../../src/index.js').SubscribeOptions, count: number }} order
 */
export async function iterate({ options = {}, count }) {
  const subscription = stream().subscribe(options)
  const iterator = subscription[Symbol.asyncIterator]()
  let next = iterator.next()
  await turn()
  tell('waiting')
  const batches = []
  const faults = []
  let received = 0
  for (let step = await next; !step.done; step = await next) {
    batches.push([...step.value.seqs])
    faults.push(...faultsOf(step.value, asScored))
    received += step.value.length
    if (received >= count) break
    next = iterator.next()
  }
  const stats = subscription.stats()
  await iterator.return?.()
  return { batches, faults: faults.slice(0, 20), stats }
}

/**
 * Waits in an iteration and has it ended by this thread: `'signal'` or `'close'`. Returns what the iteration gave.
 * @param {{ by: string }} order
 */
export async function iterateAndEnd({ by }) {
  const controller = new AbortController()
  const subscription = stream().subscribe({ signal: controller.signal })
  const next = subscription[Symbol.asyncIterator]().next()
  await turn()
  if (by === 'signal') controller.abort()
  else subscription.close()
  return next
}
