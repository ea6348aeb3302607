/**
 * What `ingest --into` writes to: the stream of a directory, and the files that follow it in the directory's `cold`.
 *
 * @module
 */

import { join } from 'node:path'
import { FileColdStorage } from '../storage/cold/file-cold-storage.node.js'
import { openExperienceStream } from '../storage/durable/open.node.js'
import type { DurableExperienceStream } from '../storage/durable/stream.js'
import type { Damage, Durability } from '../storage/durable/types.js'
import type { Follower } from '../storage/follow/follower.js'
import { COLD_FOLDER } from './directory.js'
import type { IngestOptions, IntoRequest } from './ingest-options.js'
import { APPRAISERS, type AppraiserName, appraiserType } from './ingestion.js'

/** A command ends where a program would try again for good: about 1.5 s after the first failure. */
const MOST_ATTEMPTS = 5
const AWAKE_MS = 60_000

/** What is told about the directory in the end. */
export interface KeptReport {
  directory: string
  durability: Durability
  /** Whether the directory held a stream already. */
  continued: boolean
  /** The events of this run: [startSeq, endSeq). */
  startSeq: number
  endSeq: number
  /** What opening cut off, null for nothing, and what was damaged. */
  recovery: { torn: Damage | null; damage: readonly Damage[] }
  journal: { written: number; durable: number; pending: number; segments: number; bytes: number; corrections: number }
  /** The files; null with `--store none`. All counts are of everything that they hold, not of this run alone. */
  store: { events: number; files: number; bytes: number; days: number; corrections: number; pending: number } | null
  flushMs: number
}

/** A directory that is written to. */
export class Keeping {
  readonly stream: DurableExperienceStream
  readonly #request: IntoRequest
  readonly #store: FileColdStorage | undefined
  readonly #follower: Follower | undefined
  readonly #startSeq: number
  /** Followers keep no process alive, and this one has to wait for them, also while they pause after a failure. */
  readonly #awake = setInterval(() => {}, AWAKE_MS)

  private constructor(stream: DurableExperienceStream, request: IntoRequest) {
    this.stream = stream
    this.#request = request
    this.#startSeq = stream.stats().nextSeq
    if (request.store === 'none') return
    this.#store = new FileColdStorage(join(request.directory, COLD_FOLDER), { format: request.store })
    this.#follower = stream.follow(this.#store, { retry: { attempts: MOST_ATTEMPTS } })
  }

  /** Opens the directory, or makes it; throws before anything is read if the files cannot follow. */
  static async open(request: IntoRequest, options: IngestOptions): Promise<Keeping> {
    const { capacity, seed, appraisers } = options
    const mask = appraisers === undefined || appraisers.length === 0 ? undefined : appraisers.map(appraiserType)
    const { directory, durability } = request
    const stream = await openExperienceStream({ directory, durability, capacity, seed, appraisers: mask })
    const keeping = new Keeping(stream, request)
    try {
      await keeping.#follower?.caughtUp()
      return keeping
    } catch (error) {
      await keeping.close()
      throw error
    }
  }

  /** The appraisers that complete an event of this stream. */
  get appraisers(): AppraiserName[] {
    const { requiredMask } = this.stream.identity
    return APPRAISERS.filter((_, slot) => (requiredMask & (1 << slot)) !== 0)
  }

  /** Waits until everything is as safe as it was asked to be, in the files too. */
  async finish(): Promise<KeptReport> {
    const started = performance.now()
    await this.stream.durable()
    await this.#follower?.flush()
    const { nextSeq, journal } = this.stream.stats()
    const { created, torn, damage } = this.stream.recovery
    const { written, durable, pending, segments, bytes, corrections } = journal
    return {
      directory: this.#request.directory,
      durability: this.#request.durability,
      continued: !created,
      startSeq: this.#startSeq,
      endSeq: nextSeq,
      recovery: { torn: torn ?? null, damage },
      journal: { written, durable, pending, segments, bytes, corrections },
      store: this.#stored(nextSeq),
      flushMs: Math.round((performance.now() - started) * 10) / 10,
    }
  }

  /** Brings the files up to everything that was accepted, and gives the directory free. */
  async close(): Promise<void> {
    try {
      await this.stream.close()
    } finally {
      clearInterval(this.#awake)
      await this.#store?.close()
    }
  }

  #stored(endSeq: number): KeptReport['store'] {
    if (this.#store === undefined) return null
    const { events, files, bytes, days, corrections, checkpoint } = this.#store.stats()
    const pending = endSeq - (checkpoint?.seq ?? this.stream.identity.firstSeq)
    return { events, files, bytes, days: days.length, corrections, pending }
  }
}
