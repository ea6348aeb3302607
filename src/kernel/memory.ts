/**
 * Linear memory for a ring: taken from the platform in one piece, since views of it do not survive growing.
 *
 * @module
 */

import { InvalidArgumentError } from '../errors.js'

/** @throws {InvalidArgumentError} if the platform refuses. */
export function reserveMemory(capacity: number, pages: number, shared: boolean): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared })
  } catch (error) {
    throw new InvalidArgumentError(
      `capacity ${capacity} needs ${pages * 64} KiB of memory, which the platform refused: ${String(error)}`,
      { capacity, bytes: pages * 65536 },
    )
  }
}

/** Touches all memory from `start` on, so that it is present before it is used. */
export function prefaultMemory(memory: WebAssembly.Memory, start: number): void {
  const bytes = new Uint8Array(memory.buffer)
  // A page of the system is 4 KiB or larger; a write makes it present.
  for (let address = start; address < bytes.length; address += 4096) bytes[address] = 0
}
