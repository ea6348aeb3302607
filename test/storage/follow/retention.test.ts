/**
 * Which files of the journal go, what keeps them, and what becomes of a follower that is too far behind.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { bytesBehind, removableBefore } from '../../../src/storage/follow/retention.js'
import type { SegmentInfo } from '../../../src/storage/journal/source.js'
import { MemoryStore } from './support/memory-store.js'
import { expectExactly, FULL, World } from './support/world.js'

/** Ten files of 100 events, 10 blocks and 1000 bytes, a second apart. */
const SEGMENTS: SegmentInfo[] = Array.from({ length: 10 }, (_, number) => ({
  number,
  file: `${number}`,
  startPosition: number * 10,
  startSeq: number * 100,
  createdUs: number * 1e6,
  bytes: 1000,
}))
const NOW = 10e6
const NOBODY = { windowSeq: 1000, followers: [], cursors: [] }

/** How many files may go. */
function removable(
  needs: Partial<Parameters<typeof removableBefore>[1]>,
  retention?: Parameters<typeof removableBefore>[2],
  metadataEnd: (segment: SegmentInfo) => number = () => 0,
): number {
  return removableBefore(SEGMENTS, { ...NOBODY, ...needs }, retention, NOW, metadataEnd) / 10
}

describe('a file of the journal', () => {
  test('stays if nobody follows and no retention is asked for', () => {
    expect(removable({})).toBe(0)
    expect(removable({}, { maxCursorBytes: 1 })).toBe(0)
  })

  test('stays if it is the last one', () => {
    expect(removable({ followers: [{ seq: 1000, position: 100 }] })).toBe(9)
  })

  test('stays if it holds metadata of events that somebody needs, whose records are in a later one', () => {
    const followers = [{ seq: 700, position: 100 }]
    const ends = (end: number) => (segment: SegmentInfo) => (segment.number === 4 ? end : 0)
    expect(removable({ followers }, undefined, ends(701))).toBe(4)
    expect(removable({ followers }, undefined, ends(700))).toBe(7)
    expect(removable({ followers, windowSeq: 699 }, undefined, ends(700))).toBe(4)
    expect(removable({ followers, cursors: [699] }, undefined, ends(700))).toBe(4)
  })

  test('stays while a follower needs its events or its corrections', () => {
    expect(removable({ followers: [{ seq: 450, position: 100 }] })).toBe(4)
    expect(removable({ followers: [{ seq: 1000, position: 59 }] })).toBe(5)
    expect(removable({ followers: [{ seq: 1000, position: 60 }] })).toBe(6)
    expect(removable({ followers: [{ seq: 399, position: 100 }] })).toBe(3)
    expect(removable({ followers: [{ seq: 400, position: 100 }] })).toBe(4)
    const followers = [
      { seq: 700, position: 80 },
      { seq: 350, position: 90 },
    ]
    expect(removable({ followers })).toBe(3)
  })

  test("stays while the ring's window begins in it", () => {
    expect(removable({ windowSeq: 250, followers: [{ seq: 1000, position: 100 }] })).toBe(2)
    expect(removable({ windowSeq: -50, followers: [{ seq: 1000, position: 100 }] })).toBe(0)
  })

  test('stays while a named subscription has not acknowledged its events, as far as it may hold them', () => {
    const followers = [{ seq: 1000, position: 100 }]
    expect(removable({ followers, cursors: [620, 900] })).toBe(6)
    expect(removable({ followers, cursors: [620] }, { maxCursorBytes: 4000 })).toBe(6)
    expect(removable({ followers, cursors: [620] }, { maxCursorBytes: 3999 })).toBe(9)
  })

  test('stays until the journal is larger, or the file older, than its retention says, also without followers', () => {
    expect(removable({}, { maxBytes: 6000 })).toBe(4)
    expect(removable({}, { maxBytes: 6001 })).toBe(4)
    expect(removable({}, { maxBytes: 5999 })).toBe(5)
    expect(removable({}, { maxBytes: 1e6 })).toBe(0)
    expect(removable({}, { maxAgeMs: 5000 })).toBe(4)
    expect(removable({}, { maxAgeMs: 4999 })).toBe(5)
    expect(removable({}, { maxAgeMs: 0 })).toBe(9)
    expect(removable({}, { maxBytes: 6000, maxAgeMs: 1000 })).toBe(8)
    expect(removable({ followers: [{ seq: 250, position: 25 }] }, { maxBytes: 0 })).toBe(2)
  })
})

