/**
 * Durable streams from a configuration in the names of earlier implementations.
 *
 * @module
 */

import { invalid } from '../../errors.js'
import { optionsFromConfig } from '../../stream/options.js'
import { assertBoolean } from '../../stream/validate.js'
import type { DurableOptions } from './types.js'

const DEFAULT_BATCH = 10_000
const DEFAULT_INTERVAL_S = 300

/** What a configuration asks for. */
export interface ConfiguredStream {
  /** For `openExperienceStream`, the directory included. */
  readonly options: DurableOptions & { readonly directory: string }
  /** The cold storage that is to follow the stream; undefined if it is not enabled. */
  readonly coldStorage:
    | { readonly directory: string; readonly batchSize: number; readonly flushIntervalMs: number }
    | undefined
}

/**
 * Options from a configuration as `optionsFromConfig` takes it, for a stream whose directory is `cold_storage_path`.
 * With `enable_cold_storage: true` its cold storage is the folder `cold` in there, with batches of
 * `cold_storage_batch_size` events (default 10,000), flushed every `auto_flush_interval_secs` (default 300).
 *
 * @throws {InvalidArgumentError} for an unknown name, a value that is out of range, or a missing path.
 * @example
 * ```ts
 * const { options, coldStorage } = durableOptionsFromConfig({ enable_cold_storage: true, cold_storage_path: 'data' })
 * console.log(options.directory, coldStorage?.batchSize) // data 10000
 * ```
 */
export function durableOptionsFromConfig(config: unknown): ConfiguredStream {
  const given: Record<string, unknown> = typeof config === 'object' ? { ...config } : {}
  const { enable_cold_storage: enabled = false, cold_storage_path: directory } = given
  const options = optionsFromConfig(
    typeof config === 'object' && config ? { ...given, enable_cold_storage: false } : config,
  )
  assertBoolean(enabled, 'enable_cold_storage')
  if (typeof directory !== 'string' || directory === '') {
    throw invalid('cold_storage_path', 'be the path of a folder', directory)
  }
  // Checked above.
  const batchSize = (given.cold_storage_batch_size as number | undefined) ?? DEFAULT_BATCH
  const interval = (given.auto_flush_interval_secs as number | undefined) ?? DEFAULT_INTERVAL_S
  const cold = { directory: `${directory}/cold`, batchSize, flushIntervalMs: interval * 1000 }
  return { options: { ...options, directory }, coldStorage: enabled ? cold : undefined }
}
