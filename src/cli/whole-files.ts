/**
 * Files that appear under their name when they are whole and safe on the disk, and never replace another.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describeError, InputError } from './errors.js'

/** What the name of a file ends with as long as it is not whole. */
export const UNFINISHED = '.tmp'

/** @throws InputError if there is a file of this name */
export function assertAbsent(name: string): void {
  if (existsSync(name)) throw new InputError(`cannot write ${name}: it exists already`)
}

/** Makes what `write` leaves under the unfinished name safe under its own. */
export async function safely(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
    await rename(path + UNFINISHED, path)
    const folder = await open(dirname(path), 'r')
    await using(folder, async () => {})
  } catch (error) {
    await rm(path + UNFINISHED, { force: true })
    throw unwritable(path, error)
  }
}

/** Syncs and closes a file behind `work`. */
export async function using(handle: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work()
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What became of writing to a file, in words. */
export function unwritable(path: string, error: unknown): InputError {
  return new InputError(`cannot write ${path}: ${describeError(error)}`)
}
