/**
 * The shapes of the stream: options, filters, and what calls report.
 *
 * @module
 */

import type { AppraiserType } from '../event/types.js'
import type { SampleBatch } from './batch.js'

/** Where timestamps come from when the caller gives none. */
export type Clock = 'precise' | 'amortized' | (() => number)

/** What `ExperienceStream.create` and `createSync` take. Unknown keys are refused. */
export interface StreamOptions {
  /** Events that the ring holds, at least 1; memory for all of them is reserved at creation. Default 1,000,000. */
  capacity?: number | undefined
  /** Version of the UUIDs that the stream makes. Default `'v4'`; `'v7'` sorts by the event's time. */
  ids?: 'v4' | 'v7' | undefined
  /**
   * `'precise'` (default) reads the clock for every event, `'amortized'` at the first write after the event loop has
   * turned and every 64 writes. A function returns Unix µs as an integer in [0, 2^53).
   */
  clock?: Clock | undefined
  /** Seed of the samplers, an integer in [0, 2^53) or a bigint in [0, 2^64). Default: random. */
  seed?: number | bigint | undefined
  /** Touch all memory at creation, so that the first lap is as fast as later ones. Default false. */
  prefault?: boolean | undefined
  /** The appraisers that make an event fully appraised. Default: all four. */
  appraisers?: readonly AppraiserType[] | undefined
  /**
   * What prioritized sampling weighs by: `'reward'` (default) the magnitude of the total reward, `'explicit'` what
   * `setPriorities` gave; new events then start with the largest priority of the events that are live with them, or 1.
   */
  priority?: 'reward' | 'explicit' | undefined
  /** Default of `maxLag` for subscriptions. Default: the capacity. */
  maxLag?: number | undefined
  /** Lets other threads take part; loads a second module. For `create` only. Default false. */
  shared?: boolean | undefined
  /** With `shared`: threads that can take part at a time, this one included, 1 to 256. Default 32. */
  maxThreads?: number | undefined
  /** @internal Sequence number of the first event; tests and recovery start there. */
  firstSeq?: number | undefined
  /** @internal Another build of the module; tests that break it on purpose give one. */
  module?: WebAssembly.Module | undefined
}

/** What `attach` takes: settings of this thread. Everything else comes with the handle. */
export interface AttachOptions {
  /** As in {@link StreamOptions}. */
  clock?: Clock | undefined
  /** Seed of this thread's samplers. Default: random. */
  seed?: number | bigint | undefined
  /** Default of `maxLag` for subscriptions of this thread. Default: the capacity. */
  maxLag?: number | undefined
}

/** What lets one other thread take part in a shared stream. Goes through `postMessage`; good for one `attach`. */
export interface StreamHandle {
  readonly kind: 'experience-stream'
  /** Names the thread to come in `stats()` and for `retire`. */
  readonly writerId: number
  /** What the layouts of both sides must agree on. */
  readonly fingerprint: number
  readonly memory: WebAssembly.Memory
}

/** Options of `handle`. */
export interface HandleOptions {
  /** The worker thread of Node that will attach: when it exits, its place is retired. */
  worker?: { readonly threadId?: number; once(event: 'exit', listener: () => void): unknown } | undefined
}

/** Options of `retire`. */
export interface RetireOptions {
  /** The thread is known to have ended, so that its place is free again. Default false. */
  ended?: boolean | undefined
}

/** Which events `find` and `count` take. Conditions are joined by AND; each may be left out. */
export interface EventFilter {
  /** One of these type codes. */
  types?: number | readonly number[] | undefined
  /** All of these bits are set. */
  flags?: number | undefined
  /** Episode, as in `EventInput`. */
  episodeId?: number | bigint | undefined
  /** Timestamp in µs, at least. */
  from?: number | undefined
  /** Timestamp in µs, below. */
  to?: number | undefined
  /** Total reward, at least. */
  minReward?: number | undefined
  /** Total reward, at most. */
  maxReward?: number | undefined
  /** First sequence number. */
  startSeq?: number | undefined
  /** Sequence number behind the last. */
  endSeq?: number | undefined
}

