import { expect, test } from 'vitest'
import { CorruptSegmentError } from '../../../src/storage/errors.js'
import { crc32 } from '../../../src/storage/journal/crc32.js'
import { RECORDS } from '../../../src/storage/journal/format.js'
import { JournalReader } from '../../../src/storage/journal/reader.js'
import { type RecoveredJournal, recoverJournal } from '../../../src/storage/journal/recover.js'
import type { BlockInfo } from '../../../src/storage/journal/source.js'
import { JournalWriter } from '../../../src/storage/journal/writer.js'
import { records } from '../support/journal.js'
import type { MemoryDisk } from '../support/memory-disk.js'
import { type Contents, contentsOf, type SmallJournal, smallJournal } from '../support/small-journal.js'

/** The same machine, so that no hole can be a tail that a loss of power tore. */
const SAME_BOOT = { powerLoss: false }

const journal = smallJournal()
const final = (journal.after.get(journal.endPosition) as { contents: Contents }).contents
const versions = versionsOf(journal)

test('with any bit flipped, strict recovery throws and changes nothing, or cuts the last block', () => {
  for (const { disk, name, offset } of flipped(1, true)) {
    const before = snapshot(disk)
    const recovered = attempt(() => recoverJournal({ disk, crc32 }, { mode: 'strict', ...SAME_BOOT }))
    if (recovered instanceof CorruptSegmentError) {
      expect(snapshot(disk)).toEqual(before)
      expect(recovered.details).toMatchObject({ file: name })
      expect(recovered.details.offset as number).toBeLessThanOrEqual(offset)
    } else expectUndamaged(disk, (recovered as RecoveredJournal).end.position)
  }
})

test('with any bit flipped, salvage keeps everything else, and what was lost is a typed gap', () => {
  for (const { disk, offset } of flipped(3)) {
    const recovered = recoverJournal({ disk, crc32 }, { mode: 'salvage', ...SAME_BOOT }) as RecoveredJournal
    const contents = contentsOf(disk)
    expectKnown(contents)
    const { torn, damage, end } = recovered
    if (torn === undefined) {
      // Padding belongs to no checksum, and it is no part of anything.
      if (damage.length > 0) expect(damage[0]?.offset).toBeLessThanOrEqual(offset)
      expect([end.position, contents.endSeq]).toEqual([journal.endPosition, 22])
    }
    const lost = damage.flatMap(({ gap }) => gap ?? [])
    expect(contents.gaps.filter(({ reason }) => reason === 'damaged')).toEqual(lost)
    expect(recoverJournal({ disk, crc32 }, { mode: 'strict', ...SAME_BOOT })?.damage).toEqual([])
    const writer = new JournalWriter({ disk, crc32 }, end)
    writer.writeRecords(end.nextSeq, 1, [records(end.nextSeq, 1)])
    writer.close()
    expect(contentsOf(disk).endSeq).toBe(end.nextSeq + 1)
  }
})

test('with any bit flipped, a reader returns nothing that is damaged', () => {
  let refused = 0
  for (const { disk } of flipped(3)) {
    const found = attempt(() => contentsOf(disk))
    if (found instanceof Error) {
      expect(found).toBeInstanceOf(CorruptSegmentError)
      refused++
    } else expectKnown(found)
  }
  expect(refused).toBeGreaterThan(100)
})

/** The journal with one bit flipped: of each `step`-th byte one, and, if asked for, all of a block of records. */
function* flipped(step: number, wholeBlock = false): Generator<{ disk: MemoryDisk; name: string; offset: number }> {
  const reader = new JournalReader({ disk: journal.disk, crc32 })
  const block = [...reader.blocks(0)].findLast(({ kind }) => kind === RECORDS) as BlockInfo
  for (const name of journal.disk.list()) {
    const whole = journal.disk.get(name)
    for (let offset = 0; offset < whole.length; offset++) {
      const isInBlock = name === block.file && offset >= block.offset && offset < block.offset + 64 + block.payloadBytes
      const bits = wholeBlock && isInBlock ? [0, 1, 2, 3, 4, 5, 6, 7] : offset % step === 0 ? [(offset / step) % 8] : []
      for (const bit of bits) {
        const disk = journal.disk.copy()
        const bytes = whole.slice()
        bytes[offset] = (bytes[offset] as number) ^ (1 << bit)
        disk.set(name, bytes)
        yield { disk, name, offset }
      }
    }
  }
}

function attempt<T>(call: () => T): T | Error {
  try {
    return call()
  } catch (error) {
    return error as Error
  }
}

function snapshot(disk: MemoryDisk): [string, string][] {
  return disk.list().map((name) => [name, Buffer.from(disk.get(name)).toString('latin1')])
}

/** What the journal says is what it said at that position. */
function expectUndamaged(disk: MemoryDisk, position: number): void {
  const expected = journal.after.get(position)
  if (expected === undefined) expect(position).toBe(0)
  else expect(contentsOf(disk)).toEqual(expected.contents)
}

/** Every event is one that was written, with rewards that it once had; what is missing is a gap. */
function expectKnown({ startSeq, endSeq, events, gaps, metadata }: Contents): void {
  for (const [seq, event] of events) {
    const { fixed, rewards } = split(event)
    const known = versions.get(seq)
    if (known?.fixed !== fixed || rewards.some((reward, slot) => !known.rewards[slot]?.has(reward))) {
      expect.fail(`event ${seq} is not one that was written: ${event}`)
    }
  }
  for (let seq = startSeq; seq < endSeq; seq++) {
    const isGap = gaps.some(({ start, end }) => seq >= start && seq < end)
    if (isGap === events.has(seq)) expect.fail(`${seq} is ${isGap ? 'a gap and an event' : 'neither event nor gap'}`)
  }
  for (const [seq, bytes] of metadata) expect(bytes).toBe(final.metadata.get(seq))
}

/** The part of an event that never changes, and its rewards. */
function split(event: string): { fixed: string; rewards: string[] } {
  const fixed = event.slice(0, 38 * 2) + event.slice(40 * 2, 104 * 2) + event.slice(120 * 2, 256)
  return { fixed, rewards: [0, 1, 2, 3].map((slot) => event.slice((104 + slot * 4) * 2, (108 + slot * 4) * 2)) }
}

function versionsOf({ after }: SmallJournal): Map<number, { fixed: string; rewards: Set<string>[] }> {
  const found = new Map<number, { fixed: string; rewards: Set<string>[] }>()
  for (const { contents } of after.values()) {
    for (const [seq, event] of contents.events) {
      const { fixed, rewards } = split(event)
      const known = found.get(seq) ?? { fixed, rewards: rewards.map(() => new Set<string>()) }
      for (const [slot, reward] of rewards.entries()) known.rewards[slot]?.add(reward)
      found.set(seq, known)
    }
  }
  return found
}
