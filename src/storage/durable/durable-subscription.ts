/**
 * Subscriptions that know the journal: those that deliver only what is safe, and those whose cursor is kept under a name.
 *
 * Contract, beside that of every subscription:
 * - With `after: 'durable'` nothing is delivered that a crash which the level survives could take back.
 * - A named one goes on behind its last `ack`: at least once, and exactly once for those who write their result before
 *   they `ack`, as appraisers do, since rewards are in the journal before the cursor that covers them. What the ring no
 *   longer holds comes from the journal's files, with its newest rewards; only what was removed there is `missed`.
 * - What the ring no longer holds comes from the files also without a name, as far as `maxLag` lets it.
 * - Batches own their bytes, those of `poll` too, but a poll reuses its batch.
 *
 * @module
 */

import { ClosedError, InvalidArgumentError, invalid } from '../../errors.js'
import type { AppraiserType } from '../../event/types.js'
import * as L from '../../layout.js'
import { EventBatch } from '../../stream/batch.js'
import { hasType, Subscription, type SubscriptionSource } from '../../stream/subscription.js'
import type { SubscribeOptions } from '../../stream/types.js'
import type { JournalEvents, JournalSource } from '../journal/source.js'
import type { KeptNames } from './names.js'
import { type EventStretch, OldEvents } from './old-events.js'

/** What durable subscriptions of a stream share. */
export interface SubscriptionDesk {
  /** The live window. */
  readonly ring: SubscriptionSource & { assertOpen(): void }
  readonly names: KeptNames
  readonly open: Set<Subscription>
  /** What holds, `after` this: the number behind the last event that may be delivered. */
  watermark(after: 'written' | 'durable'): number
  /** The files, with everything that has become of events before the ring's window. */
  files(): JournalSource
  /** Copies of the events [start, end), which are live; it may stop earlier. */
  live(start: number, end: number): EventStretch
  /** Resolves when the watermark may have moved past `position`. */
  sleep(after: 'written' | 'durable', position: number, onRelease: (release: () => void) => void): Promise<void>
  /** Whether the journal is closed: what is not delivered by then never will be. */
  readonly ended: boolean
  /** Told when a subscription has ended. */
  left(subscription: DurableSubscription): void
}

/** What a durable subscription is, beside the options of every one. */
export interface Durably {
  readonly after: 'written' | 'durable'
  readonly name: string | undefined
}

/** A cursor on ring and journal; see the contract of the module. */
export class DurableSubscription extends Subscription {
  /** The name that keeps the cursor, if any. */
  readonly name: string | undefined
  private readonly desk: SubscriptionDesk
  private readonly after: 'written' | 'durable'
  private readonly lent = new EventBatch()
  private readonly old: OldEvents
  private scorer: AppraiserType | undefined

  constructor(desk: SubscriptionDesk, options: SubscribeOptions, durably: Durably, maxLag: number) {
    const lag = durably.name === undefined ? maxLag : Number.MAX_SAFE_INTEGER
    super(sourceOf(desk, durably.after), desk.open, { ...options, from: startOf(desk, options, durably.name) }, lag)
    this.desk = desk
    this.after = durably.after
    this.name = durably.name
    this.old = new OldEvents(() => desk.files())
    if (this.name !== undefined) desk.names.setCursor(this.name, this.from)
  }

  /** The number behind the last that was acknowledged; undefined without a name. */
  get acknowledged(): number | undefined {
    return this.name === undefined ? undefined : this.desk.names.cursor(this.name)
  }

