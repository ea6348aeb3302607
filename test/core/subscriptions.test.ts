/**
 * Subscriptions that are polled: where they start, what they filter, what they miss, and that every number is accounted
 * for: received + filtered + missed = position − from.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { ClosedError, type ExperienceStream, type Subscription } from '../../src/index.js'
import { isShared, makeStream } from '../support/streams.js'

async function filled(capacity: number, count: number): Promise<ExperienceStream> {
  const stream = await makeStream({ capacity })
  write(stream, count)
  return stream
}

function write(stream: ExperienceStream, count: number): void {
  for (let i = 0; i < count; i++) stream.writeEvent({ eventType: stream.totalWritten % 3 })
}

function seqsOf(subscription: Subscription): number[] {
  return [...subscription.poll().seqs]
}

/** All that is new: a poll without types ends where the ring of one thread wraps. */
function drain(subscription: Subscription): { seqs: number[]; missed: number } {
  const all = { seqs: [] as number[], missed: 0 }
  for (let batch = subscription.poll(); batch.length > 0; batch = subscription.poll()) {
    all.seqs.push(...batch.seqs)
    all.missed += batch.missed
  }
  return all
}

function account({ received, filtered, missed, position, lag }: Subscription): number[] {
  return [received, filtered, missed, position, lag]
}

