/**
 * Files of events as sources of a merge and of a count. What is known of a file keeps it from being read where it has
 * nothing to say.
 *
 * @module
 */

import type { StoredEvents } from '../cold-storage.js'
import type { RowFilter } from '../file-format.js'
import type { EventFileEntry } from '../manifest/state.js'
import type { EventSource } from './merge.js'
import { mayHold, numbersIn } from './query.js'

/** Files of so few events are read at once, so that a place where hundreds overlap does not hold as many open. */
const SMALL_FILE = 1024

/** Reads the rows of a file that meet a filter, ascending. */
export type ReadFile<File extends EventFileEntry> = (file: File, filter: RowFilter) => AsyncIterable<StoredEvents>

/** The rows that meet a filter, of each file that may have some. */
export function fileSources<File extends EventFileEntry>(
  files: readonly File[],
  filter: RowFilter,
  read: ReadFile<File>,
): EventSource[] {
  return files
    .filter((file) => mayHold(file, filter))
    .map((file) => {
      const rows = file.count > SMALL_FILE ? () => read(file, filter) : () => atOnce(read(file, filter))
      return { firstSeq: file.firstSeq, most: mostOf(file, filter), rows }
    })
}

/** How many events of [start, end) files hold. Reads only those whose numbers are not listed and that lie there in part. */
export async function countInFiles<File extends EventFileEntry>(
  files: readonly File[],
  start: number,
  end: number,
  read: ReadFile<File>,
): Promise<number> {
  if (start >= end) return 0
  let count = 0
  for (const file of files) {
    if (file.firstSeq >= start && file.lastSeq < end) count += file.count
    else if (file.runs !== undefined) count += numbersIn(file.runs, start, end)
    else if (file.lastSeq >= start && file.firstSeq < end) {
      for await (const { length } of read(file, { startSeq: start, endSeq: end })) count += length
    }
  }
  return count
}

/** The same rows, all read before the first is given out. */
async function* atOnce(rows: AsyncIterable<StoredEvents>): AsyncGenerator<StoredEvents, void, undefined> {
  const all: StoredEvents[] = []
  for await (const events of rows) all.push(events)
  yield* all
}

function mostOf(file: EventFileEntry, { startSeq = 0, endSeq = Number.POSITIVE_INFINITY }: RowFilter): number {
  return file.runs === undefined ? Math.min(file.count, endSeq - startSeq) : numbersIn(file.runs, startSeq, endSeq)
}
