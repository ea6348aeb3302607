/**
 * Subscriptions to the ring of one thread.
 *
 * @module
 */

import { ClosedError } from '../errors.js'
import { type Ring, wordOfSlot } from '../kernel/ring.js'
import * as L from '../layout.js'
import { EventBatch } from './batch.js'
import { copyRange } from './ranges.js'
import { hasType, Subscription } from './subscription.js'
import type { SubscribeOptions } from './types.js'

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

/** A cursor on the ring; `poll` without `types` shows the ring itself. */
export class RingSubscription extends Subscription {
  private readonly ring: Ring
  private readonly registry: SubscriptionRegistry
  private readonly lent = new EventBatch()

  constructor(ring: Ring, registry: SubscriptionRegistry, options: SubscribeOptions, maxLag: number) {
    super(ring, registry.open, options, maxLag)
    this.ring = ring
    this.registry = registry
  }

  override poll(): EventBatch {
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

  protected override take(batch: EventBatch): void {
    this.catchUp()
    if (this.types === undefined) this.takeAll(batch)
    else this.takeMatching(batch, this.types)
  }

  protected override wait(): Promise<void> {
    return this.registry.sleep((release) => {
      this.release = release
    })
  }

  protected override isIdle(): boolean {
    return this.lag === 0
  }

  /** Passes over what is gone, or further behind than `maxLag`. */
  private catchUp(): void {
    const { ring } = this
    const floor = ring.next - Math.min(ring.size, this.maxLag)
    if (this.position >= floor) return
    this.missed += floor - this.position
    this.position = floor
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
      if (!hasType(types, u16[wordOfSlot(slot) * 2 + TYPE] as number)) continue
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
