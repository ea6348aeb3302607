/**
 * What recovery changes in files: it cuts what nobody was promised, and lays gaps over damage that is salvaged, so that
 * afterwards every block follows the one before and what was lost stays known.
 *
 * @module
 */

import { CorruptSegmentError } from '../errors.js'
import { blockBytes, encodeBlock } from './block-header.js'
import * as F from './format.js'
import type { JournalFindings } from './inspect.js'
import type { JournalFolder } from './journal-end.js'
import type { BlockAhead, Hole } from './scan.js'
import { encodeSegmentHeader, type SegmentHeader } from './segment-header.js'
import { writeWhole } from './segment-writer.js'

/** Ends the journal at an offset of a segment: cuts the file there and removes those behind it. */
export function cutJournal(
  folder: JournalFolder,
  findings: JournalFindings,
  header: SegmentHeader,
  offset: number,
): void {
  const later = findings.segments.filter((segment) => segment.header.number > header.number)
  // The newest first: at no moment one is missing in the middle.
  for (const { header: gone, fault } of later.reverse()) {
    if (fault?.kind !== 'file') folder.disk.remove(F.segmentName(gone.number))
  }
  const isFirst = findings.segments[0]?.header.number === header.number
  if (offset <= F.SEGMENT_HEADER_BYTES && !isFirst) {
    const isThere = folder.disk.list().includes(F.segmentName(header.number))
    if (isThere) folder.disk.remove(F.segmentName(header.number))
  } else {
    const file = folder.disk.open(F.segmentName(header.number), 'write')
    try {
      file.truncate(offset)
      // Else the bytes could come back with a loss of power, behind blocks that are written now.
      file.sync()
    } finally {
      file.close()
    }
  }
  folder.disk.syncNames()
}

/** Lays a gap over a hole. What was there is kept behind the gap's header. */
export function fillHole(folder: JournalFolder, hole: Hole, nowUs: number): void {
  if (hole.kind === 'blocks') return layGap(folder, hole, nowUs)
  const file = folder.disk.open(hole.file, hole.kind === 'file' ? 'create' : 'write')
  try {
    writeWhole(file, [encodeSegmentHeader(hole.header, folder.crc32)], 0)
    file.sync()
  } finally {
    file.close()
  }
  if (hole.kind === 'file') folder.disk.syncNames()
}

/** Takes blocks back that speak of events which do not exist: other events will get their numbers. */
export function voidBlock(folder: JournalFolder, { file, offset, block }: BlockAhead, salt: number): void {
  writeHeader(folder, file, offset, salt, { ...block, kind: F.GAP, flags: F.GAP_DAMAGED, count: 1, span: 0 })
}

function layGap(folder: JournalFolder, hole: Hole, nowUs: number): void {
  const { position, seq } = hole
  const count = (hole.nextPosition as number) - position
  const span = (hole.nextSeq as number) - seq
  const room = Math.floor(hole.bytes / F.BLOCK_ALIGN) * F.BLOCK_ALIGN
  const payloadBytes = Math.max(0, room - blockBytes(0))
  const fits = room > 0 || hole.isAtEnd
  if (count < 1 || span < 0 || span >= 2 ** 32 || !fits) {
    throw new CorruptSegmentError(
      hole.file,
      hole.offset,
      `${hole.what}, and what follows does not fit to what precedes`,
    )
  }
  const gap = { kind: F.GAP, flags: F.GAP_DAMAGED, payloadBytes, position, seq, count, span }
  writeHeader(folder, hole.file, hole.offset, hole.header.salt, { ...gap, writtenUs: nowUs, synced: 0, payloadCrc: 0 })
}

function writeHeader(
  folder: JournalFolder,
  name: string,
  offset: number,
  salt: number,
  block: Parameters<typeof encodeBlock>[0],
): void {
  const bytes = new Uint8Array(F.BLOCK_HEADER_BYTES)
  encodeBlock(block, salt, bytes, new DataView(bytes.buffer), folder.crc32)
  const file = folder.disk.open(name, 'write')
  try {
    writeWhole(file, [bytes], offset)
    file.sync()
  } finally {
    file.close()
  }
}
