/**
 * A run of the archive: what former runs left is cleared away, days that are due move into files, late rewards are folded
 * into files. Every step is a transaction of its own, so that a run may end anywhere and the next one goes on.
 *
 * @module
 */

import { ExperienceError } from '../../errors.js'
import { dayName } from '../../storage/cold/partition.js'
import type { ArchiveReport } from '../contract.js'
import { type ArchivedFile, dueDays, ensureId, foldableFiles, listedPaths, purge, readState } from './catalog.js'
import type { Sweep } from './directory.js'
import { ArchiveIncompleteError } from './errors.js'
import { foldFile } from './fold.js'
import { beginArchiving, STATEMENT_MS } from './locks.js'
import type { Mover } from './making-files.js'
import { moveDay } from './move-day.js'
import type { ArchiveProgress } from './options.js'

/** What a run takes. */
export interface ArchiveCall {
  /** Days that ended by then are due, in µs. */
  readonly endUs: number
  readonly keepReplacedMs: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: ArchiveProgress) => void) | undefined
}

/** One day that could not be moved, or one of whose files could not be folded. */
export interface FailedDay {
  readonly day: string
  readonly error: unknown
}

/**
 * Does a run.
 *
 * @throws {ArchiveBusyError} if somebody else works on the archive
 * @throws {ArchiveUnavailableError} if the directory is not the one that the database's files are in
 * @throws {ArchiveIncompleteError} if some days could not be moved; all others were
 */
export async function runArchive(mover: Mover, call: ArchiveCall): Promise<ArchiveReport> {
  const { driver } = mover
  const { signal } = call
  signal?.throwIfAborted()
  const sweep = await clear(mover, call)
  const run = new Run(call, sweep)
  const days = await dueDays(driver, call.endUs)
  run.steps = days.length
  for (const day of days) await run.step(day, 'moved', () => moveDay(mover, day, signal))
  const foldable = await foldableFiles(driver)
  run.steps += foldable.length
  for (const fold of foldable) {
    await run.step(fold.day, 'folded', async () => {
      const file = await foldFile(mover, fold, signal)
      return file === undefined ? [] : [file]
    })
  }
  return run.end()
}

/** Forgets what is no longer needed and clears away what does not count. */
async function clear({ driver, directory }: Mover, { keepReplacedMs, signal }: ArchiveCall): Promise<Sweep> {
  await ensureId(driver)
  return driver.transaction(
    async (session) => {
      await beginArchiving(session, driver.address)
      const state = await readState(session)
      await purge(session, keepReplacedMs)
      const listed = await listedPaths(session)
      await directory.claim(state, listed.size > 0)
      return directory.sweep(listed, state.ordinal)
    },
    { statementTimeoutMs: STATEMENT_MS, signal },
  )
}

/** What became of the steps so far. */
class Run {
  steps = 0
  private done = 0
  private events = 0
  private metadata = 0
  private files = 0
  private bytes = 0
  private folded = 0
  private readonly days = new Set<string>()
  private readonly failed: FailedDay[] = []
  private readonly call: ArchiveCall
  private readonly sweep: Sweep

  constructor(call: ArchiveCall, sweep: Sweep) {
    this.call = call
    this.sweep = sweep
  }

  /** Does one. A failure that only concerns its day does not keep others from being done. */
  async step(number: number, what: 'moved' | 'folded', work: () => Promise<readonly ArchivedFile[]>): Promise<void> {
    const day = dayName(number)
    this.call.signal?.throwIfAborted()
    try {
      this.count(day, what, await work())
    } catch (error) {
      this.call.signal?.throwIfAborted()
      if (concernsAll(error)) throw error
      this.failed.push({ day, error })
    }
  }

  /** @throws {ArchiveIncompleteError} */
  end(): ArchiveReport {
    const { events, metadata, files, bytes, folded } = this
    const { removed, setAside } = this.sweep
    const report = { days: [...this.days], events, metadata, files, bytes, folded, removed: removed.length, setAside }
    if (this.failed.length > 0) throw new ArchiveIncompleteError(report, this.failed)
    return report
  }

  private count(day: string, what: 'moved' | 'folded', files: readonly ArchivedFile[]): void {
    const sum = (of: 'count' | 'metadata' | 'bytes'): number => files.reduce((total, file) => total + file[of], 0)
    this.done++
    this.files += files.length
    this.bytes += sum('bytes')
    if (what === 'moved') {
      this.events += sum('count')
      this.metadata += sum('metadata')
      if (files.length > 0) this.days.add(day)
    } else this.folded += files.length
    const { done, steps } = this
    this.call.onProgress?.({
      day,
      what,
      events: sum('count'),
      files: files.length,
      bytes: sum('bytes'),
      done,
      of: steps,
    })
  }
}

/** Errors of the directory or of the whole database; the next day would meet them as well. */
const ALL = new Set([
  'ARCHIVE_BUSY',
  'ARCHIVE_UNAVAILABLE',
  'AUTHENTICATION',
  'CLOSED',
  'DATABASE_FULL',
  'DATABASE_UNAVAILABLE',
  'MISSING_DEPENDENCY',
  'STORAGE',
])

function concernsAll(error: unknown): boolean {
  return !(error instanceof ExperienceError) || ALL.has(error.code)
}
