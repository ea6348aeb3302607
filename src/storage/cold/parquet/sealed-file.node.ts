/**
 * A sealed Parquet file that is open for reading: every byte that it gives out has met its checksum. What is allocated
 * is bounded by the file's size and by LONGEST_FOOTER before it is read.
 *
 * @module
 */

import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { CorruptSegmentError, StorageError } from '../../errors.js'
import {
  footerLength,
  readSeal,
  type Seal,
  type SealedGroup,
  type SealKind,
  sealStart,
  TAIL_BYTES,
  TRAILER_BYTES,
} from './seal.node.js'

/** Bytes at positions: a file, or memory. */
export interface ByteSource {
  readonly path: string
  readonly size: number
  /** The bytes [start, end) as they are. @throws {CorruptSegmentError} if there are fewer. @throws {StorageError} */
  read(start: number, end: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** A part of a file and its checksum. */
export interface Checked {
  readonly start: number
  readonly end: number
  readonly crc32: number
}

/** `PAR1`, with which the format begins. */
const FIRST_BYTES = [80, 65, 82, 49]

/** A file and its seal. */
export class SealedFile {
  readonly source: ByteSource
  readonly seal: Seal
  /** What stands behind the row groups, to the end of the file; `tailStart` is where. */
  readonly tail: Uint8Array
  readonly tailStart: number

  private constructor(source: ByteSource, seal: Seal, tail: Uint8Array, tailStart: number) {
    this.source = source
    this.seal = seal
    this.tail = tail
    this.tailStart = tailStart
  }

  /** Reads and checks everything but the row groups. @throws {CorruptSegmentError} @throws {StorageError} */
  static async open(source: ByteSource, kind: SealKind): Promise<SealedFile> {
    const { path, size } = source
    const trailer = await source.read(Math.max(0, size - TRAILER_BYTES), size)
    const sealEnd = size - TRAILER_BYTES - footerLength(trailer, size, path)
    const start = sealStart(await source.read(sealEnd - TAIL_BYTES, sealEnd), sealEnd, kind, path)
    const seal = readSeal(await source.read(start, size), start, path)
    const first = await source.read(0, FIRST_BYTES.length)
    if (FIRST_BYTES.some((byte, i) => first[i] !== byte)) {
      throw new CorruptSegmentError(path, 0, 'it does not begin as a Parquet file does')
    }
    const { indexes } = seal
    const tail = await source.read(indexes.start, size)
    check(tail.subarray(0, indexes.end - indexes.start), indexes, path)
    return new SealedFile(source, seal, tail, indexes.start)
  }

  /** The bytes of a row group. @throws {CorruptSegmentError} @throws {StorageError} */
  async group(i: number): Promise<Uint8Array> {
    const group = this.seal.groups[i] as SealedGroup
    const bytes = await this.source.read(group.start, group.end)
    check(bytes, group, this.source.path)
    return bytes
  }
}

function check(bytes: Uint8Array, part: Checked, path: string): void {
  if (crc32(bytes) === part.crc32) return
  throw new CorruptSegmentError(path, part.start, `the checksum of the ${bytes.length} bytes from there is wrong`)
}

/** Opens a file. @throws {StorageError} */
export async function openSource(path: string): Promise<ByteSource> {
  const handle = await attempt(path, 'opened', () => open(path, 'r'))
  try {
    const { size } = await attempt(path, 'read', () => handle.stat())
    return {
      path,
      size,
      read: (start, end) => readRange(handle, path, start, end),
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Bytes in memory that came from a file of that name. */
export function memorySource(bytes: Uint8Array, path: string): ByteSource {
  return {
    path,
    size: bytes.length,
    read: async (start, end) => bytes.subarray(start, end),
    close: async () => {},
  }
}

async function readRange(handle: FileHandle, path: string, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start)
  for (let done = 0; done < bytes.length; ) {
    const left = bytes.length - done
    const { bytesRead } = await attempt(path, 'read', () => handle.read(bytes, done, left, start + done))
    if (bytesRead === 0) throw new CorruptSegmentError(path, start + done, `${left} more bytes should be there`)
    done += bytesRead
  }
  return bytes
}

async function attempt<T>(path: string, what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new StorageError(`${path} cannot be ${what}: ${message}`, { file: path, code }, cause)
  }
}
