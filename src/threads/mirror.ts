/**
 * A sampler's own copy of a shared ring. The first search or sample of a thread makes it: 128 bytes an event and the
 * columns and indexes of a plain stream. Before each search and sample it catches up: it copies what has settled since,
 * takes in the blocks whose epoch has changed, and lets go of what has been claimed again. From then on the call works on
 * a window that stands still, with the plain kernels, while other threads write on: its probabilities are exact for that
 * window and its weights, and no record of it can tear or vanish under a draw.
 *
 * Staleness: a call sees every event below its as-of number (the first that had not settled when it began) and every late
 * write that had returned, in any thread, before it began. What happens later is seen by the next call.
 *
 * Events stand in the copy under private numbers without holes; `seqs` has their numbers in the shared ring.
 *
 * @module
 */

import { Kernel } from '../kernel/kernel.js'
import { Ring } from '../kernel/ring.js'
import * as L from '../layout.js'
import { LateWriter } from '../stream/late-writer.js'
import type { MirrorExports } from './exports.js'
import { mirrorModule } from './modules.js'
import type { SharedRing } from './shared-ring.js'

const VALUES = L.IN_VALUES / 4

/** The copy itself, once there is one. */
interface Copy {
  ring: Ring
  core: MirrorExports
  late: LateWriter
  /** Number in the shared ring of each slot of the copy. */
  seqs: Float64Array
  /** Slot of the copy of each slot of the shared ring, as it was when its event was copied. */
  places: Uint32Array
}

/** Keeps the copy of one thread. */
export class Mirror {
  /** The first number that the copy does not hold. */
  asOf = 0
  /** The first number that the copy may hold. */
  floor = 0
  readonly shared: SharedRing
  private copy: Copy | undefined

  constructor(shared: SharedRing) {
    this.shared = shared
  }

  /** Whether this thread has made its copy. */
  get exists(): boolean {
    return this.copy !== undefined
  }

  /** The ring of the copy. */
  get ring(): Ring {
    return this.open().ring
  }

  /** Brings the copy up to date. */
  catchUp(): void {
    const copy = this.open()
    this.takeNew(copy)
    this.takeChanges(copy)
    // Behind the changes: one that was not found because its event has just been evicted is let go of.
    this.letGo(copy)
  }

  /** Number in the shared ring of a private number. */
  seqOf(number: number): number {
    const { ring, seqs } = this.open()
    return seqs[ring.slotOf(number)] as number
  }

  /** Replaces private numbers by those of the shared ring. */
  translate(numbers: Float64Array): void {
    const { ring, seqs } = this.open()
    for (let i = 0; i < numbers.length; i++) numbers[i] = seqs[ring.slotOf(numbers[i] as number)] as number
  }

