/**
 * The real sampler behind the interface of the checks, its weights given in one of three ways.
 *
 * @module
 */

import { ExperienceStream, prioritizedReward, type SampledSeqs } from '../../src/index.js'
import { RECORD_SIZE } from '../model/record.js'
import type { PrioritySampler } from './checks.js'

/** Writes `count` events of zeros, in packed batches. */
export function writeZeros(stream: ExperienceStream, count: number): void {
  const chunk = new Uint8Array(Math.min(count, 8192) * RECORD_SIZE)
  for (let left = count; left > 0; left -= 8192)
    stream.writeBatch(chunk.subarray(0, Math.min(left, 8192) * RECORD_SIZE))
}

/** Items are events, weights explicit priorities. `offset` events are written first, so that the ring has wrapped. */
export class ExplicitSampler implements PrioritySampler {
  readonly stream: ExperienceStream
  private readonly oldest: number
  private into: SampledSeqs | undefined

  constructor(size: number, seed: number, offset = 0, module?: WebAssembly.Module) {
    this.stream = ExperienceStream.createSync({ capacity: size, priority: 'explicit', seed, module })
    writeZeros(this.stream, offset + size)
    this.oldest = this.stream.oldestSeq
  }

  set(items: ArrayLike<number>, weights: ArrayLike<number>): void {
    const seqs = Float64Array.from(items, (item) => this.oldest + item)
    this.stream.setPriorities(seqs, weights)
  }

  draw(count: number) {
    this.into = this.stream.sampleSeqs(count, prioritizedReward({ alpha: 1 }), this.into && { into: this.into })
    const { seqs, probabilities, length } = this.into
    const items = new Float64Array(length)
    for (let i = 0; i < length; i++) items[i] = seqs[i]! - this.oldest
    return { items, probabilities }
  }
}

/** Items are events, weights their total rewards, with signs that must not matter. */
export class RewardSampler implements PrioritySampler {
  readonly stream: ExperienceStream
  private into: SampledSeqs | undefined

  constructor(size: number, seed: number) {
    this.stream = ExperienceStream.createSync({ capacity: size, seed })
    writeZeros(this.stream, size)
    this.set(
      Float64Array.from({ length: size }, (_, i) => i),
      new Float64Array(size).fill(1),
    )
  }

  set(items: ArrayLike<number>, weights: ArrayLike<number>): void {
    this.stream.setAppraiserRewards(
      items,
      2,
      Float64Array.from(weights, (weight, i) => (i % 2 === 0 ? weight : -weight)),
    )
  }

  draw(count: number) {
    this.into = this.stream.sampleSeqs(count, prioritizedReward(), this.into && { into: this.into })
    return { items: this.into.seqs, probabilities: this.into.probabilities }
  }
}
