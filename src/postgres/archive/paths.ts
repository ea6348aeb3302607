/**
 * Names of archived files, below the directory.
 *
 * @module
 */

import { eventPath, isOurs } from '../../storage/cold/partition.js'

const FOLDER = /^stream=[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\//u
const ORDINAL = /-(\d+)\.parquet$/u

/** Where a file goes whose events begin with `firstSeq`, made by run `ordinal`. */
export function archivePath(streamId: string, day: number, firstSeq: number, ordinal: number): string {
  return `stream=${streamId}/${eventPath(day, firstSeq, ordinal, 'parquet')}`
}

/** Whether an archive made this name, the file finished or not. */
export function isArchivePath(path: string): boolean {
  const folder = FOLDER.exec(path)?.[0]
  return folder !== undefined && isOurs(path.slice(folder.length))
}

/** The run that made a file; undefined of one that is not finished. */
export function ordinalOf(path: string): number | undefined {
  const digits = ORDINAL.exec(path)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
