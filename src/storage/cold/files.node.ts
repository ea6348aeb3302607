/**
 * `ColdFiles` over `node:fs`.
 *
 * @module
 */

import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, posix, sep } from 'node:path'
import { StorageError } from '../errors.js'
import type { ColdFiles } from './files.js'

/** The files below one folder, which need not exist yet. */
export class NodeColdFiles implements ColdFiles {
  readonly name: string

  constructor(folder: string) {
    this.name = folder
  }

  /** Makes the folder itself, if it does not exist. @throws {StorageError} */
  async prepare(): Promise<void> {
    await this.guard('be made', '', () => this.makeFolder(''))
  }

  resolve(path: string): string {
    return join(this.name, path)
  }

  async list(): Promise<string[]> {
    try {
      const entries = await readdir(this.name, { recursive: true, withFileTypes: true })
      return entries.flatMap((entry) => {
        if (!entry.isFile()) return []
        const folder = entry.parentPath.slice(this.name.length).split(sep).join('/')
        return [posix.join('/', folder, entry.name).slice(1)]
      })
    } catch (error) {
      if (isMissing(error)) return []
      throw failed('be listed', this.name, error)
    }
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.resolve(path))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw failed('be read', this.resolve(path), error)
    }
  }

  async create(path: string, bytes: Uint8Array): Promise<void> {
    await this.guard('be written', path, async () => {
      await this.makeFolder(posix.dirname(path))
      await using(await open(this.resolve(path), 'w'), (file) => writeAndSync(file, bytes, 0))
    })
  }

  async append(path: string, size: number, bytes: Uint8Array): Promise<void> {
    await this.guard('be appended to', path, async () => {
      await using(await open(this.resolve(path), 'r+'), async (file) => {
        await file.truncate(size)
        await writeAndSync(file, bytes, size)
      })
    })
  }

  async rename(from: string, to: string): Promise<void> {
    await this.guard(`be renamed to ${to}`, from, () => rename(this.resolve(from), this.resolve(to)))
  }

  async syncNames(path: string): Promise<void> {
    await this.guard('have its folder synced', path, () => syncFolder(dirname(this.resolve(path))))
  }

  async remove(path: string): Promise<void> {
    await this.guard('be removed', path, () => rm(this.resolve(path), { force: true }))
    const folder = posix.dirname(path)
    if (folder === '.') return
    try {
      await rmdir(this.resolve(folder))
    } catch {
      // It has other files, or is gone: both are as they should be.
    }
  }

  /** A new folder's own name has to be synced as well, or a loss of power takes it with all that it holds. */
  private async makeFolder(path: string): Promise<void> {
    const first = await mkdir(this.resolve(path), { recursive: true })
    if (first === undefined) return
    for (let folder = this.resolve(path); ; folder = dirname(folder)) {
      await syncFolder(dirname(folder))
      if (folder === first || folder === dirname(folder)) return
    }
  }

  private async guard(what: string, path: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      throw failed(what, this.resolve(path), error)
    }
  }
}

async function using(file: FileHandle, work: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(file)
  } finally {
    await file.close()
  }
}

async function writeAndSync(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten
  }
  await file.sync()
}

async function syncFolder(folder: string): Promise<void> {
  // Windows has no sync of folders: it keeps names safe by itself and refuses to open one.
  if (process.platform === 'win32') return
  await using(await open(folder, 'r'), (file) => file.sync())
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ENOENT'
}

function failed(what: string, path: string, error: unknown): StorageError {
  const { code, message } = error as { code?: unknown; message: string }
  return new StorageError(`${path} could not ${what}: ${message}`, { path, code }, error)
}
