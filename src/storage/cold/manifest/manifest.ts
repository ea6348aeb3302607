/**
 * The manifest: the only truth about which files of a store count. One entry commits everything that a flush made, or
 * swaps what a compaction made for what it read.
 *
 * It is a log of checksummed lines (`manifest-log.ts`) and not a file that each commit replaces: a commit is one append
 * and one sync whatever the store's size. From time to time, and after any failure, the next commit replaces the log by
 * a new one that begins with the whole state; that new file is synced before it gets the manifest's name. So nothing is
 * ever acknowledged from a file whose sync has failed.
 *
 * @module
 */

import type { Crc32 } from '../../journal/crc32.js'
import type { StreamIdentity } from '../../journal/source.js'
import type { ColdFiles } from '../files.js'
import { changeLine, readManifest, stateLine } from './log.js'
import { changed, emptyState, type ManifestChange, type ManifestState } from './state.js'

export const MANIFEST = 'MANIFEST'
export const NEW_MANIFEST = 'MANIFEST.tmp'

/** A log is replaced once the changes in it are this long and twice as long as the state that they began with. */
const LONG_LOG_BYTES = 256 * 1024

/** The manifest of the store's one writer. */
export class Manifest {
  /** What is committed. */
  state: ManifestState
  /** Bytes of an unfinished line that opening cut off. */
  readonly tornBytes: number
  private readonly files: ColdFiles
  private readonly crc: Crc32
  private n: number
  private size: number
  private stateBytes: number
  private replace: boolean

  private constructor(files: ColdFiles, crc: Crc32, log: { state: ManifestState; n: number }, bytes: Bytes) {
    this.files = files
    this.crc = crc
    this.state = log.state
    this.n = log.n
    this.size = bytes.size
    this.stateBytes = bytes.stateBytes
    this.tornBytes = bytes.torn
    this.replace = false
  }

  /**
   * Opens what is there, or undefined if nothing is.
   * @throws {CorruptSegmentError} for damage that no crash explains.
   */
  static async open(files: ColdFiles, crc: Crc32): Promise<Manifest | undefined> {
    const bytes = await files.read(MANIFEST)
    if (bytes === undefined) return undefined
    const log = readManifest(bytes, files.resolve(MANIFEST), crc)
    return new Manifest(files, crc, log, { ...log, torn: bytes.length - log.size })
  }

  /** Makes the manifest of a new store. */
  static async create(files: ColdFiles, crc: Crc32, identity: StreamIdentity): Promise<Manifest> {
    const log = { state: emptyState(identity), n: 0 }
    const manifest = new Manifest(files, crc, log, { size: 0, stateBytes: 0, torn: 0 })
    await manifest.write(log.state)
    return manifest
  }

  /**
   * Makes a change hold. After a failure it does not, and may be tried again; only a crash in between may make it hold
   * after all, so that files which it lists must stay until the next commit.
   */
  async commit(change: ManifestChange): Promise<void> {
    const next = changed(this.state, change)
    const changes = this.size - this.stateBytes
    if (this.replace || changes > Math.max(LONG_LOG_BYTES, 2 * this.stateBytes)) await this.write(next)
    else await this.append(change)
    this.state = next
  }

  private async append(change: ManifestChange): Promise<void> {
    const line = changeLine(this.n + 1, change, this.crc)
    this.replace = true
    await this.files.append(MANIFEST, this.size, line)
    this.replace = false
    this.n++
    this.size += line.length
  }

  private async write(state: ManifestState): Promise<void> {
    const line = stateLine(state, this.crc)
    this.replace = true
    await this.files.create(NEW_MANIFEST, line)
    await this.files.rename(NEW_MANIFEST, MANIFEST)
    await this.files.syncNames(MANIFEST)
    this.replace = false
    this.n = 0
    this.size = line.length
    this.stateBytes = line.length
  }
}

interface Bytes {
  readonly size: number
  readonly stateBytes: number
  readonly torn: number
}
