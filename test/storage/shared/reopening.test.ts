/**
 * Shared streams that are opened again, and what stands on their journal: numbers, masks, metadata, subscriptions, history.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { AppraiserType, EventFlags } from '../../../src/event/types.js'
import type { HistoryRing } from '../../../src/storage/history/tier.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'
import * as F from '../../../src/storage/journal/format.js'
import { JournalReader } from '../../../src/storage/journal/reader.js'
import { ExperienceStream } from '../../../src/stream/stream.js'
import { openHere } from './same-thread.js'

const HERE = { capacity: 10, maxBacklog: 4 }

describe('a shared stream that is opened again', () => {
  test('goes on with its numbers, events, rewards and masks, and knows which numbers hold no event', async () => {
    const { stream, memory } = await openHere(HERE, undefined, true)
    const other = await ExperienceStream.attach(stream.handle())
    const seqs: number[] = []
    for (let i = 0; i < 12; i++) {
      // Whoever does not write for a while gives its numbers up.
      seqs.push((i % 3 === 0 ? other : stream).writeEvent({ timestamp: i }))
      stream.release()
      other.release()
    }
    const [a, b, c] = seqs.slice(-3) as [number, number, number]
    stream.setAppraiserReward(a, AppraiserType.Curiosity, 0.25)
    other.markAppraised(b, AppraiserType.Goal)
    stream.markFullyAppraised(c)
    await stream.durable()
    expect(stream.setAppraiserReward(0, AppraiserType.Efficiency, 7)).toBe('corrected')
    const total = stream.totalWritten
    await other.close()
    await stream.close()

    const { stream: again } = await openHere(HERE, memory, true)
    expect(again.totalWritten).toBe(total)
    expect(again.recovery).toMatchObject({ created: false, endSeq: total, damage: [] })
    for (const [i, seq] of seqs.entries()) {
      expect(again.getEvent(seq)?.timestamp).toBe(seq >= again.oldestSeq ? i : undefined)
    }
    expect(again.getEvent(a)?.rewardCuriosity).toBe(0.25)
    for (const appraiser of [AppraiserType.Homeostasis, AppraiserType.Curiosity, AppraiserType.Efficiency]) {
      again.markAppraised(b, appraiser)
    }
    expect([a, b, c].map((seq) => (again.getEvent(seq)!.flags & EventFlags.FULLY_APPRAISED) !== 0)).toEqual([
      false,
      true,
      true,
    ])
    expect(again.writeEvent({ timestamp: 99 })).toBe(total)
    const stats = again.stats()
    expect(stats.written).toBe(stats.readable + stats.evicted)
    expect(stats.readable).toBe(again.queryRange(0, again.totalWritten).length)
  })

  test('restores a window with numbers that were given up in it', async () => {
    const { stream, memory } = await openHere({ capacity: 64, maxBacklog: 64 })
    const other = await ExperienceStream.attach(stream.handle())
    const seqs: number[] = []
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 5; i++) seqs.push(stream.writeEvent({ timestamp: seqs.length }))
      seqs.push(other.writeEvent({ timestamp: seqs.length }))
      stream.release()
      other.release()
    }
    await other.close()
    await stream.close()
    const { stream: again } = await openHere({ capacity: 64, maxBacklog: 64 }, memory)
    const range = again.queryRange(0, again.totalWritten)
    expect([...range.seqs]).toEqual(seqs)
    expect(Array.from(range, (view) => view.timestamp)).toEqual(seqs.map((_, i) => i))
    expect(again.stats()).toMatchObject({ written: seqs.length, readable: seqs.length })
    expect(again.stats().threads!.aborted).toBe(again.totalWritten - seqs.length)
    expect(again.sampleBatch(100).length).toBe(seqs.length)
  })

  test('knows who has scored an event, also those who do not complete it', async () => {
    const appraisers = [AppraiserType.Curiosity, AppraiserType.Goal]
    const { stream, memory } = await openHere({ ...HERE, appraisers })
    for (let i = 0; i < 3; i++) stream.writeEvent({ timestamp: i })
    for (const appraiser of appraisers) for (const seq of [0, 1]) stream.setAppraiserReward(seq, appraiser, 1)
    for (const seq of [1, 2]) stream.setAppraiserReward(seq, AppraiserType.Efficiency, 1)
    await stream.close()
    const { stream: again } = await openHere({ ...HERE, appraisers }, memory)
    const { window } = (again as unknown as { engine: { window: HistoryRing } }).engine
    expect([...window.read(0, 3).rows.masks]).toEqual([10, 14, 4])
  })

  test('has fewer events where it is smaller, and more room where it is larger', async () => {
    const { stream, memory } = await openHere(HERE, undefined, true)
    for (let i = 0; i < 30; i++) stream.writeEvent({ timestamp: i })
    await stream.close()
    const { stream: smaller } = await openHere({ ...HERE, capacity: 5 }, memory, true)
    expect([smaller.oldestSeq, smaller.size, smaller.capacity]).toEqual([25, 5, 5])
    await smaller.close()
    const { stream: larger } = await openHere({ ...HERE, capacity: 20 }, memory, true)
    expect([larger.oldestSeq, larger.totalWritten]).toEqual([10, 30])
  })
})

describe('metadata', () => {
  test('stands in the journal directly before its event, however late it is heard of, and goes with it', async () => {
    const { stream, port, memory } = await openHere(HERE, undefined, true)
    port.runs = false
    const writing = [
      stream.writeEventWithMetadata({ timestamp: 1 }, { intentType: 'look' }),
      stream.writeEventWithMetadata({ timestamp: 2 }, { parameters: [1, { a: null }] }),
    ]
    // The round begins, and notes the question, before the message is there.
    port.delay = 2
    port.step()
    port.runs = true
    expect(await Promise.all(writing)).toEqual([0, 1])
    await expect(stream.writeEventWithMetadata({ stepNumber: -1 }, { intentType: 'no' })).rejects.toThrow('stepNumber')
    expect(stream.writeEvent({ timestamp: 3 })).toBe(2)
    expect([0, 1, 2].map((seq) => stream.getMetadata(seq))).toEqual([
      { intentType: 'look' },
      { parameters: [1, { a: null }] },
      undefined,
    ])
    await stream.close()
    const reader = new JournalReader({ disk: memory, crc32: nodeCrc32 })
    const kinds = Array.from(reader.blocks(0), ({ kind }) => kind).filter((kind) => kind !== F.STATE)
    expect(kinds.slice(0, 2)).toEqual([F.METADATA, F.RECORDS])
    const { stream: again } = await openHere(HERE, memory, true)
    expect(again.getMetadata(1)).toEqual({ parameters: [1, { a: null }] })
    expect(again.getMetadata(2)).toBeUndefined()
  })
})

describe('a durable subscription of a shared stream', () => {
  test('delivers only what is in the journal', async () => {
    const { stream, port } = await openHere(HERE)
    port.runs = false
    const subscription = stream.subscribe({ from: 'oldest', after: 'durable' })
    stream.writeEvent({})
    stream.writeEvent({})
    expect(subscription.poll().length).toBe(0)
    port.step()
    expect([...subscription.poll().seqs]).toEqual([0, 1])
    const iteration = subscription[Symbol.asyncIterator]()
    const next = iteration.next()
    stream.writeEvent({})
    port.runs = true
    expect([...(await next).value!.seqs]).toEqual([2])
    subscription.close()
  })

  test('with a name goes on behind its last ack, from the files where the ring has moved on', async () => {
    const { stream, memory } = await openHere(HERE, undefined, true)
    const subscription = stream.subscribe({ from: 'oldest', name: 'audit', maxBatch: 3 })
    for (let i = 0; i < 30; i++) stream.writeEvent({ timestamp: i })
    const delivered: number[] = []
    for (let i = 0; i < 2; i++) delivered.push(...subscription.poll().seqs)
    subscription.ack()
    subscription.poll()
    await stream.close()

    const { stream: again } = await openHere(HERE, memory, true)
    const rest = again.subscribe({ name: 'audit' })
    expect(rest.from).toBe(6)
    for (let batch = rest.poll(); batch.length > 0; batch = rest.poll()) delivered.push(...batch.seqs)
    expect(delivered).toEqual(Array.from({ length: 30 }, (_, i) => i))
    expect(rest.missed).toBe(0)
    expect(() => again.subscribe({ name: 'audit' })).toThrow('is open already')
    rest.close()
    expect(again.removeSubscription('audit')).toBe(true)
  })
})

test('history reads ring and files of a shared stream as one', async () => {
  const { stream } = await openHere(HERE, undefined, true)
  for (let i = 0; i < 40; i++) stream.writeEvent({ timestamp: i })
  for (const seq of [3, 20, 35]) stream.setAppraiserReward(seq, AppraiserType.Goal, seq)
  const found = new Map<number, number>()
  for await (const batch of stream.history.queryRange(0, 40)) {
    for (const event of batch) found.set(event.seq, event.rewardGoal)
  }
  expect([...found.keys()]).toEqual(Array.from({ length: 40 }, (_, i) => i))
  expect([3, 20, 35, 36].map((seq) => found.get(seq))).toEqual([3, 20, 35, 0])
})
