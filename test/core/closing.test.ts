/**
 * Closing a stream: readers get what was written before, then end; every later call says that the stream is closed.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import {
  AppraiserCoordinator,
  AppraiserType,
  ClosedError,
  type ExperienceStream,
  runAppraiser,
} from '../../src/index.js'
import { makeStream } from '../support/streams.js'

async function filled(): Promise<ExperienceStream> {
  const stream = await makeStream({ capacity: 100, priority: 'explicit' })
  stream.writeBatch([{}, {}, {}])
  return stream
}

describe('close', () => {
  test('is idempotent, and awaits', async () => {
    const stream = await filled()
    await Promise.all([stream.close(), stream.close()])
    await stream.close()
    await stream[Symbol.asyncDispose]()
  })

  test('lets readers have what was written before, then ends them', async () => {
    const stream = await filled()
    const seen: number[][] = []
    const reading = (async () => {
      for await (const batch of stream.subscribe({ from: 'oldest', maxBatch: 2 })) seen.push([...batch.seqs])
    })()
    const idle = (async () => {
      for await (const batch of stream.subscribe()) seen.push([-1, ...batch.seqs])
    })()
    await Promise.resolve()
    stream.writeBatch([{}, {}])
    await stream.close()
    await reading
    await idle
    expect(seen.filter(([first]) => first !== -1).flat()).toEqual([0, 1, 2, 3, 4])
    expect(seen.filter(([first]) => first === -1)).toEqual([[-1, 3, 4]])
  })

  test('is safe inside a reader', async () => {
    const stream = await filled()
    const seen: number[] = []
    for await (const batch of stream.subscribe({ from: 'oldest', maxBatch: 1 })) {
      seen.push(batch.start)
      await stream.close()
    }
    expect(seen).toEqual([0, 1, 2])
  })

  test('ends running appraisers without an error', async () => {
    const stream = await filled()
    const controller = new AbortController()
    const running = runAppraiser(stream, AppraiserType.Goal, () => 0.5, { signal: controller.signal })
    await stream.close()
    await running
  })

  test('lets a running appraiser end with the account of what it did, whatever was left', async () => {
    const stream = await filled()
    const running = runAppraiser(stream, AppraiserType.Goal, () => 0.5, { from: 'oldest', maxBatch: 2 })
    await Promise.resolve()
    stream.writeBatch([{}, {}])
    await stream.close()
    const { appraised, missed, evicted } = await running
    // A closed stream delivers what was written, but takes no rewards any more.
    expect([appraised + evicted, missed]).toEqual([5, 0])
  })

  test('makes every later call of the stream throw ClosedError', async () => {
    const stream = await filled()
    const { writer } = stream
    const coordinator = new AppraiserCoordinator(stream)
    await stream.close()
    const calls: Record<string, () => unknown> = {
      writeEvent: () => stream.writeEvent({}),
      writeBatch: () => stream.writeBatch([{}]),
      'writeBatch, packed': () => stream.writeBatch(new Uint8Array(128)),
      'writeBatch, columns': () => stream.writeBatch({ flags: new Uint16Array(1) }),
      'writeBatch of nothing': () => stream.writeBatch([]),
      'writer.commit': () => writer.commit(),
      setAppraiserReward: () => stream.setAppraiserReward(0, 0, 1),
      setAppraiserRewards: () => stream.setAppraiserRewards([0], 0, [1]),
      setPriorities: () => stream.setPriorities([0], [1]),
      getPriorities: () => stream.getPriorities([0]),
      markFullyAppraised: () => stream.markFullyAppraised(0),
      notifyAppraiserDone: () => coordinator.notifyAppraiserDone(0, 0),
      getEvent: () => stream.getEvent(0),
      view: () => stream.view(0),
      queryRange: () => stream.queryRange(0, 1),
      segments: () => stream.segments(0, 1),
      find: () => stream.find(),
      findSeqs: () => stream.findSeqs(),
      count: () => stream.count(),
      sampleBatch: () => stream.sampleBatch(1),
      sampleSeqs: () => stream.sampleSeqs(1),
      saveSamplerState: () => stream.saveSamplerState(),
      restoreSamplerState: () => stream.restoreSamplerState(new Uint8Array(32)),
      subscribe: () => stream.subscribe(),
    }
    for (const [name, call] of Object.entries(calls)) {
      expect(call, name).toThrow(ClosedError)
      expect(call, name).toThrow(/closed/)
    }
  })

  test('leaves a polled subscription what was written before', async () => {
    const stream = await filled()
    const subscription = stream.subscribe({ from: 1 })
    await stream.close()
    expect([...subscription.poll().seqs]).toEqual([1, 2])
    expect(subscription.poll().length).toBe(0)
  })

  test('leaves batches and snapshots that were taken before readable', async () => {
    const stream = await filled()
    const batch = stream.queryRange(0, 3)
    const event = stream.getEvent(1)
    await stream.close()
    expect(batch.at(1)).toEqual(event)
  })
})
