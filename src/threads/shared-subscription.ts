/**
 * Subscriptions to a shared ring. Events are copied and come in the order of their numbers; a number that has not
 * settled is waited for, one that never will be an event is counted as `aborted`.
 *
 * @module
 */

import { ClosedError } from '../errors.js'
import { SEQ_LIMIT } from '../kernel/ring.js'
import * as L from '../layout.js'
import { EventBatch } from '../stream/batch.js'
import { hasType, Subscription } from '../stream/subscription.js'
import type { SubscribeOptions } from '../stream/types.js'
import type { SharedReader } from './shared-reader.js'
import type { SharedRing } from './shared-ring.js'
import type { WaitingRoom } from './waiting.js'

/** What the subscriptions of one thread share. */
export interface SubscriptionDesk {
  readonly ring: SharedRing
  readonly reader: SharedReader
  readonly room: WaitingRoom
  readonly open: Set<Subscription>
  /** Whose polls lend the area for that. */
  lender: Subscription | undefined
  /** Called when a subscription has been closed. */
  leave(): void
}

/**
 * A cursor on a ring that threads share; what `poll` returns is a copy that its next poll overwrites. Polls of the first
 * subscription of a thread lend the area that the module copies to; those of others copy once more.
 */
export class SharedSubscription extends Subscription {
  private readonly desk: SubscriptionDesk
  private readonly lent = new EventBatch()
  private readonly scratch = new EventBatch()

  constructor(desk: SubscriptionDesk, options: SubscribeOptions, maxLag: number) {
    super(desk.ring, desk.open, options, maxLag)
    this.desk = desk
  }

  override close(): void {
    super.close()
    if (this.desk.lender === this) this.desk.lender = undefined
    this.desk.leave()
  }

  override poll(): EventBatch {
    if (this.ended) throw new ClosedError('subscription')
    this.desk.lender ??= this
    if (this.desk.lender === this && this.types === undefined && this.maxBatch <= L.CHUNK) return this.lend()
    this.take(this.lent)
    return this.lent
  }

  private lend(): EventBatch {
    this.catchUp()
    const { kernel } = this.desk.ring
    const start = this.position
    const length = kernel.core.readRange(start, SEQ_LIMIT, this.maxBatch, L.LENT)
    this.position = kernel.left(L.M_STOPPED)
    this.missed += kernel.left(L.M_MISSED)
    this.aborted += kernel.left(L.M_HOLES)
    this.received += length
    const batch = this.lent.lend(kernel, L.LENT >>> 2, length, start, this.position, this.takeMissed(length))
    if (length === this.position - start) return batch
    batch.ownNumbers(length).set(kernel.f64.subarray(L.OUT_SEQS >>> 3, (L.OUT_SEQS >>> 3) + length))
    return batch
  }

  protected override take(batch: EventBatch): void {
    this.catchUp()
    const start = this.position
    const most = Math.min(this.maxBatch, Math.max(0, this.desk.ring.kernel.core.claimed() - start))
    const length = this.types === undefined ? this.read(most, batch) : this.readTypes(most, batch, this.types)
    batch.describe(length, start, this.position, this.takeMissed(length), false)
  }

  protected override wait(): Promise<void> {
    const { room, ring } = this.desk
    const { core } = ring.kernel
    const isReady = (): boolean => {
      return ring.closed || (this.position < core.claimed() && core.isSettled(this.position) !== 0)
    }
    return room.sleep(isReady, (release) => {
      this.release = release
    })
  }

  protected override isIdle(): boolean {
    return true
  }

  /** Passes over what has been claimed again, and what is further behind than `maxLag`. */
  private catchUp(): void {
    const { ring } = this.desk
    let { floor } = ring
    // Numbers that have not settled are nothing to be behind of.
    if (this.maxLag < ring.capacity) floor = Math.max(floor, ring.kernel.core.frontier() - this.maxLag)
    if (this.position >= floor) return
    this.missed += floor - this.position
    this.position = floor
  }

  /** Moves on by at most `most` events, copies them to `batch` and returns how many. */
  private read(most: number, batch: EventBatch): number {
    const { length, stopped, missed, aborted } = this.desk.reader.read(this.position, SEQ_LIMIT, most, batch)
    this.position = stopped
    this.missed += missed
    this.aborted += aborted
    this.received += length
    return length
  }

  /** The same for events of these types, until there are `most` or nothing is left to look at. */
  private readTypes(most: number, batch: EventBatch, types: Uint8Array): number {
    const { scratch } = this
    const target = batch.own(most)
    const numbers = batch.ownNumbers(most)
    let picked = 0
    for (let before = -1; picked < most && this.position !== before; ) {
      before = this.position
      const length = this.read(most - picked, scratch)
      scratch.describe(length, 0, 0, 0, false)
      const { bytes, seqs } = scratch
      const first = picked
      for (let i = 0; i < length; i++) {
        if (!hasType(types, typeOf(bytes, i))) continue
        target.set(bytes.subarray(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES), picked * L.RECORD_BYTES)
        numbers[picked++] = seqs[i] as number
      }
      const passed = length - (picked - first)
      this.received -= passed
      this.filtered += passed
    }
    return picked
  }
}

function typeOf(records: Uint8Array, i: number): number {
  const at = i * L.RECORD_BYTES + L.EVENT_TYPE
  return (records[at] as number) | ((records[at + 1] as number) << 8)
}
