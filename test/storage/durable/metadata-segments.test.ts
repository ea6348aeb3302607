/**
 * Metadata stands before the events that it belongs to, and files of the journal go from the oldest on: what stays must
 * not be events whose metadata went with the file before.
 *
 * @module
 */

import { expect, test } from 'vitest'
import { METADATA, RECORDS } from '../../../src/storage/journal/format.js'
import { openStream } from './support.js'

/** A flush has so many events that a file of the journal takes two of them, and the third begins the next. */
const TURN = 3000
const TURNS = 20

test('events that are still in the journal have their metadata, however many files before them are gone', async () => {
  const stream = await openStream({ capacity: 4096, retention: { maxBytes: 1 } })
  for (let turn = 0; turn < TURNS; turn++) {
    const writing = stream.writeEventWithMetadata({ eventType: 7 }, { parameters: { turn } })
    stream.writeBatch(Array.from({ length: TURN - 1 }, () => ({})))
    await writing
    const kept = await stream.history.query({ types: [7] }).toBatch()
    expect(Array.from(kept.seqs.subarray(0, kept.length), (seq) => kept.metadata.get(seq))).toEqual(
      Array.from({ length: kept.length }, (_, i) => ({ parameters: { turn: turn + 1 - kept.length + i } })),
    )
  }
  expect(stream.host.source.startSeq).toBeGreaterThan(TURN * (TURNS - 8))
  await stream.close()
})

test('metadata of more events than a block has goes with its block', async () => {
  const stream = await openStream({ capacity: 20_000, maxBacklog: 20_000 })
  const told = Array.from({ length: 5 }, async (_, i) => {
    stream.writeBatch(Array.from({ length: 3500 }, () => ({})))
    return [await stream.writeEventWithMetadata({}, { parameters: i }), i]
  })
  const written = await Promise.all(told)
  stream.host.source.refresh()
  const blocks = [...stream.host.source.blocks(0)].filter(({ kind }) => kind === RECORDS || kind === METADATA)
  expect(blocks.filter(({ kind }) => kind === METADATA).length).toBeGreaterThan(2)
  for (const [i, block] of blocks.entries()) {
    if (block.kind !== METADATA) continue
    const next = blocks[i + 1]
    expect([next?.kind, next?.file]).toEqual([RECORDS, block.file])
    expect(block.seq + block.span).toBeLessThanOrEqual((next?.seq ?? 0) + (next?.span ?? 0))
  }
  for (const [seq, i] of written) expect(await stream.history.getMetadata(seq!)).toEqual({ parameters: i })
})
