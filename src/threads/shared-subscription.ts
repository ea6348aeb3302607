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

const TYPE = L.EVENT_TYPE >>> 1

/** What the subscriptions of one thread share. */
export interface SubscriptionDesk {
  readonly ring: SharedRing
  readonly reader: SharedReader
  readonly room: WaitingRoom
  readonly open: Set<Subscription>
  /** Called when a subscription has been closed. */
  leave(): void
}

/** A cursor on a ring that threads share; what `poll` returns is a copy that the next poll overwrites. */
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
    this.desk.leave()
  }

  override poll(): EventBatch {
    if (this.ended) throw new ClosedError('subscription')
    this.take(this.lent)
    return this.lent
  }

  protected override take(batch: EventBatch): void {
    this.catchUp()
    const { reader, ring } = this.desk
    const start = this.position
    const all = this.types === undefined ? batch : this.scratch
    const { claimed } = ring.kernel.core
    const most = Math.min(this.maxBatch, Math.max(0, claimed() - start))
    const read = reader.read(start, SEQ_LIMIT, most, all)
    this.position = read.stopped
    this.missed += read.missed
    this.aborted += read.aborted
    const length = this.types === undefined ? read.length : this.pick(all, read.length, this.types, batch)
    this.received += length
    this.filtered += read.length - length
    batch.describe(length, start, read.stopped, this.takeMissed(length), false)
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
    const { core } = ring.kernel
    const gone = core.claimed() - ring.capacity
    // Numbers that have not settled are nothing to be behind of.
    const floor = this.maxLag < ring.capacity ? Math.max(gone, core.frontier() - this.maxLag) : gone
    if (this.position >= floor) return
    this.missed += floor - this.position
    this.position = floor
  }

  /** Copies the events of these types to `batch` and returns how many. */
  private pick(all: EventBatch, length: number, types: Uint8Array, batch: EventBatch): number {
    all.describe(length, 0, 0, 0, false)
    const { bytes, seqs } = all
    const codes = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 1)
    const target = batch.own(length)
    const numbers = batch.ownNumbers(length)
    let picked = 0
    for (let i = 0; i < length; i++) {
      if (!hasType(types, codes[i * (L.RECORD_BYTES / 2) + TYPE] as number)) continue
      target.set(bytes.subarray(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES), picked * L.RECORD_BYTES)
      numbers[picked++] = seqs[i] as number
    }
    return picked
  }
}
