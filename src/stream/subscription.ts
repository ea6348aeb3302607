/**
 * Subscriptions: cursors on the ring. A write waits for no subscriber; one that falls so far behind that its events are
 * overwritten, or further than its `maxLag`, is told the exact number that it missed with its next batch and goes on.
 *
 * Contract:
 * - At any time `received + filtered + missed = position − from`: every sequence number that the cursor has passed was
 *   delivered, was of a type not asked for, or was missed. `missed` counts sequence numbers of all types. Where threads
 *   share the ring, `aborted` numbers, which never became events, are a fourth part of the sum.
 * - Batches are in the order of the sequence numbers, without doubles.
 * - Subscribers run only when the writer yields to the event loop; a burst of writes wakes each waiting one once.
 * - Iteration delivers batches that own their bytes. `poll` lends: its batch is good until the next write or poll.
 * - One iteration at a time. It ends, without an error, by `break`, by `close`, by the signal, or when the stream is
 *   closed; in the last case what was written before is delivered first. An iteration that ended is a closed subscription.
 *
 * @module
 */

import { InvalidArgumentError, invalid } from '../errors.js'
import type { AppraiserType } from '../event/types.js'
import { assertSeq } from '../kernel/ring.js'
import { EventBatch } from './batch.js'
import type { SubscribeOptions, SubscriptionStats } from './types.js'
import { assertInteger, assertKeys, assertSignal, typeList } from './validate.js'

const KEYS = ['from', 'types', 'maxBatch', 'maxLag', 'signal']

/** What a subscription looks at. */
export interface SubscriptionSource {
  /** The number behind the last that was given out. */
  readonly next: number
  /** Where a subscription to what comes next begins. */
  readonly upcoming: number
  readonly oldest: number
  readonly closed: boolean
}

/** A cursor on the ring; see the contract of the module. */
export abstract class Subscription implements AsyncIterable<EventBatch> {
  /** The first sequence number that the subscription was to deliver. */
  readonly from: number
  /** The next sequence number that it will look at. */
  position: number
  /** Events that were delivered. */
  received = 0
  /** Events that were passed over because of their type. */
  filtered = 0
  /** Sequence numbers that were gone before they could be delivered. */
  missed = 0
  /** Sequence numbers that no event ever got; only where threads share the ring. */
  aborted = 0
  protected readonly types: Uint8Array | undefined
  protected readonly maxBatch: number
  protected readonly maxLag: number
  protected ended = false
  protected release: () => void = () => {}
  private readonly source: SubscriptionSource
  private readonly open: Set<Subscription>
  private readonly signal: AbortSignal | undefined
  private reported = 0
  private iterating = false
  private readonly onAbort = (): void => this.close()

  /** @internal Streams make their subscriptions. */
  constructor(source: SubscriptionSource, open: Set<Subscription>, options: SubscribeOptions, maxLag: number) {
    assertKeys(options, 'options', KEYS)
    const { from = 'next', types, maxBatch = 1024, signal } = options
    assertInteger(maxBatch, 'maxBatch', 1, 2 ** 20)
    const lag = options.maxLag ?? maxLag
    assertInteger(lag, 'maxLag', 1, 2 ** 53)
    assertSignal(signal)
    this.source = source
    this.open = open
    this.types = types === undefined ? undefined : typeSet(typeList(types, 'types'))
    this.maxBatch = maxBatch
    this.maxLag = lag
    this.signal = signal
    this.from = startOf(from, source)
    this.position = this.from
    if (signal?.aborted) {
      this.ended = true
      return
    }
    signal?.addEventListener('abort', this.onAbort, { once: true })
    open.add(this)
  }

  /** How many sequence numbers were written that the cursor has not passed. */
  get lag(): number {
    return this.source.next - this.position
  }

  /** Whether `close`, `break` or the signal has ended the subscription. */
  get closed(): boolean {
    return this.ended
  }

  /**
   * What is new, at most `maxBatch` events, possibly none. The batch is lent: it is good until the next write or poll,
   * and the same object every time. Without `types` it shows the ring itself and ends where the ring wraps.
   *
   * @throws {ClosedError} after `close`.
   */
  abstract poll(): EventBatch

  /** Moves on to what is new and copies it to `batch`, at most `maxBatch` events. */
  protected abstract take(batch: EventBatch): void

  /** Resolves when there may be something new, or when `release` is called. */
  protected abstract wait(): Promise<void>

  /** Whether nothing at all is left to look at. */
  protected abstract isIdle(): boolean

  /** Waits for events and delivers them in batches of their own; see the contract of the module. */
  [Symbol.asyncIterator](): AsyncIterator<EventBatch, undefined> {
    if (this.iterating) throw new InvalidArgumentError('a subscription takes one iteration at a time, one is under way')
    this.iterating = true
    let tail: Promise<unknown> = Promise.resolve()
    return {
      next: () => {
        const step = tail.then(() => this.step())
        tail = step
        return step
      },
      return: async () => {
        this.close()
        return { value: undefined, done: true }
      },
    }
  }

  /**
   * @internal Called by an appraiser before its first batch and whenever it has scored all that was delivered. A
   * subscription that outlives the program remembers it.
   */
  scored(_appraiser: AppraiserType): void {}

  /** Ends the subscription and its iteration. Does nothing the second time. */
  close(): void {
    if (this.ended) return
    this.ended = true
    this.signal?.removeEventListener('abort', this.onAbort)
    this.open.delete(this)
    this.release()
  }

  /** The same as `close`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** The accounting; `received + filtered + missed + aborted = position − from`. */
  stats(): SubscriptionStats {
    const { from, position, received, filtered, missed, aborted, lag } = this
    return { from, position, received, filtered, missed, aborted, lag }
  }

  private async step(): Promise<IteratorResult<EventBatch, undefined>> {
    while (!this.ended) {
      // Before the look: what is written up to here is delivered even if the stream is closed meanwhile.
      const closed = this.source.closed
      const batch = new EventBatch()
      this.take(batch)
      if (batch.length > 0) return { value: batch, done: false }
      if (closed) this.close()
      else if (this.isIdle()) await this.wait()
    }
    return { value: undefined, done: true }
  }

  /** What a batch of `length` events reports as missed: all since the last one that had any. */
  protected takeMissed(length: number): number {
    if (length === 0) return 0
    const missed = this.missed - this.reported
    this.reported = this.missed
    return missed
  }
}

function startOf(from: SubscribeOptions['from'], source: SubscriptionSource): number {
  if (from === 'next') return source.upcoming
  if (from === 'oldest') return source.oldest
  assertSeq(from, 'from')
  if (from <= source.next) return from
  throw invalid('from', `be 'next', 'oldest' or a sequence number up to ${source.next}`, from)
}

/** A bit for each type code. */
function typeSet(types: readonly number[]): Uint8Array {
  const set = new Uint8Array(8192)
  for (const type of types) set[type >> 3] = (set[type >> 3] as number) | (1 << (type & 7))
  return set
}

/** Whether a set of type codes has this one. */
export function hasType(set: Uint8Array, type: number): boolean {
  return (((set[type >> 3] as number) >> (type & 7)) & 1) !== 0
}
