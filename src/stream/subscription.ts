/**
 * Subscriptions: cursors on the ring. A write waits for no subscriber; one that falls so far behind that its events are
 * overwritten, or further than its `maxLag`, is told the exact number that it missed with its next batch and goes on.
 *
 * Contract:
 * - At any time `received + filtered + missed = position − from`: every sequence number that the cursor has passed was
 *   delivered, was of a type not asked for, or was missed. `missed` counts sequence numbers of all types.
 * - Batches are in the order of the sequence numbers, without doubles.
 * - Subscribers run only when the writer yields to the event loop; a burst of writes wakes each waiting one once.
 * - Iteration delivers batches that own their bytes. `poll` lends: its batch is good until the next write or poll.
 * - One iteration at a time. It ends, without an error, by `break`, by `close`, by the signal, or when the stream is
 *   closed; in the last case what was written before is delivered first. An iteration that ended is a closed subscription.
 *
 * @module
 */

import { ClosedError, InvalidArgumentError, invalid } from '../errors.js'
import { assertSeq, type Ring, wordOfSlot } from '../kernel/ring.js'
import * as L from '../layout.js'
import { EventBatch } from './batch.js'
import { copyRange } from './ranges.js'
import type { SubscribeOptions, SubscriptionStats } from './types.js'
import { assertInteger, assertKeys, typeList } from './validate.js'

const KEYS = ['from', 'types', 'maxBatch', 'maxLag', 'signal']
const TYPE = L.EVENT_TYPE >>> 1
const SLOTS = L.OUT_SLOTS / 4

/** What the subscriptions of a stream share. */
export class SubscriptionRegistry {
  /** Open subscriptions. */
  readonly open = new Set<Subscription>()
  private readonly ring: Ring
  private sleepers = new Set<() => void>()

  constructor(ring: Ring) {
    this.ring = ring
    ring.wake = () => this.wakeAll()
  }

  /** Resolves at the next write, when the stream is closed, or when the function that it hands over is called. */
  sleep(onRelease: (release: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      this.sleepers.add(resolve)
      onRelease(() => {
        this.sleepers.delete(resolve)
        resolve()
      })
      this.ring.waiting = true
    })
  }

  /** Wakes everybody who waits. */
  wakeAll(): void {
    this.ring.waiting = false
    const { sleepers } = this
    this.sleepers = new Set()
    for (const wake of sleepers) wake()
  }
}

/** A cursor on the ring; see the contract of the module. */
export class Subscription implements AsyncIterable<EventBatch> {
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
  private readonly ring: Ring
  private readonly registry: SubscriptionRegistry
  private readonly types: Uint8Array | undefined
  private readonly maxBatch: number
  private readonly maxLag: number
  private readonly signal: AbortSignal | undefined
  private readonly lent = new EventBatch()
  private reported = 0
  private ended = false
  private iterating = false
  private release: () => void = () => {}
  private readonly onAbort = (): void => this.close()

