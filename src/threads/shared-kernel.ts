/**
 * One thread's binding to a shared ring: an instance of the module, views of this thread's fixed areas at the addresses
 * of the layout, and views of the words that all threads share.
 *
 * @module
 */

import { InvalidArgumentError, LayoutMismatchError } from '../errors.js'
import { type Lanes, lanesOf } from '../event/lanes.js'
import { checkFingerprint, fingerprintOf } from '../kernel/fingerprint.js'
import { instantiateModule } from '../kernel/instantiate.js'
import * as L from '../layout.js'
import type { SharedExports } from './exports.js'
import { sharedModule } from './modules.js'

/** What the fingerprint of the layout is made of; `assembly/shared/index.ts` has the same list. */
const LAYOUT = [
  L.LAYOUT_VERSION,
  L.SHARED_VERSION,
  L.RECORD_BYTES,
  L.REWARDS,
  L.RECORDS,
  L.CHUNK,
  L.CONTROL,
  L.MEMBERS,
  L.MEMBER_BYTES,
  L.M_SAMPLES,
  L.AREAS,
  L.AREA_BYTES,
  L.LENT,
  L.S_CLAIMED,
  L.S_TOO_LATE,
  L.BLOCK_SLOTS,
  L.STAMP_LATE,
  L.CELL_BYTES,
  L.CELL_REWARDS,
  L.CHANGE_BYTES,
  L.M_LATE,
  L.S_CLOSING,
  L.S_TAKEN,
  L.POST_CELLS,
  L.ENTRY_SLOTS,
]

/** What the layouts of two threads must agree on. */
export const FINGERPRINT = fingerprintOf(LAYOUT)

/** A member's name across the life of the ring: the place and how often it was given away before. */
export function writerIdOf(index: number, generation: number): number {
  return generation * L.MOST_MEMBERS + index
}

/** The place of a member. */
export function indexOf(writerId: number): number {
  return writerId % L.MOST_MEMBERS
}

/** How often the place had been given away before. */
export function generationOf(writerId: number): number {
  return Math.floor(writerId / L.MOST_MEMBERS)
}

/** One instance of the shared module, as one member of the ring. */
export class SharedKernel implements Lanes {
  readonly core: SharedExports
  readonly memory: WebAssembly.Memory
  /** The whole memory. */
  readonly all: DataView
  readonly words: Int32Array
  readonly u8: Uint8Array
  readonly u16: Uint16Array
  readonly u32: Uint32Array
  readonly u64: BigUint64Array
  readonly f32: Float32Array
  readonly f64: Float64Array
  readonly index: number
  private readonly member: number
  private readonly numbers: Float64Array

  private constructor(core: SharedExports, memory: WebAssembly.Memory, index: number) {
    this.core = core
    this.memory = memory
    this.index = index
    const { buffer } = memory
    this.all = new DataView(buffer)
    this.words = new Int32Array(buffer)
    this.numbers = new Float64Array(buffer)
    this.member = L.MEMBERS + index * L.MEMBER_BYTES
    const base = L.AREAS + index * L.AREA_BYTES - L.HEADER
    const lanes = lanesOf(new Uint8Array(buffer, base, L.HEADER + L.AREA_BYTES))
    this.u8 = lanes.u8
    this.u16 = lanes.u16
    this.u32 = lanes.u32
    this.u64 = lanes.u64
    this.f32 = lanes.f32
    this.f64 = new Float64Array(buffer, base, (L.HEADER + L.AREA_BYTES) >>> 3)
  }

  /** An instance for the place `index` of the ring in `memory`, which it does not take yet. */
  static async open(memory: WebAssembly.Memory, index: number): Promise<SharedKernel> {
    const core = await instantiateModule<SharedExports>(memory, await sharedModule())
    checkFingerprint(core, FINGERPRINT)
    if (core.join(index) === 0) throw new LayoutMismatchError('SHARED_MAGIC', 0, L.SHARED_MAGIC)
    return new SharedKernel(core, memory, index)
  }

  /** A u32 of the control block. */
  control(offset: number): number {
    return this.all.getUint32(L.CONTROL + offset, true)
  }

  /** An f64 of this member's line, which a kernel left there. */
  left(offset: number): number {
    return this.numbers[(this.member + offset) >>> 3] as number
  }

  /** An i64 counter below 2^53 of any address. */
  counter(address: number): number {
    return Number(this.all.getBigInt64(address, true))
  }

  /** Takes a free place of the ring for a thread to come and returns its writer id. */
  reserve(): number {
    const members = this.control(L.S_MEMBERS)
    const index = this.core.reserve(members)
    if (index < 0) {
      throw new InvalidArgumentError(
        `all ${members} places for threads are taken; create the stream with more maxThreads`,
      )
    }
    return writerIdOf(index, this.all.getUint32(L.MEMBERS + index * L.MEMBER_BYTES + L.M_GENERATION, true))
  }
}
