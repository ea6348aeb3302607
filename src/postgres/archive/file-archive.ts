/**
 * The archive of a database: days in Parquet files in a directory of this machine, listed by tables of the database.
 *
 * Contract:
 * - A day moves as a whole, in one transaction, after its files have been read back and compared with its rows. Killed
 *   anywhere, nothing is lost and nothing is there twice; the next run clears away what counts for nothing.
 * - Readers never wait for files to be made. They wait for the moment in which the tables of a day are dropped.
 * - Events that come for a day that was moved are in the database again, until that day is moved once more.
 * - Rewards that come for events in files are kept in the database and are seen at once.
 * - One process at a time works on the archive of a database.
 * - Without the directory everything but what needs archived days works; that is an `ArchiveUnavailableError`.
 *
 * @module
 */

import { ClosedError, invalid } from '../../errors.js'
import { entriesFor } from '../../storage/cold/correction-lists.js'
import type { ColdFiles } from '../../storage/cold/files.js'
import { formatOf } from '../../storage/cold/formats.node.js'
import { OpenFiles } from '../../storage/cold/read/open-files.js'
import { type FollowClock, systemClock } from '../../storage/follow/clock.js'
import type { CorrectionList } from '../../storage/journal/corrections.js'
import { assertKeys, assertSignal } from '../../stream/validate.js'
import type { ArchiveReport } from '../contract.js'
import type { SqlDriver } from '../driver/driver.js'
import type { Archive } from '../store/source.js'
import type { Queryable } from '../store/streams.js'
import { runArchive } from './archiver.js'
import { type ArchivedFile, readFiles, readState } from './catalog.js'
import { ArchiveDirectory } from './directory.js'
import { ArchiveUnavailableError } from './errors.js'
import { addLate, lateRange } from './late-corrections.js'
import {
  type ArchiveCallOptions,
  type ArchiveOptions,
  type ResolvedArchiveOptions,
  resolveArchiveOptions,
} from './options.js'
import { Archiving, type ArchivingOptions } from './schedule.js'
import { FileArchiveView } from './view.js'

const NO_DIRECTORY = 'archiving needs a directory for files: connect with archive: { directory }'
/** Streams whose list of files is remembered. */
const MOST_LISTS = 16

/** See the module. */
export class FileArchive implements Archive {
  private readonly driver: SqlDriver
  private readonly options: ResolvedArchiveOptions | undefined
  private readonly directory: ArchiveDirectory | undefined
  private readonly open: OpenFiles | undefined
  /** The files of streams, of one generation. */
  private readonly lists = new Map<number, readonly ArchivedFile[]>()
  private listed = -1
  private running: Promise<unknown> | undefined
  private archiving: Archiving | undefined
  private readonly closing = new AbortController()

  /**
   * @param files what the directory is changed by; its own files unless given
   * @throws {InvalidArgumentError} for an unknown option or a value that is out of range
   */
  constructor(driver: SqlDriver, options?: ArchiveOptions, files?: ColdFiles) {
    this.driver = driver
    if (options === undefined) return
    this.options = resolveArchiveOptions(options)
    this.directory = new ArchiveDirectory(this.options.directory, files)
    this.open = new OpenFiles(this.directory.files, formatOf)
  }

  async generation(on: Queryable): Promise<number> {
    return (await readState(on)).generation
  }

  /** The archived events of a stream. Its `rows` and `count` are called when the transaction of `on` has ended. */
  async view(on: Queryable, stream: number): Promise<FileArchiveView> {
    const [row] = await on.query<{ generation: bigint; required_mask: number; late: boolean }>(
      `SELECT a.generation, s.required_mask,
         EXISTS (SELECT FROM experience_archive_corrections c WHERE c.stream = s.stream) AS late
       FROM experience_archive_state a, experience_streams s WHERE s.stream = $1`,
      [stream],
    )
    const { generation = 0n, required_mask: requiredMask = 0, late = false } = row ?? {}
    const files = await this.filesOf(on, stream, Number(generation))
    const shown = late ? await withoutBounds(on, stream, files) : files
    const site = { driver: this.driver, directory: this.directory, open: this.open }
    return new FileArchiveView(site, { stream, requiredMask }, Number(generation), shown)
  }

