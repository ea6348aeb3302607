/**
 * What the manifest of a stream's files lists.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readManifest } from '../storage/cold/manifest/log.js'
import { MANIFEST } from '../storage/cold/manifest/manifest.js'
import type { ManifestState } from '../storage/cold/manifest/state.js'
import { dayName, extensionOf } from '../storage/cold/partition.js'
import { nodeCrc32 } from '../storage/journal/crc32.node.js'
import { COLD_FOLDER } from './directory.js'
import { describeError, InputError } from './errors.js'

/** The files of one UTC day. */
export interface DayOfFiles {
  day: string
  files: number
  events: number
  bytes: number
}

/** The present state of the files of a stream's directory. */
export function manifestOf(directory: string): ManifestState {
  const path = join(directory, COLD_FOLDER, MANIFEST)
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new InputError(`cannot read ${path}: ${describeError(error)}`)
  }
  return readManifest(bytes, path, nodeCrc32).state
}

/** The event files by day, ascending. */
export function filesByDay({ files }: ManifestState): DayOfFiles[] {
  const days = new Map<number, DayOfFiles>()
  for (const { day, count, bytes } of files) {
    const entry = days.get(day) ?? { day: dayName(day), files: 0, events: 0, bytes: 0 }
    entry.files++
    entry.events += count
    entry.bytes += bytes
    days.set(day, entry)
  }
  return [...days].sort(([a], [b]) => a - b).map(([, entry]) => entry)
}

/** The format that the newest file is of; undefined if there is none. */
export function newestFormat({ files }: ManifestState): string | undefined {
  const newest = files.reduce<(typeof files)[number] | undefined>(
    (last, file) => (last === undefined || ordinalOf(file.path) > ordinalOf(last.path) ? file : last),
    undefined,
  )
  return newest && extensionOf(newest.path)
}

function ordinalOf(path: string): number {
  return Number(/-(\d+)\.\w+$/.exec(path)?.[1] ?? -1)
}
