/**
 * What each sampling strategy may draw, and with which probability: the exact law, computed from the live events.
 *
 * @module
 */

import { SamplingStrategy } from '../../src/index.js'
import { type ModelEvent, totalOf } from './record.js'
import type { ModelStream } from './stream.js'

/** A strategy as plain data, so that fast-check can make, print and shrink it. */
export type ModelStrategy =
  | { kind: 'uniform' }
  | { kind: 'types'; types: readonly number[]; take: 'random' | 'oldest' | 'newest' }
  | { kind: 'prioritized'; alpha: number; beta: number; epsilon: number }
  | { kind: 'recency'; decay: number }
  | { kind: 'mixed'; rewardWeight: number; recencyWeight: number }
  | { kind: 'recent'; n: number }
  | { kind: 'custom'; modulus: number }
  | { kind: 'sequences'; length: number }

/** The law of one strategy over the present live window. */
export interface Law {
  /** What may come out: single events, or the first events of runs. */
  seqs: number[]
  /** Probability of each in a single draw; the sum is 1 unless there is nothing to draw. */
  probabilities: number[]
  /** Rows for each draw: 1, or the length of the runs, whose members {@link Law.run} gives. */
  rows: number
  /** The sequence numbers of the run that starts at `seq`. */
  run(seq: number): number[]
  /** Whether the strategy draws with replacement if nothing is said. */
  replacement: boolean
  /** Exactly these, in this order, where nothing is random. */
  fixed: ((size: number) => number[]) | undefined
  /** Largest relative error allowed for a reported probability. */
  tolerance: number
}

/** The strategy as the package takes it. */
export function toStrategy(strategy: ModelStrategy): SamplingStrategy {
  switch (strategy.kind) {
    case 'uniform':
      return SamplingStrategy.uniform()
    case 'types':
      return SamplingStrategy.filteredByType(strategy.types, { take: strategy.take })
    case 'prioritized':
      return SamplingStrategy.prioritizedReward(options(strategy))
    case 'recency':
      return SamplingStrategy.recencyWeighted(options(strategy))
    case 'mixed':
      return SamplingStrategy.mixed(options(strategy))
    case 'recent':
      return SamplingStrategy.recent(strategy.n)
    case 'custom':
      return SamplingStrategy.custom((event) => event.stepNumber % strategy.modulus === 0)
    case 'sequences':
      return SamplingStrategy.sequences(options(strategy))
  }
}

/** The parameters alone: the package refuses keys that it does not know. */
function options<T extends { kind: string }>({ kind: _kind, ...rest }: T): Omit<T, 'kind'> {
  return rest
}

/** The weight of an event for prioritized sampling, before ε and α. */
export function baseWeight(model: ModelStream, event: ModelEvent): number {
  return model.explicit ? event.priority : Math.abs(totalOf(event))
}

/** The law of `strategy` over what is live in `model`. */
export function lawOf(model: ModelStream, strategy: ModelStrategy): Law {
  const live = model.live()
  const all = live.map((event) => event.seq)
  const law = (seqs: number[], weights: number[], rest: Partial<Law> = {}): Law => ({
    seqs,
    probabilities: shares(weights),
    rows: 1,
    run: (seq) => [seq],
    replacement: false,
    fixed: undefined,
    tolerance: 1e-12,
    ...rest,
  })
  const equal = (seqs: number[]) =>
    law(
      seqs,
      seqs.map(() => 1),
    )
  switch (strategy.kind) {
    case 'uniform':
      return equal(all)
    case 'types': {
      const matching = equal(model.find({ types: strategy.types }))
      const { take } = strategy
      if (take === 'oldest') return { ...matching, fixed: (size) => matching.seqs.slice(0, size) }
      if (take === 'newest') return { ...matching, fixed: (size) => newest(matching.seqs, size) }
      return matching
    }
    case 'custom':
      return equal(live.filter((event) => event.stepNumber % strategy.modulus === 0).map((event) => event.seq))
    case 'recent':
      return { ...equal(newest(all, strategy.n)), fixed: (size) => newest(all, Math.min(size, strategy.n)) }
    case 'prioritized': {
      const { alpha, epsilon } = strategy
      const weights = live.map((event) => (alpha === 0 ? 1 : (baseWeight(model, event) + epsilon) ** alpha))
      const nothing = weights.every((weight) => weight === 0)
      const tolerance = alpha === 0 || alpha === 1 ? 1e-12 : 1e-10
      return law(all, nothing ? weights.map(() => 1) : weights, { replacement: true, tolerance })
    }
    case 'recency': {
      const weights = live.map((event) => strategy.decay ** (model.nextSeq - 1 - event.seq))
      return law(all, weights, { replacement: true, tolerance: 1e-10 })
    }
    case 'mixed': {
      const weights = live.map(
        (event, i) =>
          strategy.rewardWeight * Math.abs(totalOf(event)) + (strategy.recencyWeight * (i + 1)) / live.length,
      )
      const nothing = weights.every((weight) => weight === 0)
      return law(all, nothing ? weights.map(() => 1) : weights, { replacement: true })
    }
    case 'sequences': {
      const runs = runsOf(live, strategy.length)
      return { ...equal([...runs.keys()]), rows: strategy.length, run: (seq) => runs.get(seq) ?? [] }
    }
  }
}

function newest(seqs: readonly number[], count: number): number[] {
  return seqs.slice(Math.max(0, seqs.length - count))
}

function shares(weights: readonly number[]): number[] {
  const largest = weights.reduce((a, b) => Math.max(a, b), 0)
  // Dividing by the largest first keeps sums of weights near the end of the range finite.
  const sum = weights.reduce((a, b) => a + b / largest, 0)
  return weights.map((weight) => weight / largest / sum)
}

/** All runs of `length` consecutive steps of one episode, by their first event. */
export function runsOf(live: readonly ModelEvent[], length: number): Map<number, number[]> {
  const next = new Map<ModelEvent, ModelEvent>()
  const last = new Map<bigint, ModelEvent>()
  for (const event of live) {
    const before = last.get(event.episodeId)
    if (before !== undefined && event.stepNumber === before.stepNumber + 1) next.set(before, event)
    last.set(event.episodeId, event)
  }
  const runs = new Map<number, number[]>()
  for (const event of live) {
    const run: number[] = []
    for (let at: ModelEvent | undefined = event; at !== undefined && run.length < length; at = next.get(at)) {
      run.push(at.seq)
    }
    if (run.length === length) runs.set(event.seq, run)
  }
  return runs
}
