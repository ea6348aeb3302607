/**
 * The words by which a crew of threads and the thread that leads it meet for a round.
 *
 * All members begin together: who is there early waits until the last one has come. Each notes when it began and ended
 * on the clock that all threads have in common; the round took from the first beginning to the last end.
 *
 * @module
 */

/** Raised by one for each round. */
export const GO = 0
/** Members that are ready to begin. */
export const ARRIVED = 1
/** Members that have ended. */
export const DONE = 2
/** Set by a member that threw. */
export const FAILED = 3
const WORDS = 4
/** How many numbers a member notes: begin, end, what its loop returned. */
const NOTES = 3

/** What the threads of a crew share. */
export class Rounds {
  readonly words: Int32Array
  readonly size: number
  private readonly numbers: Float64Array

  /** @param buffer of `Rounds.buffer` */
  constructor(buffer: SharedArrayBuffer, size: number) {
    this.size = size
    this.words = new Int32Array(buffer, 0, WORDS)
    this.numbers = new Float64Array(buffer, WORDS * 4)
  }

  /** Memory for a crew of `size`. */
  static buffer(size: number): SharedArrayBuffer {
    return new SharedArrayBuffer(WORDS * 4 + (1 + NOTES * size) * 8)
  }

  /** Operations of the round, for all members. */
  get operations(): number {
    return this.numbers[0] as number
  }

  set operations(n: number) {
    this.numbers[0] = n
  }

  note(place: number, begin: number, end: number, value: number): void {
    this.numbers.set([begin, end, value], 1 + NOTES * place)
  }

  /** Time of the last round, in ms. */
  get elapsed(): number {
    return (Math.max(...this.column(1)) - Math.min(...this.column(0))) / 1e6
  }

  /** Sum of what the loops of the last round returned. */
  get value(): number {
    return this.column(2).reduce((sum, value) => sum + value, 0)
  }

  private column(which: number): number[] {
    return Array.from({ length: this.size }, (_, place) => this.numbers[1 + NOTES * place + which] as number)
  }
}

/** ns on the clock that all threads of a process have in common. */
export function now(): number {
  return Number(process.hrtime.bigint())
}
