/**
 * Searching and sampling in a thread's copy of a shared ring, with the numbers of the shared ring.
 *
 * @module
 */

import type { EventView } from '../event/view.js'
import type { EventBatch, SampleBatch, SampledSeqs } from '../stream/batch.js'
import { Finder } from '../stream/finder.js'
import { Matcher, rangeEnd } from '../stream/matching.js'
import type { FinderPart, SamplerPart } from '../stream/parts.js'
import { Sampler } from '../stream/sampler.js'
import type { SamplingStrategy } from '../stream/sampling/strategy.js'
import type { EventFilter, FindOptions } from '../stream/types.js'
import type { Mirror } from './mirror.js'

/** Takes and shows numbers of the shared ring. */
class MirrorMatcher extends Matcher {
  private readonly mirror: Mirror

  constructor(mirror: Mirror) {
    super(mirror.ring)
    this.mirror = mirror
  }

  override range({ startSeq, endSeq }: EventFilter): { start: number; end: number } {
    const { floor, asOf } = this.mirror
    const within = (seq: number): number => Math.min(Math.max(seq, floor), asOf)
    const start = within(startSeq ?? floor)
    return { start, end: Math.max(start, within(endSeq ?? asOf)) }
  }

  protected override show(view: EventView, number: number): EventView {
    const { ring, mirror } = this
    return view.moveTo(ring.kernel, ring.wordOf(number), mirror.seqOf(number), mirror.shared)
  }

  protected override bounds(startSeq: unknown, endSeq: unknown): { from: number; to: number } {
    const { ring, mirror } = this
    const rankOf = (seq: number): number => mirror.numberFrom(seq) - ring.oldest
    const from = startSeq === undefined ? 0 : rankOf(rangeEnd(startSeq, 'startSeq'))
    const to = endSeq === undefined ? ring.size : rankOf(rangeEnd(endSeq, 'endSeq'))
    return { from, to: Math.max(from, to) }
  }
}

/** Finds, counts and draws. The copy is made by the first call. */
export class MirrorSearch implements FinderPart, SamplerPart {
  private readonly mirror: Mirror
  private readonly seed: readonly [number, number]
  private parts: { finder: Finder; sampler: Sampler } | undefined

  constructor(mirror: Mirror, seed: readonly [number, number]) {
    this.mirror = mirror
    this.seed = seed
  }

  find(options: FindOptions, into: EventBatch): EventBatch {
    const batch = this.ready().finder.find(options, into)
    this.mirror.translate(batch.seqs)
    return batch
  }

  findSeqs(options: FindOptions): Float64Array {
    const seqs = this.ready().finder.findSeqs(options)
    this.mirror.translate(seqs)
    return seqs
  }

  count(filter: EventFilter): number {
    return this.ready().finder.count(filter)
  }

  batch(size: number, strategy: SamplingStrategy, replacement: boolean, into: SampleBatch): SampleBatch {
    const batch = this.ready().sampler.batch(size, strategy, replacement, into)
    this.mirror.translate(batch.seqs)
    const { floor, asOf } = this.mirror
    return batch.describe(batch.length, floor, asOf, 0, false)
  }

  seqs(size: number, strategy: SamplingStrategy, replacement: boolean, into: SampledSeqs): SampledSeqs {
    const drawn = this.ready().sampler.seqs(size, strategy, replacement, into)
    this.mirror.translate(drawn.seqs)
    return drawn
  }

  save(): Uint8Array {
    return this.ready().sampler.save()
  }

  restore(state: unknown): void {
    this.ready().sampler.restore(state)
  }

  private ready(): { finder: Finder; sampler: Sampler } {
    this.mirror.catchUp()
    if (this.parts === undefined) {
      const matcher = new MirrorMatcher(this.mirror)
      const { ring } = this.mirror
      this.parts = { finder: new Finder(ring, matcher), sampler: new Sampler(ring, matcher, this.seed) }
    }
    return this.parts
  }
}