function long(options: ConstructorParameters<typeof World>[0] = {}): World {
  return new World({ capacity: 10, settleMs: 0, segmentBytes: 1 << 20, ...options })
}

function segments(world: World): number {
  world.host.source.refresh()
  return world.host.source.segments().length
}

describe('the journal', () => {
  test('lets files go once the ring and every follower are past them', async () => {
    const world = long()
    const one = world.follow(new MemoryStore('one'))
    const two = new MemoryStore('two')
    const slow = world.follow(two)
    two.before = () => new Promise<void>(() => {})
    for (let i = 0; i < 4; i++) {
      world.fill()
      await one.flush()
    }
    expect(segments(world)).toBe(4)
    expect(bytesBehind(world.host.source, slow.checkpoint)).toBeGreaterThan(4 * FULL * 60_000)
    expect(world.followers.unfollow('two')).toBe(true)
    expect(segments(world)).toBe(1)
    expect(world.followers.unfollow('two')).toBe(false)
    await world.settle()
    expect(world.kinds).toEqual(['detached'])
  })

  test('keeps what a follower needs that is not there, across a restart', async () => {
    const world = long()
    const store = new MemoryStore('one')
    const other = new MemoryStore('other')
    const first = world.follow(store)
    world.follow(other)
    world.write(10)
    await first.flush()
    await first.close()
    world.host.flushNow()
    other.kill()
    const next = world.crash()
    const busy = next.follow(new MemoryStore('other', other.kept))
    for (let i = 0; i < 3; i++) {
      next.fill()
      await busy.flush()
    }
    expect(next.followers.stats()).toMatchObject([{ name: 'other' }, { name: 'one', state: 'absent' }])
    const again = next.follow(new MemoryStore('one', store.kept))
    await again.flush()
    expectExactly(store, next.host, 0, 10 + 3 * FULL)
    expect(segments(next)).toBe(1)
  })

  test('lets nothing go before every store has told what it has', async () => {
    const world = long()
    const slow = new MemoryStore('slow')
    let proceed = (): void => {}
    slow.before = async (operation) => {
      if (operation === 'write') await new Promise<void>((resolve) => (proceed = resolve))
    }
    const last = world.follow(slow)
    const first = world.follow(new MemoryStore('one'))
    for (let i = 0; i < 3; i++) world.fill()
    await first.flush()
    await first.close()
    const emptied = new MemoryStore('one')
    let open = (): void => {}
    emptied.before = async (operation) => {
      if (operation === 'open') await new Promise<void>((resolve) => (open = resolve))
    }
    const again = world.follow(emptied)
    slow.before = () => {}
    proceed()
    await last.flush()
    expect(world.followers.stores().map(({ name }) => name)).toEqual(['slow'])
    expect(segments(world)).toBe(3)
    open()
    await again.flush()
    expectExactly(emptied, world.host, 0, 3 * FULL)
    expect(world.followers.stores().map(({ name }) => name)).toEqual(['slow', 'one'])
    expect(segments(world)).toBe(1)
  })

  test('keeps nothing for a name that was given up while its store was asked', async () => {
    const world = long()
    const store = new MemoryStore('one')
    let open = (): void => {}
    store.before = () => new Promise<void>((resolve) => (open = resolve))
    const follower = world.follow(store)
    world.followers.unfollow('one')
    open()
    await world.settle()
    expect(follower.state).toBe('detached')
    expect(world.host.names.followers().size).toBe(0)
    expect(world.followers.stats()).toEqual([])
  })

  test('is bounded by its retention where nobody follows', () => {
    const world = long({ retention: { maxBytes: 3e6 } })
    for (let i = 0; i < 6; i++) world.fill()
    expect(segments(world)).toBe(3)
  })
})

