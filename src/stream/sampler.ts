/**
 * The sampler of a stream: its generator, and the way from a call to the strategy that draws.
 *
 * All randomness comes from the module's generator, and all floating arithmetic that selects or weighs happens in the
 * module, so that the same seed and the same events give the same draws in every engine.
 *
 * @module
 */

import { invalid } from '../errors.js'
import type { Ring } from '../kernel/ring.js'
import * as L from '../layout.js'
import type { SampleBatch, SampledSeqs } from './batch.js'
import type { Matcher } from './matching.js'
import { Draw, type Sink } from './sampling/draw.js'
import type { SamplingStrategy } from './sampling/strategy.js'
import { assertInteger, assertKeys, LARGEST_BATCH } from './validate.js'

const STATE_BYTES = 32

/** Draws from the live window of one ring. */
export class Sampler {
  private readonly ring: Ring
  private readonly matcher: Matcher

  constructor(ring: Ring, matcher: Matcher, seed: readonly [number, number]) {
    this.ring = ring
    this.matcher = matcher
    ring.kernel.core.seed(seed[0], seed[1])
  }

  /** The state of the generator, 32 bytes. */
  save(): Uint8Array {
    return this.ring.kernel.u8.slice(L.RANDOM, L.RANDOM + STATE_BYTES)
  }

  /** @throws {InvalidArgumentError} unless `state` is what `save` returned. */
  restore(state: unknown): void {
    // All zeros is the one state that the generator cannot leave.
    if (!(state instanceof Uint8Array) || state.length !== STATE_BYTES || state.every((byte) => byte === 0)) {
      throw invalid('state', `be the ${STATE_BYTES} bytes of saveSamplerState`, state)
    }
    this.ring.kernel.u8.set(state, L.RANDOM)
  }

  /** Draws events with their records. */
  batch(size: number, strategy: SamplingStrategy, replacement: boolean, into: SampleBatch): SampleBatch {
    const rows = this.draw(size, strategy, replacement, {
      draws: into.draws,
      numbers: (count) => into.ownNumbers(count),
      records: (count) => into.own(count),
    })
    into.describe(rows, this.ring.oldest, this.ring.next, 0, false)
    return into
  }

  /** Draws sequence numbers. */
  seqs(size: number, strategy: SamplingStrategy, replacement: boolean, into: SampledSeqs): SampledSeqs {
    this.draw(size, strategy, replacement, {
      draws: into.draws,
      numbers: (count) => into.ownNumbers(count),
      records: undefined,
    })
    return into
  }

  private draw(size: number, strategy: SamplingStrategy, replacement: boolean, sink: Sink): number {
    sink.draws.start(this.ring.size)
    if (this.ring.size === 0) return 0
    return strategy.draw(new Draw(this.ring, this.matcher, size, replacement, sink))
  }
}

/**
 * Checks what a caller asks of a sample. Returns whether an event may be drawn more than once.
 * @throws {InvalidArgumentError} naming the argument.
 */
export function checkSample(size: number, strategy: SamplingStrategy, options: { replacement?: unknown }): boolean {
  if (typeof strategy !== 'object' || strategy === null || typeof strategy.draw !== 'function') {
    throw invalid('strategy', 'be made by SamplingStrategy', strategy)
  }
  assertInteger(size, 'size', 0, Math.floor(LARGEST_BATCH / strategy.rows))
  assertKeys(options, 'options', ['replacement', 'into'])
  const { replacement = strategy.replacement } = options
  if (typeof replacement === 'boolean') return replacement
  throw invalid('replacement', 'be true or false', replacement)
}
