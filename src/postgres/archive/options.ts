/**
 * How days are archived.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import { MS_PER_DAY } from '../../storage/cold/partition.js'
import { assertFinite, assertInteger, assertKeys } from '../../stream/validate.js'
import type { CallOptions } from '../contract.js'

/** Where archived days are, and when days become that. */
export interface ArchiveOptions {
  /** Where the files are; made if it does not exist. It belongs to one database and to nothing else. */
  readonly directory: string
  /** How many days a day stays in the database after its end, where `startArchiving` is not told otherwise. Default 7. */
  readonly afterDays?: number | undefined
  /** Events in a file at most, 1 to 10,000,000: the archiver takes about 250 bytes of memory for each. Default 1,000,000. */
  readonly fileEvents?: number | undefined
  /**
   * How long a file stays, in ms, after another has taken its place: readers and backups that began before then have so
   * long to end. Default one day.
   */
  readonly keepReplacedMs?: number | undefined
}

/** What `archiveEvents` takes. */
export interface ArchiveCallOptions extends CallOptions {
  /** Called after each day that was moved and each file that was folded. */
  readonly onProgress?: ((progress: ArchiveProgress) => void) | undefined
}

/** One step of a run that is done. */
export interface ArchiveProgress {
  /** What was moved, or folded: a day such as `'2026-11-21'`. */
  readonly day: string
  readonly what: 'moved' | 'folded'
  readonly events: number
  readonly files: number
  readonly bytes: number
  /** Steps that are done, this one included, and all steps that are known so far. */
  readonly done: number
  readonly of: number
}

/** The same with everything decided. */
export interface ResolvedArchiveOptions {
  readonly directory: string
  readonly afterDays: number
  readonly fileEvents: number
  readonly keepReplacedMs: number
}

const KEYS = ['directory', 'afterDays', 'fileEvents', 'keepReplacedMs']
/** A hundred years. */
export const MOST_DAYS = 36_525

/** @throws {InvalidArgumentError} */
export function resolveArchiveOptions(options: ArchiveOptions): ResolvedArchiveOptions {
  assertKeys(options, 'archive', KEYS)
  const { directory, afterDays = 7, fileEvents = 1_000_000, keepReplacedMs = MS_PER_DAY } = options
  if (typeof directory !== 'string' || directory === '') throw invalid('archive.directory', 'be a path', directory)
  assertInteger(afterDays, 'archive.afterDays', 0, MOST_DAYS)
  assertInteger(fileEvents, 'archive.fileEvents', 1, 10_000_000)
  assertFinite(keepReplacedMs, 'archive.keepReplacedMs', 0, MOST_DAYS * MS_PER_DAY)
  return { directory, afterDays, fileEvents, keepReplacedMs }
}
