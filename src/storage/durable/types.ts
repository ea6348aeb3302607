/**
 * The shapes of durable streams: options and what calls report.
 *
 * @module
 */

import type { StreamOptions, SubscribeOptions } from '../../stream/types.js'
import type { Gap } from '../journal/source.js'

/**
 * What an acknowledged event survives.
 *
 * - `'none'`: an orderly close. The journal is written when it is convenient.
 * - `'process-crash'`: the end of the process at any instruction, `kill -9` included. The bytes are with the operating
 *   system; a loss of power may take the last seconds.
 * - `'power-loss'`: also a crash of the machine. The bytes were synced to the disk.
 */
export type Durability = 'none' | 'process-crash' | 'power-loss'

/** What `openExperienceStream` takes beside the options of `create`. */
export interface DurableOptions extends Omit<StreamOptions, 'firstSeq' | 'module'> {
  /** Default `'process-crash'`. */
  durability?: Durability | undefined
  /**
   * What a writer meets when the ring is full of events that are not written out: `'drain'` (default) writes the backlog
   * out in the call, `'throw'` throws `BackpressureError`. A page's main thread can only throw.
   */
  onFull?: 'drain' | 'throw' | undefined
  /** What damage before the end of the journal does: `'strict'` (default) throws, `'salvage'` skips and reports it. */
  recover?: 'strict' | 'salvage' | undefined
  /** How long followers wait for late rewards before they take an event that is not complete. Default 5000. */
  settleMs?: number | undefined
  /** Events that may be written before they are written out, at most the capacity. Default min(capacity, 16,384). */
  maxBacklog?: number | undefined
  /** Size of a journal file in bytes, 1 MiB to 1 GiB. Default 64 MiB. */
  segmentBytes?: number | undefined
  /** What of the journal may go once the ring and every follower are past it. Default: all of it, if anybody follows. */
  retention?: JournalRetention | undefined
  /** Bytes of metadata kept in memory. Default 16 MiB. What does not fit is read from the journal by `history`. */
  metadataBytes?: number | undefined
  /** Bytes that the metadata of one event may have when packed. Default 65,536. */
  maxMetadataBytes?: number | undefined
}

/** How much journal is kept at least, beyond what the ring and the followers need. */
export interface JournalRetention {
  /** Keep segments until the journal is larger than this. */
  maxBytes?: number | undefined
  /** Keep segments until their last block is older than this. */
  maxAgeMs?: number | undefined
}

/** What opening a directory found. */
export interface RecoveryReport {
  /** Whether the directory was new. */
  readonly created: boolean
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

/** Options of `subscribe` on a durable stream. */
export interface DurableSubscribeOptions extends SubscribeOptions {
  /** `'written'` (default): as soon as an event is in the ring; `'durable'`: only once it is as safe as the level says. */
  after?: 'written' | 'durable' | undefined
  /**
   * Keeps the cursor in the directory: the subscription goes on behind the last `ack` of that name. One subscription of
   * a name at a time. `from` says where a new name begins.
   */
  name?: string | undefined
}