  /** The first private number whose number in the shared ring is `seq` or more. */
  numberFrom(seq: number): number {
    const { ring } = this.open()
    let low = ring.oldest
    let high = ring.next
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (this.seqOf(middle) < seq) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Gives events of the copy priorities that this thread has written to the shared ring. */
  setPriorities(seqs: ArrayLike<number>, from: number, priorities: Float32Array): void {
    if (this.copy === undefined) return
    const { late, ring } = this.copy
    // As in a stream of one thread, events that are there already do not start with one of these priorities.
    this.takeNew(this.copy)
    const numbers: number[] = []
    const values: number[] = []
    for (let i = 0; i < priorities.length; i++) {
      const number = this.numberOf(seqs[from + i] as number)
      if (number < 0) continue
      numbers.push(number)
      values.push(priorities[i] as number)
    }
    if (ring.size > 0) late.setPriorities(numbers, values)
  }

  /** The priorities of these events; NaN where the copy has none. */
  getPriorities(seqs: ArrayLike<number>): Float32Array {
    this.catchUp()
    const { late } = this.open()
    const numbers = Array.from(seqs, (seq) => this.numberOf(seq))
    const known = late.getPriorities(numbers.filter((number) => number >= 0))
    let at = 0
    return Float32Array.from(numbers, (number) => (number < 0 ? Number.NaN : (known[at++] as number)))
  }

  /** The private number of an event, or −1. */
  private numberOf(seq: number): number {
    const { ring, seqs, places } = this.open()
    const slot = places[seq % this.shared.slots] as number
    if (seqs[slot] !== seq) return -1
    const number = ring.next - this.distance(ring, slot)
    return ring.isLive(number) ? number : -1
  }

  /** How far behind the head a slot is, 1 to the capacity. */
  private distance(ring: Ring, slot: number): number {
    return slot < ring.head ? ring.head - slot : ring.head + ring.capacity - slot
  }

  private open(): Copy {
    if (this.copy !== undefined) return this.copy
    const { shared } = this
    const { kernel, capacity, slots } = shared
    const copied = Kernel.createSync({
      capacity,
      explicit: kernel.control(L.S_EXPLICIT) !== 0,
      requiredMask: kernel.control(L.S_REQUIRED_MASK),
      firstSeq: 0,
      prefault: false,
      module: mirrorModule(),
    })
    const ring = new Ring(copied, 0)
    this.copy = {
      ring,
      core: copied.core as MirrorExports,
      late: new LateWriter(ring),
      seqs: new Float64Array(capacity).fill(-1),
      places: new Uint32Array(slots),
    }
    this.asOf = shared.first
    // From here on everybody counts epochs: what was written before is found by looking at every block once.
    kernel.core.startSampling()
    return this.copy
  }

  /** Takes in what has settled. */
  private takeNew(copy: Copy): void {
    this.shared.handBack()
    // The end first: a number that is open before it has been claimed again by then, and so lies before the start.
    const end = this.shared.kernel.core.frontier()
    this.copyNew(copy, Math.max(this.asOf, this.shared.floor), end)
  }

  private copyNew(copy: Copy, start: number, end: number): void {
    const { ring, late, seqs, places } = copy
    const { kernel, capacity } = this.shared
    const { core, u8, f64, f32, u32 } = kernel
    if (start > this.asOf) {
      copy.core.skipSlots(start - this.asOf)
      ring.wrote(start - this.asOf)
      this.floor = start
      // Nobody's events, let go of with all that was there before.
      const skipped = Math.min(start - this.asOf, capacity)
      for (let back = 1; back <= skipped; back++) seqs[ring.slotOf(ring.next - back)] = -1
    }
    let position = start
    while (position < end) {
      const count = core.readRange(position, end, Math.min(L.CHUNK, capacity), L.BATCH)
      position = kernel.left(L.M_STOPPED)
      ring.kernel.u8.set(u8.subarray(L.BATCH, L.BATCH + count * L.RECORD_BYTES), L.BATCH)
      let slot = ring.head
      for (let i = 0; i < count; i++) {
        seqs[slot] = f64[L.OUT_SEQS / 8 + i] as number
        places[u32[L.OUT_SLOTS / 4 + i] as number] = slot
        if (++slot === capacity) slot = 0
      }
      ring.kernel.core.appendRecords(count)
      ring.wrote(count)
      if (!ring.kernel.map.explicit) continue
      core.readPriorities(count)
      this.prioritize(late, ring.next - count, f32.subarray(VALUES, VALUES + count))
    }
    this.asOf = position
  }

  /** Sets the priorities of the events from a private number on; NaN where none was given. */
  private prioritize(late: LateWriter, from: number, priorities: Float32Array): void {
    const given = Array.from(priorities.keys()).filter((i) => !Number.isNaN(priorities[i]))
    if (given.length === 0) return
    const numbers = given.map((i) => from + i)
    late.setPriorities(
      numbers,
      Float32Array.from(given, (i) => priorities[i] as number),
    )
  }

  private letGo({ ring, core }: Copy): void {
    // The floor never falls, also where a claim is handed back: what the copy has let go of does not come back.
    this.floor = Math.max(this.floor, Math.min(this.shared.floor, this.asOf))
    const gone = this.numberFrom(this.floor) - ring.oldest
    core.evictOldest(gone)
    ring.size -= gone
  }

  private takeChanges({ ring, core, seqs, places }: Copy): void {
    const { u8, f64, u32, core: source } = this.shared.kernel
    const { kernel } = ring
    source.startChanges()
    for (let count = source.listChanges(); count > 0; count = source.listChanges()) {
      kernel.u8.set(u8.subarray(L.BATCH, L.BATCH + count * L.CHANGE_BYTES), L.BATCH)
      for (let i = 0; i < count; i++) {
        const change = L.BATCH + i * L.CHANGE_BYTES
        const slot = places[u32[(change + L.CHANGE_SLOT) >>> 2] as number] as number
        const back = this.distance(ring, slot)
        // Events that settled after the as-of number are changed already when they are copied.
        const held = seqs[slot] === f64[change >>> 3] && back <= ring.size
        kernel.u32[L.OUT_SLOTS / 4 + i] = held ? back : 0
      }
      core.applyChanges(count)
    }
  }
}
