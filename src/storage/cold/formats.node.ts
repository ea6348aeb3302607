/**
 * The formats of event files by the extension of their names.
 *
 * @module
 */

import { StorageError } from '../errors.js'
import type { FileFormat } from './file-format.js'
import { messagePackFormat } from './messagepack/format.node.js'

/** The format of files with this extension; what a format needs is loaded when it is first used. */
export async function formatOf(extension: string): Promise<FileFormat> {
  if (extension === messagePackFormat.extension) return messagePackFormat
  if (extension !== 'parquet') throw new StorageError(`no format has files that end in .${extension}`, { extension })
  const { ParquetFormat } = await import('./parquet/parquet-format.node.js')
  return new ParquetFormat()
}

/**
 * Loads what writing a format takes, so that a store without it fails when it is opened and not at its first flush.
 * @throws {MissingDependencyError}
 */
export async function loadLibraries(extension: string): Promise<void> {
  if (extension !== 'parquet') return
  const { loadArrow, loadParquet } = await import('./parquet/libraries.js')
  await Promise.all([loadParquet(), loadArrow()])
}
