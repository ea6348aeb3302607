/**
 * Several threads write and score behind a gate that is nearly always shut, while a worker writes the journal: what was
 * accepted is in the files, once, with its newest rewards.
 *
 * @module
 */

import { afterEach, describe, expect, test } from 'vitest'
import { Crew } from '../../threads/support/crew.mjs'
import { Gate } from '../../threads/support/gate.mjs'
import { asWritten, faultsOf, firstReward, indexOf, type RewardRule, writerOf } from '../../threads/support/payload.mjs'
import { keptIn, lengthOf, openShared } from './support.js'

const crew = new Crew()
afterEach(() => crew.dismiss())

const WORK_MS = 400
/** Of the events that nobody scores. */
const only =
  (...slots: number[]): RewardRule =>
  (value, key, slot, seq) =>
    !slots.includes(slot) || asWritten(value, key, slot, seq)

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

describe('threads behind a gate of 64 events', () => {
  test('lose no event, whoever waits for whom', async () => {
    const stream = await openShared({ capacity: 200, maxBacklog: 64 })
    const hands = await crew.join(stream, 3)
    const { words } = new Gate()
    const lists: Float64Array[] = await Promise.all(
      hands.map((hand, i) => hand.ask('writeEvents', { writer: i + 1, count: 5000, words, threads: 3 })),
    )
    const accepted = lists.flatMap((list) => [...list]).sort((a, b) => a - b)
    await stream.durable()
    // Numbers that a thread has claimed and not handed back yet may follow.
    expect(stream.stats().journal.durable).toBeGreaterThan(accepted.at(-1)!)
    await stream.close()

    const kept = keptIn(stream.directory)
    expect([...kept.events.seqs]).toEqual(accepted)
    expect(faultsOf(kept.batch)).toEqual([])
    for (const view of kept.batch) expect(lists[writerOf(view.timestamp) - 1]![indexOf(view.timestamp)]).toBe(view.seq)
    expect(kept.gaps.every(({ reason }) => reason === 'aborted')).toBe(true)
    expect(accepted.length + lengthOf(kept.gaps)).toBe(kept.endSeq)
  })

  test('keep the last reward that each event was given, in the ring or behind it, and every sum', async () => {
    const stream = await openShared({ capacity: 200, maxBacklog: 64, maxThreads: 8 })
    const [first, second, setter, other, adder, partner] = await crew.join(stream, 6)
    const { words } = new Gate()
    const stop = new Gate(words)
    const writing = [first!, second!].map((hand, i) => hand.ask('writeUntil', { writer: i + 1, words, turnEvery: 100 }))
    const setting = [setter!, other!].map((hand, appraiser) => hand.ask('setAndRecord', { appraiser, words }))
    const adding = [adder!, partner!].map((hand) => hand.ask('addAndRecord', { appraiser: 2, words }))
    await wait(WORK_MS)
    stop.open()
    const written: number[] = await Promise.all(writing)
    const sets: { records: Map<number, number>; corrected: number }[] = await Promise.all(setting)
    const sums: { records: Map<number, number> }[] = await Promise.all(adding)
    await stream.close()

    const kept = keptIn(stream.directory)
    expect(kept.events.length).toBe(written[0]! + written[1]!)
    expect(faultsOf(kept.batch, only(3))).toEqual([])
    for (const [appraiser, { records, corrected }] of sets.entries()) {
      expect(corrected).toBeGreaterThan(0)
      expect(records.size).toBeGreaterThan(corrected === 0 ? 0 : 10)
      const wrong = [...records].filter(([seq, value]) => kept.has(seq) && kept.reward(seq, appraiser) !== value)
      expect(wrong).toEqual([])
    }
    const keys = new Map(Array.from(kept.batch, (view) => [view.seq, view.timestamp]))
    const added = new Map<number, number>()
    for (const { records } of sums) for (const [seq, n] of records) added.set(seq, (added.get(seq) ?? 0) + n)
    expect(added.size).toBeGreaterThan(10)
    const wrong = [...added].filter(([seq, n]) => kept.reward(seq, 2) !== firstReward(keys.get(seq)!, 2) + n)
    expect(wrong).toEqual([])
  })

  test('keep the rewards that were accepted while the stream was being closed', async () => {
    for (let round = 0; round < 5; round++) {
      const stream = await openShared({ capacity: 200, maxBacklog: 200, maxThreads: 8 })
      for (let i = 0; i < 300; i++) {
        stream.writeEvent({ timestamp: i })
        if (i === 199) await stream.durable()
      }
      const hands = await crew.join(stream, 3)
      const { words } = new Gate()
      const setting = hands.map((hand, appraiser) => hand.ask('setUntilClosed', { appraiser, words }))
      await Promise.all(hands.map((hand) => hand.tells()))
      await stream.close()
      const kept = keptIn(stream.directory)
      for (const [appraiser, records] of ((await Promise.all(setting)) as Map<number, number>[]).entries()) {
        expect(records.size).toBeGreaterThan(10)
        expect([...records].filter(([seq, value]) => kept.reward(seq, appraiser) !== value)).toEqual([])
      }
      await crew.dismiss()
    }
  }, 120_000)

  test('keep the events that were accepted while the stream was being closed, and no others', async () => {
    for (let round = 0; round < 5; round++) {
      const stream = await openShared({ capacity: 200, maxBacklog: 64, maxThreads: 8 })
      const hands = await crew.join(stream, 3)
      const writing = hands.map((hand, i) => hand.ask('writeUntilClosed', { writer: i + 1 }))
      await Promise.all(hands.map((hand) => hand.tells()))
      await stream.close()
      const kept = keptIn(stream.directory)
      const accepted = ((await Promise.all(writing)) as Float64Array[]).flatMap((list) => [...list])
      expect([...kept.events.seqs]).toEqual(accepted.sort((a, b) => a - b))
      expect(faultsOf(kept.batch)).toEqual([])
      await crew.dismiss()
    }
  }, 120_000)

  test('go on when some of them are ended wherever they are, and lose nothing that was accepted', async () => {
    const stream = await openShared({ capacity: 200, maxBacklog: 64, maxThreads: 24 })
    const { words } = new Gate()
    const stop = new Gate(words)
    const steady = await crew.join(stream, 1)
    const working = steady[0]!.ask('writeUntil', { writer: 1, words, turnEvery: 50 })
    for (let round = 0; round < 4; round++) {
      const hands = await crew.join(stream, 2)
      hands[0]!.ask('writeUntil', { writer: 2 + round, words, turnEvery: round % 2 === 0 ? 0 : 20 }).catch(() => {})
      hands[1]!.ask('setAndRecord', { appraiser: 1, words }).catch(() => {})
      await wait(30)
      await Promise.all(hands.map((hand) => hand.end()))
    }
    stop.open()
    const count: number = await working
    await stream.close()

    const kept = keptIn(stream.directory)
    expect(faultsOf(kept.batch, only(0, 2, 3))).toEqual([])
    const own = Array.from(kept.batch, (view) => view.timestamp).filter((key) => writerOf(key) === 1)
    expect(own.map(indexOf)).toEqual(Array.from({ length: count }, (_, i) => i))
    expect(kept.events.length + lengthOf(kept.gaps)).toBe(kept.endSeq)
  })

  test('write batches with consecutive numbers, and refuse one that the backlog can never take', async () => {
    const stream = await openShared({ capacity: 200, maxBacklog: 64 })
    const hands = await crew.join(stream, 2)
    const { words } = new Gate()
    const starts: Float64Array[] = await Promise.all(
      hands.map((hand, i) => hand.ask('writeBatches', { writer: i + 1, size: 50, batches: 40, words, threads: 2 })),
    )
    expect(() => stream.writeBatch(Array.from({ length: 65 }, () => ({})))).toThrow('have at most 64 events')
    await stream.close()
    const kept = keptIn(stream.directory)
    const places = new Map(Array.from(kept.batch, (view) => [view.seq, view.timestamp]))
    starts.forEach((list, i) => {
      list.forEach((start, batch) => {
        for (let k = 0; k < 50; k++) {
          const key = places.get(start + k)!
          expect([writerOf(key), indexOf(key)]).toEqual([i + 1, batch * 50 + k])
        }
      })
    })
    expect(kept.events.length).toBe(4000)
  })
})
