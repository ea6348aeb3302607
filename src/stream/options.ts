/**
 * The options of a stream: defaults and checks, and the configuration names of older systems.
 *
 * @module
 */

import { invalid } from '../errors.js'
import { amortizedClock, type ClockFunction, callerClock, preciseClock } from '../event/clock.js'
import { AppraiserType } from '../event/types.js'
import { SEQ_LIMIT } from '../kernel/ring.js'
import * as L from '../layout.js'
import type { StreamOptions } from './types.js'
import { assertBoolean, assertChoice, assertInteger, assertKeys } from './validate.js'

/** Options with everything decided. */
export interface ResolvedOptions {
  capacity: number
  idMode: number
  clock: ClockFunction
  /** Low and high half of the seed. */
  seed: readonly [number, number]
  prefault: boolean
  requiredMask: number
  explicit: boolean
  maxLag: number
  shared: boolean
  maxThreads: number
  firstSeq: number
  module: WebAssembly.Module | undefined
}

/** What `create` takes of its users. */
export const STREAM_KEYS = [
  'capacity',
  'ids',
  'clock',
  'seed',
  'prefault',
  'appraisers',
  'priority',
  'maxLag',
  'shared',
  'maxThreads',
]
const INTERNAL_KEYS = ['firstSeq', 'module']
const DEFAULT_THREADS = 32
const DEFAULT_CAPACITY = 1_000_000
/** No memory holds more; the memory map tells the exact limit. */
const CAPACITY_LIMIT = 2 ** 32 - 1

/** @throws {InvalidArgumentError} for an unknown key or a value that is out of range. */
export function resolveOptions(options: StreamOptions = {}): ResolvedOptions {
  assertKeys(options, 'options', [...STREAM_KEYS, ...INTERNAL_KEYS])
  const { capacity = DEFAULT_CAPACITY, ids = 'v4', prefault = false, priority = 'reward', firstSeq = 0 } = options
  assertInteger(capacity, 'capacity', 1, CAPACITY_LIMIT)
  assertChoice(ids, 'ids', ['v4', 'v7'])
  assertChoice(priority, 'priority', ['reward', 'explicit'])
  assertInteger(firstSeq, 'firstSeq', 0, SEQ_LIMIT - 1)
  const { shared = false, maxThreads = DEFAULT_THREADS, maxLag = capacity } = options
  assertBoolean(prefault, 'prefault')
  assertBoolean(shared, 'shared')
  assertInteger(maxThreads, 'maxThreads', 1, L.MOST_MEMBERS)
  assertInteger(maxLag, 'maxLag', 1, SEQ_LIMIT)
  return {
    capacity,
    idMode: ids === 'v7' ? L.ID_V7 : L.ID_V4,
    clock: clockOf(options.clock),
    seed: seedWords(options.seed),
    prefault,
    requiredMask: maskOf(options.appraisers),
    explicit: priority === 'explicit',
    maxLag,
    shared,
    maxThreads,
    firstSeq,
    module: options.module,
  }
}

function clockOf(clock: StreamOptions['clock'] = 'precise'): ClockFunction {
  if (typeof clock === 'function') return callerClock(clock)
  assertChoice(clock, 'clock', ['precise', 'amortized'])
  return clock === 'precise' ? preciseClock() : amortizedClock()
}

/** Low and high half of a seed, a random one for undefined. */
export function seedWords(seed: unknown): readonly [number, number] {
  if (seed === undefined) {
    const random = crypto.getRandomValues(new Uint32Array(2))
    return [random[0] as number, random[1] as number]
  }
  const valid =
    (typeof seed === 'bigint' && seed >= 0n && seed < 2n ** 64n) ||
    (typeof seed === 'number' && Number.isInteger(seed) && seed >= 0 && seed < SEQ_LIMIT)
  if (!valid) {
    throw invalid('seed', 'be an integer in [0, 2^53), or a bigint in [0, 2^64)', seed)
  }
  const bits = BigInt(seed as number | bigint)
  return [Number(bits & 0xffffffffn), Number(bits >> 32n)]
}

function maskOf(appraisers: unknown = Object.values(AppraiserType)): number {
  if (!Array.isArray(appraisers) || appraisers.length === 0) {
    throw invalid('appraisers', 'be a list of at least one', appraisers)
  }
  let mask = 0
  for (const appraiser of appraisers) {
    assertInteger(appraiser, 'appraisers', 0, L.REWARD_SLOTS - 1)
    mask |= 1 << appraiser
  }
  return mask
}

const CONFIG_KEYS = [
  'hot_buffer_capacity',
  'channel_size',
  'enable_cold_storage',
  'cold_storage_path',
  'cold_storage_batch_size',
  'auto_flush_interval_secs',
]

/**
 * Options from a configuration in the names of earlier implementations: `hot_buffer_capacity` becomes `capacity`,
 * `channel_size` the default `maxLag` of subscriptions. The settings of cold storage are checked; asking to enable it
 * is an error, since this package has none yet and events would be lost silently.
 *
 * @throws {InvalidArgumentError} for an unknown name or a value that is out of range.
 * @example
 * ```ts
 * const options = optionsFromConfig({ hot_buffer_capacity: 5000, channel_size: 1000, enable_cold_storage: false })
 * console.log(options) // { capacity: 5000, maxLag: 1000 }
 * ```
 */
export function optionsFromConfig(config: unknown): StreamOptions {
  assertKeys(config, 'config', CONFIG_KEYS)
  const settings: Record<string, unknown> = { ...config }
  const options: StreamOptions = {}
  const { hot_buffer_capacity: capacity, channel_size: maxLag, enable_cold_storage: cold = false } = settings
  if (capacity !== undefined) {
    assertInteger(capacity, 'hot_buffer_capacity', 1, CAPACITY_LIMIT)
    options.capacity = capacity
  }
  if (maxLag !== undefined) {
    assertInteger(maxLag, 'channel_size', 1, SEQ_LIMIT)
    options.maxLag = maxLag
  }
  if (cold !== false) {
    throw invalid('enable_cold_storage', 'be false in this version', cold)
  }
  const { cold_storage_path: path, cold_storage_batch_size: size, auto_flush_interval_secs: interval } = settings
  if (path !== undefined && path !== null && typeof path !== 'string') {
    throw invalid('cold_storage_path', 'be a string or null', path)
  }
  if (size !== undefined) assertInteger(size, 'cold_storage_batch_size', 1, SEQ_LIMIT)
  if (interval !== undefined) assertInteger(interval, 'auto_flush_interval_secs', 1, SEQ_LIMIT)
  return options
}
