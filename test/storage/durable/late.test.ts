import { describe, expect, test } from 'vitest'
import {
  AppraiserCoordinator,
  AppraiserType,
  EventFlags,
  InvalidArgumentError,
  SequenceEvictedError,
  SequenceNotWrittenError,
} from '../../../src/index.js'
import type { DurableExperienceStream } from '../../../src/storage/index.node.js'
import { CORRECTIONS } from '../../../src/storage/journal/format.js'
import { crashed, openStream, refusal, turn } from './support.js'

/** Events and correction blocks that the journal has. */
function journal(stream: DurableExperienceStream) {
  const { source } = stream.host
  source.refresh()
  const blocks = [...source.blocks(0)].filter(({ kind }) => kind === CORRECTIONS)
  const { bytes, masks } = source.events(0, source.endSeq)
  const view = new DataView(bytes.buffer)
  return {
    corrections: blocks.reduce((sum, { count }) => sum + count, 0),
    rewards: (seq: number) => [0, 1, 2, 3].map((slot) => view.getFloat32(seq * 128 + 104 + slot * 4, true)),
    flags: (seq: number) => view.getUint16(seq * 128 + 38, true),
    mask: (seq: number) => masks[seq],
  }
}

async function filled(count: number, capacity = 10): Promise<DurableExperienceStream> {
  const stream = await openStream({ capacity })
  for (let i = 0; i < count; i++) stream.writeEvent({ stepNumber: i })
  await stream.durable()
  return stream
}

