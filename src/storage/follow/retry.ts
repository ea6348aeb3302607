/**
 * How long a follower waits before it tries again: exponential backoff with jitter, and which failures are worth it.
 *
 * @module
 */

import { ExperienceError, invalid } from '../../errors.js'
import { assertFinite, assertInteger, assertKeys } from '../../stream/validate.js'

/** How a follower tries again after a failure. */
export interface RetryOptions {
  /** Wait after the first failure in ms, 0 or more. Default 100. */
  readonly initialMs?: number | undefined
  /** Longest wait in ms. Default 30,000. */
  readonly maxMs?: number | undefined
  /** What each further failure multiplies the wait by, 1 to 10. Default 2. */
  readonly factor?: number | undefined
  /** Part of the wait that chance takes away, 0 to 1. Default 0.5: between half the wait and the whole. */
  readonly jitter?: number | undefined
  /** Failures in a row after which it gives up, at least 1. Default Infinity. */
  readonly attempts?: number | undefined
  /** Seed of the jitter, an integer in [0, 2^32). Default: random. */
  readonly seed?: number | undefined
}

const KEYS = ['initialMs', 'maxMs', 'factor', 'jitter', 'attempts', 'seed']
/** Longer timers overflow. */
const LONGEST_MS = 2 ** 31 - 1
const FATAL = new Set([
  'INVALID_ARGUMENT',
  'STORE_MISMATCH',
  'CORRUPT_SEGMENT',
  'LAYOUT_MISMATCH',
  'MISSING_DEPENDENCY',
  'CLOSED',
  'AUTHENTICATION',
  'DATABASE_MISSING',
  'UNSUPPORTED_DATABASE',
  'SCHEMA_MISSING',
  'SCHEMA_VERSION',
])

/** Whether trying again may help: not after an error of this package that says what is wrong for good. */
export function isWorthRetrying(error: unknown): boolean {
  if (!(error instanceof ExperienceError)) return true
  // What a database refuses for a reason of the data or of its rights, it refuses again.
  return !FATAL.has(error.code) && (error.code !== 'DATABASE' || error.retryable)
}

/** The waits of one follower. */
export class Backoff {
  /** Failures since the last success. */
  failures = 0
  private readonly initialMs: number
  private readonly maxMs: number
  private readonly factor: number
  private readonly jitter: number
  private readonly attempts: number
  private random: number

  /** @throws {InvalidArgumentError} */
  constructor(options: RetryOptions) {
    assertKeys(options, 'retry', KEYS)
    const { initialMs = 100, maxMs = 30_000, factor = 2, jitter = 0.5, attempts = Number.POSITIVE_INFINITY } = options
    assertFinite(initialMs, 'retry.initialMs', 0, LONGEST_MS)
    assertFinite(maxMs, 'retry.maxMs', initialMs, LONGEST_MS)
    assertFinite(factor, 'retry.factor', 1, 10)
    assertFinite(jitter, 'retry.jitter', 0, 1)
    if (attempts !== Number.POSITIVE_INFINITY && !(Number.isInteger(attempts) && attempts >= 1)) {
      throw invalid('retry.attempts', 'be an integer of at least 1, or Infinity', attempts)
    }
    const seed = options.seed ?? (crypto.getRandomValues(new Uint32Array(1))[0] as number)
    assertInteger(seed, 'retry.seed', 0, 2 ** 32 - 1)
    this.initialMs = initialMs
    this.maxMs = maxMs
    this.factor = factor
    this.jitter = jitter
    this.attempts = attempts
    this.random = seed
  }

  /** Counts a failure; how many ms to wait, or undefined once there have been too many. */
  next(): number | undefined {
    this.failures++
    if (this.failures >= this.attempts) return undefined
    const wait = Math.min(this.maxMs, this.initialMs * this.factor ** (this.failures - 1))
    return wait * (1 - this.jitter * this.draw())
  }

  /** Counts a success. */
  reset(): void {
    this.failures = 0
  }

  /** In [0, 1): a Weyl sequence, mixed. Jitter has to differ between followers, no more. */
  private draw(): number {
    this.random = (this.random + 0x9e3779b9) >>> 0
    let bits = this.random
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32
  }
}
