/**
 * Tasks: taking part in a stream and leaving it.
 *
 * @module
 */

import { ExperienceStream } from '../support/library.mjs'

/** @type {import('../support/library.mjs').Stream | undefined} */
let joined

/** The stream that this thread takes part in. */
export function stream() {
  if (joined === undefined) throw new Error('this thread takes part in no stream')
  return joined
}

/**
 * @param {import('../support/library.mjs').StreamHandle} handle
 * @param {import('../../../src/index.js').AttachOptions} [options]
 */
export async function attach(handle, options) {
  joined = await ExperienceStream.attach(handle, options)
}

/** Leaves the stream. */
export async function close() {
  await stream().close()
}

/**
 * Calls a method of the stream, whose result must be one that can be sent.
 * @param {string} method
 * @param {...any} args
 */
export function call(method, ...args) {
  const target = /** @type {Record<string, (...args: any[]) => unknown>} */ (/** @type {unknown} */ (stream()))
  return target[method]?.(...args)
}

/**
 * Takes something away from this thread that not every platform has.
 * @param {string} name a global, or `Atomics.waitAsync`
 */
export function forget(name) {
  if (name === 'Atomics.waitAsync') Reflect.deleteProperty(Atomics, 'waitAsync')
  else Reflect.deleteProperty(globalThis, name)
}

/**
 * Makes a shared stream of its own.
 * @param {import('../../../src/index.js').StreamOptions} options
 */
export async function create(options) {
  joined = await ExperienceStream.create({ ...options, shared: true })
}
