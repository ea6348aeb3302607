/**
 * The arrays of an `.npz` file, which is a zip archive of NPY arrays, opened for reading side by side.
 *
 * The archive needs random access; nothing of it is held in memory but its directory. Entries are stored or deflated;
 * encrypted ones, other compressions, two entries of one name and archives of very many entries are refused.
 *
 * @module
 */

import type { FileHandle } from 'node:fs/promises'
import { type Entry, fromFdPromise, type ZipFile } from 'yauzl'
import { describeError, InputError } from '../errors.js'
import { NpzArray } from './npz-array.js'

const MOST_ENTRIES = 1024
const STORED = 0
const DEFLATED = 8

/** An open archive. */
export class NpzFile {
  readonly #zip: ZipFile
  readonly #entries: ReadonlyMap<string, Entry>
  readonly #opened: NpzArray[] = []

  private constructor(zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#zip = zip
    this.#entries = entries
  }

  /** Reads the directory of an archive; the file stays the caller's, who closes it. */
  static async open(file: FileHandle): Promise<NpzFile> {
    try {
      const zip = await fromFdPromise(file.fd, { autoClose: false, strictFileNames: true })
      const entries = new Map<string, Entry>()
      for await (const entry of zip.eachEntry()) {
        if (entries.has(entry.fileName)) throw new InputError(`the archive has two entries ${entry.fileName}`)
        if (entries.size === MOST_ENTRIES) throw new InputError(`the archive has more than ${MOST_ENTRIES} entries`)
        entries.set(entry.fileName, entry)
      }
      return new NpzFile(zip, entries)
    } catch (error) {
      if (error instanceof InputError) throw error
      throw new InputError(`it is no .npz archive: ${describeError(error)}`)
    }
  }

  /** Names of the arrays, without `.npy`. */
  get names(): string[] {
    return [...this.#entries.keys()].map((name) => name.replace(/\.npy$/, ''))
  }

  /** The array of that name, or `undefined` if there is none. */
  async array(name: string): Promise<NpzArray | undefined> {
    const entry = this.#entries.get(`${name}.npy`)
    if (entry === undefined) return undefined
    if (entry.isEncrypted()) throw new InputError(`${entry.fileName} is encrypted`)
    const method = entry.compressionMethod
    if (method !== STORED && method !== DEFLATED) {
      throw new InputError(`${entry.fileName} is compressed by method ${method}, expected stored or deflated`)
    }
    const { fileName, uncompressedSize, crc32 } = entry
    const stream = await this.#zip.openReadStreamPromise(entry).catch((error: unknown) => {
      throw new InputError(`${fileName} cannot be read: ${describeError(error)}`)
    })
    const array = await NpzArray.open({ name: fileName, bytes: uncompressedSize, crc32 }, stream)
    this.#opened.push(array)
    return array
  }

  /** Stops reading all arrays. */
  close(): void {
    for (const array of this.#opened) array.close()
  }
}
