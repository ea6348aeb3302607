/**
 * Reading a store that somebody else may be writing to: it owns nothing, changes nothing, and looks at the manifest
 * again before each query.
 *
 * @module
 */

import { ClosedError } from '../../../errors.js'
import { StorageError } from '../../errors.js'
import type { Gap } from '../../journal/source.js'
import { type StoredIdentity, storedOf } from '../../restore/restorable-store.js'
import type { Checkpoint, ColdQuery, StoredEvents } from '../cold-storage.js'
import { type ManifestLog, readManifest } from '../manifest/log.js'
import { MANIFEST } from '../manifest/manifest.js'
import type { ReadingPlatform } from '../platform.js'
import { type ColdCoverage, type ColdStats, type ColdVerification, coverageOf, statsOf, verified } from '../report.js'
import { Pending } from '../write/pending.js'
import { PartitionReader, type Snapshot } from './partition-reader.js'
import { assertRange, resolveQuery } from './query.js'

/** See the module. Queries see what was committed when they began, not what the writer holds back. */
export class ColdReader {
  readonly name: string
  private readonly platform: ReadingPlatform
  private readonly reader: PartitionReader
  private log: ManifestLog
  private sum: number
  private closed = false

  private constructor(platform: ReadingPlatform, name: string, bytes: Uint8Array) {
    this.name = name
    this.platform = platform
    this.reader = new PartitionReader(platform.files, platform.formatOf)
    this.log = readManifest(bytes, platform.files.resolve(MANIFEST), platform.crc)
    this.sum = platform.crc(bytes)
  }

  /**
   * @throws {StorageError} if there is no store.
   * @throws {CorruptSegmentError} if its manifest is damaged.
   */
  static async open(platform: ReadingPlatform, name: string): Promise<ColdReader> {
    return new ColdReader(platform, name, await manifestOf(platform))
  }

  /** The stream that the store holds and what is committed, now. */
  async stored(): Promise<StoredIdentity> {
    const { identity, checkpoint } = (await this.latest()).state
    return storedOf(identity, checkpoint)
  }

  /** What was committed as of the last look. */
  get checkpoint(): Checkpoint | undefined {
    return this.log.state.checkpoint
  }

  /** Looks at the manifest again; true if it has changed. @throws {StorageError} if it is gone. */
  async refresh(): Promise<boolean> {
    this.assertOpen()
    const bytes = await manifestOf(this.platform)
    const sum = this.platform.crc(bytes)
    if (sum === this.sum) return false
    const before = this.log.state
    this.log = readManifest(bytes, this.platform.files.resolve(MANIFEST), this.platform.crc)
    this.sum = sum
    const { files, corrections } = this.log.state
    const left = new Set([...files, ...corrections].map(({ path }) => path))
    const gone = [...before.files, ...before.corrections].filter(({ path }) => !left.has(path))
    this.reader.forget(gone.map(({ path }) => path))
    return true
  }

  /**
   * The events that meet a query, ascending, in batches that are the caller's. An abort rejects with the signal's reason.
   * @throws {InvalidArgumentError} at once, for an unknown key or a value that is out of range.
   */
  query(query: ColdQuery = {}): AsyncIterable<StoredEvents> {
    this.assertOpen()
    const resolved = resolveQuery(query)
    const begun = async function* (this: ColdReader) {
      yield* this.reader.query(await this.latest(), resolved, () => this.latest())
    }
    return begun.call(this)
  }

  /** How many events of [startSeq, endSeq) the store holds. */
  async count(startSeq: number, endSeq: number): Promise<number> {
    assertRange(startSeq, endSeq)
    return this.reader.count(await this.latest(), startSeq, endSeq, () => this.latest())
  }

  /** The numbers of [startSeq, endSeq) of which the store was told that they hold no event, and why. */
  async gaps(startSeq: number, endSeq: number): Promise<Gap[]> {
    assertRange(startSeq, endSeq)
    return this.reader.gaps(await this.latest(), startSeq, endSeq)
  }

  /** Counters as of the last look. */
  stats(): ColdStats {
    return statsOf(this.snapshot, this.reader.damage)
  }

  /** What became of every number that the store was given, as of the last look. */
  coverage(): ColdCoverage {
    return coverageOf(this.snapshot)
  }

  /** Reads every file and compares it with what the manifest says. Best where nobody writes. */
  async verify(signal?: AbortSignal): Promise<ColdVerification> {
    return verified(this.reader, (await this.latest()).state, signal)
  }

  /** Lets go of everything. Does nothing the second time. */
  async close(): Promise<void> {
    this.closed = true
    await this.reader.close()
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private get snapshot(): Snapshot {
    const { state } = this.log
    return { state, pending: new Pending(state.checkpoint ?? { seq: state.identity.firstSeq, position: 0 }) }
  }

  private async latest(): Promise<Snapshot> {
    await this.refresh()
    return this.snapshot
  }

  private assertOpen(): void {
    if (this.closed) throw new ClosedError(`store '${this.name}'`)
  }
}

async function manifestOf({ files }: ReadingPlatform): Promise<Uint8Array> {
  const bytes = await files.read(MANIFEST)
  if (bytes !== undefined) return bytes
  throw new StorageError(`${files.name} holds no store: it has no ${MANIFEST}`, { directory: files.name })
}