/** Options of `find` and `findSeqs`. */
export interface FindOptions extends EventFilter {
  /** `'oldest'` (default) first, or `'newest'` first. */
  order?: 'oldest' | 'newest' | undefined
  /** At most this many events, counted in `order`. */
  limit?: number | undefined
}

/** Options of `subscribe`. */
export interface SubscribeOptions {
  /** `'next'` (default): what is written from now on; `'oldest'`: the live window first; or a sequence number. */
  from?: 'next' | 'oldest' | number | undefined
  /** Deliver these type codes only; the others are counted as `filtered`. */
  types?: number | readonly number[] | undefined
  /** Events in a batch at most, 1 to 2^20. Default 1024. */
  maxBatch?: number | undefined
  /** Skip to the newest `maxLag` events when further behind; what is skipped is counted as missed. */
  maxLag?: number | undefined
  /** Closes the subscription when aborted. */
  signal?: AbortSignal | undefined
}

/** Sequence numbers of a batch that was written: `[start, end)`. */
export interface SeqRange {
  start: number
  end: number
  /**
   * Only where threads share the ring, and only if there are any: events of the batch that were not written, because
   * other threads went round the whole ring before their turn came.
   */
  aborted?: number | undefined
}

/** What became of the entries of a bulk update. `corrected` counts durable corrections, which need a journal. */
export interface BulkResult {
  applied: number
  corrected: number
  evicted: number
}

/** Options of `sampleBatch`. */
export interface SampleOptions {
  /** Whether an event may be drawn more than once. Default: that of the strategy. */
  replacement?: boolean | undefined
  /** A batch of an earlier call, whose buffers are reused. */
  into?: SampleBatch | undefined
}

/** Accounting of one open subscription: `received + filtered + missed + aborted = position − from`. */
export interface SubscriptionStats {
  from: number
  position: number
  received: number
  filtered: number
  missed: number
  /** Sequence numbers that no event ever got; 0 unless threads share the ring. */
  aborted: number
  lag: number
}

/** What `stats()` returns; a snapshot. */
export interface StreamStats {
  capacity: number
  /** Sequence number of the first event that this stream was to hold, usually 0. */
  firstSeq: number
  /** `written = readable + evicted`. */
  written: number
  readable: number
  evicted: number
  oldestSeq: number
  nextSeq: number
  rewards: {
    /** Reward writes that landed, single and in bulk. */
    applied: number
    /** Reward and priority writes of bulk calls that came too late. */
    evicted: number
    /** Events whose mask was completed, each counted once. */
    fullyAppraised: number
  }
  index: {
    /** What the sampling index holds at present, or undefined before the first prioritized sample. */
    alpha: number | undefined
    epsilon: number | undefined
    /** Times that the index was built anew for another (α, ε) or source of weights. */
    rebuilds: number
    /** New events and changed events that were folded in. */
    folded: number
  }
  subscriptions: SubscriptionStats[]
  /** Only of a stream that threads share. */
  threads?: ThreadsStats | undefined
  memory: {
    /** Bytes of linear memory. */
    bytes: number
    /** Bytes for one event, rounded up: record, mask, columns and indexes. */
    bytesPerEvent: number
  }
}

/** Accounting of a ring that threads share: `claimed = written + aborted + pending`. */
export interface ThreadsStats {
  /** Sequence numbers that were claimed. */
  claimed: number
  /** Claimed numbers that will never be events. */
  aborted: number
  /** Claimed numbers that may still become events. */
  pending: number
  /** The first number that readers wait for, and who owns it; undefined if they wait for none. */
  stalled: { seq: number; writerId: number } | undefined
  /** The threads that take part. */
  members: MemberStats[]
}

/** One thread that takes part in a shared stream. */
export interface MemberStats {
  writerId: number
  /** `'reserved'`: it has not attached yet; `'retired'`: it may no longer write. */
  state: 'reserved' | 'active' | 'retired'
  written: number
  aborted: number
  /** What it has claimed and not used, `[start, end)`; undefined if nothing. */
  claim: SeqRange | undefined
}
