/**
 * Cold storage in files, whatever the files are: the face of a store, the order of its calls, and its timers. See
 * `file-cold-storage.node.ts` for the contract.
 *
 * @module
 */

import { ClosedError } from '../../../errors.js'
import { assertKeys } from '../../../stream/validate.js'
import type { Gap, StreamIdentity } from '../../journal/source.js'
import { type StoredIdentity, storedOf } from '../../restore/restorable-store.js'
import type { Checkpoint, ColdBatch, ColdQuery, ColdStorage, StoredEvents } from '../cold-storage.js'
import { MANIFEST, type Manifest } from '../manifest/manifest.js'
import type { ColdPlatform } from '../platform.js'
import { PartitionReader } from '../read/partition-reader.js'
import { assertRange, resolveQuery } from '../read/query.js'
import { type ColdCoverage, type ColdStats, type ColdVerification, coverageOf, statsOf, verified } from '../report.js'
import { ColdSession } from './cold-session.js'
import { Committer } from './committer.js'
import type { CompactionProgress } from './compaction.js'
import { assertSameStream, type ColdOpening, openManifest } from './opening.js'
import type { ResolvedColdOptions } from './options.js'

/** What `compact` takes. */
export interface CompactOptions {
  /** Ends the compaction between two groups; what is done stays done. */
  readonly signal?: AbortSignal | undefined
  /** Called after each group. */
  readonly onProgress?: ((progress: CompactionProgress) => void) | undefined
}

/** Counters of a store that writes. */
export interface ColdStoreStats extends ColdStats {
  /** What opening found. */
  readonly opening: ColdOpening
  /** Files that should be gone but could not be removed yet. */
  readonly leftovers: number
  /** What the store could not do by itself since it last could: a flush of its timers, or dropping old days. */
  readonly lastError: unknown
}

interface Opened {
  readonly manifest: Manifest
  readonly committer: Committer
  readonly reader: PartitionReader
  readonly session: ColdSession
  readonly opening: ColdOpening
  readonly disown: () => void
  readonly interval: ReturnType<typeof setInterval>
}

/** See the module. */
export class ColdStore implements ColdStorage {
  readonly name: string
  private readonly platform: ColdPlatform
  private readonly options: ResolvedColdOptions
  private opened: Opened | undefined
  private committed: Checkpoint | undefined
  private ageTimer: ReturnType<typeof setTimeout> | undefined
  private lastError: unknown
  private tail: Promise<unknown> = Promise.resolve()

  constructor(platform: ColdPlatform, options: ResolvedColdOptions) {
    this.name = options.name
    this.platform = platform
    this.options = options
  }

  /** What is committed; of a store that is closed, what was. */
  get checkpoint(): Checkpoint | undefined {
    return this.opened?.manifest.state.checkpoint ?? this.committed
  }

  /**
   * Makes the store ready and returns its checkpoint. On a store that is open: drops what is not committed. Without an
   * `identity` the store must exist, and may be of any stream.
   *
   * @throws {StoreMismatchError} if it holds another stream's events.
   * @throws {DirectoryLockedError} if another process, or another store of this one, writes to it.
   * @throws {CorruptSegmentError} if its manifest is damaged.
   */
  open(identity?: StreamIdentity): Promise<Checkpoint | undefined> {
    return this.inTurn(async () => {
      if (this.opened === undefined) this.opened = await this.begin(identity)
      else if (identity !== undefined) assertSameStream(this.name, this.opened.manifest, identity)
      this.opened.session.drop()
      return this.checkpoint
    })
  }

  /**
   * The stream that the store holds and what is committed; undefined if there is none yet. Opens a store that exists.
   * @throws {DirectoryLockedError} and others as `open` does.
   */
  async stored(): Promise<StoredIdentity | undefined> {
    if (this.opened === undefined) {
      if ((await this.platform.files.read(MANIFEST)) === undefined) return undefined
      await this.open()
    }
    const { identity, checkpoint } = this.current().manifest.state
    return storedOf(identity, checkpoint)
  }

  write(batch: ColdBatch, to: Checkpoint, signal?: AbortSignal): Promise<void> {
    return this.inTurn(async () => {
      signal?.throwIfAborted()
      const { session } = this.current()
      const { state } = session.snapshot
      await session.write(batch, to, signal)
      // The caller's events are safe: that old ones cannot be dropped is not for it to mend.
      if (session.snapshot.state !== state) await this.attempt(() => session.retain())
      this.armAgeTimer()
    })
  }

  /**
   * Commits everything that was accepted, and drops the days that retention lets go of; if only that fails,
   * `stats().lastError` says it, and it is tried again.
   */
  flush(signal?: AbortSignal): Promise<void> {
    return this.inTurn(async () => {
      signal?.throwIfAborted()
      const { session } = this.current()
      await session.flush(signal)
      await this.attempt(() => session.retain())
      this.armAgeTimer()
    })
  }

