/**
 * What a subscription may deliver: the model follows a real one and says where it breaks the contract.
 *
 * How many events that do not match are passed over in one call is the stream's own affair; that every number between
 * two positions is accounted for exactly once, as received, filtered or missed, is not.
 *
 * @module
 */

import type { ModelStream } from './stream.js'

/** What one `poll()` showed. */
export interface Observed {
  seqs: readonly number[]
  /** Missed numbers that the batch reports. */
  batchMissed: number
  position: number
  received: number
  filtered: number
  missed: number
  lag: number
}

/** The options of a subscription as the model knows them. */
export interface ModelSubscribeOptions {
  from: number
  types?: readonly number[] | undefined
  maxBatch: number
  maxLag: number
  /** Whether a poll without types shows the ring itself, and ends where it wraps. */
  inPieces: boolean
}

/** A batch by type never holds more than this, whatever `maxBatch` says. */
const LARGEST_TYPED_BATCH = 1024

/** Follows one subscription. */
export class ModelSubscription {
  position: number
  received = 0
  filtered = 0
  missed = 0
  /** Missed numbers that no batch with events has reported yet. */
  private unreported = 0

  constructor(
    private readonly stream: ModelStream,
    private readonly options: ModelSubscribeOptions,
  ) {
    this.position = options.from
  }

  /** @returns what is wrong with a poll, or undefined */
  poll(observed: Observed): string | undefined {
    const { stream, options } = this
    const oldest = Math.max(stream.oldestSeq, stream.nextSeq - options.maxLag)
    const start = Math.max(this.position, oldest)
    const missed = start - this.position
    const wanted: number[] = []
    for (let seq = start; seq < observed.position; seq++) {
      const event = stream.events.get(seq)
      if (event === undefined) return `position ${observed.position} is beyond the head ${stream.nextSeq}`
      if (options.types === undefined || options.types.includes(event.eventType)) wanted.push(seq)
    }
    const filtered = Math.max(0, observed.position - start) - wanted.length
    this.missed += missed
    this.unreported += missed
    this.received += wanted.length
    this.filtered += filtered
    this.position = Math.max(start, observed.position)
    const expected = {
      seqs: wanted,
      batchMissed: wanted.length > 0 ? this.unreported : 0,
      position: this.position,
      received: this.received,
      filtered: this.filtered,
      missed: this.missed,
      lag: stream.nextSeq - this.position,
    }
    if (JSON.stringify(observed) !== JSON.stringify(expected)) {
      return `poll showed ${JSON.stringify(observed)} instead of ${JSON.stringify(expected)}`
    }
    if (wanted.length > 0) this.unreported = 0
    if (wanted.length > options.maxBatch) return `${wanted.length} events in a batch of at most ${options.maxBatch}`
    if (this.stopsEarly(wanted.length)) {
      return `stopped at ${this.position} with ${wanted.length} of ${options.maxBatch} events, the head is ${stream.nextSeq}`
    }
    if (this.received + this.filtered + this.missed !== this.position - options.from) return 'does not add up'
    return undefined
  }

  /** Whether a batch of `count` events ended although there was more, and neither it was full nor the ring wrapped. */
  private stopsEarly(count: number): boolean {
    const { stream, options, position } = this
    if (position === stream.nextSeq || count >= options.maxBatch) return false
    if (options.types !== undefined) return count < LARGEST_TYPED_BATCH
    if (!options.inPieces) return true
    return count === 0 || (position - stream.firstSeq) % stream.capacity !== 0
  }
}
