/**
 * Reads the newest window of a recovered journal, segment by segment in order.
 *
 * @module
 */

import { RECORD_BYTES } from '../../layout.js'
import { BlockScanner } from './block-scanner.js'
import * as F from './format.js'
import type { JournalEnd, JournalFolder } from './journal-end.js'
import { decodeCorrections, decodeMetadata } from './payloads.js'
import { decodeSegmentHeader, type SegmentHeader } from './segment-header.js'
import type { JournalWindow, WindowTarget } from './window.js'

/** Gives the events of a window to `target`. The blocks have been checked before. Returns the bytes that were read. */
export function restoreWindow(
  folder: JournalFolder,
  end: JournalEnd,
  window: JournalWindow,
  target: WindowTarget,
): number {
  const first = Math.max(
    0,
    end.segments.findLastIndex(({ nextSeq }) => nextSeq <= window.startSeq),
  )
  let bytes = 0
  for (const [place, { number }] of end.segments.entries()) {
    // Metadata stands before its events, so possibly at the end of the segment before.
    if (place < first - 1) continue
    const onlyMetadata = place < first
    const file = folder.disk.open(F.segmentName(number), 'read')
    try {
      const header = new Uint8Array(F.SEGMENT_HEADER_BYTES)
      file.read(header, 0)
      const { salt } = decodeSegmentHeader(header, number, folder.crc32) as SegmentHeader
      const until = end.last?.header.number === number ? end.last.offset : Number.POSITIVE_INFINITY
      const scanner = new BlockScanner(file, salt, folder.crc32)
      give(scanner, until, window, target, onlyMetadata)
      bytes += scanner.bytesRead
    } finally {
      file.close()
    }
  }
  return bytes
}

function give(
  scanner: BlockScanner,
  until: number,
  window: JournalWindow,
  target: WindowTarget,
  onlyMetadata: boolean,
): void {
  const { block } = scanner
  for (let at = F.SEGMENT_HEADER_BYTES; at < until && scanner.readHeader(at); at = scanner.behind(at)) {
    const start = Math.max(block.seq, window.startSeq)
    const end = Math.min(block.seq + block.span, window.endSeq)
    if (start >= end || (onlyMetadata && block.kind !== F.METADATA)) continue
    scanner.readPayload(at, false)
    const { payload } = scanner
    if (block.kind === F.RECORDS) {
      const skipped = start - block.seq
      const masks = block.flags & F.HAS_MASKS ? payload.subarray(block.count * RECORD_BYTES) : undefined
      target.records(
        start,
        end - start,
        payload.subarray(skipped * RECORD_BYTES, (end - block.seq) * RECORD_BYTES),
        masks?.subarray(skipped, end - block.seq),
      )
    } else if (block.kind === F.CORRECTIONS) {
      target.corrections(decodeCorrections(payload, block.seq, block.count, start))
    } else if (block.kind === F.METADATA) {
      decodeMetadata(payload, block.seq, block.count, (seq, bytes) => {
        if (seq >= start && seq < end) target.metadata(seq, bytes)
      })
    } else if (block.kind === F.GAP) {
      target.gap?.(start, end, block.flags === F.GAP_ABORTED ? 'aborted' : 'damaged')
    }
  }
}
