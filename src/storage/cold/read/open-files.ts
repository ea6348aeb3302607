/**
 * Event files that are open for reading. Opening one reads its index, so a few stay open when nobody uses them, the ones
 * used last; point queries come back to the same files.
 *
 * @module
 */

import type { EventFile, FileDamage } from '../file-format.js'
import type { ColdFiles } from '../files.js'
import { extensionOf } from '../partition.js'
import type { FormatOf } from '../platform.js'

/** Files that stay open while nobody reads them. */
const MOST_IDLE = 16
/** Places of damage that are remembered for reports. */
const MOST_DAMAGE = 1000

interface Open {
  readonly file: Promise<EventFile>
  users: number
  forgotten: boolean
}

/** See the module. */
export class OpenFiles {
  private readonly files: ColdFiles
  private readonly formatOf: FormatOf
  /** By path; the ones used last at the end. */
  private readonly open = new Map<string, Open>()
  private readonly found = new Map<string, FileDamage>()
  private closed = false

  constructor(files: ColdFiles, formatOf: FormatOf) {
    this.files = files
    this.formatOf = formatOf
  }

  /** What reads have passed over so far, each place once. */
  get damage(): readonly FileDamage[] {
    return [...this.found.values()]
  }

  /** Calls `work` with a file that stays open until what it returns has ended. */
  async *reading<T>(path: string, work: (file: EventFile) => AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    const entry = this.open.get(path) ?? { file: this.opened(path), users: 0, forgotten: false }
    this.open.delete(path)
    this.open.set(path, entry)
    entry.users++
    try {
      const file = await entry.file
      try {
        yield* work(file)
      } finally {
        this.note(file.damage)
      }
    } catch (error) {
      this.forget([path])
      throw error
    } finally {
      entry.users--
      if (this.closed) this.forget([path])
      if (entry.forgotten && entry.users === 0) await closed(entry)
      await this.trim()
    }
  }

  /** Lets go of files that count no longer; who reads one of them goes on. */
  forget(paths: readonly string[]): void {
    for (const path of paths) {
      const entry = this.open.get(path)
      if (entry === undefined) continue
      this.open.delete(path)
      entry.forgotten = true
      if (entry.users === 0) void closed(entry)
    }
  }

  /** Closes every file that nobody reads; the others are closed by their last reader. */
  async close(): Promise<void> {
    this.closed = true
    const idle = [...this.open.values()].filter(({ users }) => users === 0)
    for (const entry of this.open.values()) entry.forgotten = true
    this.open.clear()
    await Promise.all(idle.map(closed))
  }

  private async opened(path: string): Promise<EventFile> {
    const format = await this.formatOf(extensionOf(path))
    const file = await format.open(this.files.resolve(path))
    this.note(file.damage)
    return file
  }

  private async trim(): Promise<void> {
    const idle = [...this.open].filter(([, { users }]) => users === 0)
    const oldest = idle.slice(0, Math.max(0, idle.length - MOST_IDLE))
    for (const [path] of oldest) this.open.delete(path)
    for (const [, entry] of oldest) await closed(entry)
  }

  private note(damage: readonly FileDamage[]): void {
    for (const place of damage) {
      if (this.found.size < MOST_DAMAGE) this.found.set(`${place.offset} ${place.file}`, place)
    }
  }
}

async function closed(entry: Open): Promise<void> {
  try {
    await (await entry.file).close()
  } catch {
    // Who asked for the file has been told; one that only could not be closed has done its work.
  }
}
