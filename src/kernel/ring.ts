/**
 * The ring as the library sees it: where the head stands, which sequence numbers are live, and who has to be told of a
 * write. The counters mirror those in linear memory, since every write goes through this object.
 *
 * Conservation: `next − first = size + evicted`, and the live window is `[next − size, next)`.
 *
 * @module
 */

import {
  ClosedError,
  invalid,
  SequenceEvictedError,
  SequenceExhaustedError,
  SequenceNotWrittenError,
} from '../errors.js'
import * as L from '../layout.js'
import type { Kernel } from './kernel.js'

/** The first number that cannot be a sequence number. */
export const SEQ_LIMIT = 2 ** 53

const RECORD_WORDS = L.RECORD_BYTES / 4
const FIRST_WORD = L.RECORDS / 4

/** The window of live events and the hook that a write calls. */
export class Ring {
  readonly kernel: Kernel
  readonly capacity: number
  readonly first: number
  /** The sequence number that the next event gets. */
  next: number
  /** Live events. */
  size = 0
  /** The slot that the next event goes to. */
  head = 0
  closed = false
  /** Numbers from here on cannot be given out, at present or ever; who waits for more room than that asks `noRoom`. */
  limit = SEQ_LIMIT
  /** Whether somebody waits for a write; `wake` is then called by the next one, once. */
  waiting = false
  wake: () => void = () => {}
  /** Makes room for `count` events, or throws the error that says why there is none. */
  noRoom = (count: number): void => {
    throw new SequenceExhaustedError(count, this.next)
  }

  constructor(kernel: Kernel, firstSeq: number) {
    this.kernel = kernel
    this.capacity = kernel.map.capacity
    this.first = firstSeq
    this.next = firstSeq
  }

  get oldest(): number {
    return this.next - this.size
  }

  /** Where what comes next begins. */
  get upcoming(): number {
    return this.next
  }

  /** The slot of the live event `seq`, or of the one that comes next. */
  slotOf(seq: number): number {
    const slot = this.head - (this.next - seq)
    return slot < 0 ? slot + this.capacity : slot
  }

  /** Index of the record of the live event `seq` in a u32 view of memory. */
  wordOf(seq: number): number {
    return wordOfSlot(this.slotOf(seq))
  }

  isLive(seq: number): boolean {
    return seq < this.next && seq >= this.next - this.size
  }

  /** Follows the module, which has written one event. */
  wroteOne(): number {
    const seq = this.next++
    if (++this.head === this.capacity) this.head = 0
    if (this.size < this.capacity) this.size++
    if (this.waiting) this.wake()
    return seq
  }

  /** Follows the module, which has written `count` events. */
  wrote(count: number): void {
    this.next += count
    this.head = (this.head + count) % this.capacity
    this.size = Math.min(this.capacity, this.size + count)
    if (this.waiting) this.wake()
  }

  /** @throws {ClosedError} after `close`. */
  assertOpen(): void {
    if (this.closed) throw new ClosedError('stream')
  }

  /** Nothing but a field is ever a reason to refuse a write: `assertRoom` has looked after the number. */
  refuse(): void {}

  /** Makes sure that `count` more events can be written. */
  assertRoom(count: number): void {
    if (this.closed) throw new ClosedError('stream')
    // Not a sum: above 2^53 it would be rounded.
    if (count > this.limit - this.next) this.noRoom(count)
  }

  /** The distance of `seq` from the head, 1 for the newest; throws unless the event is live. */
  backOf(seq: number): number {
    if (Number.isInteger(seq) && this.isLive(seq)) return this.next - seq
    assertSeq(seq, 'seq')
    if (seq >= this.next) throw new SequenceNotWrittenError(seq, this.next)
    throw new SequenceEvictedError(seq, this.oldest)
  }
}

/** Index of the record at `slot` in a u32 view of memory. */
export function wordOfSlot(slot: number): number {
  return FIRST_WORD + slot * RECORD_WORDS
}

/** @throws {InvalidArgumentError} unless `seq` is an integer in [0, 2^53). */
export function assertSeq(seq: unknown, name: string): asserts seq is number {
  if (typeof seq !== 'number' || !Number.isInteger(seq) || seq < 0 || seq > SEQ_LIMIT) {
    throw invalid(name, 'be an integer in [0, 2^53]', seq)
  }
}
