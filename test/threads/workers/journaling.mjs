/**
 * Tasks: late writes to a stream with a journal, with a record of what was accepted.
 *
 * @module
 */

import { Gate } from '../support/gate.mjs'
import { write } from '../support/payload.mjs'
import { tell } from '../support/serve.mjs'
import { stream } from './membership.mjs'

/**
 * Events behind the newest that are written to: a little more than a window of 200, so that an event is soon left alone
 * once it is closed, and what was last accepted before that is not written over.
 */
const REACH = 225
/** Where no event stands, or none yet. */
const EXPECTED = ['SEQUENCE_NOT_WRITTEN', 'SEQUENCE_ABORTED', 'SEQUENCE_EVICTED']

/**
 * Writes late until the gate opens or the stream is closed, to events at random; `write` gives the new record of the event, from the one before.
 * @param {Int32Array} words
 * @param {(seq: number, before: number | undefined) => number} write
 */
function record(words, write) {
  const target = stream()
  const gate = new Gate(words)
  /** @type {Map<number, number>} */
  const records = new Map()
  let state = 1
  while (gate.level === 0) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    const total = target.totalWritten
    const seq = Math.max(0, total - 1 - ((state >>> 8) % REACH))
    try {
      records.set(seq, write(seq, records.get(seq)))
    } catch (error) {
      const { code } = /** @type {{ code?: string }} */ (error)
      if (code === 'CLOSED') break
      if (code === undefined || !EXPECTED.includes(code)) throw error
    }
  }
  return records
}

/**
 * Sets rewards, another one each time. Returns the last one that each event was given, and how many were corrections.
 * @param {{ appraiser: 0 | 1 | 2 | 3, words: Int32Array }} order
 */
export function setAndRecord({ appraiser, words }) {
  let value = 0
  let corrected = 0
  const records = record(words, (seq) => {
    value++
    if (stream().setAppraiserReward(seq, appraiser, value) === 'corrected') corrected++
    return value
  })
  return { records, corrected }
}

/**
 * Sets rewards until the stream is closed. Tells when it has set some. Returns the last one that each event was given.
 * @param {{ appraiser: 0 | 1 | 2 | 3, words: Int32Array }} order
 */
export function setUntilClosed({ appraiser, words }) {
  let value = 0
  return record(words, (seq) => {
    stream().setAppraiserReward(seq, appraiser, ++value)
    if (value === 1000) tell('working')
    return value
  })
}

/**
 * Writes events until the stream is closed. Tells when it has written some. Returns the numbers of all.
 * @param {{ writer: number }} order
 */
export function writeUntilClosed({ writer }) {
  /** @type {number[]} */
  const seqs = []
  try {
    for (;;) {
      seqs.push(write(stream(), writer, seqs.length))
      if (seqs.length === 1000) tell('working')
    }
  } catch (error) {
    const { code } = /** @type {{ code?: string }} */ (error)
    if (code !== 'CLOSED' && code !== 'WRITER_RETIRED') throw error
  }
  return Float64Array.from(seqs)
}

/**
 * Adds 1 to rewards. Returns how often each event was added to.
 * @param {{ appraiser: 0 | 1 | 2 | 3, words: Int32Array }} order
 */
export function addAndRecord({ appraiser, words }) {
  const records = record(words, (seq, before = 0) => {
    stream().addReward(seq, appraiser, 1)
    return before + 1
  })
  return { records, corrected: 0 }
}

/**
 * Writes one event and stays inside the claim that it began, without turning the event loop, until the gate opens.
 * @param {{ words: Int32Array }} order
 */
export function stall({ words }) {
  for (let i = 0; i < 3; i++) stream().writeEvent({ timestamp: i })
  new Gate(words).pass()
}
