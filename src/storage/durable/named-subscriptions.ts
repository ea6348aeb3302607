/**
 * The durable subscriptions of a stream: one of a name at a time, all over one desk.
 *
 * @module
 */

import { InvalidArgumentError } from '../../errors.js'
import type { Subscription } from '../../stream/subscription.js'
import type { SubscribeOptions } from '../../stream/types.js'
import { assertChoice } from '../../stream/validate.js'
import { DurableSubscription, type SubscriptionDesk } from './durable-subscription.js'
import { assertName } from './names.js'
import type { DurableSubscribeOptions } from './types.js'

/** What they stand on. */
export interface SubscriptionGround {
  readonly desk: Omit<SubscriptionDesk, 'left'>
  readonly maxLag: number
  /** Makes a subscription that needs no journal. */
  plain(options: SubscribeOptions): Subscription
  /** Called when the last open durable one has ended. */
  left(): void
}

/** Opens subscriptions and forgets names. */
export class NamedSubscriptions {
  private readonly ground: SubscriptionGround
  private readonly desk: SubscriptionDesk
  private readonly named = new Map<string, Subscription>()
  private readonly open = new Set<Subscription>()

  constructor(ground: SubscriptionGround) {
    this.ground = ground
    // By inheritance: some members of a desk are getters.
    this.desk = Object.assign(Object.create(ground.desk), { left: (each: DurableSubscription) => this.left(each) })
  }

  /** Durable subscriptions that are open. */
  get size(): number {
    return this.open.size
  }

  /** See `DurableExperienceStream.subscribe`. */
  subscribe(options: DurableSubscribeOptions): Subscription {
    const { after = 'written', name, ...plain } = options
    this.desk.ring.assertOpen()
    assertChoice(after, 'after', ['written', 'durable'])
    if (name === undefined && after === 'written') return this.ground.plain(plain)
    if (name !== undefined) {
      assertName(name, this.desk.names.cursors())
      if (this.named.has(name)) {
        throw new InvalidArgumentError(`a subscription with the name '${name}' is open already`, { name })
      }
    }
    const subscription = new DurableSubscription(this.desk, plain, { after, name }, this.ground.maxLag)
    if (subscription.closed) return subscription
    this.open.add(subscription)
    if (name !== undefined) this.named.set(name, subscription)
    return subscription
  }

  /** See `DurableExperienceStream.removeSubscription`. */
  remove(name: string): boolean {
    const { names, ring } = this.desk
    ring.assertOpen()
    if (this.named.has(name)) {
      throw new InvalidArgumentError(`the subscription with the name '${name}' is open, close it first`, { name })
    }
    const known = names.cursor(name) !== undefined
    names.removeCursor(name)
    return known
  }

  private left(subscription: DurableSubscription): void {
    this.open.delete(subscription)
    if (subscription.name !== undefined) this.named.delete(subscription.name)
    if (this.open.size === 0) this.ground.left()
  }
}
