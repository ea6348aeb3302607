/**
 * The typed binding to one instance of the module: its exports, and views on the whole of linear memory. The memory is
 * made here with its final size and never grows, so that no view is ever detached.
 *
 * The exports trust their arguments; `stream/` checks them.
 *
 * @module
 */

import { LayoutMismatchError } from '../errors.js'
import * as L from '../layout.js'
import type { KernelExports } from './exports.js'
import { checkFingerprint, fingerprintOf } from './fingerprint.js'
import { instantiateCore, instantiateCoreSync } from './instantiate.js'
import { prefaultMemory, reserveMemory } from './memory.js'
import { type MemoryMap, memoryMap, writeMap } from './memory-map.js'

/** What decides the size and the start of a kernel. */
export interface KernelOptions {
  capacity: number
  /** Whether there are explicit priorities. */
  explicit: boolean
  /** Bits of the appraisers that complete an event. */
  requiredMask: number
  firstSeq: number
  prefault: boolean
  /** Another build of the module, for tests that break it. */
  module?: WebAssembly.Module | undefined
}

/** What the fingerprint of the layout is made of; `assembly/index.ts` has the same list. */
const LAYOUT = [
  L.LAYOUT_VERSION,
  L.RECORD_BYTES,
  L.TIMESTAMP,
  L.EPISODE_ID,
  L.STEP_NUMBER,
  L.EVENT_TYPE,
  L.FLAGS,
  L.STATE,
  L.ACTION,
  L.REWARDS,
  L.ADNA_VERSION_HASH,
  L.HEADER,
  L.OBJECT_STAGE,
  L.FILTER,
  L.OUT_SEQS,
  L.IN_VALUES,
  L.BATCH,
  L.RECORDS,
  L.CHUNK,
  L.H_RUN_ENDS,
  L.H_REFUSED_INDEX,
  L.MAX_TABLE,
  L.FANOUT,
  L.COLUMN_ADNA,
]

/** Refuses a module that was built with another layout than this library. */
export function checkLayout(core: Pick<KernelExports, 'layoutFingerprint'>): void {
  checkFingerprint(core, fingerprintOf(LAYOUT))
}

/** One instance of the module with its memory. */
export class Kernel {
  readonly core: KernelExports
  readonly map: MemoryMap
  readonly u8: Uint8Array<ArrayBuffer>
  readonly u16: Uint16Array<ArrayBuffer>
  readonly u32: Uint32Array<ArrayBuffer>
  readonly u64: BigUint64Array<ArrayBuffer>
  readonly f32: Float32Array<ArrayBuffer>
  readonly f64: Float64Array<ArrayBuffer>

  private constructor(core: KernelExports, buffer: ArrayBuffer, map: MemoryMap) {
    checkLayout(core)
    if (core.attach() === 0) throw new LayoutMismatchError('MAGIC', 0, L.MAGIC)
    this.core = core
    this.map = map
    this.u8 = new Uint8Array(buffer)
    this.u16 = new Uint16Array(buffer)
    this.u32 = new Uint32Array(buffer)
    this.u64 = new BigUint64Array(buffer)
    this.f32 = new Float32Array(buffer)
    this.f64 = new Float64Array(buffer)
  }

  /** @throws {InvalidArgumentError} if the capacity is too large for linear memory, or the machine cannot give it. */
  static async create(options: KernelOptions): Promise<Kernel> {
    const { memory, map } = reserve(options)
    return new Kernel(await instantiateCore(memory, options.module), memory.buffer as ArrayBuffer, map)
  }

  /** The same without waiting. */
  static createSync(options: KernelOptions): Kernel {
    const { memory, map } = reserve(options)
    return new Kernel(instantiateCoreSync(memory, options.module), memory.buffer as ArrayBuffer, map)
  }

  /** Reads an i64 of the header that is below 2^53. */
  headerCount(offset: number): number {
    const low = this.u32[(L.HEADER + offset) >>> 2] as number
    const high = this.u32[((L.HEADER + offset) >>> 2) + 1] as number
    return high * 4294967296 + low
  }
}

function reserve(options: KernelOptions): { memory: WebAssembly.Memory; map: MemoryMap } {
  const map = memoryMap(options.capacity, options.explicit)
  const memory = reserveMemory(options.capacity, map.pages, false)
  writeMap(memory, map, options.requiredMask, options.firstSeq)
  if (options.prefault) prefaultMemory(memory, L.RECORDS)
  return { memory, map }
}
