/**
 * The correction files of a store, read whole and kept while they are used.
 *
 * The files form levels, as in a log-structured merge tree: a new one takes in those before it that are not more than
 * twice its size. So a store with n pending corrections has about log n files of them, and each entry is written about
 * log n times. One that has reached MOST_ENTRIES is left alone.
 *
 * @module
 */

import { CorruptSegmentError } from '../../errors.js'
import { type CorrectionList, CorrectionMerger } from '../../journal/corrections.js'
import type { StoredEvents } from '../cold-storage.js'
import { correct } from '../correction-lists.js'
import type { ColdFiles } from '../files.js'
import type { CorrectionFileEntry } from '../manifest/state.js'
import { extensionOf } from '../partition.js'
import type { FormatOf } from '../platform.js'

/** Entries of a file that takes in no more. */
export const MOST_ENTRIES = 65_536
/** Entries of all lists that are kept, about 28 bytes each. */
const MOST_CACHED = 1_048_576

/** See the module. */
export class CorrectionFiles {
  private readonly files: ColdFiles
  private readonly formatOf: FormatOf
  /** By path; the ones used last at the end. */
  private readonly lists = new Map<string, CorrectionList>()

  constructor(files: ColdFiles, formatOf: FormatOf) {
    this.files = files
    this.formatOf = formatOf
  }

  /** The entries of a file. @throws {CorruptSegmentError} if it is damaged or gone. */
  async load(entry: CorrectionFileEntry): Promise<CorrectionList> {
    const { path } = entry
    const list = this.lists.get(path) ?? (await this.read(entry))
    this.lists.delete(path)
    this.lists.set(path, list)
    let cached = 0
    for (const { length } of this.lists.values()) cached += length
    for (const [oldest, { length }] of this.lists) {
      if (cached <= MOST_CACHED || oldest === path) break
      this.lists.delete(oldest)
      cached -= length
    }
    return list
  }

  /** Applies to events, in place, what files have for them, older files first; returns how many entries that were. */
  async correct(events: StoredEvents, entries: readonly CorrectionFileEntry[], requiredMask: number): Promise<number> {
    if (events.length === 0) return 0
    const first = events.seqs[0] as number
    const last = events.seqs[events.length - 1] as number
    let applied = 0
    for (const entry of entries) {
      if (entry.lastSeq < first || entry.firstSeq > last) continue
      applied += correct(events, await this.load(entry), requiredMask)
    }
    return applied
  }

  /** A new list together with the newest files that it takes in, and which those are. */
  async takingIn(
    list: CorrectionList,
    entries: readonly CorrectionFileEntry[],
  ): Promise<{ list: CorrectionList; taken: readonly CorrectionFileEntry[] }> {
    let count = list.length
    let from = entries.length
    while (from > 0) {
      const before = (entries[from - 1] as CorrectionFileEntry).count
      if (before > 2 * count || before + count > MOST_ENTRIES) break
      count += before
      from--
    }
    const taken = entries.slice(from)
    if (taken.length === 0) return { list, taken }
    const merger = new CorrectionMerger()
    for (const entry of taken) merger.addList(await this.load(entry))
    merger.addList(list)
    return { list: merger.list(), taken }
  }

  /** Lets go of lists of files that count no longer. */
  forget(paths: readonly string[]): void {
    for (const path of paths) this.lists.delete(path)
  }

  private async read({ path, count }: CorrectionFileEntry): Promise<CorrectionList> {
    const place = this.files.resolve(path)
    const bytes = await this.files.read(path)
    if (bytes === undefined) throw new CorruptSegmentError(place, 0, 'the manifest lists it, but it is not there')
    const list = await (await this.formatOf(extensionOf(path))).decodeCorrections(bytes, place)
    if (list.length === count) return list
    throw new CorruptSegmentError(place, 0, `it has ${list.length} corrections, the manifest says ${count}`)
  }
}
