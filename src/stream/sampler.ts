/**
 * Sampling: takes a strategy apart into calls of the kernels and collects what they draw. All randomness comes from the
 * module's generator, and all floating arithmetic that selects or weighs happens in the module, so that the same seed
 * and the same events give the same draws in every engine.
 *
 * @module
 */

import { InvalidArgumentError } from '../errors.js'
import type { Ring } from '../kernel/ring.js'
import * as L from '../layout.js'
import { type Draws, SampleBatch, SampledSeqs } from './batch.js'
import type { Matcher } from './matching.js'
import { Reservoir } from './reservoir.js'
import type { SamplingStrategy, Take } from './strategy.js'

const SEQS = L.OUT_SEQS / 8
const PROBABILITIES = L.OUT_PROBABILITIES / 8
const WEIGHTS = L.OUT_WEIGHTS / 4
const SLOTS = L.OUT_SLOTS / 4
const STATE_BYTES = 32

/** Where the draws of one call go. */
interface Sink {
  draws: Draws
  seqs: Float64Array
  /** Undefined when only sequence numbers are asked for. */
  records: Uint8Array | undefined
}

/** Draws from the live window of one ring. */
export class Sampler {
  private readonly ring: Ring
  private readonly matcher: Matcher
  private readonly explicit: boolean

  constructor(ring: Ring, matcher: Matcher, seed: readonly [number, number]) {
    this.ring = ring
    this.matcher = matcher
    this.explicit = ring.kernel.map.explicit
    ring.kernel.core.seed(seed[0], seed[1])
  }

  /** The state of the generator, 32 bytes. */
  save(): Uint8Array {
    return this.ring.kernel.u8.slice(L.RANDOM, L.RANDOM + STATE_BYTES)
  }

  /** @throws {InvalidArgumentError} unless `state` is what `save` returned. */
  restore(state: unknown): void {
    if (!(state instanceof Uint8Array) || state.length !== STATE_BYTES || state.every((byte) => byte === 0)) {
      const got = state instanceof Uint8Array ? `${state.length} bytes` : String(state)
      throw new InvalidArgumentError(`state must be the ${STATE_BYTES} bytes of saveSamplerState, got ${got}`, { state })
    }
    this.ring.kernel.u8.set(state, L.RANDOM)
  }

  /** Draws events with their records. */
  batch(size: number, strategy: SamplingStrategy, replacement: boolean, into = new SampleBatch()): SampleBatch {
    const rows = this.draw(size, strategy, replacement, into.draws, (count) => ({
      draws: into.draws,
      seqs: into.ownNumbers(count),
      records: into.own(count),
    }))
    into.describe(rows, this.ring.oldest, this.ring.next, 0, false)
    return into
  }

  /** Draws sequence numbers. */
  seqs(size: number, strategy: SamplingStrategy, replacement: boolean, into = new SampledSeqs()): SampledSeqs {
    this.draw(size, strategy, replacement, into.draws, (count) => ({
      draws: into.draws,
      seqs: into.ownNumbers(count),
      records: undefined,
    }))
    return into
  }

  private draw(
    size: number,
    strategy: SamplingStrategy,
    replacement: boolean,
    draws: Draws,
    open: (rows: number) => Sink,
  ): number {
    draws.length = 0
    draws.population = this.ring.size
    if (this.ring.size === 0) return 0
    switch (strategy.kind) {
      case 'uniform':
        return this.uniform(size, replacement, draws, open)
      case 'prioritized':
        return this.prioritized(size, strategy, replacement, draws, open)
      case 'recency':
        return this.recency(size, strategy.decay, replacement, draws, open)
      case 'mixed':
        return this.mixed(size, strategy, replacement, draws, open)
      case 'recent':
        return this.recent(size, strategy.count, draws, open)
      case 'types':
        return this.matches(size, this.matcher.markTypes(strategy.types), strategy.take, replacement, draws, open)
      case 'custom':
        return this.matches(size, this.matcher.markWhere(strategy.predicate), strategy.take, replacement, draws, open)
      case 'sequences':
        return this.sequences(size, strategy.length, replacement, draws, open)
    }
  }

  private uniform(size: number, replacement: boolean, draws: Draws, open: (rows: number) => Sink): number {
    const { core } = this.ring.kernel
    const population = this.ring.size
    if (replacement) return this.collect(size, 1 / population, open(size), draws, (count) => core.drawUniform(count))
    const rows = Math.min(size, population)
    // Above half, drawing until an unmarked event turns up would take long; the bitmap leads there directly.
    if (rows * 2 > population) {
      this.matcher.leaveMarks()
      core.matchAll()
      return this.matches(size, core.countMatches(), 'random', false, draws, open)
    }
    this.matcher.clear()
    this.collect(rows, 1 / population, open(rows), draws, (count) => core.drawDistinct(count))
    if (rows <= L.CHUNK) core.unmarkDraws(rows)
    else core.clearMatches()
    return rows
  }

