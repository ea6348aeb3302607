/**
 * One file of archived events: made, and read back to see that it is what it was made of.
 *
 * Memory: the bytes of the file, twice for a moment, and one row group.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { formatId } from '../../event/id.js'
import { lanesOf } from '../../event/lanes.js'
import { totalRewardAt } from '../../event/view.js'
import * as L from '../../layout.js'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { Description } from '../../storage/cold/description.js'
import { ParquetFormat } from '../../storage/cold/parquet/parquet-format.node.js'
import { StorageError } from '../../storage/errors.js'
import { systemClock } from '../../storage/follow/clock.js'
import type { ArchivedFile } from './catalog.js'
import { ContentChecksum } from './content-checksum.js'
import type { ArchiveDirectory } from './directory.js'
import { ArchiveVerificationError } from './errors.js'
import { archivePath } from './paths.js'

/** Whose events a file has. */
export interface FileOwner {
  readonly stream: number
  readonly streamId: string
  /** UTC day, counted from 1970-01-01. */
  readonly day: number
  readonly ordinal: number
}

const format = new ParquetFormat()
const ID_BYTES = 16
const PIECE_BYTES = 1024 * 1024

/**
 * Makes a file of events, ascending and at least one, and verifies it.
 *
 * @param named is called with the file's name before there is anything of that name
 * @throws {StorageError} if it cannot be written
 * @throws {ArchiveVerificationError} if what can be read of it is not what it was made of
 */
export async function makeFile(
  directory: ArchiveDirectory,
  owner: FileOwner,
  events: AsyncIterable<StoredEvents>,
  named: (path: string) => void,
  signal?: AbortSignal,
): Promise<ArchivedFile> {
  const description = new Description()
  const bounds = new Bounds()
  const content = new ContentChecksum()
  const told = async function* (): AsyncGenerator<StoredEvents> {
    for await (const batch of events) {
      signal?.throwIfAborted()
      description.add(batch)
      bounds.add(batch)
      content.add(batch)
      yield batch
    }
  }
  const bytes = await format.encode(told())
  signal?.throwIfAborted()
  const { firstSeq } = description.entry({ path: '', bytes: 0, day: owner.day })
  const path = archivePath(owner.streamId, owner.day, firstSeq, owner.ordinal)
  named(path)
  await directory.make(path, bytes)
  const file: ArchivedFile = {
    ...description.entry({ path, bytes: bytes.length, day: owner.day }),
    ...bounds.found(),
    stream: owner.stream,
    format: format.extension,
    metadata: content.metadata,
    checksum: await checksumOf(bytes),
    contentChecksum: content.digest(),
  }
  await verifyFile(directory, file, signal)
  return file
}

/**
 * Reads a file as a whole and compares it with what is known of it.
 * @throws {ArchiveVerificationError} @throws {StorageError} if it cannot be read
 */
async function verifyFile(directory: ArchiveDirectory, file: ArchivedFile, signal?: AbortSignal): Promise<void> {
  const path = directory.files.resolve(file.path)
  const bytes = await directory.files.read(file.path)
  if (bytes === undefined) throw new StorageError(`${path} is gone`, { file: path, code: 'ENOENT' })
  if (!same(await checksumOf(bytes), file.checksum)) {
    throw new ArchiveVerificationError(path, `the checksum of its ${bytes.length} bytes is wrong`)
  }
  const content = new ContentChecksum()
  const opened = await format.open(path)
  try {
    for await (const batch of opened.rows({}, signal)) content.add(batch)
    const [damage] = opened.damage
    if (damage !== undefined) throw new ArchiveVerificationError(path, damage.what)
  } finally {
    await opened.close()
  }
  const { events, metadata } = content
  if (events !== file.count || metadata !== file.metadata) {
    const what = `it has ${events} events and ${metadata} of their metadata, not ${file.count} and ${file.metadata}`
    throw new ArchiveVerificationError(path, what, { events, expected: file.count })
  }
  if (!same(content.digest(), file.contentChecksum)) {
    throw new ArchiveVerificationError(path, 'the checksum of its events is wrong')
  }
}

/** The bounds of total rewards and of ids. */
class Bounds {
  private minReward = Number.POSITIVE_INFINITY
  private maxReward = Number.NEGATIVE_INFINITY
  private least: Uint8Array | undefined
  private largest: Uint8Array | undefined

  add(events: StoredEvents): void {
    const { bytes } = events
    const { f32 } = lanesOf(bytes.byteOffset % 8 === 0 ? bytes : bytes.slice())
    for (let i = 0; i < events.length; i++) {
      const total = totalRewardAt(f32, (i * L.RECORD_BYTES) / 4)
      if (total < this.minReward) this.minReward = total
      if (total > this.maxReward) this.maxReward = total
      const at = i * L.RECORD_BYTES + L.EVENT_ID
      if (this.least === undefined || compareId(bytes, at, this.least) < 0) this.least = bytes.slice(at, at + ID_BYTES)
      if (this.largest === undefined || compareId(bytes, at, this.largest) > 0) {
        this.largest = bytes.slice(at, at + ID_BYTES)
      }
    }
  }

  found(): Pick<ArchivedFile, 'minReward' | 'maxReward' | 'leastId' | 'largestId'> {
    const { minReward, maxReward, least, largest } = this
    return { minReward, maxReward, leastId: formatId(least as Uint8Array), largestId: formatId(largest as Uint8Array) }
  }
}

/** As PostgreSQL compares UUID: byte by byte. */
function compareId(bytes: Uint8Array, at: number, other: Uint8Array): number {
  for (let i = 0; i < ID_BYTES; i++) {
    const order = (bytes[at + i] as number) - (other[i] as number)
    if (order !== 0) return order
  }
  return 0
}

/** SHA-256. Lets the event loop turn in between: a file may have a hundred megabytes. */
async function checksumOf(bytes: Uint8Array): Promise<Uint8Array> {
  const hash = createHash('sha256')
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    hash.update(bytes.subarray(at, at + PIECE_BYTES))
    await systemClock.turn()
  }
  return new Uint8Array(hash.digest())
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
