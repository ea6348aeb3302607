/**
 * A journal of a few blocks of every kind in several segments, and what it must say after each of its blocks.
 *
 * @module
 */

import { crc32 } from '../../../src/storage/journal/crc32.js'
import { newJournal } from '../../../src/storage/journal/journal-end.js'
import { JournalReader } from '../../../src/storage/journal/reader.js'
import type { Gap } from '../../../src/storage/journal/source.js'
import { JournalWriter } from '../../../src/storage/journal/writer.js'
import { corrections, IDENTITY, records } from './journal.js'
import { MemoryDisk } from './memory-disk.js'

/** Everything that a journal says about events. */
export interface Contents {
  startSeq: number
  endSeq: number
  events: Map<number, string>
  gaps: Gap[]
  metadata: Map<number, string>
}

/** What the files of a folder say. */
export function contentsOf(disk: MemoryDisk): Contents {
  const reader = new JournalReader({ disk, crc32 })
  try {
    const { startSeq, endSeq } = reader
    const found = reader.events(startSeq, endSeq)
    const events = new Map<number, string>()
    for (let i = 0; i < found.length; i++) {
      const record = Buffer.from(found.bytes.subarray(i * 128, (i + 1) * 128)).toString('hex')
      events.set(found.seqs[i] as number, `${record} ${found.masks[i]}`)
    }
    const metadata = new Map<number, string>()
    for (const [seq, bytes] of reader.metadata(startSeq, endSeq)) metadata.set(seq, Buffer.from(bytes).toString('hex'))
    return { startSeq, endSeq, events, gaps: reader.gaps(startSeq, endSeq), metadata }
  } finally {
    reader.close()
  }
}

/** The journal, and its contents and last state by the position that its end had. */
export interface SmallJournal {
  disk: MemoryDisk
  after: Map<number, { contents: Contents; state: string }>
  endPosition: number
}

/** Writes the journal. `sync` is called once in the middle, if given. */
export function smallJournal(sync?: (writer: JournalWriter) => void): SmallJournal {
  const disk = new MemoryDisk()
  const folder = { disk, crc32 }
  const writer = new JournalWriter(folder, newJournal(IDENTITY), {
    segmentBytes: 2048,
    nowUs: () => 1_700_000_000_000_000,
  })
  const after: SmallJournal['after'] = new Map()
  const note = (): void => {
    after.set(writer.position, { contents: contentsOf(disk), state: writer.lastState })
  }
  note()
  const steps: (() => void)[] = [
    () => writer.writeRecords(0, 3, [records(0, 2), records(2, 1)]),
    () => writer.writeMetadata([[4, Uint8Array.of(1, 2, 3)]]),
    () => writer.writeRecords(3, 2, [records(3, 2)], [Uint8Array.of(1, 3)]),
    () => writer.writeCorrections(corrections({ seq: 1, mask: 1, rewards: [0.25] }, { seq: 4, mask: 12, flags: 2 })),
    () => writer.writeState('{"cursors":{"a":3},"followers":{}}'),
    () => sync?.(writer),
    () => writer.writeGap(5, 9, 'aborted'),
    () => writer.writeRecords(9, 4, [records(9, 4)]),
    () => writer.writeCorrections(corrections({ seq: 1, mask: 2, rewards: [0.5, 0.75] }, { seq: 10, mask: 15 })),
    () => writer.writeMetadata([[13, Uint8Array.of(9)]]),
    () => writer.writeRecords(13, 6, [records(13, 6)]),
    () => writer.writeRecords(19, 3, [records(19, 3)]),
    () => writer.writeCorrections(corrections({ seq: 20, rewards: [undefined, undefined, -1] })),
  ]
  for (const step of steps) {
    const before = writer.position
    step()
    // A step that began a new segment wrote two blocks; the one between holds nothing that the one before did not.
    const known = after.get(before)
    if (writer.position > before + 1 && known !== undefined) after.set(before + 1, known)
    note()
  }
  return { disk, after, endPosition: writer.position }
}
