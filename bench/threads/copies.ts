/**
 * `memory.copy` of batches of records into and out of memory that threads share.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { BATCH, RECORD_BYTES } from '../fixtures.js'

const PAGE = 65_536
const SOURCE = PAGE
const TARGET = SOURCE + BATCH * RECORD_BYTES
const RING = TARGET + BATCH * RECORD_BYTES

interface CopyModule {
  copyIn(ring: number, capacity: number, source: number, start: number, n: number): number
  copyOut(ring: number, capacity: number, target: number, start: number, n: number): number
}

/** One thread's copies, from the first place on and round and round. */
export class SharedCopies {
  private readonly module: CopyModule
  private readonly capacity: number
  private at = 0

  /** @param floors what `compileFloors` wrote for shared memory */
  constructor(floors: URL, memory: WebAssembly.Memory, capacity: number) {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(floors)), { env: { memory } })
    this.module = instance.exports as unknown as CopyModule
    this.capacity = capacity
  }

  /** Memory for a source, a target and `capacity` records, all of it present. */
  static memory(capacity: number): WebAssembly.Memory {
    const pages = Math.ceil((RING + capacity * RECORD_BYTES) / PAGE)
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    new Uint8Array(memory.buffer).fill(1)
    return memory
  }

  copyIn(n: number): void {
    this.at = this.module.copyIn(RING, this.capacity, SOURCE, this.at, n)
  }

  copyOut(n: number): void {
    this.at = this.module.copyOut(RING, this.capacity, TARGET, this.at, n)
  }
}
