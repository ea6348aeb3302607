/**
 * Events between a source and the ring: a block of rows, one array per field, and the place where sources put them.
 *
 * A source fills the arrays at index `rows.length` and calls `commit()`; a row that turns out to be wrong is dropped by
 * `reset()`. Rows start zeroed. Nothing here knows the stream, so that every source can be tested without it.
 *
 * @module
 */

/** Largest magnitude of a reward that an event takes. */
export const LARGEST_REWARD = 8e37

/** A block of events as columns; `[0, length)` are complete. */
export class EventRows {
  readonly capacity: number
  length = 0
  readonly timestamps: Float64Array
  readonly episodeIds: BigUint64Array
  readonly stepNumbers: Uint32Array
  readonly eventTypes: Uint16Array
  readonly flags: Uint16Array
  /** `[capacity, 8]`. */
  readonly states: Float32Array
  /** `[capacity, 8]`. */
  readonly actions: Float32Array
  /** Four columns, in the order of `AppraiserType`. */
  readonly rewards: readonly [Float32Array, Float32Array, Float32Array, Float32Array]
  /** Bit `1 << slot`: the input brought this reward itself, so that no appraiser replaces it. */
  readonly given: Uint8Array
  readonly adnaVersionHashes: Uint32Array
  /** `[capacity × 16]`; a row without an id of its own has `hasId` 0. */
  readonly eventIds: Uint8Array
  readonly hasId: Uint8Array
  /** Whether any row since the last `clear` brought its id. */
  anyId = false

  constructor(capacity: number) {
    this.capacity = capacity
    this.timestamps = new Float64Array(capacity)
    this.episodeIds = new BigUint64Array(capacity)
    this.stepNumbers = new Uint32Array(capacity)
    this.eventTypes = new Uint16Array(capacity)
    this.flags = new Uint16Array(capacity)
    this.states = new Float32Array(capacity * 8)
    this.actions = new Float32Array(capacity * 8)
    this.rewards = [0, 1, 2, 3].map(() => new Float32Array(capacity)) as unknown as EventRows['rewards']
    this.given = new Uint8Array(capacity)
    this.adnaVersionHashes = new Uint32Array(capacity)
    this.eventIds = new Uint8Array(capacity * 16)
    this.hasId = new Uint8Array(capacity)
  }

  /** Zeroes the row at `length` again, after a source has begun to fill it. */
  reset(): void {
    this.#zero(this.length, this.length + 1)
  }

  /** Drops all rows. */
  clear(): void {
    this.#zero(0, this.length)
    this.length = 0
    this.anyId = false
  }

  #zero(start: number, end: number): void {
    for (const column of [
      this.timestamps,
      this.stepNumbers,
      this.eventTypes,
      this.flags,
      ...this.rewards,
      this.given,
      this.adnaVersionHashes,
      this.hasId,
    ]) {
      column.fill(0, start, end)
    }
    this.episodeIds.fill(0n, start, end)
    this.states.fill(0, start * 8, end * 8)
    this.actions.fill(0, start * 8, end * 8)
  }
}

/** Where a source puts what it reads. */
export interface RowSink {
  readonly rows: EventRows
  /** Rows committed so far, over all blocks: the ordinal number of the row being filled. */
  readonly committed: number
  /** The row at `rows.length` is complete. */
  commit(): void
  /** Counts a record that cannot be an event. The reason never holds anything of the record's content. */
  malformed(position: number, reason: string): void
  /** Something that the user should know about the whole input. */
  note(text: string): void
}

/** What a source found, beyond rows and malformed records. */
export interface SourceCounts {
  /** Lines, records or observations that were looked at: ingested + malformed + blank. */
  records: number
  /** Empty lines between records, which are neither events nor malformed. */
  blank: number
  /** Episodes that were begun; counts an episode anew when it returns after it was forgotten. */
  episodes: number
  /** Episodes whose step counter was dropped to stay within bounded memory. */
  forgotten: number
}