describe('a polled subscription', () => {
  test('lends a batch that the polls of another leave as it is, also after the first one has closed', async () => {
    const stream = await filled(10, 6)
    const first = stream.subscribe({ from: 'oldest', maxBatch: 2 })
    const lent = first.poll()
    const second = stream.subscribe({ from: 2, maxBatch: 2 })
    const other = second.poll()
    expect(lent.toArray().map(({ seq, eventType }) => [seq, eventType])).toEqual([
      [0, 0],
      [1, 1],
    ])
    expect(other.toArray().map(({ seq, eventType }) => [seq, eventType])).toEqual([
      [2, 2],
      [3, 0],
    ])
    first.close()
    expect(
      second
        .poll()
        .toArray()
        .map(({ seq, eventType }) => [seq, eventType]),
    ).toEqual([
      [4, 1],
      [5, 2],
    ])
  })

  test('starts with what is written next, with the oldest, or with a number', async () => {
    const stream = await filled(5, 8)
    const next = stream.subscribe()
    const oldest = stream.subscribe({ from: 'oldest' })
    const number = stream.subscribe({ from: 6 })
    const evicted = stream.subscribe({ from: 1 })
    expect(drain(next)).toEqual({ seqs: [], missed: 0 })
    expect(drain(oldest)).toEqual({ seqs: [3, 4, 5, 6, 7], missed: 0 })
    expect(drain(number)).toEqual({ seqs: [6, 7], missed: 0 })
    expect(drain(evicted)).toEqual({ seqs: [3, 4, 5, 6, 7], missed: 2 })
    write(stream, 1)
    for (const subscription of [next, oldest, number, evicted]) expect(drain(subscription).seqs).toEqual([8])
    expect(account(next)).toEqual([1, 0, 0, 9, 0])
    expect(account(evicted)).toEqual([6, 0, 2, 9, 0])
  })

  test('gives maxBatch events at a time', async () => {
    const stream = await filled(100, 10)
    const subscription = stream.subscribe({ from: 'oldest', maxBatch: 4 })
    expect([seqsOf(subscription), seqsOf(subscription), seqsOf(subscription), seqsOf(subscription)]).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
      [],
    ])
  })

  test('filters by type and counts what it leaves out', async () => {
    const stream = await filled(100, 10)
    const one = stream.subscribe({ from: 'oldest', types: 2 })
    const two = stream.subscribe({ from: 'oldest', types: [0, 1], maxBatch: 3 })
    expect(seqsOf(one)).toEqual([2, 5, 8])
    expect(account(one)).toEqual([3, 7, 0, 10, 0])
    expect(seqsOf(two)).toEqual([0, 1, 3])
    expect(seqsOf(two)).toEqual([4, 6, 7])
    expect(seqsOf(two)).toEqual([9])
    expect(account(two)).toEqual([7, 3, 0, 10, 0])
  })

  test('that matches nothing still moves on', async () => {
    const stream = await filled(1000, 900)
    const subscription = stream.subscribe({ from: 'oldest', types: 77 })
    expect(subscription.poll().length).toBe(0)
    expect(account(subscription)).toEqual([0, 900, 0, 900, 0])
  })

  test('that was lapped gets the exact number that it missed, once, and goes on', async () => {
    const stream = await filled(10, 0)
    const subscription = stream.subscribe({ types: 0 })
    write(stream, 37)
    expect(subscription.lag).toBe(37)
    const batch = subscription.poll()
    expect([batch.missed, batch.length, batch.start]).toEqual([27, 4, 27])
    expect(account(subscription)).toEqual([4, 6, 27, 37, 0])
    expect(subscription.poll().missed).toBe(0)
    write(stream, 11)
    expect(subscription.poll().missed).toBe(1)
    expect(subscription.missed).toBe(28)
  })

  test('with maxLag skips to the newest events and counts the others as missed', async () => {
    const stream = await filled(100, 0)
    const subscription = stream.subscribe({ maxLag: 3 })
    write(stream, 20)
    const batch = subscription.poll()
    expect([[...batch.seqs], batch.missed]).toEqual([[17, 18, 19], 17])
    write(stream, 3)
    expect(subscription.poll().missed).toBe(0)
    expect(account(subscription)).toEqual([6, 0, 17, 23, 0])
  })

  test('of which there are many share nothing', async () => {
    const stream = await filled(50, 0)
    const all = Array.from({ length: 100 }, (_, i) =>
      stream.subscribe({ maxBatch: 1 + (i % 7), types: i % 4 === 3 ? undefined : i % 4 }),
    )
    let random = 1
    for (let round = 0; round < 500; round++) {
      random = (random * 48271) % 2147483647
      write(stream, random % 9)
      all[random % 100]!.poll()
    }
    for (const { received, filtered, missed, position } of all) expect(received + filtered + missed).toBe(position)
    const stats = stream.stats().subscriptions
    expect(stats.length).toBe(100)
    for (const { from, received, filtered, missed, position, lag } of stats) {
      expect([received + filtered + missed, position + lag]).toEqual([position - from, stream.totalWritten])
    }
    all.forEach((subscription) => {
      subscription.close()
    })
    expect(stream.stats().subscriptions).toEqual([])
  })

  test('that is closed refuses to poll and is gone from the stats; closing twice is nothing', async () => {
    const stream = await filled(5, 5)
    const subscription = stream.subscribe({ from: 'oldest' })
    subscription.close()
    subscription.close()
    expect(() => subscription.poll()).toThrow(ClosedError)
    expect(stream.stats().subscriptions).toEqual([])
    expect(stream.writeEvent({})).toBe(5)
  })

  test(
    isShared
      ? 'is not ended by the wrap of a shared ring'
      : 'ends a batch where the ring wraps, and goes on in the next one',
    async () => {
      const stream = await filled(5, 0)
      const subscription = stream.subscribe()
      write(stream, 8)
      expect([seqsOf(subscription), seqsOf(subscription), seqsOf(subscription)]).toEqual(
        isShared ? [[3, 4, 5, 6, 7], [], []] : [[3, 4], [5, 6, 7], []],
      )
    },
  )

  test('cannot start with a number that nobody knows yet', async () => {
    const stream = await filled(10, 3)
    expect(() => stream.subscribe({ from: 4 })).toThrow(/from.*3.*4/)
    expect(seqsOf(stream.subscribe({ from: 3 }))).toEqual([])
  })

  test('reports what it missed with the next batch that holds events', async () => {
    const stream = await filled(5, 0)
    const subscription = stream.subscribe({ types: 77 })
    write(stream, 9)
    expect([subscription.poll().missed, subscription.missed]).toEqual([0, 4])
    stream.writeEvent({ eventType: 77 })
    expect([subscription.poll().missed, subscription.poll().missed]).toEqual([4, 0])
  })
})