  private prioritized(
    size: number,
    strategy: { alpha: number; beta: number; epsilon: number },
    replacement: boolean,
    draws: Draws,
    open: (rows: number) => Sink,
  ): number {
    const { alpha, beta, epsilon } = strategy
    const { core, f64, map } = this.ring.kernel
    if (alpha === 0) return this.uniform(size, replacement, draws, open)
    core.foldWeights(this.explicit ? L.SOURCE_EXPLICIT : L.SOURCE_REWARD, alpha, epsilon)
    const total = core.weightTotal()
    if (total === 0) return this.uniform(size, replacement, draws, open)
    if (!replacement) {
      const leafOf = (seq: number): number => f64[map.leaves / 8 + this.slotOf(seq)] as number
      const rows = this.pass(size, L.WEIGH_LEAVES, 0, 0, draws, open, (seq) => leafOf(seq) / total)
      return this.weigh(rows, beta, draws)
    }
    let least = Number.POSITIVE_INFINITY
    const rows = this.collect(size, undefined, open(size), draws, (count) => {
      least = Math.min(least, core.drawWeighted(count))
    })
    return this.weigh(rows, beta, draws, rows <= L.CHUNK ? least : undefined)
  }

  /** Importance weights of the draws; `least` is the least probability if those of all draws still stand in memory. */
  private weigh(rows: number, beta: number, draws: Draws, least?: number): number {
    const { weights } = draws
    if (beta === 0 || rows === 0) {
      weights.fill(1)
      return rows
    }
    const { core, f32 } = this.ring.kernel
    if (least !== undefined) {
      core.importanceWeights(rows, least, beta)
      weights.set(f32.subarray(WEIGHTS, WEIGHTS + rows))
      return rows
    }
    return this.weighInChunks(rows, beta, draws)
  }

