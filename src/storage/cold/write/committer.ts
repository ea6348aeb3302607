/**
 * How files come to count: made under a temporary name, synced, renamed, the names synced, and then listed by one entry
 * of the manifest, all of them or none.
 *
 * @module
 */

import type { CorrectionList } from '../../journal/corrections.js'
import type { StoredEvents } from '../cold-storage.js'
import { describe } from '../description.js'
import type { FileFormat } from '../file-format.js'
import type { ColdFiles } from '../files.js'
import type { Manifest } from '../manifest/manifest.js'
import type { CorrectionFileEntry, EventFileEntry, ManifestChange } from '../manifest/state.js'
import { correctionPath, eventPath, UNFINISHED } from '../partition.js'

/** What goes into the manifest together with the files that were made. */
export type Beside = Omit<ManifestChange, 'files' | 'corrections' | 'ordinal'>

/** Makes files and commits them. One call at a time. */
export class Committer {
  private readonly files: ColdFiles
  private readonly manifest: Manifest
  private readonly format: FileFormat
  /** Files that count no longer, or never did, and are still there. */
  private readonly leftovers = new Set<string>()
  private ordinal: number

  constructor(files: ColdFiles, manifest: Manifest, format: FileFormat) {
    this.files = files
    this.manifest = manifest
    this.format = format
    this.ordinal = manifest.state.ordinal
  }

  /** Files that should be gone but could not be removed; tried again after the next commit. */
  get leftoverCount(): number {
    return this.leftovers.size
  }

  /** Calls `make`, which makes files, and commits these together with what it returns. @throws {StorageError} */
  async commit(make: (making: Making) => Promise<Beside>): Promise<void> {
    const making = new Making(this.files, this.format, () => this.ordinal++)
    let beside: Beside
    try {
      beside = await make(making)
      await making.syncNames()
    } catch (error) {
      await this.remove(making.made)
      throw error
    }
    const { events, corrections } = making
    try {
      await this.manifest.commit({ ...beside, files: events, corrections, ordinal: this.ordinal })
    } catch (error) {
      // A crash may make the entry hold after all: the files stay until another entry does.
      for (const path of making.made) this.leftovers.add(path)
      throw error
    }
    await this.remove([...this.leftovers, ...(beside.removed ?? [])])
  }

  /** Removes files; those that cannot be removed are left for later, they do no harm. */
  async remove(paths: Iterable<string>): Promise<void> {
    for (const path of [...paths]) {
      this.leftovers.add(path)
      try {
        await this.files.remove(path)
        this.leftovers.delete(path)
      } catch {
        // Counted by leftoverCount.
      }
    }
  }
}

/** The files of one commit. */
export class Making {
  readonly events: EventFileEntry[] = []
  readonly corrections: CorrectionFileEntry[] = []
  /** Names that may exist now. */
  readonly made = new Set<string>()
  private readonly files: ColdFiles
  private readonly format: FileFormat
  private readonly nextOrdinal: () => number

  constructor(files: ColdFiles, format: FileFormat, nextOrdinal: () => number) {
    this.files = files
    this.format = format
    this.nextOrdinal = nextOrdinal
  }

  /** Makes a file of events of one day. */
  async addEvents(events: StoredEvents, day: number): Promise<void> {
    const path = eventPath(day, events.seqs[0] as number, this.nextOrdinal(), this.format.extension)
    const bytes = await this.format.encode(events)
    await this.make(path, bytes)
    this.events.push(describe(events, { path, bytes: bytes.length, day }))
  }

  /** Makes a file of corrections. */
  async addCorrections(list: CorrectionList): Promise<void> {
    const path = correctionPath(this.nextOrdinal(), this.format.extension)
    const bytes = await this.format.encodeCorrections(list)
    await this.make(path, bytes)
    const firstSeq = list.seqs[0] as number
    const lastSeq = list.seqs[list.length - 1] as number
    this.corrections.push({ path, bytes: bytes.length, count: list.length, firstSeq, lastSeq })
  }

  /** Makes the names safe, once a folder. */
  async syncNames(): Promise<void> {
    const folders = new Map([...this.events, ...this.corrections].map(({ path }) => [folderOf(path), path]))
    for (const path of folders.values()) await this.files.syncNames(path)
  }

  private async make(path: string, bytes: Uint8Array): Promise<void> {
    this.made.add(path + UNFINISHED)
    await this.files.create(path + UNFINISHED, bytes)
    this.made.add(path)
    await this.files.rename(path + UNFINISHED, path)
    this.made.delete(path + UNFINISHED)
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