  /**
   * The events that meet a query, ascending, in batches that are the caller's. An abort rejects with the signal's reason.
   * @throws {InvalidArgumentError} at once, for an unknown key or a value that is out of range.
   */
  query(query: ColdQuery = {}): AsyncIterable<StoredEvents> {
    const resolved = resolveQuery(query)
    const { reader, session } = this.current()
    return reader.query(session.snapshot, resolved, async () => session.snapshot)
  }

  async count(startSeq: number, endSeq: number): Promise<number> {
    assertRange(startSeq, endSeq)
    const { reader, session } = this.current()
    return reader.count(session.snapshot, startSeq, endSeq, async () => session.snapshot)
  }

  /** The numbers of [startSeq, endSeq) of which the store was told that they hold no event, and why. */
  async gaps(startSeq: number, endSeq: number): Promise<Gap[]> {
    assertRange(startSeq, endSeq)
    const { reader, session } = this.current()
    return reader.gaps(session.snapshot, startSeq, endSeq)
  }

  /**
   * Folds corrections into the events and joins the small files of each day. Events may be written meanwhile.
   * @throws {InvalidArgumentError} if one is under way.
   */
  async compact(options: CompactOptions = {}): Promise<CompactionProgress> {
    assertKeys(options, 'options', ['signal', 'onProgress'])
    const { signal, onProgress } = options
    const { session } = this.current()
    await this.inTurn(async () => {
      await session.flush(signal)
      await session.beginCompaction()
    })
    try {
      for (;;) {
        signal?.throwIfAborted()
        const progress = await this.inTurn(() => this.stillOpen(session).compactNext(signal))
        if (progress === undefined) break
        onProgress?.(progress)
      }
      return await this.inTurn(() => this.stillOpen(session).finishCompaction())
    } finally {
      session.endCompaction()
    }
  }

  /** Counters, now. */
  stats(): ColdStoreStats {
    const { session, reader, committer, opening } = this.current()
    const counters = statsOf(session.snapshot, reader.damage)
    return { ...counters, opening, leftovers: committer.leftoverCount, lastError: this.lastError }
  }

  /** What became of every number that the store was given. */
  coverage(): ColdCoverage {
    return coverageOf(this.current().session.snapshot)
  }

  /** Flushes, and reads every file and compares it with what the manifest says. */
  async verify(signal?: AbortSignal): Promise<ColdVerification> {
    return this.inTurn(async () => {
      const { session, reader } = this.current()
      await session.flush(signal)
      return verified(reader, session.snapshot.state, signal)
    })
  }

  close(): Promise<void> {
    return this.inTurn(async () => {
      const { opened } = this
      if (opened === undefined) return
      clearInterval(opened.interval)
      try {
        await opened.session.flush(undefined)
      } finally {
        this.committed = opened.manifest.state.checkpoint
        this.opened = undefined
        clearTimeout(this.ageTimer)
        this.ageTimer = undefined
        await opened.reader.close()
        opened.disown()
      }
    })
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private async begin(identity: StreamIdentity | undefined): Promise<Opened> {
    const { files, formatOf, crc } = this.platform
    const format = await formatOf(this.options.format)
    const disown = await this.platform.own()
    try {
      const { manifest, opening } = await openManifest(files, crc, this.name, identity)
      const committer = new Committer(files, manifest, format)
      const reader = new PartitionReader(files, formatOf)
      const session = new ColdSession(manifest, committer, reader, this.options)
      const interval = setInterval(() => this.onTimer(), this.options.flushIntervalMs)
      unref(interval)
      return { manifest, committer, reader, session, opening, disown, interval }
    } catch (error) {
      disown()
      throw error
    }
  }

  private onTimer(): void {
    void this.inTurn(async () => {
      const session = this.opened?.session
      if (session === undefined) return
      await this.attempt(async () => {
        await session.flush(undefined)
        await session.retain()
      })
      this.armAgeTimer()
    })
  }

  /** What the store does by itself has nobody to throw to. */
  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.lastError = undefined
    } catch (error) {
      this.lastError = error
    }
  }

  private armAgeTimer(): void {
    const { maxAgeMs } = this.options
    if (this.opened === undefined || this.opened.session.pending.isEmpty) {
      clearTimeout(this.ageTimer)
      this.ageTimer = undefined
    } else if (maxAgeMs !== undefined && this.ageTimer === undefined) {
      this.ageTimer = setTimeout(() => {
        this.ageTimer = undefined
        this.onTimer()
      }, maxAgeMs)
      unref(this.ageTimer)
    }
  }

  private current(): Opened {
    if (this.opened === undefined) throw new ClosedError(`store '${this.name}'`)
    return this.opened
  }

  private stillOpen(session: ColdSession): ColdSession {
    if (this.opened?.session !== session) throw new ClosedError(`store '${this.name}'`)
    return session
  }

  /** Runs `work` when everything that was asked before is done. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.tail.then(work)
    this.tail = done.catch(() => undefined)
    return done
  }
}

/** A timer of Node's then keeps no process alive; elsewhere none does. */
function unref(timer: unknown): void {
  ;(timer as { unref?: () => void }).unref?.()
}
