/**
 * The two libraries behind the Parquet files, both optional peers: parquet-wasm writes and reads the format, apache-arrow
 * builds what it takes. They are large, so each is loaded when it is first needed.
 *
 * What to know of parquet-wasm 0.8: whatever it hands out lives in its own memory until `free`; bytes that it cannot
 * read may end in a trap that no caller can catch, so it is given only bytes whose checksums were right; and a source
 * stream that fails after its first batch looks to it like one that ended.
 *
 * @module
 */

import { MissingDependencyError } from '../../errors.js'

export type ParquetLibrary = typeof import('parquet-wasm')
export type ArrowLibrary = typeof import('apache-arrow')

/** Both are needed to write, parquet-wasm alone to read. */
const PACKAGES = ['parquet-wasm', 'apache-arrow']

/** @throws {MissingDependencyError} */
export function loadParquet(): Promise<ParquetLibrary> {
  return optional(() => import('parquet-wasm'))
}

/** @throws {MissingDependencyError} */
export function loadArrow(): Promise<ArrowLibrary> {
  return optional(() => import('apache-arrow'))
}

/** What `load` imports; a package that is not there becomes the error that says how to install it. */
export async function optional<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error
    throw new MissingDependencyError('cold storage in Parquet files', PACKAGES)
  }
}
