/**
 * Tasks: writing events that add up.
 *
 * @module
 */

import { Gate } from '../support/gate.mjs'
import { ExperienceStream } from '../support/library.mjs'
import { inputOf, write } from '../support/payload.mjs'
import { tell } from '../support/serve.mjs'
import { stream } from './membership.mjs'

/** Records that are written over and over. */
const FLOOD = 16

/**
 * Writes `count` events one by one, after `threads` have met at the gate, and returns their numbers.
 * @param {{ writer: number, from?: number, count: number, words?: Int32Array, threads?: number }} order
 */
export function writeEvents({ writer, from = 0, count, words, threads = 0 }) {
  if (words !== undefined) new Gate(words).meet(threads)
  return Float64Array.from({ length: count }, (_, i) => write(stream(), writer, from + i))
}

/**
 * Writes batches of `size` events and returns the first number of each.
 * @param {{ writer: number, size: number, batches: number, words: Int32Array, threads: number }} order
 */
export function writeBatches({ writer, size, batches, words, threads }) {
  const lists = Array.from({ length: batches }, (_, b) => {
    return Array.from({ length: size }, (_, i) => inputOf(writer, b * size + i))
  })
  new Gate(words).meet(threads)
  return Float64Array.from(lists, (list) => stream().writeBatch(list).start)
}

/**
 * Writes `count` events and stops there, without turning the event loop, until the gate opens; then writes `more`.
 * Tells the numbers of the first ones. Returns those of the others, or the code of the error that ended them.
 * @param {{ writer: number, count: number, more: number, words: Int32Array }} order
 */
export function writeAndPause({ writer, count, more, words }) {
  tell(writeEvents({ writer, count }))
  new Gate(words).pass()
  try {
    return writeEvents({ writer, from: count, count: more })
  } catch (error) {
    return /** @type {{ code?: string }} */ (error).code
  }
}

/**
 * Writes until the gate opens, turning the event loop now and then as `turnEvery` says, and batches between single events
 * as `batch` says. Returns how many events that were; those of a batch that others overtook are none.
 * @param {{ writer: number, words: Int32Array, turnEvery?: number, batch?: number }} order
 */
export async function writeUntil({ writer, words, turnEvery = 0, batch = 0 }) {
  const gate = new Gate(words)
  const target = stream()
  let index = 0
  let lost = 0
  for (let round = 1; gate.level === 0; round++) {
    if (batch > 0 && round % 10 === 0) {
      const list = Array.from({ length: batch }, (_, i) => inputOf(writer, index + i))
      lost += target.writeBatch(list).aborted ?? 0
      index += batch
    } else write(target, writer, index++)
    if (turnEvery > 0 && round % turnEvery === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return index - lost
}

/**
 * Writes the same packed records again and again until the gate opens, as fast as they can be copied.
 * @param {{ writer: number, words: Int32Array }} order
 */
export function flood({ writer, words }) {
  const gate = new Gate(words)
  const target = stream()
  const own = ExperienceStream.createSync({ capacity: FLOOD })
  own.writeBatch(Array.from({ length: FLOOD }, (_, i) => inputOf(writer, i)))
  const { bytes } = own.queryRange(0, FLOOD)
  while (gate.level === 0) target.writeBatch(bytes)
}
