/**
 * The settle watermark: the longest prefix of events that are complete, old enough, or about to leave the ring.
 *
 * @module
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SettleWatermark } from '../../../src/storage/follow/watermark.js'
import * as F from '../../../src/storage/journal/format.js'
import type { BlockInfo, JournalSource } from '../../../src/storage/journal/source.js'
import { FakeClock } from './support/fake-clock.js'
import { TestHost } from './support/test-host.js'

const SETTLE_MS = 1600
/** The watermark keeps times by runs of a sixteenth. */
const RUN_MS = SETTLE_MS / 16

interface World {
  readonly clock: FakeClock
  readonly host: TestHost
  readonly watermark: SettleWatermark
  look(): number
}

function world(
  options: { capacity?: number; settleMs?: number; firstSeq?: number; requiredMask?: number } = {},
): World {
  const clock = new FakeClock()
  const host = new TestHost(clock, { capacity: 1000, settleMs: SETTLE_MS, ...options })
  const watermark = new SettleWatermark(host.source, host.capacity, host.settleMs)
  const look = (): number => {
    host.source.refresh()
    const { endSeq: seq, endPosition: position } = host.source
    watermark.update(host.source, { seq, position }, clock.now())
    return watermark.seq
  }
  return { clock, host, watermark, look }
}

function write(host: TestHost, count: number, mask = 0): void {
  for (let i = 0; i < count; i++) host.write([0, 0, 0, 0], mask)
  host.flushNow()
}

describe('the settle watermark', () => {
  test('passes events that are written out complete', () => {
    const { host, look } = world()
    write(host, 5, 15)
    expect(look()).toBe(5)
  })

  test('waits for the first event that is not complete, and goes on behind it once it is', () => {
    const { host, look } = world()
    host.write([0, 0, 0, 0], 15)
    host.write([0, 0, 0, 0], 3)
    host.write([0, 0, 0, 0], 15)
    host.flushNow()
    expect(look()).toBe(1)
    host.reward(1, 2, 1)
    host.flushNow()
    expect(look()).toBe(1)
    host.reward(1, 3, 1)
    expect(look()).toBe(1)
    host.flushNow()
    expect(look()).toBe(3)
  })

  test('asks only for the appraisers that complete an event', () => {
    const { host, look } = world({ requiredMask: 5 })
    write(host, 1, 5)
    write(host, 1, 10)
    expect(look()).toBe(1)
  })

  test('takes an event without a mask byte as complete where its flags say so', () => {
    const { host, look } = world()
    write(host, 3, 15)
    write(host, 3, 0)
    host.source.refresh()
    const kinds = [...host.source.blocks(0)].filter(({ kind }) => kind === F.RECORDS)
    expect(kinds.map(({ flags }) => flags & F.HAS_MASKS)).toEqual([0, 0])
    expect(look()).toBe(3)
  })

  test('passes what was written longer ago than the time to settle', async () => {
    const { clock, host, watermark, look } = world()
    write(host, 3)
    expect([look(), watermark.dueUs]).toEqual([0, clock.us + SETTLE_MS * 1000])
    await clock.advance(SETTLE_MS - 1)
    write(host, 2)
    expect(look()).toBe(0)
    await clock.advance(1)
    expect(look()).toBe(3)
    await clock.advance(SETTLE_MS)
    expect([look(), watermark.dueUs]).toEqual([5, undefined])
  })

  test('counts a run of blocks as written with its last one', async () => {
    const { clock, host, look } = world()
    write(host, 1)
    look()
    await clock.advance(RUN_MS - 1)
    write(host, 1)
    look()
    await clock.advance(SETTLE_MS - 1)
    expect(look()).toBe(0)
    await clock.advance(1)
    expect(look()).toBe(2)
  })

  test('passes everything at once if there is no time to settle', () => {
    const { host, look } = world({ settleMs: 0 })
    write(host, 4)
    expect(look()).toBe(4)
  })

  test('passes what is about to leave the ring', () => {
    const { host, look } = world({ capacity: 16 })
    write(host, 14)
    expect(look()).toBe(0)
    write(host, 1)
    expect(look()).toBe(1)
    write(host, 40)
    expect(look()).toBe(41)
  })

  test('has no more events waiting than the ring holds, also where a block is longer than what is durable', () => {
    const { clock, host, watermark } = world({ capacity: 16 })
    write(host, 20)
    host.source.refresh()
    watermark.update(host.source, { seq: 0, position: host.source.endPosition }, clock.now())
    expect(watermark.seq).toBe(6)
  })

  test('passes numbers that hold no event', () => {
    const { host, look } = world()
    write(host, 2, 15)
    host.abort(3)
    write(host, 1, 15)
    expect(look()).toBe(6)
  })

  test('begins where the journal begins, also above 2^32', () => {
    const { host, look } = world({ firstSeq: 2 ** 40 })
    expect(look()).toBe(2 ** 40)
    write(host, 2, 15)
    expect(look()).toBe(2 ** 40 + 2)
  })

  test('does not wait longer than the time to settle when the clock is set back', async () => {
    const { clock, host, look } = world()
    write(host, 3)
    look()
    clock.us -= 3600e6
    expect(look()).toBe(0)
    write(host, 2)
    look()
    await clock.advance(SETTLE_MS + RUN_MS)
    expect(look()).toBe(5)
  })

  test('reads no records whose age alone says that they are settled, and each block once', async () => {
    const { clock, host, watermark, look } = world()
    for (let i = 0; i < 20; i++) write(host, 10)
    await clock.advance(SETTLE_MS)
    write(host, 10)
    host.reward(205, 0, 1)
    host.flushNow()
    const read: number[] = []
    const { source } = host
    source.refresh()
    const spied = Object.create(source, {
      payload: { value: (block: BlockInfo) => read.push(block.kind) && source.payload(block) },
    }) as JournalSource
    const horizon = { seq: source.endSeq, position: source.endPosition }
    watermark.update(spied, horizon, clock.now())
    watermark.update(spied, horizon, clock.now())
    expect(read).toEqual([F.RECORDS, F.CORRECTIONS])
    expect(look()).toBe(200)
  })
})

