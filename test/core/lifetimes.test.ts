/**
 * Who owns what: copies stay as they were, what is lent shows the ring as it moves, buffers are reused on request.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { EventView, type ExperienceStream, prioritizedReward, uniform } from '../../src/index.js'
import { isShared, makeStream } from '../support/streams.js'

async function filled(capacity = 4, count = 6): Promise<ExperienceStream> {
  const stream = await makeStream({ capacity, seed: 1 })
  for (let i = 0; i < count; i++) stream.writeEvent({ stepNumber: i, rewardGoal: 1, state: [i] })
  return stream
}

describe('what is copied', () => {
  test('a snapshot never changes', async () => {
    const stream = await filled()
    const event = stream.getEvent(3)!
    const copy = structuredClone(event)
    stream.setAppraiserReward(3, 0, 5)
    for (let i = 0; i < 9; i++) stream.writeEvent({ state: [99] })
    expect(event).toEqual(copy)
    event.state[0] = 5
    expect(stream.getEvent(14)?.state[0]).toBe(99)
  })

  test('a range, a search and a sample own their bytes', async () => {
    const stream = await filled()
    const batches = [stream.queryRange(2, 6), stream.find({ minReward: 1 }), stream.sampleBatch(3, prioritizedReward())]
    const before = batches.map((batch) => [[...batch.bytes], [...batch.seqs], batch.toArray()])
    for (let i = 0; i < 9; i++) stream.writeEvent({ stepNumber: 1000 })
    expect(batches.map((batch) => [[...batch.bytes], [...batch.seqs], batch.toArray()])).toEqual(before)
  })

  test('a batch that a caller keeps from async iteration is not touched by the next one', async () => {
    const stream = await filled()
    const kept: number[][] = []
    const batches = []
    for await (const batch of stream.subscribe({ from: 'oldest', maxBatch: 2 })) {
      batches.push(batch)
      kept.push(batch.toArray().map((event) => event.stepNumber))
      if (batches.length === 2) break
    }
    stream.writeBatch(Array.from({ length: 10 }, () => ({ stepNumber: 77 })))
    expect(batches.map((batch) => batch.toArray().map((event) => event.stepNumber))).toEqual(kept)
    expect(kept).toEqual([
      [2, 3],
      [4, 5],
    ])
  })

  test('typed arrays of a batch are filled into the array that is given', async () => {
    const batch = (await filled()).queryRange(2, 6)
    const states = new Float32Array(32)
    expect(batch.states(states)).toBe(states)
    expect([states[0], states[8], states[16], states[24]]).toEqual([2, 3, 4, 5])
    const totals = new Float32Array(4)
    expect(batch.totalRewards(totals)).toBe(totals)
    expect([...totals]).toEqual([1, 1, 1, 1])
    expect(batch.rewards().length).toBe(16)
    expect(batch.actions().length).toBe(32)
  })
})

describe('a buffer that is reused', () => {
  test('is that of the batch given as `into`, when it is large enough', async () => {
    const stream = await filled(100, 100)
    const first = stream.queryRange(0, 50)
    const { buffer } = first.bytes
    const again = stream.queryRange(50, 80, { into: first })
    expect(again.bytes.buffer).toBe(buffer)
    expect([again.length, again.start, again.end, again.at(0).stepNumber]).toEqual([30, 50, 80, 50])
    expect(again.bytes.length).toBe(30 * 128)
    const larger = stream.queryRange(0, 100, { into: again })
    expect(larger.length).toBe(100)
    expect(larger.toArray().map((event) => event.stepNumber)).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  test('holds a sample as well, with its probabilities and weights', async () => {
    const stream = await filled(100, 100)
    const fresh = stream.sampleBatch(64, uniform())
    const { buffer } = fresh.bytes
    const reused = stream.sampleBatch(32, prioritizedReward(), { into: fresh })
    expect(reused.bytes.buffer).toBe(buffer)
    expect([reused.length, reused.seqs.length, reused.probabilities.length, reused.weights.length]).toEqual([
      32, 32, 32, 32,
    ])
    for (let i = 0; i < 32; i++) expect(reused.at(i).stepNumber).toBe(reused.seqs[i])
    const found = stream.find({ limit: 5 })
    expect(
      stream
        .find({ order: 'newest', limit: 3, into: found })
        .toArray()
        .map((event) => event.seq),
    ).toEqual([99, 98, 97])
  })

  test('serves sequence numbers alone, too', async () => {
    const stream = await filled(100, 100)
    const first = stream.sampleSeqs(50)
    const { buffer } = first.seqs
    const second = stream.sampleSeqs(20, uniform(), { into: first })
    expect(second.seqs.buffer).toBe(buffer)
    expect(second.length).toBe(20)
    expect(new Set(second.seqs.subarray(0, 20)).size).toBe(20)
  })
})

describe('what is lent', () => {
  test(`a view ${isShared ? 'is as its event was' : 'shows late rewards'}, and is dead when its event is evicted`, async () => {
    const stream = await filled()
    const view = stream.view(3)!
    expect([view.seq, view.stepNumber, view.isLive]).toEqual([3, 3, true])
    stream.setAppraiserReward(3, 1, 2)
    expect([view.rewardCuriosity, view.totalReward]).toEqual(isShared ? [0, 1] : [2, 3])
    expect(stream.view(3)?.totalReward).toBe(3)
    stream.writeEvent({})
    expect(view.isLive).toBe(true)
    stream.writeEvent({})
    expect(view.isLive).toBe(false)
  })

  test('without a target the one view of the stream moves, with one the target does', async () => {
    const stream = await filled()
    const first = stream.view(2)!
    const second = stream.view(4)!
    expect(second).toBe(first)
    expect(first.stepNumber).toBe(4)
    const own = new EventView()
    expect(own.isLive).toBe(false)
    expect(stream.view(3, own)).toBe(own)
    expect([own.stepNumber, first.stepNumber]).toEqual([3, 4])
    expect(stream.view(0, own)).toBe(undefined)
  })

  test('segments are the ring itself, in at most two pieces, or of a shared ring a copy in one', async () => {
    const stream = await filled()
    const [older, newer = older?.subarray(256)] = stream.segments(2, 6)
    expect([older?.length, newer?.length]).toEqual([isShared ? 512 : 256, 256])
    expect(older?.buffer).toBe(newer?.buffer)
    const flags = (piece: Uint8Array | undefined) => new DataView(piece!.buffer, piece!.byteOffset).getUint16(38, true)
    expect(flags(newer)).toBe(0)
    stream.markFullyAppraised(4)
    expect(flags(newer)).toBe(isShared ? 0 : 0x10)
    expect(flags(stream.segments(4, 5)[0])).toBe(0x10)
  })

  test('poll lends its batch until the next write or poll; copies of it stay', async () => {
    const stream = await filled(4, 0)
    const subscription = stream.subscribe()
    stream.writeEvent({ stepNumber: 1 })
    const batch = subscription.poll()
    const copy = batch.toArray()
    expect(copy.map((event) => event.stepNumber)).toEqual([1])
    for (let i = 2; i < 8; i++) stream.writeEvent({ stepNumber: i })
    expect(copy.map((event) => event.stepNumber)).toEqual([1])
    expect(
      subscription
        .poll()
        .toArray()
        .map((event) => event.stepNumber),
    ).toEqual(isShared ? [4, 5, 6, 7] : [4])
    expect(
      subscription
        .poll()
        .toArray()
        .map((event) => event.stepNumber),
    ).toEqual(isShared ? [] : [5, 6, 7])
    expect(subscription.poll().length).toBe(0)
  })

  test('iterating a batch moves one view and makes nothing else', async () => {
    const batch = (await filled()).queryRange(2, 6)
    const views = new Set<EventView>()
    const steps: number[] = []
    for (const view of batch) {
      views.add(view)
      steps.push(view.stepNumber)
    }
    expect([views.size, steps]).toEqual([1, [2, 3, 4, 5]])
    const own = new EventView()
    expect(batch.view(1, own)).toBe(own)
    expect(own.seq).toBe(3)
  })
})
