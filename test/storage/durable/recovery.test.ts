import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type CorruptSegmentError, openExperienceStream } from '../../../src/storage/index.node.js'
import { RECORDS } from '../../../src/storage/journal/format.js'
import { openStream } from './support.js'

/** A closed stream of three blocks of ten events, and where the payload of each stands. */
async function threeBlocks(): Promise<{ directory: string; blocks: { file: string; offset: number }[] }> {
  const stream = await openStream({ capacity: 100 })
  for (let i = 0; i < 30; i++) {
    stream.writeEvent({ stepNumber: i })
    if (i % 10 === 9) await stream.durable()
  }
  stream.host.source.refresh()
  const blocks = [...stream.host.source.blocks(0)].filter(({ kind }) => kind === RECORDS)
  await stream.close()
  const at = ({ file, offset }: { file: string; offset: number }) => ({ file, offset: offset + 64 })
  return { directory: stream.directory, blocks: blocks.map(at) }
}

function damage(directory: string, { file, offset }: { file: string; offset: number }): void {
  const fd = openSync(join(directory, 'journal', file), 'r+')
  writeSync(fd, Buffer.from([255, 255, 255]), 0, 3, offset + 300)
  closeSync(fd)
}

const contents = (directory: string): Buffer[] => {
  const folder = join(directory, 'journal')
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name)))
}

describe('damage in the middle of the journal', () => {
  test("is an error with its place, with recover: 'strict', which changes nothing and lets go of the directory", async () => {
    const { directory, blocks } = await threeBlocks()
    damage(directory, blocks[1]!)
    const before = contents(directory)
    const error = (await openExperienceStream({ directory }).catch((reason) => reason)) as CorruptSegmentError
    expect([error.name, error.code, error.details.file]).toEqual([
      'CorruptSegmentError',
      'CORRUPT_SEGMENT',
      blocks[1]!.file,
    ])
    expect(error.message).toContain('events [10, 20)')
    expect(contents(directory)).toEqual(before)
    await expect(openExperienceStream({ directory })).rejects.toMatchObject({ code: 'CORRUPT_SEGMENT' })
  })

  test("is skipped and reported with 'salvage'; the ring gets what stands behind it, and the gap stays typed", async () => {
    const { directory, blocks } = await threeBlocks()
    damage(directory, blocks[1]!)
    const stream = await openStream({ directory, recover: 'salvage' })
    const gap = { start: 10, end: 20, reason: 'damaged' }
    expect(stream.recovery).toMatchObject({ startSeq: 20, endSeq: 30, damage: [{ file: blocks[1]!.file, gap }] })
    expect([stream.oldestSeq, stream.totalWritten, stream.size, stream.writeEvent({})]).toEqual([20, 30, 10, 30])
    expect(stream.getEvent(19)).toBe(undefined)
    expect(stream.getEvent(20)?.stepNumber).toBe(20)
    expect(stream.stats()).toMatchObject({ written: 31, readable: 11, evicted: 20 })
    await stream.durable()
    expect(stream.host.source.gaps(0, 31)).toEqual([gap])
    const subscription = stream.subscribe({ name: 'audit', from: 0 })
    const seqs: number[] = []
    for (let batch = subscription.poll(); batch.length > 0; batch = subscription.poll()) seqs.push(...batch.seqs)
    expect(seqs).toEqual([...Array(10).keys(), ...Array.from({ length: 11 }, (_, i) => 20 + i)])
    expect(subscription.stats()).toMatchObject({ received: 21, missed: 10, aborted: 0, position: 31 })
    await stream.close()
    const again = await openStream({ directory })
    expect([again.oldestSeq, again.totalWritten, again.recovery.damage]).toEqual([20, 31, []])
  })

  test("of the newest events leaves an empty ring that goes on behind them, with 'salvage'", async () => {
    const { directory, blocks } = await threeBlocks()
    damage(directory, blocks[2]!)
    const stream = await openStream({ directory, recover: 'salvage' })
    expect([stream.size, stream.oldestSeq, stream.totalWritten]).toEqual([0, 30, 30])
    expect([stream.writeEvent({}), stream.setAppraiserReward(3, 0, 1)]).toEqual([30, 'corrected'])
  })
})

test('a torn tail is cut and reported', async () => {
  const { directory } = await threeBlocks()
  const file = readdirSync(join(directory, 'journal')).sort().at(-1)!
  const stream = await openStream({ directory })
  await stream.close()
  expect(stream.recovery.torn).toBe(undefined)
  const fd = openSync(join(directory, 'journal', file), 'a')
  writeSync(fd, Buffer.alloc(100, 7))
  closeSync(fd)
  const again = await openStream({ directory })
  expect(again.recovery.torn).toMatchObject({ file })
  expect([again.totalWritten, again.getEvent(29)?.stepNumber]).toEqual([30, 29])
})
