/**
 * Stores against a naive model: random writes, rewards (late ones too, also to events that have left the ring), failures
 * and crashes of stores, of the stream, or of both, at any step of any call. Afterwards each event is in each store
 * exactly once, with its newest rewards.
 *
 * @module
 */

import { expect, test } from 'vitest'
import type { Follower } from '../../../src/storage/follow/follower.js'
import { turns } from './support/fake-clock.js'
import { MemoryStore, type Operation } from './support/memory-store.js'
import { expectExactly, World } from './support/world.js'

const RUNS = 100
const STEPS = 60

/** A generator of small integers; the seed is in the name of the test that fails. */
function dice(seed: number): (sides: number) => number {
  let state = seed * 2654435761 + 1
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

interface Site {
  world: World
  readonly stores: MemoryStore[]
  readonly followers: (Follower | undefined)[]
}

class Storm {
  private readonly roll: (sides: number) => number
  private readonly site: Site
  private readonly closing: Promise<void>[] = []
  private calm = false

  constructor(seed: number) {
    this.roll = dice(seed)
    const options = { capacity: 5 + this.roll(60), settleMs: [0, 50, 500][this.roll(3)] as number }
    this.site = { world: new World(options), stores: [], followers: [undefined, undefined] }
    for (const name of ['first', 'second']) this.site.stores.push(this.store(new MemoryStore(name)))
    for (let i = 0; i < 2; i++) this.attach(i)
    // What the journal keeps for a follower it keeps from here on.
    this.site.world.host.flushNow()
  }

  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      await this.step()
      await turns(this.roll(4))
    }
    this.calm = true
    await this.finish()
  }

  private async step(): Promise<void> {
    const { world } = this.site
    const action = this.roll(20)
    if (action < 6) this.write()
    else if (action < 11) this.reward()
    else if (action < 14) world.host.flushNow()
    else if (action < 16) await world.clock.advance(this.roll(200))
    else if (action === 16) world.host.abort(1 + this.roll(3))
    else if (action === 17) this.toggle(this.roll(2))
    else if (action === 18) this.site.stores[this.roll(2)]?.restart()
    else this.crash()
  }

  private write(): void {
    for (let count = this.roll(25); count > 0; count--) {
      const mask = this.roll(3) === 0 ? 15 : this.roll(16)
      const metadata = this.roll(5) === 0 ? { intentType: `t${this.roll(100)}` } : undefined
      this.site.world.host.write([this.roll(9), this.roll(9), 0, this.roll(9)], mask, metadata)
    }
  }

  private reward(): void {
    const { host } = this.site.world
    for (let count = this.roll(12); count > 0; count--) {
      const reach = [10, 80, 2000][this.roll(3)] as number
      host.reward(host.nextSeq - 1 - this.roll(reach), this.roll(4), this.roll(1000))
    }
  }

  /** Attaches a follower, or ends one in one of its ways. */
  private toggle(i: number): void {
    const { followers } = this.site
    const follower = followers[i]
    if (follower === undefined) this.attach(i)
    else if (follower.state === 'closed') followers[i] = undefined
    else if (this.roll(2) === 0) this.closing.push(follower.close())
    else void follower.flush().catch(() => {})
  }

  private attach(i: number): void {
    const { world, stores, followers } = this.site
    const retry = { initialMs: 5, maxMs: 40, seed: 1 }
    followers[i] = world.follow(stores[i] as MemoryStore, {
      batchSize: 1 + this.roll(40),
      lingerMs: this.roll(20),
      retry,
    })
  }

  /** The process ends with everything in it. */
  private crash(): void {
    const { site } = this
    for (const store of site.stores) store.kill()
    site.world = site.world.crash()
    for (let i = 0; i < 2; i++) {
      const { name, kept } = site.stores[i] as MemoryStore
      site.stores[i] = this.store(new MemoryStore(name, kept))
      site.followers[i] = undefined
      if (this.roll(3) > 0) this.attach(i)
    }
  }

  /** Calls take their time, and fail at any step, before as after what they do. */
  private store(store: MemoryStore): MemoryStore {
    store.holdBack = 1 + this.roll(80)
    store.before = async (operation: Operation) => {
      if (this.calm) return
      await turns(this.roll(3))
      if (this.roll(12) === 0) throw new Error(`${operation} failed`)
    }
    return store
  }

  private async finish(): Promise<void> {
    const { world, stores, followers } = this.site
    await Promise.race([Promise.all(this.closing), turns(50)])
    for (let i = 0; i < 2; i++) {
      const follower = followers[i]
      if (follower !== undefined && follower.state !== 'closed') continue
      this.attach(i)
    }
    const done = Promise.all(followers.map((follower) => follower?.flush()))
    for (let passed = false; !passed; ) {
      await world.clock.advance(100)
      passed = await Promise.race([done.then(() => true), turns(5).then(() => false)])
    }
    for (const store of stores) {
      expectExactly(store, world.host, 0, Number.POSITIVE_INFINITY)
      expectAllNumbers(store, world.host.source.endSeq)
    }
  }
}

/** Events and gaps together are all numbers, each once. */
function expectAllNumbers({ kept }: MemoryStore, end: number): void {
  const numbers = [...kept.rows.keys()]
  for (const gap of kept.gaps) for (let seq = gap.start; seq < gap.end; seq++) numbers.push(seq)
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: end }, (_, seq) => seq))
}

for (const group of [0, 1, 2, 3]) {
  test(`every store has every event once, with its newest rewards, whatever crashes when (${group + 1} of 4)`, async () => {
    for (let run = group; run < RUNS; run += 4) {
      await new Storm(run).run().catch((error) => {
        throw new Error(`seed ${run}: ${error.message}`, { cause: error })
      })
    }
  })
}
