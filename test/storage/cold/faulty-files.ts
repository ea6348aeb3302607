/**
 * Files that fail on purpose: at a chosen operation, before it, in the middle of it, or after it is done; once, or from
 * then on as if the process had ended there. After a loss of power, names that were not synced are as they were before.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { ColdFiles } from '../../../src/storage/cold/files.js'
import { StorageError } from '../../../src/storage/errors.js'

/** Where an operation fails. */
export type Where = 'before' | 'within' | 'after'

export interface Fault {
  /** Number of the operation that fails, from 0 on. */
  readonly at: number
  readonly where: Where
  /** Whether nothing works from then on. */
  readonly crash: boolean
  /** Counts only operations of this name. */
  readonly operation?: string
}

export class FaultyFiles implements ColdFiles {
  readonly name: string
  /** The operations so far, `create path` and so on. */
  readonly log: string[] = []
  crashed = false
  private readonly inner: PlainFiles
  private fault: Fault | undefined
  private count = 0
  /** What a loss of power would undo, the newest last. */
  private unsynced: { readonly folder: string; readonly undo: () => Promise<void> }[] = []

  constructor(folder: string, fault?: Fault) {
    this.inner = new PlainFiles(folder)
    this.name = folder
    this.fault = fault
  }

  /** Makes an operation from now on fail. */
  failNext(fault: Fault): void {
    this.fault = fault
    this.count = 0
  }

  resolve(path: string): string {
    return this.inner.resolve(path)
  }

  list(): Promise<string[]> {
    return this.inner.list()
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return this.inner.read(path)
  }

  async create(path: string, bytes: Uint8Array): Promise<void> {
    const before = await this.inner.read(path)
    this.unsynced.push({ folder: folderOf(path), undo: () => this.restore(path, before) })
    const half = bytes.subarray(0, bytes.length >> 1)
    await this.step(
      'create',
      path,
      () => this.inner.create(path, bytes),
      () => this.inner.create(path, half),
    )
  }

  async append(path: string, size: number, bytes: Uint8Array): Promise<void> {
    const half = bytes.subarray(0, bytes.length >> 1)
    const within = () => this.inner.append(path, size, half)
    await this.step('append', path, () => this.inner.append(path, size, bytes), within)
  }

  async rename(from: string, to: string): Promise<void> {
    const before = await this.inner.read(to)
    await this.step('rename', from, async () => {
      await this.inner.rename(from, to)
      const undo = async (): Promise<void> => {
        await this.inner.rename(to, from)
        await this.restore(to, before)
      }
      this.unsynced.push({ folder: folderOf(to), undo })
    })
  }

  async syncNames(path: string): Promise<void> {
    await this.step('syncNames', path, async () => {
      await this.inner.syncNames()
      this.unsynced = this.unsynced.filter(({ folder }) => folder !== folderOf(path))
    })
  }

  async remove(path: string): Promise<void> {
    const before = await this.inner.read(path)
    await this.step('remove', path, async () => {
      await this.inner.remove(path)
      this.unsynced.push({ folder: folderOf(path), undo: () => this.restore(path, before) })
    })
  }

  /** Undoes every change of a name that was not synced. */
  async losePower(): Promise<void> {
    for (const { undo } of this.unsynced.reverse()) await undo()
    this.unsynced = []
  }

  private async restore(path: string, bytes: Uint8Array | undefined): Promise<void> {
    if (bytes === undefined) await this.inner.remove(path)
    else await this.inner.create(path, bytes)
  }

  private async step(
    operation: string,
    path: string,
    work: () => Promise<void>,
    within: () => Promise<void> = async () => {},
  ): Promise<void> {
    const { fault } = this
    if (this.crashed) throw new StorageError('the process has ended')
    this.log.push(`${operation} ${path}`)
    const counts = fault !== undefined && (fault.operation ?? operation) === operation
    if (!counts || this.count++ !== fault.at) return work()
    this.crashed = fault.crash
    if (fault.where === 'within') await within()
    if (fault.where === 'after') await work()
    const code = fault.where === 'within' ? 'ENOSPC' : 'EIO'
    throw new StorageError(`${operation} of ${path} failed on purpose: ${code}`, { code })
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}

/** What the operations do, without the syncs that only a loss of power would miss. */
class PlainFiles implements ColdFiles {
  readonly name: string

  constructor(folder: string) {
    this.name = folder
  }

  resolve(path: string): string {
    return join(this.name, path)
  }

  async list(): Promise<string[]> {
    const entries = readdirSync(this.name, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.name, join(entry.parentPath, entry.name)))
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return existsSync(this.resolve(path)) ? readFileSync(this.resolve(path)) : undefined
  }

  async create(path: string, bytes: Uint8Array): Promise<void> {
    mkdirSync(dirname(this.resolve(path)), { recursive: true })
    writeFileSync(this.resolve(path), bytes)
  }

  async append(path: string, size: number, bytes: Uint8Array): Promise<void> {
    truncateSync(this.resolve(path), size)
    writeFileSync(this.resolve(path), bytes, { flag: 'a' })
  }

  async rename(from: string, to: string): Promise<void> {
    renameSync(this.resolve(from), this.resolve(to))
  }

  async syncNames(): Promise<void> {}

  async remove(path: string): Promise<void> {
    rmSync(this.resolve(path), { force: true })
    const folder = dirname(this.resolve(path))
    if (folder !== this.name && existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder)
  }
}