  /**
   * Says that every event up to and with `seq` is dealt with (default: all that were delivered): the name goes on behind
   * it. The cursor is in the journal with the next flush, and safe with the next `durable`. An earlier number than that
   * of the last call changes nothing.
   *
   * @throws {InvalidArgumentError} without a name, or if `seq` has not been delivered.
   * @throws {ClosedError} after the stream was closed.
   */
  ack(seq: number = this.position - 1): void {
    const { name, desk } = this
    if (name === undefined) throw new InvalidArgumentError('ack needs a subscription with a name')
    desk.ring.assertOpen()
    if (!Number.isInteger(seq) || seq >= this.position || seq < this.from - 1) {
      throw invalid('seq', `be a number that was delivered, in [${this.from}, ${this.position})`, seq)
    }
    if (seq + 1 > (desk.names.cursor(name) ?? 0)) desk.names.setCursor(name, seq + 1)
  }

  override poll(): EventBatch {
    if (this.ended) throw new ClosedError('subscription')
    this.take(this.lent)
    return this.lent
  }

  override close(): void {
    if (this.ended) return
    super.close()
    this.old.clear()
    this.desk.left(this)
  }

  /** Passes over what the appraiser has scored already: a crash came between its rewards and its cursor. */
  override scored(appraiser: AppraiserType): void {
    if (this.name === undefined) return
    this.scorer = appraiser
    if (!this.desk.ring.closed) this.ack()
  }

  protected override take(batch: EventBatch): void {
    const { ring } = this.desk
    const end = this.desk.watermark(this.after)
    if (this.position < end - this.maxLag) {
      this.missed += end - this.maxLag - this.position
      this.position = end - this.maxLag
    }
    if (this.position >= end) batch.describe(0, this.position, this.position, 0, true)
    else if (this.position < ring.oldest) {
      this.deliver(batch, this.old.take(this.position, Math.min(end, ring.oldest), this.maxBatch))
    } else this.deliver(batch, this.desk.live(this.position, Math.min(end, this.position + this.maxBatch)))
  }

  protected override wait(): Promise<void> {
    return this.desk.sleep(this.after, this.position, (release) => {
      this.release = release
    })
  }

  protected override isIdle(): boolean {
    return this.desk.watermark(this.after) <= this.position
  }

  /** Hands over what of a reading was asked for, and moves behind it. */
  private deliver(batch: EventBatch, { events, first, last, end, aborted, missed }: EventStretch): void {
    const bytes = batch.own(last - first)
    const seqs = batch.ownNumbers(last - first)
    let length = 0
    for (let i = first; i < last; i++) {
      if (!this.wants(events, i)) continue
      const at = i * L.RECORD_BYTES
      bytes.set(events.bytes.subarray(at, at + L.RECORD_BYTES), length * L.RECORD_BYTES)
      seqs[length++] = events.seqs[i] as number
    }
    const start = this.position
    this.position = end
    this.aborted += aborted
    this.missed += missed
    this.received += length
    this.filtered += last - first - length
    batch.describe(length, start, end, this.takeMissed(length), false)
  }

  private wants({ bytes, masks }: JournalEvents, i: number): boolean {
    if (this.scorer !== undefined && (((masks[i] as number) >> this.scorer) & 1) !== 0) return false
    if (this.types === undefined) return true
    const at = i * L.RECORD_BYTES + L.EVENT_TYPE
    return hasType(this.types, (bytes[at] as number) | ((bytes[at + 1] as number) << 8))
  }
}

function sourceOf(desk: SubscriptionDesk, after: 'written' | 'durable'): SubscriptionSource {
  const { ring } = desk
  return {
    get next() {
      return ring.next
    },
    get upcoming() {
      return ring.next
    },
    get oldest() {
      return ring.oldest
    },
    // What is safe only at the very end is still delivered.
    get closed() {
      return after === 'durable' ? desk.ended : ring.closed
    },
  }
}

/** Where a subscription begins: a name that is known, behind its last `ack`. */
function startOf(
  desk: SubscriptionDesk,
  options: SubscribeOptions,
  name: string | undefined,
): SubscribeOptions['from'] {
  const cursor = name === undefined ? undefined : desk.names.cursor(name)
  return cursor === undefined ? options.from : Math.min(cursor, desk.ring.next)
}