  async correct(on: Queryable, stream: number, list: CorrectionList): Promise<void> {
    if (list.length === 0) return
    const files = await this.filesOf(on, stream, await this.generation(on))
    if (files.length > 0) await addLate(on, stream, entriesFor(list, files))
  }

  /**
   * Moves days that ended by `olderThan` into files, and those that `archive_old_events` has marked; folds late rewards.
   *
   * @param olderThan a date, or µs since 1970
   * @throws {ArchiveBusyError} if somebody else is at it
   * @throws {ArchiveUnavailableError} if there is no directory, or it is not this database's
   * @throws {ArchiveIncompleteError} if some days could not be moved; all others were
   * @throws {StorageError} if files cannot be made
   */
  async archive(olderThan: Date | number, options: ArchiveCallOptions = {}): Promise<ArchiveReport> {
    assertKeys(options, 'options', ['signal', 'onProgress'])
    const { signal, onProgress } = options
    assertSignal(signal)
    if (onProgress !== undefined && typeof onProgress !== 'function') {
      throw invalid('onProgress', 'be a function', onProgress)
    }
    const endUs = microsecondsOf(olderThan)
    if (this.closing.signal.aborted) throw new ClosedError('archive')
    const { options: resolved, directory, driver } = this
    if (resolved === undefined || directory === undefined) {
      throw new ArchiveUnavailableError(NO_DIRECTORY)
    }
    const { fileEvents, keepReplacedMs } = resolved
    const ended = AbortSignal.any(signal === undefined ? [this.closing.signal] : [signal, this.closing.signal])
    const run = runArchive({ driver, directory, fileEvents }, { endUs, keepReplacedMs, signal: ended, onProgress })
    this.running = run.catch(() => {})
    return run
  }

  /**
   * Archives at intervals until it is stopped or the archive is closed. What was begun before is stopped.
   * @throws {ArchiveUnavailableError} if there is no directory to archive to @throws {InvalidArgumentError}
   */
  start(options: ArchivingOptions = {}, clock: FollowClock = systemClock): Archiving {
    if (this.closing.signal.aborted) throw new ClosedError('archive')
    if (this.directory === undefined) throw new ArchiveUnavailableError(NO_DIRECTORY)
    const archiving = new Archiving(this, clock, options)
    void this.archiving?.stop()
    this.archiving = archiving
    return archiving
  }

  /** Days that a day stays in the database unless a call says otherwise. */
  get afterDays(): number {
    return this.options?.afterDays ?? 7
  }

  /** Ends archiving at intervals and a run that is under way, and closes files. Views that are being read go on to the end of what they read. */
  async close(): Promise<void> {
    this.closing.abort(new ClosedError('archive'))
    await this.archiving?.stop()
    await this.running
    await this.open?.close()
  }

  private async filesOf(on: Queryable, stream: number, generation: number): Promise<readonly ArchivedFile[]> {
    const known = generation === this.listed ? this.lists.get(stream) : undefined
    if (known !== undefined) return known
    const files = generation === 0 ? [] : await readFiles(on, stream)
    if (generation !== this.listed || this.lists.size === MOST_LISTS) this.lists.clear()
    this.listed = generation
    this.lists.set(stream, files)
    return files
  }
}

/** What is said of rewards does not hold where some came late. */
async function withoutBounds(
  on: Queryable,
  stream: number,
  files: readonly ArchivedFile[],
): Promise<readonly ArchivedFile[]> {
  const late = await lateRange(on, stream)
  if (late === undefined) return files
  return files.map((file) => {
    if (file.lastSeq < late.first || file.firstSeq > late.last) return file
    return { ...file, minReward: Number.NEGATIVE_INFINITY, maxReward: Number.POSITIVE_INFINITY }
  })
}

function microsecondsOf(olderThan: unknown): number {
  const us = olderThan instanceof Date ? olderThan.getTime() * 1000 : olderThan
  if (typeof us === 'number' && Number.isSafeInteger(Math.floor(us)) && us >= 0) return Math.floor(us)
  throw invalid('olderThan', 'be a date or µs since 1970', olderThan)
}
