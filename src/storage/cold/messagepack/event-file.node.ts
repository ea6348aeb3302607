/**
 * A MessagePack file of events, open for reading: an index of its frames, and reads of one frame after the other. A
 * frame whose header or payload is damaged is passed over and reported; the next one is looked for behind it.
 *
 * Memory: one frame, and 100 bytes for each that the file has.
 *
 * @module
 */

import type { FileHandle } from 'node:fs/promises'
import { CorruptSegmentError, StorageError } from '../../errors.js'
import { nodeCrc32 as crc32 } from '../../journal/crc32.node.js'
import type { StoredEvents } from '../cold-storage.js'
import { matchingRows, RowMatcher } from '../events.js'
import type { EventFile, FileDamage, RowFilter } from '../file-format.js'
import { unpackEvents } from './columns.js'
import * as F from './frame.js'

/** How much is read at once to find the next frame behind a damaged one. */
const SEARCH_BYTES = 256 * 1024

interface Frame extends F.FrameHeader {
  /** Where the payload begins. */
  readonly offset: number
}

/** See the module. */
export class MessagePackFile implements EventFile {
  private readonly path: string
  private readonly file: FileHandle
  private readonly frames: readonly Frame[]
  private readonly damaged = new Map<number, FileDamage>()

  private constructor(path: string, file: FileHandle, index: FrameIndex) {
    this.path = path
    this.file = file
    this.frames = index.frames
    for (const damage of index.damage) this.damaged.set(damage.offset, damage)
  }

  /** Takes over a file that is open. @throws {CorruptSegmentError} if nothing of it is a file of events. */
  static async of(path: string, file: FileHandle): Promise<MessagePackFile> {
    return new MessagePackFile(path, file, await indexOf(path, file, (await file.stat()).size))
  }

  get damage(): readonly FileDamage[] {
    return [...this.damaged.values()]
  }

  async *rows(filter: RowFilter, signal?: AbortSignal): AsyncGenerator<StoredEvents, void, undefined> {
    const matcher = new RowMatcher(filter)
    for (const frame of this.frames) {
      signal?.throwIfAborted()
      if (!mayMatch(frame, filter)) continue
      const events = await this.read(frame)
      const rows = events === undefined ? undefined : matchingRows(events, matcher)
      if (rows !== undefined && rows.length > 0) yield rows
    }
  }

  async close(): Promise<void> {
    await this.file.close()
  }

  private async read(frame: Frame): Promise<StoredEvents | undefined> {
    const payload = new Uint8Array(frame.payloadBytes)
    const bytesRead = await readAt(this.file, this.path, payload, payload.length, frame.offset)
    const events = bytesRead === payload.length ? unpacked(payload, frame) : undefined
    if (events === undefined) {
      const what = `the frame of events ${frame.firstSeq} to ${frame.lastSeq} does not match its checksum`
      this.damaged.set(frame.offset, { file: this.path, offset: frame.offset, what })
    }
    return events
  }
}

/** The events of a payload, or undefined if it is not what the header says. */
function unpacked(payload: Uint8Array, frame: F.FrameHeader): StoredEvents | undefined {
  if (crc32(payload) !== frame.crc) return undefined
  try {
    return unpackEvents(payload, frame.count)
  } catch {
    return undefined
  }
}

function mayMatch(frame: F.FrameHeader, filter: RowFilter): boolean {
  if (filter.startSeq !== undefined && frame.lastSeq < filter.startSeq) return false
  if (filter.endSeq !== undefined && frame.firstSeq >= filter.endSeq) return false
  if (filter.from !== undefined && frame.toUs < filter.from) return false
  if (filter.to !== undefined && frame.fromUs >= filter.to) return false
  if (filter.episodeId === undefined) return true
  return frame.leastEpisode <= filter.episodeId && filter.episodeId <= frame.largestEpisode
}

interface FrameIndex {
  readonly frames: readonly Frame[]
  readonly damage: readonly FileDamage[]
}

async function indexOf(path: string, file: FileHandle, size: number): Promise<FrameIndex> {
  const frames: Frame[] = []
  const damage: FileDamage[] = []
  const bytes = new Uint8Array(F.FRAME_HEADER_BYTES)
  const length = await readAt(file, path, bytes, F.FILE_HEADER_BYTES, 0)
  const header = F.decodeFileHeader(bytes.subarray(0, length), crc32)
  if (header === undefined) damage.push({ file: path, offset: 0, what: 'the header of the file is damaged' })
  else assertKind(path, header)
  let at = header === undefined ? 0 : F.FILE_HEADER_BYTES
  while (at < size) {
    const frame = await frameAt(file, path, bytes, at, size, frames.at(-1)?.lastSeq)
    if (frame !== undefined) {
      frames.push(frame)
      at = frame.offset + frame.payloadBytes
      continue
    }
    if (at > 0) damage.push({ file: path, offset: at, what: 'no frame begins where one should' })
    at = await nextMagic(file, path, at + 1, size)
    while (at < size && (await frameAt(file, path, bytes, at, size, frames.at(-1)?.lastSeq)) === undefined) {
      at = await nextMagic(file, path, at + 1, size)
    }
  }
  if (frames.length === 0 && header === undefined) throw new CorruptSegmentError(path, 0, 'it is no file of events')
  if (header !== undefined && frames.length < header.frames && damage.length === 0) {
    const what = `the file ends after ${frames.length} of ${header.frames} frames`
    damage.push({ file: path, offset: size, what })
  }
  return { frames, damage }
}

function assertKind(path: string, header: F.FileHeader): void {
  if (header.version !== F.FILE_VERSION) {
    const what = `${path} is of version ${header.version} of the format, this library reads version ${F.FILE_VERSION}`
    throw new StorageError(what, { path, version: header.version })
  }
  if (header.kind !== F.EVENTS) throw new CorruptSegmentError(path, 6, `its kind is ${header.kind}, not events`)
}

/** The frame at `at`, if a whole one with higher numbers than the one before begins there. */
async function frameAt(
  file: FileHandle,
  path: string,
  bytes: Uint8Array,
  at: number,
  size: number,
  lastSeq = -1,
): Promise<Frame | undefined> {
  const bytesRead = await readAt(file, path, bytes, F.FRAME_HEADER_BYTES, at)
  const header = F.decodeFrameHeader(bytes.subarray(0, bytesRead), 0, crc32)
  const offset = at + F.FRAME_HEADER_BYTES
  if (header === undefined || header.firstSeq <= lastSeq || offset + header.payloadBytes > size) return undefined
  return { ...header, offset }
}

/** Where the magic of a frame stands at or behind `at`; `size` if nowhere. */
async function nextMagic(file: FileHandle, path: string, at: number, size: number): Promise<number> {
  const bytes = Buffer.alloc(SEARCH_BYTES)
  for (let from = at; from < size; from += SEARCH_BYTES - F.FRAME_MAGIC.length + 1) {
    const bytesRead = await readAt(file, path, bytes, SEARCH_BYTES, from)
    const found = bytes.subarray(0, bytesRead).indexOf(F.FRAME_MAGIC)
    if (found >= 0) return from + found
  }
  return size
}

/** Reads `count` bytes and returns how many there were. @throws {StorageError} */
async function readAt(file: FileHandle, path: string, bytes: Uint8Array, count: number, at: number): Promise<number> {
  try {
    return (await file.read(bytes, 0, count, at)).bytesRead
  } catch (error) {
    throw new StorageError(`${path} could not be read: ${(error as Error).message}`, { path, offset: at }, error)
  }
}