  private weighInChunks(rows: number, beta: number, draws: Draws): number {
    const { core, f32, f64, map } = this.ring.kernel
    const { weights } = draws
    const leaf = (i: number): number => f64[map.leaves / 8 + this.slotOf(this.drawn[i] as number)] as number
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < rows; i++) least = Math.min(least, leaf(i))
    for (let from = 0; from < rows; from += L.CHUNK) {
      const count = Math.min(L.CHUNK, rows - from)
      for (let i = 0; i < count; i++) f64[PROBABILITIES + i] = leaf(from + i)
      core.importanceWeights(count, least, beta)
      weights.set(f32.subarray(WEIGHTS, WEIGHTS + count), from)
    }
    return rows
  }

  /** The sequence numbers of the draw under way. */
  private drawn: Float64Array = new Float64Array(0)

  private slotOf(seq: number): number {
    return (this.ring.wordOf(seq) * 4 - L.RECORDS) / L.RECORD_BYTES
  }

  private recency(size: number, decay: number, replacement: boolean, draws: Draws, open: (rows: number) => Sink): number {
    const { core } = this.ring.kernel
    if (decay === 1) return this.uniform(size, replacement, draws, open)
    if (decay === 0) return this.newestOnly(replacement ? size : Math.min(size, 1), draws, open)
    if (!replacement) {
      const share = (seq: number): number => {
        const age = this.ring.next - 1 - seq
        return core.recencyProbability(age, decay)
      }
      return this.pass(size, L.WEIGH_RECENCY, decay, 0, draws, open, share)
    }
    return this.collect(size, undefined, open(size), draws, (count) => core.drawRecent(count, decay))
  }

  private newestOnly(rows: number, draws: Draws, open: (rows: number) => Sink): number {
    const { f64, u32 } = this.ring.kernel
    const newest = this.ring.next - 1
    return this.collect(rows, 1, open(rows), draws, (count) => {
      f64.fill(newest, SEQS, SEQS + count)
      u32.fill(this.slotOf(newest), SLOTS, SLOTS + count)
    })
  }

  private mixed(
    size: number,
    strategy: { rewardWeight: number; recencyWeight: number },
    replacement: boolean,
    draws: Draws,
    open: (rows: number) => Sink,
  ): number {
    const { rewardWeight, recencyWeight } = strategy
    const { core } = this.ring.kernel
    core.foldWeights(L.SOURCE_REWARD, 1, 0)
    const total = core.mixedWeightTotal(rewardWeight, recencyWeight)
    if (total === 0) return this.uniform(size, replacement, draws, open)
    if (!replacement) {
      const share = (seq: number): number => {
        return core.mixedWeightOf(this.slotOf(seq), rewardWeight, recencyWeight) / total
      }
      return this.pass(size, L.WEIGH_MIXED, rewardWeight, recencyWeight, draws, open, share)
    }
    return this.collect(size, undefined, open(size), draws, (count) => core.drawMixed(count, rewardWeight, recencyWeight))
  }

  private recent(size: number, most: number, draws: Draws, open: (rows: number) => Sink): number {
    const { f64, u32 } = this.ring.kernel
    const rows = Math.min(size, most, this.ring.size)
    draws.population = Math.min(most, this.ring.size)
    let seq = this.ring.next - rows
    return this.collect(rows, 1, open(rows), draws, (count) => {
      for (let i = 0; i < count; i++, seq++) {
        f64[SEQS + i] = seq
        u32[SLOTS + i] = this.slotOf(seq)
      }
    })
  }

  /** Takes or draws from `population` marked events. */
  private matches(
    size: number,
    population: number,
    take: Take,
    replacement: boolean,
    draws: Draws,
    open: (rows: number) => Sink,
  ): number {
    const { core } = this.ring.kernel
    draws.population = population
    if (population === 0) return 0
    if (take !== 'random') return this.take(Math.min(size, population), take, draws, open)
    const rows = replacement ? size : Math.min(size, population)
    let left = population
    return this.collect(rows, 1 / population, open(rows), draws, (count) => {
      core.drawMatches(count, left, replacement ? 1 : 0)
      if (!replacement) left -= count
    })
  }

  private take(rows: number, take: Take, draws: Draws, open: (rows: number) => Sink): number {
    const { core, f64 } = this.ring.kernel
    let from = 0
    if (take === 'newest' && rows > 0) {
      this.matcher.list(rows, true, (count) => {
        from = (f64[SEQS + count - 1] as number) - this.ring.oldest
      })
    }
    return this.collect(rows, 1, open(rows), draws, (count) => {
      core.listMatches(from, count, 0)
      from = (f64[SEQS + count - 1] as number) - this.ring.oldest + 1
    })
  }

  private sequences(size: number, length: number, replacement: boolean, draws: Draws, open: (rows: number) => Sink): number {
    const { core } = this.ring.kernel
    const population = core.foldRuns(length)
    draws.population = population
    if (population === 0) return 0
    const rows = (replacement ? size : Math.min(size, population)) * length
    this.matcher.leaveMarks()
    let left = core.matchRuns()
    const chunk = Math.floor(L.CHUNK / length) * length
    const draw = (count: number): void => {
      left = core.drawRuns(count / length, length, left, replacement ? 1 : 0)
    }
    return this.collect(rows, 1 / population, open(rows), draws, draw, chunk)
  }

  /** Draws in one pass without replacement, with `share` for the probability of a draw. */
  private pass(
    size: number,
    weighing: number,
    first: number,
    second: number,
    draws: Draws,
    open: (rows: number) => Sink,
    share: (seq: number) => number,
  ): number {
    const { core, f64, u32 } = this.ring.kernel
    const reservoir = new Reservoir(Math.min(size, this.ring.size))
    for (let from = 0; from < this.ring.size; from += L.CHUNK) {
      const found = core.passWindow(from, weighing, first, second, reservoir.bound)
      for (let i = 0; i < found; i++) reservoir.offer(f64[PROBABILITIES + i] as number, f64[SEQS + i] as number)
    }
    const seqs = reservoir.sorted()
    let at = 0
    return this.collect(seqs.length, undefined, open(seqs.length), draws, (count) => {
      for (let i = 0; i < count; i++, at++) {
        const seq = seqs[at] as number
        f64[SEQS + i] = seq
        u32[SLOTS + i] = this.slotOf(seq)
        f64[PROBABILITIES + i] = share(seq)
      }
    })
  }

  /**
   * Calls `draw` for chunks of `rows` rows and copies what it leaves to the sink. `probability` is that of every row;
   * undefined if the kernel writes one for each. Weights are 1 when all probabilities are the same.
   */
  private collect(
    rows: number,
    probability: number | undefined,
    sink: Sink,
    draws: Draws,
    draw: (count: number) => void,
    chunk = L.CHUNK,
  ): number {
    const { core, f64, u8 } = this.ring.kernel
    draws.reserve(rows)
    draws.length = rows
    this.drawn = sink.seqs
    const { probabilities } = draws
    for (let from = 0; from < rows; from += chunk) {
      const count = Math.min(chunk, rows - from)
      draw(count)
      sink.seqs.set(f64.subarray(SEQS, SEQS + count), from)
      if (probability === undefined) probabilities.set(f64.subarray(PROBABILITIES, PROBABILITIES + count), from)
      if (sink.records === undefined) continue
      core.gather(count)
      sink.records.set(u8.subarray(L.BATCH, L.BATCH + count * L.RECORD_BYTES), from * L.RECORD_BYTES)
    }
    if (probability !== undefined) probabilities.fill(probability)
    draws.weights.fill(1)
    return rows
  }
}