  /** @internal Streams make their subscriptions. */
  constructor(ring: Ring, registry: SubscriptionRegistry, options: SubscribeOptions, maxLag: number) {
    assertKeys(options, 'options', KEYS)
    const { from = 'next', types, maxBatch = 1024, signal } = options
    assertInteger(maxBatch, 'maxBatch', 1, 2 ** 20)
    const lag = options.maxLag ?? maxLag
    assertInteger(lag, 'maxLag', 1, 2 ** 53)
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw invalid('signal', 'be an AbortSignal', signal)
    }
    this.ring = ring
    this.registry = registry
    this.types = types === undefined ? undefined : typeSet(typeList(types, 'types'))
    this.maxBatch = maxBatch
    this.maxLag = lag
    this.signal = signal
    this.from = startOf(from, ring)
    this.position = this.from
    if (signal?.aborted) {
      this.ended = true
      return
    }
    signal?.addEventListener('abort', this.onAbort, { once: true })
    registry.open.add(this)
  }

  /** How many sequence numbers were written that the cursor has not passed. */
  get lag(): number {
    return this.ring.next - this.position
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
  poll(): EventBatch {
    if (this.ended) throw new ClosedError('subscription')
    this.catchUp()
    if (this.types !== undefined) return this.takeMatching(this.lent, this.types)
    const { ring, position } = this
    const slot = ring.slotOf(position)
    const length = Math.min(ring.next - position, this.maxBatch, ring.capacity - slot)
    const end = position + length
    this.position = end
    this.received += length
    return this.lent.lend(ring.kernel, wordOfSlot(slot), length, position, end, this.takeMissed(length))
  }

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

  /** Ends the subscription and its iteration. Does nothing the second time. */
  close(): void {
    if (this.ended) return
    this.ended = true
    this.signal?.removeEventListener('abort', this.onAbort)
    this.registry.open.delete(this)
    this.release()
  }

  /** The same as `close`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** The accounting; `received + filtered + missed = position − from`. */
  stats(): SubscriptionStats {
    const { from, position, received, filtered, missed, lag } = this
    return { from, position, received, filtered, missed, lag }
  }

  private async step(): Promise<IteratorResult<EventBatch, undefined>> {
    while (!this.ended) {
      this.catchUp()
      const batch = new EventBatch()
      if (this.types === undefined) this.takeAll(batch)
      else this.takeMatching(batch, this.types)
      if (batch.length > 0) return { value: batch, done: false }
      if (this.ring.closed) this.close()
      else if (this.lag === 0) {
        await this.registry.sleep((release) => {
          this.release = release
        })
      }
    }
    return { value: undefined, done: true }
  }

  /** Passes over what is gone, or further behind than `maxLag`. */
  private catchUp(): void {
    const { ring } = this
    const floor = ring.next - Math.min(ring.size, this.maxLag)
    if (this.position >= floor) return
    this.missed += floor - this.position
    this.position = floor
  }

  /** What a batch of `length` events reports as missed: all since the last one that had any. */
  private takeMissed(length: number): number {
    if (length === 0) return 0
    const missed = this.missed - this.reported
    this.reported = this.missed
    return missed
  }

  private takeAll(batch: EventBatch): void {
    const { ring, position } = this
    const length = Math.min(ring.next - position, this.maxBatch)
    copyRange(ring, position, position + length, batch)
    this.position = position + length
    this.received += length
    batch.missed = this.takeMissed(length)
  }

  private takeMatching(batch: EventBatch, types: Uint8Array): EventBatch {
    const { ring, position } = this
    const { core, u8, u16, u32 } = ring.kernel
    const most = Math.min(this.maxBatch, L.CHUNK)
    const seqs = batch.ownNumbers(most)
    let length = 0
    let seq = position
    for (; seq < ring.next && length < most; seq++) {
      const slot = ring.slotOf(seq)
      const type = u16[wordOfSlot(slot) * 2 + TYPE] as number
      if ((((types[type >> 3] as number) >> (type & 7)) & 1) === 0) continue
      seqs[length] = seq
      u32[SLOTS + length++] = slot
    }
    core.gather(length)
    batch.own(length).set(u8.subarray(L.BATCH, L.BATCH + length * L.RECORD_BYTES))
    this.position = seq
    this.received += length
    this.filtered += seq - position - length
    return batch.describe(length, position, seq, this.takeMissed(length), false)
  }
}

function startOf(from: SubscribeOptions['from'], ring: Ring): number {
  if (from === 'next') return ring.next
  if (from === 'oldest') return ring.oldest
  assertSeq(from, 'from')
  if (from <= ring.next) return from
  throw invalid('from', `be 'next', 'oldest' or a sequence number up to ${ring.next}`, from)
}

function typeSet(types: readonly number[]): Uint8Array {
  const set = new Uint8Array(8192)
  for (const type of types) set[type >> 3] = (set[type >> 3] as number) | (1 << (type & 7))
  return set
}
