/**
 * The shapes of durable streams: options and what calls report.
 *
 * @module
 */

import type { StreamOptions, StreamStats, SubscribeOptions } from '../../stream/types.js'
import type { FollowerStats } from '../follow/options.js'
import type { Gap } from '../journal/source.js'
import type { RestoreReport } from '../restore/restorable-store.js'

/**
 * What an event that was accepted before `durable()` was called survives once that has resolved, rewards, flags,
 * metadata and cursors included.
 *
 * - `'none'`: an orderly close. The journal is written once half of `maxBacklog` waits, when a follower or history asks,
 *   and by `close`; `durable()` resolves at once, since the level promises nothing that it could wait for.
 * - `'process-crash'`: the end of the process at any instruction, `kill -9` included. Every turn of the event loop that
 *   wrote something ends with the bytes at the operating system; a loss of power may take the last seconds.
 * - `'power-loss'`: also a crash of the machine. After every such turn the bytes are synced to the disk, one sync at a
 *   time, off the writing thread.
 *
 * An event that was written and not waited for may be lost with its turn, at every level; it is never half there.
 */
export type Durability = 'none' | 'process-crash' | 'power-loss'

/** What `openExperienceStream` takes beside the options of `create`. */
export interface DurableOptions extends Omit<StreamOptions, 'firstSeq' | 'module'> {
  /** Default `'process-crash'`. */
  durability?: Durability | undefined
  /**
   * What a writer meets when the ring is full of events that are not written out: `'drain'` (default) writes the backlog
   * out in the call, or with `shared` blocks until the worker has; `'throw'` throws `BackpressureError`. A page's main
   * thread can only throw. A thread that stands still inside its claim stops the journal, as `stats().threads.stalled`
   * tells; who waits for longer than five seconds throws as well.
   */
  onFull?: 'drain' | 'throw' | undefined
  /** What damage before the end of the journal does: `'strict'` (default) throws, `'salvage'` skips and reports it. */
  recover?: 'strict' | 'salvage' | undefined
  /** How long followers wait for late rewards before they take an event that is not complete. Default 5000. */
  settleMs?: number | undefined
  /**
   * Events that may be written before they are written out, at most the capacity. Default min(capacity, 16,384). With
   * `shared` memory has room for as many more, and a batch has at most as many, since its numbers are consecutive.
   */
  maxBacklog?: number | undefined
  /** Size of a journal file in bytes, 1 MiB to 1 GiB. Default 64 MiB. */
  segmentBytes?: number | undefined
  /** What of the journal may go once the ring and every follower are past it. Default: all of it, if anybody follows. */
  retention?: JournalRetention | undefined
  /** Bytes of metadata kept in memory. Default 16 MiB. What does not fit is read from the journal by `history`. */
  metadataBytes?: number | undefined
  /** Bytes that the metadata of one event may have when packed. Default 65,536. */
  maxMetadataBytes?: number | undefined
  /**
   * Told of every failure to write or to sync, also of those that nobody waited for. Writers meet it as well: each write
   * tries again first, or with `onFull: 'throw'` throws it once. After a failed sync every write throws it.
   */
  onError?: ((error: Error) => void) | undefined
}

/** How much journal is kept beyond what the ring and the followers need. A segment goes as soon as one of both says so. */
export interface JournalRetention {
  /** Keep segments until the journal is larger than this. */
  maxBytes?: number | undefined
  /** Keep segments until their last block is older than this. */
  maxAgeMs?: number | undefined
  /** What the cursor of a named subscription may hold back; what lies further behind counts as missed. Default: no limit. */
  maxCursorBytes?: number | undefined
}

/** What opening a directory found. */
export interface RecoveryReport {
  /** Whether the directory was new: it had no journal. */
  readonly created: boolean
  /** What a new directory got from `restoreFrom`; undefined if it was not asked, or had no stream. */
  readonly restored: RestoreReport | undefined
  /** Events restored to the ring: [startSeq, endSeq). */
  readonly startSeq: number
  readonly endSeq: number
  /** Bytes read and the time that it took. */
  readonly bytes: number
  readonly elapsedMs: number
  /** What was cut off behind the last whole block; nobody had been promised it. */
  readonly torn: Damage | undefined
  /** What `recover: 'salvage'` skipped. */
  readonly damage: readonly Damage[]
}

/** A place where a file does not hold what it should. */
export interface Damage {
  readonly file: string
  readonly offset: number
  readonly bytes: number
  readonly what: string
  /** Events that were lost there, as far as known. */
  readonly gap: Gap | undefined
}

/** Accounting of the journal: `written = durable + pending`. */
export interface JournalStats {
  readonly durability: Durability
  /** Events that the stream has accepted since its first one; numbers without an event count. */
  readonly written: number
  /** Those that are as safe as the level says (with `'none'`: that are written out). */
  readonly durable: number
  readonly pending: number
  /** Events of them that are not even written out, and events whose correction is not. */
  readonly backlog: number
  readonly backlogCorrections: number
  /** Files of the journal, and bytes that this stream has written to them. */
  readonly segments: number
  readonly bytes: number
  /** Corrections that this stream has written, and late writes to events that had left the ring. */
  readonly corrections: number
  readonly corrected: number
  /** Trips to the disk, and syncs. */
  readonly flushes: number
  readonly syncs: number
  /** Times that a writer wrote the backlog out itself, and times that one met `BackpressureError`. */
  readonly drains: number
  readonly backpressure: number
  /** Attempts to write or sync that failed, and the last reason. */
  readonly failures: number
  readonly lastError: Error | undefined
  /** Events whose metadata is in memory, and its bytes. */
  readonly metadata: { readonly events: number; readonly bytes: number }
}

/** What `stats()` of a durable stream returns; a snapshot. */
export interface DurableStreamStats extends StreamStats {
  readonly journal: JournalStats
  /** Every store that has a place in the journal, whether it follows at present or not. */
  readonly followers: readonly FollowerStats[]
}

/** Options of `subscribe` on a durable stream. */
export interface DurableSubscribeOptions extends SubscribeOptions {
  /** `'written'` (default): as soon as an event is in the ring; `'durable'`: only once it is as safe as the level says. */
  after?: 'written' | 'durable' | undefined
  /**
   * Keeps the cursor in the directory: the subscription goes on behind the last `ack` of that name, at first where `from`
   * says. One subscription of a name at a time. What the ring no longer holds is read from the journal's files.
   */
  name?: string | undefined
}