describe('a follower that is further behind than it may be', () => {
  const maxLagBytes = 1.5 * 2 ** 20

  test('holds the writers until it has caught up by half, and takes everything meanwhile, settled or not', async () => {
    const world = long({ settleMs: 1e6, capacity: 1e6 })
    const store = new MemoryStore()
    store.holdBack = 1e9
    let open = (): void => {}
    store.before = async (operation) => {
      if (operation === 'write') await new Promise<void>((resolve) => (open = resolve))
    }
    const follower = world.follow(store, { maxLagBytes })
    await world.settle()
    world.fill()
    expect(world.host.holds.size).toBe(0)
    world.fill()
    expect([...world.host.holds]).toEqual([
      `follower 'memory' is ${follower.lag.bytes} bytes behind, its limit is ${maxLagBytes}`,
    ])
    expect(world.followers.stats()[0]).toMatchObject({ holding: true })
    await world.settle()
    expect(world.kinds).toEqual(['held'])
    store.before = () => {}
    open()
    await world.settle()
    expect([world.host.holds.size, world.kinds]).toEqual([0, ['held', 'released']])
    expect(store.checkpoint?.seq).toBe(2 * FULL)
    expect(follower.lag).toEqual({ events: 0, bytes: 0 })
  })

  test('does not let them go on as soon as it is below the limit, only to hold them again', async () => {
    const world = long()
    const store = new MemoryStore()
    store.holdBack = 1
    const held: number[] = []
    let proceed = (): void => {}
    store.before = async (operation) => {
      if (operation !== 'write') return
      held.push(world.host.holds.size)
      if (held.length === 1) await new Promise<void>((resolve) => (proceed = resolve))
    }
    const follower = world.follow(store, { maxLagBytes, batchSize: 5 })
    world.fill()
    await world.settle()
    world.fill()
    proceed()
    await follower.flush()
    expect(held).toEqual([0, 1, 1, 0, 0, 0])
  })

  test('holds them also once it has failed, until somebody lets it go', async () => {
    const world = long()
    const store = new MemoryStore()
    store.before = () => {
      throw new Error('gone')
    }
    world.follow(store, { maxLagBytes, retry: { attempts: 1 } })
    await world.settle()
    for (let i = 0; i < 2; i++) world.fill()
    expect([world.kinds, world.host.holds.size]).toEqual([['failed'], 1])
    world.followers.unfollow('memory')
    expect(world.host.holds.size).toBe(0)
    expect(world.followers.stats()).toEqual([])
  })

  test('lets the writers go on when it is closed', async () => {
    const world = long()
    const store = new MemoryStore()
    store.before = () => {
      throw new Error('gone')
    }
    const follower = world.follow(store, { maxLagBytes })
    await world.settle()
    for (let i = 0; i < 2; i++) world.fill()
    expect(world.host.holds.size).toBe(1)
    await follower.close()
    expect(world.host.holds.size).toBe(0)
  })

  test('is detached if that was chosen, says what it did not get, and leaves a typed gap if it follows again', async () => {
    const world = long()
    const store = new MemoryStore()
    const follower = world.follow(store, { maxLagBytes, onLagExceeded: 'detach' })
    world.write(100)
    await follower.flush()
    store.before = () => new Promise<void>(() => {})
    for (let i = 0; i < 2; i++) world.fill()
    await world.settle()
    expect(follower.state).toBe('detached')
    expect(world.reports).toMatchObject([{ kind: 'detached', maxLagBytes, start: 100, end: 100 + 2 * FULL }])
    expect(world.host.names.follower('memory')).toBeUndefined()
    const { position } = follower.checkpoint
    const other = world.follow(new MemoryStore('other'))
    for (let i = 0; i < 3; i++) {
      world.fill()
      await other.flush()
    }
    const { startSeq, startPosition } = world.host.source
    const again = new MemoryStore('memory', store.kept)
    const back = world.follow(again)
    await back.flush()
    const gap = { start: 100, end: startSeq, reason: 'missed' }
    expect(startSeq).toBeGreaterThan(100)
    expect(again.kept.gaps).toEqual([gap])
    expect(world.reports.slice(1)).toEqual([
      { name: 'memory', kind: 'missed', gap },
      { name: 'memory', kind: 'missed-corrections', start: position, end: startPosition },
    ])
    expect([...again.kept.rows.keys()].length).toBe(100 + world.host.source.endSeq - startSeq)
  })
})
