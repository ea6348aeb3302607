/**
 * Moving events out of Parquet and MessagePack files that stand for themselves, without the manifest of a stream: what
 * `export` wrote, or a single file of a store.
 *
 * The files do not say which stream they are of. The events become a stream of their own, of origin `'direct'`, with the
 * numbers that they have; its id is made of the bytes of the files, so that the same files are the same stream.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { formatId } from '../../event/id.js'
import type { Checkpoint, StoredEvents } from '../../storage/cold/cold-storage.js'
import { EventsBuilder } from '../../storage/cold/events.js'
import type { EventFile } from '../../storage/cold/file-format.js'
import { formatOf } from '../../storage/cold/formats.node.js'
import { extensionOf } from '../../storage/cold/partition.js'
import { CorruptSegmentError, StorageError } from '../../storage/errors.js'
import type { Gap, StreamIdentity } from '../../storage/journal/source.js'
import type { ReadOptions, StreamSource } from './source.js'

/** They were in no ring that anybody knows of, and nobody has said what completes an event: all four appraisers. */
const CAPACITY = 0
const REQUIRED_MASK = 0b1111
/** Version 8 of a UUID: made in a way of one's own. */
const VERSION = 0x80
const VARIANT = 0x80

/** A file and the numbers of its events, [startSeq, endSeq). */
interface EventRange {
  readonly path: string
  readonly startSeq: number
  readonly endSeq: number
}

/** See the module. */
export class FilesSource implements StreamSource {
  readonly name: string
  readonly identity: StreamIdentity
  readonly origin = 'direct'
  readonly end: Checkpoint
  private readonly files: readonly EventRange[]

  private constructor(name: string, files: readonly EventRange[], streamId: string) {
    const firstSeq = files[0]?.startSeq ?? 0
    this.name = name
    this.files = files
    this.identity = { streamId, capacity: CAPACITY, requiredMask: REQUIRED_MASK, firstSeq }
    this.end = { seq: files.at(-1)?.endSeq ?? firstSeq, position: 0 }
  }

  /**
   * Looks through the files once. @param streamId what to call the stream; default: an id that the bytes give.
   * @throws {StorageError} if two files have events of the same numbers, or there is no event.
   * @throws {CorruptSegmentError} if a file is damaged.
   */
  static async open(
    name: string,
    paths: readonly string[],
    streamId?: string,
    signal?: AbortSignal,
  ): Promise<FilesSource> {
    const files: EventRange[] = []
    for (const path of paths) {
      const range = await rangeOf(path, signal)
      if (range !== undefined) files.push(range)
    }
    files.sort((a, b) => a.startSeq - b.startSeq)
    for (const [i, { path, startSeq }] of files.entries()) {
      const before = files[i - 1]
      if (before === undefined || before.endSeq <= startSeq) continue
      throw new StorageError(`${before.path} and ${path} both have event ${startSeq}, or events around it`, {
        files: [before.path, path],
        seq: startSeq,
      })
    }
    if (files.length === 0) throw new StorageError(`${name} has no events`, { path: name })
    return new FilesSource(name, files, streamId?.toLowerCase() ?? (await idOf(files, signal)))
  }

  async *query(startSeq: number, endSeq: number, { batchSize, signal }: ReadOptions): AsyncGenerator<StoredEvents> {
    for (const file of this.files) {
      if (file.endSeq <= startSeq || file.startSeq >= endSeq) continue
      for await (const rows of wholeRows(file.path, { startSeq, endSeq }, signal)) yield* cut(rows, batchSize)
    }
  }

  async gaps(): Promise<readonly Gap[]> {
    return []
  }

  late(): undefined {
    return undefined
  }

  async close(): Promise<void> {}
}

async function rangeOf(path: string, signal: AbortSignal | undefined): Promise<EventRange | undefined> {
  let startSeq: number | undefined
  let endSeq = 0
  for await (const { seqs, length } of wholeRows(path, {}, signal)) {
    startSeq ??= seqs[0] as number
    endSeq = (seqs[length - 1] as number) + 1
  }
  return startSeq === undefined ? undefined : { path, startSeq, endSeq }
}

/** The rows of a file, as long as nothing of it is damaged. */
async function* wholeRows(
  path: string,
  filter: { startSeq?: number; endSeq?: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredEvents> {
  const file = await (await formatOf(extensionOf(path))).open(path)
  try {
    for await (const rows of file.rows(filter, signal)) {
      assertWhole(file)
      yield rows
    }
    assertWhole(file)
  } finally {
    await file.close()
  }
}

function assertWhole({ damage: [damage] }: EventFile): void {
  if (damage !== undefined) throw new CorruptSegmentError(damage.file, damage.offset, damage.what)
}

function* cut(rows: StoredEvents, batchSize: number): Generator<StoredEvents> {
  if (rows.length <= batchSize) return yield rows
  for (let from = 0; from < rows.length; from += batchSize) {
    const part = new EventsBuilder(Math.min(batchSize, rows.length - from))
    part.append(rows, from, rows.length)
    yield part.finish()
  }
}

async function idOf(files: readonly EventRange[], signal: AbortSignal | undefined): Promise<string> {
  const all = createHash('sha256')
  for (const { path } of files) {
    const one = createHash('sha256')
    for await (const piece of createReadStream(path, { signal })) one.update(piece)
    all.update(one.digest())
  }
  const id = all.digest().subarray(0, 16)
  id[6] = ((id[6] as number) & 0x0f) | VERSION
  id[8] = ((id[8] as number) & 0x3f) | VARIANT
  return formatId(id)
}