type Action =
  | { readonly kind: 'write'; readonly masks: readonly number[] }
  | { readonly kind: 'reward'; readonly back: number; readonly slot: number }
  | { readonly kind: 'flush' | 'look' }
  | { readonly kind: 'abort'; readonly count: number }
  | { readonly kind: 'advance'; readonly ms: number }

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), masks: fc.array(fc.constantFrom(0, 3, 15, 15), { maxLength: 9 }) }),
  fc.record({ kind: fc.constant('reward' as const), back: fc.nat(40), slot: fc.nat(3) }),
  fc.record({ kind: fc.constantFrom('flush' as const, 'look' as const) }),
  fc.record({ kind: fc.constant('abort' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('advance' as const), ms: fc.oneof(fc.nat(SETTLE_MS), fc.nat(RUN_MS / 2)) }),
)

test('the settle watermark is that of a model that looks at every event', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), fc.integer({ min: 1, max: 60 }), (actions, capacity) => {
      const { clock, host, look } = world({ capacity })
      const writtenUs = new Map<number, number>()
      for (const step of actions) {
        if (step.kind === 'write') for (const mask of step.masks) host.write([0, 0, 0, 0], mask)
        if (step.kind === 'reward') host.reward(host.nextSeq - 1 - step.back, step.slot, 1)
        if (step.kind === 'abort') host.abort(step.count)
        if (step.kind === 'advance') clock.us += step.ms * 1000
        if (step.kind === 'flush') host.flushNow()
        host.source.refresh()
        for (let seq = writtenUs.size; seq < host.source.endSeq; seq++) writtenUs.set(seq, clock.us)
        if (step.kind !== 'look') continue
        const found = look()
        expect(found).toBeLessThanOrEqual(settledPrefix(host, writtenUs, clock.us - SETTLE_MS * 1000))
        expect(found).toBeGreaterThanOrEqual(settledPrefix(host, writtenUs, clock.us - (SETTLE_MS + RUN_MS) * 1000))
      }
    }),
    { numRuns: 500 },
  )
})

/** Events of the longest settled prefix if what was written at `oldUs` or before is old enough. */
function settledPrefix(host: TestHost, writtenUs: ReadonlyMap<number, number>, oldUs: number): number {
  const { endSeq } = host.source
  const live = Math.max(1, host.capacity - Math.ceil(host.capacity / 8))
  for (let seq = 0; seq < endSeq; seq++) {
    const truth = host.journaled.get(seq)
    const isSettled = truth === undefined || truth.mask === 15 || (writtenUs.get(seq) as number) <= oldUs
    if (!isSettled && seq >= endSeq - live) return seq
  }
  return endSeq
}
