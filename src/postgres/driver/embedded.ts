/**
 * Makes the driver of an embedded database: in memory, in a folder, or over an instance of the caller's.
 *
 * A folder belongs to one process at a time, which a file `LOCK` in it sees to: PGlite itself would let two of them write
 * and destroy it.
 *
 * @module
 */

import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { PGlite } from '@electric-sql/pglite'
import { InvalidArgumentError } from '../../errors.js'
import { type DirectoryLock, lockDirectory } from '../../storage/disk/lock.node.js'
import { StorageError } from '../../storage/errors.js'
import { EmbeddedDriver } from './embedded-driver.js'
import { failureOf } from './failures.js'
import { loadPglite } from './libraries.js'
import { assertOnly, type DriverOptions, driverSettings } from './options.js'

/** PGlite ends no statement, and its one connection is there from the start. */
const TAKEN = ['statementTimeoutMs'] as const

/**
 * A database of its own: `memory://`, or `file://DIR`, where it is kept; `DIR` is made if it is missing.
 * @throws {InvalidArgumentError} @throws {MissingDependencyError} @throws {DirectoryLockedError} @throws {StorageError}
 */
export async function openEmbedded(url: string, options: DriverOptions = {}): Promise<EmbeddedDriver> {
  checkOptions(options)
  const folder = folderOf(url)
  const { PGlite } = await loadPglite()
  const address = folder ?? 'memory://'
  const lock = folder === undefined ? undefined : lockFolder(folder)
  try {
    const database = await PGlite.create(address)
    const end = async (): Promise<void> => {
      await database.close()
      lock?.release()
    }
    return new EmbeddedDriver({ database, address, end })
  } catch (error) {
    lock?.release()
    throw failureOf(error, { address, statementTimeoutMs: 0, secrets: [] })
  }
}

/** A driver over an instance of the caller's, which stays the caller's. @throws {InvalidArgumentError} */
export async function useEmbedded(database: PGlite, options: DriverOptions = {}): Promise<EmbeddedDriver> {
  checkOptions(options)
  await database.waitReady
  return new EmbeddedDriver({ database, address: database.dataDir ?? 'memory://', end: async () => {} })
}

function checkOptions(options: DriverOptions): void {
  driverSettings(options)
  assertOnly(options, TAKEN, 'an embedded database')
}

function lockFolder(folder: string): DirectoryLock {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StorageError(`cannot make ${folder}: ${reason}`, { directory: folder }, error)
  }
  return lockDirectory(folder)
}

function folderOf(url: string): string | undefined {
  if (url === 'memory://') return undefined
  if (url.startsWith('file:///')) return fileURLToPath(url)
  if (url.startsWith('file://') && url.length > 'file://'.length) return url.slice('file://'.length)
  throw new InvalidArgumentError('an embedded database must be memory:// or file://DIR')
}
