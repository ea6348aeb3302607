/**
 * Makes the driver of an embedded database: in memory, in a folder, or over an instance of the caller's.
 *
 * @module
 */

import { fileURLToPath } from 'node:url'
import type { PGlite } from '@electric-sql/pglite'
import { invalid } from '../../errors.js'
import { EmbeddedDriver } from './embedded-driver.js'
import { loadPglite } from './libraries.js'

/**
 * A database of its own: `memory://`, or `file://DIR`, where it is kept.
 * @throws {InvalidArgumentError} @throws {MissingDependencyError}
 */
export async function openEmbedded(url: string): Promise<EmbeddedDriver> {
  const folder = folderOf(url)
  const { PGlite } = await loadPglite()
  const database = await PGlite.create(folder === undefined ? 'memory://' : folder)
  return new EmbeddedDriver(database, folder ?? 'memory://', true)
}

/** A driver over an instance of the caller's, which stays the caller's. */
export function useEmbedded(database: PGlite): EmbeddedDriver {
  return new EmbeddedDriver(database, database.dataDir ?? 'memory://', false)
}

function folderOf(url: string): string | undefined {
  if (url === 'memory://') return undefined
  if (url.startsWith('file:///')) return fileURLToPath(url)
  if (url.startsWith('file://') && url.length > 'file://'.length) return url.slice('file://'.length)
  throw invalid('the database', 'be memory:// or file://DIR', url)
}
