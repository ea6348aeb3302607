/**
 * The options of durable streams: defaults and checks.
 *
 * @module
 */

import { InvalidArgumentError, invalid } from '../../errors.js'
import { type ResolvedOptions, resolveOptions, STREAM_KEYS } from '../../stream/options.js'
import { assertChoice, assertFinite, assertInteger, assertKeys } from '../../stream/validate.js'
import type { StreamIdentity } from '../journal/source.js'
import type { Durability, DurableOptions, JournalRetention } from './types.js'

const MIB = 1024 * 1024
const DEFAULT_BACKLOG = 16_384
const DEFAULT_SEGMENT = 64 * MIB
const LARGEST_SEGMENT = 1024 * MIB
const DEFAULT_METADATA = 16 * MIB
const LARGEST_METADATA = 1024 * MIB
const LONGEST_METADATA = 2 * MIB
const LONGEST_SETTLE_MS = 24 * 3600 * 1000

/** Options of a durable stream with everything decided. */
export interface ResolvedDurable {
  /** The options of the ring. */
  readonly stream: ResolvedOptions
  readonly durability: Durability
  readonly onFull: 'drain' | 'throw'
  readonly recover: 'strict' | 'salvage'
  readonly settleMs: number
  readonly maxBacklog: number
  readonly segmentBytes: number
  readonly retention: JournalRetention | undefined
  readonly metadataBytes: number
  readonly maxMetadataBytes: number
  readonly onError: ((error: Error) => void) | undefined
}

/**
 * Decides every option. What the directory knows already is its default: the capacity and the appraisers.
 * @throws {InvalidArgumentError} for an unknown key, a value that is out of range, or other appraisers than before.
 */
export function resolveDurable(options: DurableOptions, identity?: StreamIdentity): ResolvedDurable {
  assertKeys(options, 'options', [...STREAM_KEYS, ...DURABLE_KEYS])
  const { durability = 'process-crash', onFull = 'drain', recover = 'strict', settleMs = 5000 } = options
  assertChoice(durability, 'durability', ['none', 'process-crash', 'power-loss'])
  assertChoice(onFull, 'onFull', ['drain', 'throw'])
  assertChoice(recover, 'recover', ['strict', 'salvage'])
  assertFinite(settleMs, 'settleMs', 0, LONGEST_SETTLE_MS)
  const stream = resolveStream(options, identity)
  const { maxBacklog = Math.min(stream.capacity, DEFAULT_BACKLOG), segmentBytes = DEFAULT_SEGMENT } = options
  const { metadataBytes = DEFAULT_METADATA, maxMetadataBytes = Math.min(65_536, metadataBytes) } = options
  assertInteger(maxBacklog, 'maxBacklog', 1, stream.capacity)
  assertInteger(segmentBytes, 'segmentBytes', MIB, LARGEST_SEGMENT)
  assertInteger(metadataBytes, 'metadataBytes', 0, LARGEST_METADATA)
  assertInteger(maxMetadataBytes, 'maxMetadataBytes', 0, Math.min(LONGEST_METADATA, metadataBytes))
  const { retention, onError } = options
  assertRetention(retention)
  if (onError !== undefined && typeof onError !== 'function') throw invalid('onError', 'be a function', onError)
  return {
    stream,
    durability,
    onFull,
    recover,
    settleMs,
    maxBacklog,
    segmentBytes,
    retention,
    metadataBytes,
    maxMetadataBytes,
    onError,
  }
}

const DURABLE_KEYS = [
  'durability',
  'onFull',
  'recover',
  'settleMs',
  'maxBacklog',
  'segmentBytes',
  'retention',
  'metadataBytes',
  'maxMetadataBytes',
  'onError',
]

function resolveStream(options: DurableOptions, identity: StreamIdentity | undefined): ResolvedOptions {
  const settings: Record<string, unknown> = { ...options }
  for (const key of DURABLE_KEYS) delete settings[key]
  if (settings.capacity === undefined && identity !== undefined) settings.capacity = identity.capacity
  const stream = resolveOptions(settings)
  if (identity === undefined) return stream
  if (options.appraisers === undefined) return { ...stream, requiredMask: identity.requiredMask }
  if (stream.requiredMask === identity.requiredMask) return stream
  throw new InvalidArgumentError(
    `appraisers must be those that the directory was made with, ${appraisersOf(identity.requiredMask)}, ` +
      `got ${appraisersOf(stream.requiredMask)}: they decide which events are complete`,
    { requiredMask: stream.requiredMask, expected: identity.requiredMask },
  )
}

function appraisersOf(mask: number): string {
  return `[${[0, 1, 2, 3].filter((appraiser) => ((mask >> appraiser) & 1) !== 0).join(', ')}]`
}

function assertRetention(retention: JournalRetention | undefined): void {
  if (retention === undefined) return
  assertKeys(retention, 'retention', ['maxBytes', 'maxAgeMs', 'maxCursorBytes'])
  for (const [key, value] of Object.entries(retention)) {
    if (value !== undefined) assertFinite(value, `retention.${key}`, 0, Number.MAX_SAFE_INTEGER)
  }
}
