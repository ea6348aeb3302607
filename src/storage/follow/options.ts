/**
 * What `follow` takes and what followers report.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import { assertChoice, assertFinite, assertInteger, assertKeys, assertSignal } from '../../stream/validate.js'
import type { Checkpoint, ColdStorage } from '../cold/cold-storage.js'
import type { Gap } from '../journal/source.js'
import { Backoff, type RetryOptions } from './retry.js'

/** Options of `follow`. Unknown keys are refused. */
export interface FollowOptions {
  /** The follower's place in the journal, which keeps what it needs, also while it is not attached. Default: the store's name. */
  readonly name?: string | undefined
  /** Events in one `write` of the store at most, 1 to 1,048,576. Default 10,000. */
  readonly batchSize?: number | undefined
  /**
   * Where a store begins that has nothing of the stream: `'oldest'` (default) with the oldest event that the journal
   * has, `'next'` with what the journal gets from the first `follow` of this name on. What lies before is told to the
   * store as a gap of reason `'missed'`.
   */
  readonly from?: 'oldest' | 'next' | undefined
  /** How long it waits for a batch to fill once there is something, in ms. Default 100. */
  readonly lingerMs?: number | undefined
  readonly retry?: RetryOptions | undefined
  /**
   * Bytes of the journal that the follower may be behind. Looked at whenever a file of the journal is full and whenever
   * the follower moves, so that `segmentBytes` is the resolution; only while the follower is attached. Default: no limit.
   */
  readonly maxLagBytes?: number | undefined
  /**
   * What a breach of `maxLagBytes` does. `'gate'` (default): every write to the stream throws `BackpressureError`,
   * whatever `onFull` says, until the follower is at most half as far behind; it takes everything meanwhile, settled or
   * not. `'detach'`: the follower ends, the journal keeps nothing for it any more, and the report says what it did not
   * get; the store stays as it is and may follow again, with a gap of reason `'missed'` where the journal has moved on.
   */
  readonly onLagExceeded?: 'gate' | 'detach' | undefined
  /** Told of everything that a follower's owner may have to act on. What it throws is an uncaught exception. */
  readonly onReport?: ((report: FollowReport) => void) | undefined
  /** Ends the follower at once; the store's call under way is told, and nothing is flushed. */
  readonly signal?: AbortSignal | undefined
}

/** Something happened to a follower. */
export type FollowReport = { readonly name: string } & (
  | { readonly kind: 'retrying'; readonly error: unknown; readonly attempt: number; readonly delayMs: number }
  | { readonly kind: 'recovered'; readonly attempts: number }
  /** Not worth another try, or tried too often. Its place in the journal stays. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The stream closed and the store would not take the rest; the journal keeps it. */
  | { readonly kind: 'unfinished'; readonly error: unknown; readonly start: number; readonly end: number }
  /** The journal does not have these events any more, or the store was not to have them. */
  | { readonly kind: 'missed'; readonly gap: Gap }
  /** Files with corrections of events that the store has were gone: blocks [start, end). Only after `'detached'`. */
  | { readonly kind: 'missed-corrections'; readonly start: number; readonly end: number }
  /** The writers are held, and go on. */
  | { readonly kind: 'held'; readonly lagBytes: number; readonly maxLagBytes: number }
  | { readonly kind: 'released'; readonly lagBytes: number }
  /** Detached by `maxLagBytes` (or by `unfollow`, without a limit) before it got the events of [start, end). */
  | {
      readonly kind: 'detached'
      readonly lagBytes: number
      readonly maxLagBytes: number | undefined
      readonly start: number
      readonly end: number
    }
)

/**
 * What a follower is doing: `'following'` while it has something to do, `'waiting'` for events to be written or to
 * settle, `'retrying'` after a failure; at its end `'detached'` from the journal, `'failed'` for good or `'closed'`.
 */
export type FollowerState = 'following' | 'waiting' | 'retrying' | 'detached' | 'failed' | 'closed'

/** How far a follower is behind what is written out. */
export interface FollowerLag {
  /** Sequence numbers that are written out and not committed in the store. */
  readonly events: number
  /** Bytes of the journal from the first block on that the follower still needs; 0 once the stream is closed. */
  readonly bytes: number
}

/** A follower in `stats()`. */
export interface FollowerStats {
  readonly name: string
  /** `'absent'`: it has a place in the journal, and nobody has called `follow` with its name. */
  readonly state: FollowerState | 'absent'
  readonly checkpoint: Checkpoint | undefined
  readonly lag: FollowerLag
  /** Failures in a row, 0 when all is well. */
  readonly attempts: number
  readonly lastError: unknown
  /** Whether writers are held because of its `maxLagBytes`. */
  readonly holding: boolean
}

/** Options with everything decided. */
export interface ResolvedFollow {
  readonly name: string
  readonly batchSize: number
  readonly from: 'oldest' | 'next'
  readonly lingerMs: number
  readonly backoff: Backoff
  readonly maxLagBytes: number
  readonly detaches: boolean
  readonly report: (report: FollowReport) => void
  readonly signal: AbortSignal | undefined
}

const KEYS = ['name', 'batchSize', 'from', 'lingerMs', 'retry', 'maxLagBytes', 'onLagExceeded', 'onReport', 'signal']
const METHODS = ['open', 'write', 'flush'] as const
const LONGEST_NAME = 200

/** @throws {InvalidArgumentError} for an unknown key or a value that is out of range. */
export function resolveFollow(store: ColdStorage, options: FollowOptions): ResolvedFollow {
  if (typeof store !== 'object' || store === null || METHODS.some((method) => typeof store[method] !== 'function')) {
    throw invalid('store', `be a ColdStorage with ${METHODS.join(', ')}`, store)
  }
  assertKeys(options, 'options', KEYS)
  const { name = store.name, batchSize = 10_000, from = 'oldest', lingerMs = 100, maxLagBytes } = options
  const { onLagExceeded = 'gate', onReport, signal } = options
  assertName(name)
  assertInteger(batchSize, 'batchSize', 1, 2 ** 20)
  assertChoice(from, 'from', ['oldest', 'next'])
  assertFinite(lingerMs, 'lingerMs', 0, 2 ** 31 - 1)
  if (maxLagBytes !== undefined) assertInteger(maxLagBytes, 'maxLagBytes', 1, 2 ** 53)
  assertChoice(onLagExceeded, 'onLagExceeded', ['gate', 'detach'])
  if (onReport !== undefined && typeof onReport !== 'function') throw invalid('onReport', 'be a function', onReport)
  assertSignal(signal)
  return {
    name,
    batchSize,
    from,
    lingerMs,
    backoff: new Backoff(options.retry ?? {}),
    maxLagBytes: maxLagBytes ?? Number.POSITIVE_INFINITY,
    detaches: onLagExceeded === 'detach',
    // A report of its own task: what it throws must not end the follower.
    report: (report) => onReport !== undefined && queueMicrotask(() => onReport(report)),
    signal,
  }
}

/** @throws {InvalidArgumentError} unless `name` can name a follower. */
export function assertName(name: unknown): asserts name is string {
  if (typeof name === 'string' && name.length >= 1 && name.length <= LONGEST_NAME) return
  throw invalid('name', `be a text of 1 to ${LONGEST_NAME} characters`, name)
}
