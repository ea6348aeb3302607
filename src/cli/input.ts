/**
 * The input of a command: a file or the standard input, as chunks of bytes or, for archives, as a file with random
 * access.
 *
 * Gzip is unpacked on the way. What cannot be read at random places (a pipe, or anything packed) is copied to a
 * temporary file first, which is limited in size, readable by nobody else, and unlinked as soon as it is open where the
 * system allows that, otherwise when the input is closed. An abort ends the chunks as if the input had ended.
 *
 * @module
 */

import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { HEAD_BYTES, isGzip } from './detect.js'
import { describeError, InputError } from './errors.js'

const CHUNK_BYTES = 256 * 1024
/** Largest temporary file for an input that cannot be read at random places. */
const SPOOL_LIMIT_BYTES = 8 * 1024 ** 3

/** An input that has been opened; close it in the end. */
export class Input {
  /** For messages: the name as given, or `standard input`. */
  readonly name: string
  /** Size of the file in bytes, or `undefined` if it is no file. */
  readonly size: number | undefined
  /** The first bytes, unpacked; fewer than `HEAD_BYTES` only if the input is shorter. */
  head: Buffer = Buffer.alloc(0)
  /** Bytes taken from the file or pipe so far. */
  bytesRead = 0
  readonly #file: FileHandle | undefined
  readonly #signal: AbortSignal
  readonly #readable: Readable
  #chunks: AsyncIterator<Buffer>
  #packed = false
  #held: Buffer[] = []
  #spool: Spool | undefined

  private constructor(name: string, file: FileHandle | undefined, size: number | undefined, signal: AbortSignal) {
    this.name = name
    this.size = size
    this.#file = file
    this.#signal = signal
    this.#readable = file?.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false }) ?? process.stdin
    this.#chunks = this.#raw()
    signal.addEventListener('abort', () => this.#readable.destroy(), { once: true })
  }

  /**
   * Opens a file, or the standard input for `-`, and reads its first bytes.
   *
   * @throws InputError with the reason if it cannot be read
   */
  static async open(path: string, signal: AbortSignal): Promise<Input> {
    const name = path === '-' ? 'standard input' : path
    let file: FileHandle | undefined
    try {
      file = path === '-' ? undefined : await open(path, 'r')
      const stat = await file?.stat()
      if (stat?.isDirectory()) throw new InputError('it is a directory')
      const input = new Input(name, file, stat?.isFile() ? stat.size : undefined, signal)
      await input.#readHead()
      return input
    } catch (error) {
      await file?.close()
      throw new InputError(`cannot read ${name}: ${describeError(error)}`)
    }
  }

  /** The whole input from its beginning, unpacked; once. */
  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    yield* this.#held.splice(0)
    for (;;) {
      const chunk = await this.#next()
      if (chunk === undefined) return
      yield chunk
    }
  }

  /** The whole input as a file for reading at random places; it belongs to this object. */
  async randomAccess(): Promise<FileHandle> {
    if (this.#file !== undefined && this.size !== undefined && !this.#packed) return this.#file
    this.#spool = await Spool.create()
    for await (const chunk of this.chunks()) await this.#spool.write(chunk)
    return this.#spool.file
  }

  /** Releases file and temporary file. */
  async close(): Promise<void> {
    this.#readable.destroy()
    await this.#file?.close()
    await this.#spool?.remove()
  }

  async #readHead(): Promise<void> {
    await this.#fillHead()
    if (!isGzip(this.head)) return
    this.#packed = true
    const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
    pipeline(Readable.from(following(this.#held, this.#chunks), { objectMode: false }), gunzip, () => {})
    this.#chunks = gunzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    await this.#fillHead()
  }

  async #fillHead(): Promise<void> {
    const held: Buffer[] = []
    for (let length = 0; length < HEAD_BYTES; ) {
      const chunk = await this.#next()
      if (chunk === undefined) break
      held.push(chunk)
      length += chunk.length
    }
    this.head = Buffer.concat(held).subarray(0, HEAD_BYTES)
    this.#held = held
  }

  async *#raw(): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of this.#readable as AsyncIterable<Buffer>) {
      this.bytesRead += chunk.length
      yield chunk
    }
  }

  async #next(): Promise<Buffer | undefined> {
    if (this.#signal.aborted) return undefined
    try {
      const { done, value } = await this.#chunks.next()
      return done ? undefined : value
    } catch (error) {
      if (this.#signal.aborted) return undefined
      throw new InputError(describeError(error))
    }
  }
}

async function* following(
  held: readonly Buffer[],
  rest: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  yield* held
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

/** A temporary file of bounded size. */
class Spool {
  readonly file: FileHandle
  readonly #folder: string
  #bytes = 0

  private constructor(file: FileHandle, folder: string) {
    this.file = file
    this.#folder = folder
  }

  static async create(): Promise<Spool> {
    const folder = await mkdtemp(join(tmpdir(), 'experience-stream-'))
    const spool = new Spool(await open(join(folder, 'input'), 'wx+', 0o600), folder)
    // an open file needs no name, and without one nothing is left behind however this process ends
    if (process.platform !== 'win32') await rm(folder, { recursive: true, force: true })
    return spool
  }

  async write(chunk: Buffer): Promise<void> {
    this.#bytes += chunk.length
    if (this.#bytes > SPOOL_LIMIT_BYTES) {
      throw new InputError(`an archive of more than ${SPOOL_LIMIT_BYTES / 1024 ** 3} GiB must be given as a file`)
    }
    try {
      await this.file.writeFile(chunk)
    } catch (error) {
      throw new InputError(`its copy to a temporary file failed: ${describeError(error)}`)
    }
  }

  async remove(): Promise<void> {
    await this.file.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
