/**
 * The archived events of a stream as they were in one generation: each once, ascending, with the rewards that came late.
 *
 * Files are never changed and those of former generations stay for a while, so that a view goes on to be right while days
 * move. Memory: a batch, and one row group of each file whose numbers overlap at the place of the read.
 *
 * @module
 */

import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import type { EventFile, RowFilter } from '../../storage/cold/file-format.js'
import { countInFiles, fileSources, type ReadFile } from '../../storage/cold/read/file-sources.js'
import { merged } from '../../storage/cold/read/merge.js'
import type { OpenFiles } from '../../storage/cold/read/open-files.js'
import { CorruptSegmentError, StorageError } from '../../storage/errors.js'
import type { SqlDriver } from '../driver/driver.js'
import type { ArchiveView, RowQuery } from '../store/source.js'
import { type ArchivedFile, readFile, readState } from './catalog.js'
import type { ArchiveDirectory } from './directory.js'
import { ArchiveChangedError, ArchiveUnavailableError } from './errors.js'
import { applyLate } from './late-corrections.js'

/** Events of a batch at most; for each one the database is asked for what came late. */
const BATCH = 8192

/** What reading takes. */
export interface ViewSite {
  readonly driver: SqlDriver
  /** Undefined if this process was not told of one. */
  readonly directory: ArchiveDirectory | undefined
  readonly open: OpenFiles | undefined
}

/** Whose events a view shows. */
export interface ViewedStream {
  readonly stream: number
  readonly requiredMask: number
}

/** See the module. */
export class FileArchiveView implements ArchiveView {
  readonly generation: number
  /**
   * The files, ascending by first number. Where rewards came late that are not folded in, `minReward` and `maxReward` are
   * infinite: they say nothing then.
   */
  readonly files: readonly ArchivedFile[]
  private readonly site: ViewSite
  private readonly of: ViewedStream

  constructor(site: ViewSite, of: ViewedStream, generation: number, files: readonly ArchivedFile[]) {
    this.site = site
    this.of = of
    this.generation = generation
    this.files = files
  }

  /**
   * The events that meet a query. Not to be read inside a transaction: it asks the database for what came late.
   *
   * @param keep rules out files that cannot have what the caller looks for
   * @throws {ArchiveUnavailableError} if it needs a file and the directory is not there
   * @throws {ArchiveChangedError} if files of the view have been removed since: take a new view
   * @throws {CorruptSegmentError} if a file is damaged
   */
  async *rows(
    query: RowQuery,
    signal?: AbortSignal,
    keep: (file: ArchivedFile) => boolean = () => true,
  ): AsyncGenerator<StoredEvents, void, undefined> {
    const { stream, requiredMask } = this.of
    const sources = fileSources(this.files.filter(keep), query, this.reading(signal))
    if (sources.length === 0) return
    await this.assertDirectory()
    signal?.throwIfAborted()
    for await (const events of merged(sources, BATCH)) {
      await applyLate(this.site.driver, stream, events, requiredMask, this.generation)
      signal?.throwIfAborted()
      yield events
    }
  }

  /** How many events of [startSeq, endSeq) there are. Reads files only where the database does not know; throws as `rows`. */
  async count(startSeq: number, endSeq: number): Promise<number> {
    return countInFiles(this.files, startSeq, endSeq, this.reading(undefined))
  }

  private reading(signal: AbortSignal | undefined): ReadFile<ArchivedFile> {
    return (file, filter) => this.read(file, filter, signal)
  }

  private async *read(
    file: ArchivedFile,
    filter: RowFilter,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<StoredEvents, void, undefined> {
    const open = (await this.assertDirectory()).open
    try {
      yield* open.reading(file.path, async function* (opened) {
        for await (const events of opened.rows(filter, signal)) {
          assertSound(opened)
          yield events
        }
        assertSound(opened)
      })
    } catch (error) {
      throw await this.failure(file, error)
    }
  }

  /** What it means that a file could not be read. */
  private async failure(file: ArchivedFile, error: unknown): Promise<unknown> {
    if (!(error instanceof StorageError && error.details.code === 'ENOENT')) return error
    if ((await readFile(this.site.driver, file.path)) === undefined) return new ArchiveChangedError(this.generation)
    const path = this.site.directory?.files.resolve(file.path)
    return new ArchiveUnavailableError(`${path}, which has ${file.count} archived events, is missing`, { file: path })
  }

  private async assertDirectory(): Promise<{ open: OpenFiles }> {
    const { driver, directory, open } = this.site
    if (directory !== undefined && open !== undefined) {
      if (!directory.isOwned) await directory.assertOf(await readState(driver))
      return { open }
    }
    const state = await readState(driver)
    const where = state.directory ?? 'a directory'
    throw new ArchiveUnavailableError(
      `the query needs archived days, whose files are in ${where}: give this process their directory, archive: { directory }`,
      { expected: state.directory },
    )
  }
}

/** A file passes over what is damaged; whoever reads an archive must know. @throws {CorruptSegmentError} */
function assertSound({ damage: [damage] }: EventFile): void {
  if (damage !== undefined) throw new CorruptSegmentError(damage.file, damage.offset, damage.what)
}