describe('a late write', () => {
  test('to an event that is not written out goes with the event, without a correction', async () => {
    const stream = await openStream({ capacity: 10 })
    const seq = stream.writeEvent({})
    expect(stream.setAppraiserReward(seq, AppraiserType.Goal, 3)).toBe('applied')
    await stream.durable()
    expect(journal(stream)).toMatchObject({ corrections: 0 })
    expect([journal(stream).rewards(0), journal(stream).mask(0)]).toEqual([[0, 0, 0, 3], 8])
  })

  test('to a live event that is written out is one correction a turn, however many there are', async () => {
    const stream = await filled(10)
    for (let i = 0; i < 4; i++) expect(stream.setAppraiserReward(5, i as AppraiserType, i + 1)).toBe('applied')
    stream.addReward(5, 0, 10)
    await stream.durable()
    const { corrections, rewards, mask, flags } = journal(stream)
    expect([corrections, stream.stats().journal.corrections]).toEqual([1, 1])
    expect([rewards(5), mask(5), flags(5)]).toEqual([[11, 2, 3, 4], 15, EventFlags.FULLY_APPRAISED])
  })

  test('is written out after the turn without anybody asking', async () => {
    const stream = await filled(10)
    stream.setAppraiserReward(0, 0, 1)
    await turn()
    expect(journal(stream).corrections).toBe(1)
  })

  test('to an evicted event is a correction, told as such, and never touches the event in its place', async () => {
    const stream = await filled(25)
    expect(stream.setAppraiserReward(3, AppraiserType.Curiosity, 0.5)).toBe('corrected')
    expect(stream.markAppraised(3, AppraiserType.Homeostasis)).toBe('corrected')
    expect(new AppraiserCoordinator(stream).notifyAppraiserDone(3, AppraiserType.Efficiency)).toBe('corrected')
    expect(stream.markFullyAppraised(4)).toBe('corrected')
    await stream.durable()
    const { corrections, rewards, mask, flags } = journal(stream)
    expect([corrections, stream.stats().journal.corrected]).toEqual([2, 4])
    expect([rewards(3), mask(3), flags(3)]).toEqual([[0, 0.5, 0, 0], 7, 0])
    expect([mask(4), flags(4)]).toEqual([15, EventFlags.FULLY_APPRAISED])
    for (let seq = 15; seq < 25; seq++) expect(stream.getEvent(seq)).toMatchObject({ totalReward: 0, flags: 0 })
  })

  test('completes an event across its eviction', async () => {
    const stream = await filled(10)
    for (const appraiser of [0, 1, 2] as const) stream.setAppraiserReward(0, appraiser, 1)
    for (let i = 0; i < 10; i++) stream.writeEvent({})
    expect(stream.setAppraiserReward(0, 3, 1)).toBe('corrected')
    await stream.durable()
    const { rewards, mask, flags } = journal(stream)
    expect([rewards(0), mask(0), flags(0)]).toEqual([[1, 1, 1, 1], 15, EventFlags.FULLY_APPRAISED])
    const left = await crashed(stream, { capacity: 20 })
    expect(left.getEvent(0)).toMatchObject({ totalReward: 4, flags: EventFlags.FULLY_APPRAISED })
  })

  test('in bulk counts what was applied and what was corrected; nothing is evicted any more', async () => {
    const stream = await filled(25)
    expect(stream.setAppraiserRewards([1, 24, 2, 1], 2, [1, 2, 3, 4])).toEqual({ applied: 1, corrected: 3, evicted: 0 })
    await stream.durable()
    const { corrections, rewards } = journal(stream)
    expect([corrections, rewards(1), rewards(2), rewards(24)]).toEqual([3, [0, 0, 4, 0], [0, 0, 3, 0], [0, 0, 2, 0]])
    expect(stream.stats().rewards).toMatchObject({ applied: 1, evicted: 0 })
    expect(stream.stats().journal.corrected).toBe(3)
  })

  test('in bulk to more evicted events than wait at a time is written out on the way', async () => {
    const stream = await openStream({ capacity: 10 })
    stream.writeBatch({ stepNumbers: new Uint32Array(10_000) })
    const seqs = Array.from({ length: 9000 }, (_, i) => i)
    expect(stream.setAppraiserRewards(seqs, 0, seqs)).toEqual({ applied: 0, corrected: 9000, evicted: 0 })
    await stream.durable()
    const { rewards } = journal(stream)
    for (const seq of [0, 4095, 4096, 8999]) expect(rewards(seq)).toEqual([seq, 0, 0, 0])
  })

  test('adds nothing to an evicted event, since a sum needs the value', async () => {
    const stream = await filled(25)
    refusal(() => stream.addReward(3, 0, 1), SequenceEvictedError)
    expect(stream.addReward(20, 0, 1)).toBe('applied')
  })

  test('that is refused changes nothing, live or evicted', async () => {
    const stream = await filled(25)
    for (const seq of [3, 20]) {
      refusal(() => stream.setAppraiserReward(seq, 4 as AppraiserType, 1), InvalidArgumentError)
      refusal(() => stream.setAppraiserReward(seq, 0, 1e38), InvalidArgumentError)
      refusal(() => stream.setAppraiserReward(seq, 0, Number.NaN), InvalidArgumentError)
      refusal(() => stream.setAppraiserReward(seq, 0, '1' as unknown as number), InvalidArgumentError)
      refusal(() => stream.setAppraiserRewards([seq, 25], 0, [1, 1]), SequenceNotWrittenError)
      refusal(() => stream.setAppraiserRewards([seq], 0, [1e39]), InvalidArgumentError)
    }
    refusal(() => stream.setAppraiserReward(25, 0, 1), SequenceNotWrittenError)
    refusal(() => stream.setAppraiserReward(-1, 0, 1), InvalidArgumentError)
    refusal(() => stream.setAppraiserReward(2.5, 0, 1), InvalidArgumentError)
    refusal(() => stream.markAppraised(2.5, 0), InvalidArgumentError)
    await turn()
    expect(stream.stats().journal).toMatchObject({ corrections: 0, corrected: 0, backlogCorrections: 0 })
    expect(journal(stream).corrections).toBe(0)
  })
})

test('rewards that were acknowledged survive a crash, live or evicted, in the ring that is restored', async () => {
  const stream = await filled(20)
  stream.setAppraiserReward(12, 1, 0.25)
  stream.setAppraiserReward(2, 1, 0.75)
  stream.markFullyAppraised(15)
  await stream.durable()
  const left = await crashed(stream, { capacity: 20 })
  expect(left.getEvent(12)).toMatchObject({ rewardCuriosity: 0.25 })
  expect(left.getEvent(2)).toMatchObject({ rewardCuriosity: 0.75 })
  expect(left.getEvent(15)?.flags).toBe(EventFlags.FULLY_APPRAISED)
  for (const appraiser of [0, 2, 3] as const) left.setAppraiserReward(12, appraiser, 1)
  expect(left.getEvent(12)?.flags).toBe(EventFlags.FULLY_APPRAISED)
})
