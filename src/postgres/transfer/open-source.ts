/**
 * What can be imported, told by what lies at a path.
 *
 * @module
 */

import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { invalid } from '../../errors.js'
import { FileColdStorage } from '../../storage/cold/file-cold-storage.node.js'
import { MANIFEST } from '../../storage/cold/manifest/manifest.js'
import { StorageError } from '../../storage/errors.js'
import { DirectorySource } from './directory-source.js'
import { FilesSource } from './files-source.js'
import type { StreamSource } from './source.js'
import { StoreSource, undamaged } from './store-source.js'

/** How a source is opened. */
export interface OpenSourceOptions {
  /** What to call the stream of files that do not say which one they are of. Default: an id that their bytes give. */
  readonly streamId?: string | undefined
  readonly signal?: AbortSignal | undefined
}

const EVENT_FILE = /\.(?:parquet|messagepack)$/u

/**
 * Opens a stream's directory (journal, files, or both), the directory of a `FileColdStorage`, or event files of Parquet or
 * MessagePack: one, or a folder of them.
 *
 * @throws {StorageError} if there is nothing of that kind, or it cannot be read.
 * @throws {CorruptSegmentError} if it is damaged.
 */
export async function openSource(path: string, options: OpenSourceOptions = {}): Promise<StreamSource> {
  if (typeof path !== 'string' || path === '') throw invalid('source', 'be the path of a directory or file', path)
  const { streamId, signal } = options
  const status = statSync(path, { throwIfNoEntry: false })
  if (status === undefined) throw new StorageError(`cannot read ${path}: there is no such file or directory`, { path })
  if (!status.isDirectory()) {
    if (EVENT_FILE.test(path)) return FilesSource.open(path, [path], streamId, signal)
    throw new StorageError(`cannot import ${path}: expected a directory, or a .parquet or .messagepack file`, { path })
  }
  const cold = [path, join(path, 'cold')].find((folder) => existsSync(join(folder, MANIFEST)))
  if (existsSync(join(path, 'journal'))) return DirectorySource.open(path, cold)
  if (cold !== undefined) return openStore(cold)
  const files = readdirSync(path)
    .filter((name) => EVENT_FILE.test(name))
    .map((name) => join(path, name))
  if (files.length > 0) return FilesSource.open(path, files, streamId, signal)
  throw new StorageError(
    `cannot import ${path}: it has neither a journal, nor a ${MANIFEST}, nor .parquet or .messagepack files`,
    { path },
  )
}

async function openStore(directory: string): Promise<StreamSource> {
  const reader = await FileColdStorage.read(directory)
  const stored = await reader.stored()
  const store = {
    name: reader.name,
    stored: () => reader.stored(),
    query: (query: Parameters<typeof reader.query>[0]) => undamaged(reader.query(query), reader),
    gaps: (start: number, end: number) => reader.gaps(start, end),
  }
  return new StoreSource(directory, store, stored, () => reader.close())
}
