/**
 * The files of a journal that may be damaged: every segment gets a header, a made-up one where it is lost.
 *
 * @module
 */

import { CorruptSegmentError } from '../errors.js'
import { advances } from './block-header.js'
import { BlockScanner } from './block-scanner.js'
import * as F from './format.js'
import type { JournalFolder } from './journal-end.js'
import { decodeSegmentHeader, newSalt, type SegmentHeader } from './segment-header.js'
import type { StreamIdentity } from './source.js'

/** A segment that should be there. */
export interface SegmentFile {
  readonly header: SegmentHeader
  /** Why the header is made up; undefined if it is the file's own. */
  readonly fault: { readonly kind: 'header' | 'file'; readonly what: string } | undefined
}

/** The segments, ascending, and files behind them that were begun and hold nothing. */
export interface SegmentFiles {
  readonly segments: SegmentFile[]
  readonly unborn: UnbornFile[]
}

/** A file without a header and without a block. */
export interface UnbornFile {
  readonly file: string
  readonly what: string
  /** Where what is not zero in it ends. */
  readonly usedEnd: number
}

/** What the beginning of a file told. */
interface Beginning {
  readonly number: number
  readonly header: SegmentHeader | string
}

/**
 * Reads the headers of all segments.
 * @throws {CorruptSegmentError} if no header is left to tell which stream it is, or if two streams are mixed.
 */
export function readSegmentFiles(folder: JournalFolder): SegmentFiles {
  const numbers = folder.disk.list().flatMap((name) => F.segmentNumber(name) ?? [])
  const beginnings = numbers.sort((a, b) => a - b).map((number) => ({ number, header: readHeader(folder, number) }))
  const unborn: UnbornFile[] = []
  for (let last = beginnings.at(-1); last !== undefined; last = beginnings.at(-1)) {
    const found = unbornFile(folder, last)
    if (found === undefined) break
    unborn.push(found)
    beginnings.pop()
  }
  const identity = identityOf(beginnings)
  const segments: SegmentFile[] = []
  // From the newest back, since what is missing is described by what comes behind it.
  for (const { number, header } of beginnings.toReversed()) {
    for (let next = segments.at(-1); next !== undefined && next.header.number > number + 1; next = segments.at(-1)) {
      const missing = { ...next.header, number: next.header.number - 1, salt: newSalt() }
      segments.push({ header: missing, fault: { kind: 'file', what: 'the file is missing' } })
    }
    if (typeof header !== 'string') segments.push({ header, fault: undefined })
    else {
      const guessed = guessHeader(folder, number, identity as StreamIdentity, segments.at(-1)?.header)
      segments.push({ header: guessed, fault: { kind: 'header', what: header } })
    }
  }
  return { segments: segments.reverse(), unborn }
}

function readHeader(folder: JournalFolder, number: number): SegmentHeader | string {
  const file = folder.disk.open(F.segmentName(number), 'read')
  try {
    const bytes = new Uint8Array(F.SEGMENT_HEADER_BYTES)
    return decodeSegmentHeader(bytes.subarray(0, file.read(bytes, 0)), number, folder.crc32)
  } finally {
    file.close()
  }
}

/** A file without a header that has no block either: nothing was ever promised in it. */
function unbornFile(folder: JournalFolder, { number, header: what }: Beginning): UnbornFile | undefined {
  if (typeof what !== 'string' || findAnyBlock(folder, number) !== undefined) return undefined
  const name = F.segmentName(number)
  const file = folder.disk.open(name, 'read')
  try {
    return { file: name, what, usedEnd: new BlockScanner(file, undefined, folder.crc32).usedEnd(0) }
  } finally {
    file.close()
  }
}

function identityOf(beginnings: readonly Beginning[]): StreamIdentity | undefined {
  let identity: StreamIdentity | undefined
  for (const { number, header } of beginnings) {
    if (typeof header === 'string') continue
    if (identity !== undefined && header.identity.streamId !== identity.streamId) {
      const what = `it belongs to stream ${header.identity.streamId}, those before it to ${identity.streamId}`
      throw new CorruptSegmentError(F.segmentName(number), F.S_STREAM_ID, what)
    }
    identity = header.identity
  }
  const first = beginnings[0]
  if (identity === undefined && first !== undefined) {
    throw new CorruptSegmentError(
      F.segmentName(first.number),
      0,
      `${first.header}, and no other segment is left to tell the stream`,
    )
  }
  return identity
}

/** A header from the first block that is left, or, without one, an empty segment in front of the next. */
function guessHeader(
  folder: JournalFolder,
  number: number,
  identity: StreamIdentity,
  next: SegmentHeader | undefined,
): SegmentHeader {
  const found = findAnyBlock(folder, number)
  if (found === undefined) return { ...(next as SegmentHeader), number, salt: newSalt() }
  const nextSeq = found.seq ?? next?.nextSeq ?? identity.firstSeq
  return { identity, number, position: found.position, nextSeq, createdUs: found.writtenUs, salt: found.salt }
}

interface FoundBlock {
  /** Position that the segment begins with: that of the block if it is the first one, else one before. */
  readonly position: number
  /** The sequence number that comes next there, if a block tells. */
  readonly seq: number | undefined
  readonly writtenUs: number
  readonly salt: number
}

/** The first block of a file whose header is lost. */
function findAnyBlock(folder: JournalFolder, number: number): FoundBlock | undefined {
  const file = folder.disk.open(F.segmentName(number), 'read')
  try {
    const scanner = new BlockScanner(file, undefined, folder.crc32)
    const found = scanner.findFirst()
    if (found === undefined) return undefined
    const { block } = scanner
    const position = found.offset === F.SEGMENT_HEADER_BYTES ? block.position : Math.max(0, block.position - 1)
    const { writtenUs } = block
    let offset: number | undefined = found.offset
    while (offset !== undefined && !advances(block) && block.kind !== F.STATE)
      offset = scanner.find(offset, block.position)
    return { position, seq: offset === undefined ? undefined : block.seq, writtenUs, salt: found.salt }
  } finally {
    file.close()
  }
}
