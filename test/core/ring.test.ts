/**
 * The ring as the first seed's own tests use it, with numbers from 0: write and read, wrap, subscribe, appraise.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { AppraiserType, EventFlags, EventType, runAppraiser } from '../../src/index.js'
import { sameNumbers } from '../model/same.js'
import { isDurable, isShared, makeStream } from '../support/streams.js'

describe('the ring', () => {
  test('a record has 128 bytes', async () => {
    const stream = await makeStream({ capacity: 10 })
    stream.writeEvent({})
    expect(stream.queryRange(0, 1).bytes.length).toBe(128)
    expect(stream.segments(0, 1)[0]?.length).toBe(128)
  })

  test('an event that was written can be read by the number that the write returned', async () => {
    const stream = await makeStream({ capacity: 10 })
    expect(stream.getEvent(0)).toBe(undefined)
    expect(stream.writeEvent({ stepNumber: 3 })).toBe(0)
    expect(stream.getEvent(0)?.stepNumber).toBe(3)
    expect(stream.getEvent(1)).toBe(undefined)
    expect([stream.size, stream.totalWritten, stream.oldestSeq]).toEqual([1, 1, 0])
  })

  test('fifteen events in a ring of ten leave the last ten', async () => {
    const stream = await makeStream({ capacity: 10 })
    for (let i = 0; i < 15; i++) stream.writeEvent({ stepNumber: i })
    for (let seq = 0; seq < 5; seq++) {
      expect(stream.getEvent(seq)).toBe(undefined)
      expect(stream.view(seq)).toBe(undefined)
    }
    for (let seq = 5; seq < 15; seq++) expect(stream.getEvent(seq)?.stepNumber).toBe(seq)
    expect([stream.size, stream.totalWritten, stream.oldestSeq]).toEqual([10, 15, 5])
  })

  test('a batch larger than the ring leaves its last events, in each of the three forms', async () => {
    for (const form of ['objects', 'packed', 'columns'] as const) {
      const stream = await makeStream({ capacity: 7 })
      stream.writeEvent({ stepNumber: 99 })
      const steps = Uint32Array.from({ length: 5000 }, (_, i) => i)
      const packed = new Uint8Array(5000 * 128)
      const view = new DataView(packed.buffer)
      for (const [i, step] of steps.entries()) view.setUint32(i * 128 + 32, step, true)
      const batch =
        form === 'objects'
          ? Array.from(steps, (stepNumber) => ({ stepNumber }))
          : form === 'packed'
            ? packed
            : { stepNumbers: steps }
      expect(stream.writeBatch(batch)).toEqual({ start: 1, end: 5001 })
      expect(stream.oldestSeq).toBe(4994)
      expect(
        stream
          .queryRange(0, 9999)
          .toArray()
          .map((event) => event.stepNumber),
      ).toEqual([4993, 4994, 4995, 4996, 4997, 4998, 4999])
    }
  })

  test('a part of the ring itself can be written again', async () => {
    for (const [capacity, count] of [
      [10, 4],
      [5000, 3000],
      [3000, 3000],
    ] as const) {
      const stream = await makeStream({ capacity })
      stream.writeBatch({ stepNumbers: Uint32Array.from({ length: capacity + 7 }, (_, i) => i) })
      const [piece] = stream.segments(stream.oldestSeq, stream.oldestSeq + count)
      const expected = Uint8Array.from(piece!)
      const { start, end } = stream.writeBatch(piece!)
      expect(end - start).toBe(expected.length / 128)
      sameNumbers(stream.queryRange(start, end).bytes, expected)
    }
  })

  test('an empty batch writes nothing and says where it would have begun', async () => {
    const stream = await makeStream({ capacity: 3 })
    stream.writeEvent({})
    expect(stream.writeBatch([])).toEqual({ start: 1, end: 1 })
    expect(stream.writeBatch(new Uint8Array(0))).toEqual({ start: 1, end: 1 })
    expect(stream.writeBatch({ stepNumbers: new Uint32Array(0) })).toEqual({ start: 1, end: 1 })
    expect(stream.totalWritten).toBe(1)
  })

  test('a ring of one event holds the newest', async () => {
    const stream = await makeStream({ capacity: 1, seed: 1 })
    for (let i = 0; i < 5; i++) expect(stream.writeEvent({ stepNumber: i })).toBe(i)
    expect(stream.getEvent(4)?.stepNumber).toBe(4)
    expect(stream.getEvent(3)).toBe(undefined)
    expect([...stream.sampleSeqs(2, undefined, { replacement: true }).seqs]).toEqual([4, 4])
  })

  test('ranges cover what is live and say what they cover', async () => {
    const stream = await makeStream({ capacity: 4 })
    for (let i = 0; i < 10; i++) stream.writeEvent({ stepNumber: i })
    const { start, end, length, seqs } = stream.queryRange(2, 8)
    expect([start, end, length, [...seqs]]).toEqual([6, 8, 2, [6, 7]])
    expect(stream.queryRange(0, 6).length).toBe(0)
    expect(stream.queryRange(10, 20).length).toBe(0)
    expect(stream.queryRange(0, 100).length).toBe(4)
    expect(stream.segments(0, 100).map((piece) => piece.length)).toEqual(isShared ? [512] : [256, 256])
    expect(stream.segments(8, 10).map((piece) => piece.length)).toEqual([256])
    expect(stream.segments(0, 6)).toEqual([])
  })

  test('a subscriber receives the event that was written', async () => {
    const stream = await makeStream({ capacity: 1000, maxLag: 100 })
    const subscription = stream.subscribe()
    const seq = stream.writeEvent({ eventType: EventType.ActionCompleted })
    const { value } = await subscription[Symbol.asyncIterator]().next()
    expect(value?.at(0).eventId).toBe(stream.getEvent(seq)?.eventId)
    await stream.close()
  })

  test('an appraiser that subscribes writes its reward back', async () => {
    const stream = await makeStream({ capacity: 1000, appraisers: [AppraiserType.Goal] })
    const done = new AbortController()
    const appraising = runAppraiser(stream, AppraiserType.Goal, () => 1, { signal: done.signal })
    const seq = stream.writeEvent({ flags: EventFlags.URGENT })
    while (stream.getEvent(seq)?.rewardGoal !== 1) await Promise.resolve()
    done.abort()
    await appraising
    const event = stream.getEvent(seq)
    expect(event?.totalReward).toBe(1)
    expect(event?.flags).toBe(EventFlags.URGENT | EventFlags.FULLY_APPRAISED)
  })
})

describe('sequence numbers', () => {
  for (const firstSeq of [2 ** 32 - 3, 2 ** 52, 2 ** 53 - 50]) {
    test(`run on exactly from ${firstSeq}`, async () => {
      const stream = await makeStream({ capacity: 5, firstSeq })
      expect([stream.totalWritten, stream.oldestSeq, stream.size]).toEqual([firstSeq, firstSeq, 0])
      for (let i = 0; i < 12; i++) expect(stream.writeEvent({ stepNumber: i, rewardGoal: i })).toBe(firstSeq + i)
      expect([...stream.queryRange(0, Number.MAX_SAFE_INTEGER).seqs]).toEqual(
        [7, 8, 9, 10, 11].map((i) => firstSeq + i),
      )
      expect(stream.getEvent(firstSeq + 7)?.stepNumber).toBe(7)
      expect(stream.getEvent(firstSeq + 6)).toBe(undefined)
      expect([...stream.findSeqs({ minReward: 9, order: 'newest' })]).toEqual([11, 10, 9].map((i) => firstSeq + i))
      expect(stream.setAppraiserRewards([firstSeq + 6, firstSeq + 8], 0, [1, 1])).toEqual({
        applied: 1,
        corrected: isDurable ? 1 : 0,
        evicted: isDurable ? 0 : 1,
      })
      expect(stream.sampleSeqs(5).seqs.toSorted()).toEqual(Float64Array.from([7, 8, 9, 10, 11], (i) => firstSeq + i))
    })
  }

  test('stats prove that nothing is lost: written = readable + evicted', async () => {
    const stream = await makeStream({ capacity: 8, firstSeq: 100 })
    for (let i = 0; i < 30; i++) {
      stream.writeBatch(Array.from({ length: i % 5 }, () => ({})))
      const { written, readable, evicted, nextSeq, oldestSeq, firstSeq, capacity } = stream.stats()
      expect([written, nextSeq - oldestSeq]).toEqual([readable + evicted, readable])
      expect([nextSeq - firstSeq, capacity]).toEqual([written, 8])
    }
  })
})

test('release keeps the numbers as they are where nobody else writes', async () => {
  const stream = await makeStream({ capacity: 1000 })
  for (let i = 0; i < 5; i++) {
    expect(stream.writeEvent({})).toBe(i)
    stream.release()
  }
  expect(stream.totalWritten).toBe(5)
})
