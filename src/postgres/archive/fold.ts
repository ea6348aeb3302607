/**
 * Late rewards into the files of their events: a new file takes the place of the old one, in one transaction. The old one
 * stays for readers and backups that began before; see `purge`.
 *
 * @module
 */

import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { ParquetFormat } from '../../storage/cold/parquet/parquet-format.node.js'
import type { SqlSession } from '../driver/driver.js'
import { makeFile } from './archive-file.js'
import { type ArchivedFile, addFile, type Foldable, markReplaced, nextGeneration, readFile } from './catalog.js'
import { ContentChecksum } from './content-checksum.js'
import { ArchiveVerificationError } from './errors.js'
import { applyLate, markFolded } from './late-corrections.js'
import { type Making, type Mover, makingFiles } from './making-files.js'

const format = new ParquetFormat()

/**
 * Folds what came late for a file into a new one, which is returned; undefined if there was nothing.
 *
 * @throws {ArchiveBusyError} @throws {ArchiveVerificationError} if either file is not what it should be
 * @throws {StorageError}
 */
export function foldFile(
  mover: Mover,
  { path, day }: Foldable,
  signal: AbortSignal | undefined,
): Promise<ArchivedFile | undefined> {
  const { directory } = mover
  const fold = async (session: SqlSession, { ordinal, named, listed }: Making): Promise<ArchivedFile | undefined> => {
    const old = await readFile(session, path)
    if (old === undefined) return undefined
    const { streamId, requiredMask } = await streamOf(session, old.stream)
    const generation = await nextGeneration(session)
    const folded = new Folded(session, old, requiredMask, generation)
    const rows = folded.rows(directory.files.resolve(path), signal)
    const file = await makeFile(directory, { ...old, streamId, ordinal }, rows, named, signal)
    if (folded.count === 0) {
      await directory.remove(file.path)
      return undefined
    }
    await addFile(session, file, generation)
    await markReplaced(session, path, generation)
    listed()
    return file
  }
  return makingFiles(mover, day, fold, signal)
}

async function streamOf(session: SqlSession, stream: number): Promise<{ streamId: string; requiredMask: number }> {
  const [row] = await session.query<{ stream_id: string; required_mask: number }>(
    'SELECT stream_id, required_mask FROM experience_streams WHERE stream = $1',
    [stream],
  )
  return { streamId: row?.stream_id as string, requiredMask: row?.required_mask as number }
}

/** The events of a file as they are now. */
class Folded {
  /** Events that something came late for. */
  count = 0
  private readonly session: SqlSession
  private readonly file: ArchivedFile
  private readonly requiredMask: number
  private readonly generation: number

  constructor(session: SqlSession, file: ArchivedFile, requiredMask: number, generation: number) {
    this.session = session
    this.file = file
    this.requiredMask = requiredMask
    this.generation = generation
  }

  async *rows(path: string, signal: AbortSignal | undefined): AsyncGenerator<StoredEvents, void, undefined> {
    const { session, file, requiredMask, generation } = this
    const content = new ContentChecksum()
    const opened = await format.open(path)
    try {
      for await (const events of opened.rows({}, signal)) {
        content.add(events)
        const seqs = await applyLate(session, file.stream, events, requiredMask, generation)
        await markFolded(session, file.stream, seqs, generation)
        this.count += seqs.length
        yield events
      }
      const [damage] = opened.damage
      if (damage !== undefined) throw new ArchiveVerificationError(path, damage.what)
    } finally {
      await opened.close()
    }
    if (Buffer.compare(content.digest(), file.contentChecksum) === 0) return
    throw new ArchiveVerificationError(path, 'the checksum of its events is wrong')
  }
}
