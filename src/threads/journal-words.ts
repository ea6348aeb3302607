/**
 * What those who use the journal of a shared ring and the thread that writes it tell each other: words and texts behind
 * S_JOURNAL in the control block, for all threads to see. Only the library looks at them.
 *
 * - Questions: who wants to know when all it has written is safe counts `ASKED` up; the journal's thread notes that,
 *   writes out what there is, and then sets `ANSWERED` to what it noted.
 * - `CALL` wakes the journal's thread, `MOVED` whoever follows it.
 * - `REFUSES` says why writes are refused, and a text tells more.
 *
 * @module
 */

import * as L from '../layout.js'
import type { SharedKernel } from './shared-kernel.js'

const START = L.CONTROL + L.S_JOURNAL
/** Indexes of i32. */
export const ASKED = START >>> 2
export const ANSWERED = (START + 4) >>> 2
export const CALL = (START + 8) >>> 2
export const REFUSES = (START + 12) >>> 2
export const MOVED = (START + 16) >>> 2
/** Bits of REFUSES. */
export const REFUSES_FAILED = 1
export const REFUSES_HELD = 2

/** How far the journal is, and what it has done: indexes of i64. */
export const WRITTEN_SEQ = (START + 24) >>> 3
export const WRITTEN_POSITION = (START + 32) >>> 3
export const DURABLE_SEQ = (START + 40) >>> 3
export const DURABLE_POSITION = (START + 48) >>> 3
export const SEGMENTS = (START + 56) >>> 3
export const BYTES = (START + 64) >>> 3
export const CORRECTIONS = (START + 72) >>> 3
export const FLUSHES = (START + 80) >>> 3
export const SYNCS = (START + 88) >>> 3
export const FAILURES = (START + 96) >>> 3

/** Where texts are, behind the counters of the outbox. */
export const FAILURE = START + 384
export const HOLD = START + 1408
const TEXT_BYTES = 1020

const WAITING = (L.CONTROL + L.S_WAITING) >>> 2
const WAKE = (L.CONTROL + L.S_WAKE) >>> 2

/** The words of one ring. */
export class JournalWords {
  readonly words: Int32Array
  private readonly numbers: BigInt64Array
  private readonly bytes: Uint8Array
  private readonly texts: DataView

  constructor({ memory, words, all }: SharedKernel) {
    this.words = words
    this.numbers = new BigInt64Array(memory.buffer)
    this.bytes = new Uint8Array(memory.buffer)
    this.texts = all
  }

  get(index: number): number {
    return Number(Atomics.load(this.numbers, index))
  }

  set(index: number, value: number): void {
    Atomics.store(this.numbers, index, BigInt(value))
  }

  add(index: number, by: number): void {
    Atomics.add(this.numbers, index, BigInt(by))
  }

  /** Calls the thread that writes the journal, which may be asleep. */
  call(): void {
    const { words } = this
    Atomics.add(words, CALL, 1)
    Atomics.notify(words, CALL)
    // When nothing is written it sleeps as subscribers do: the order of assembly/shared/waiting.ts.
    if (Atomics.exchange(words, WAITING, 0) === 0) return
    Atomics.add(words, WAKE, 1)
    Atomics.notify(words, WAKE)
  }

  /** Wakes who follows the journal. */
  moved(): void {
    Atomics.add(this.words, MOVED, 1)
    Atomics.notify(this.words, MOVED)
  }

  /** Asks whether all that was written before is safe. Returns the number of the question. */
  ask(): number {
    const question = Atomics.add(this.words, ASKED, 1) + 1
    this.call()
    return question | 0
  }

  /** Whether a question has been answered. */
  isAnswered(question: number): boolean {
    return ((Atomics.load(this.words, ANSWERED) - question) | 0) >= 0
  }

  /** Tells all threads why writes are refused. */
  refuse(bit: number, text: string): void {
    const start = bit === REFUSES_FAILED ? FAILURE : HOLD
    const bytes = new TextEncoder().encode(text).subarray(0, TEXT_BYTES)
    this.bytes.set(bytes, start + 4)
    this.texts.setUint32(start, bytes.length, true)
    Atomics.or(this.words, REFUSES, bit)
  }

  /** Says that this is no longer a reason. */
  admit(bit: number): void {
    Atomics.and(this.words, REFUSES, ~bit)
  }

  /** The text of a reason. */
  reason(bit: number): string {
    const start = bit === REFUSES_FAILED ? FAILURE : HOLD
    const length = Math.min(this.texts.getUint32(start, true), TEXT_BYTES)
    // A copy: decoders take no shared memory.
    return new TextDecoder().decode(this.bytes.slice(start + 4, start + 4 + length))
  }
}
