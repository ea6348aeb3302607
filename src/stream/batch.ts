/**
 * Batches of events: records side by side, with typed arrays for learners.
 *
 * A batch that a call returned owns its bytes until it is given to another call as `into`, which reuses its buffers and
 * returns the same object. Only what `Subscription.poll` returns is lent: it shows the ring itself, or a buffer of the
 * subscription, and is good until the next write or poll.
 *
 * @module
 */

import { invalid } from '../errors.js'
import { type Lanes, lanesOf } from '../event/lanes.js'
import type { ExperienceEvent } from '../event/types.js'
import { EventView, totalRewardAt } from '../event/view.js'
import * as L from '../layout.js'
import { assertInteger } from './validate.js'

const WORDS = L.RECORD_BYTES / 4
const EMPTY = new Uint8Array(0)

/** Events that were read, found, sampled or delivered. */
export class EventBatch implements Iterable<EventView> {
  /** Number of events. */
  length = 0
  /** First sequence number that the call looked at. */
  start = 0
  /** Sequence number behind the last that the call looked at. */
  end = 0
  /** From a subscription: sequence numbers that it missed since the batch before. Else 0. */
  missed = 0
  private store: Uint8Array<ArrayBuffer> = EMPTY
  private storeLanes: Lanes | undefined
  private lent: Lanes | undefined
  private lentWord = 0
  private numbers: Float64Array<ArrayBuffer> | undefined
  private hasNumbers = false

  /** @internal Makes room for `count` records of its own and returns where they go. */
  own(count: number): Uint8Array<ArrayBuffer> {
    if (this.store.length < count * L.RECORD_BYTES) {
      this.store = new Uint8Array(count * L.RECORD_BYTES)
      this.storeLanes = undefined
    }
    this.lent = undefined
    return this.store
  }

  /** @internal Makes room for `count` sequence numbers of its own and returns where they go. */
  ownNumbers(count: number): Float64Array<ArrayBuffer> {
    if (this.numbers === undefined || this.numbers.length < count) this.numbers = new Float64Array(count)
    this.hasNumbers = true
    return this.numbers
  }

  /** @internal Says what the batch holds: consecutive events from `start` on unless it has numbers of its own. */
  describe(length: number, start: number, end: number, missed: number, consecutive: boolean): this {
    this.length = length
    this.start = start
    this.end = end
    this.missed = missed
    if (consecutive) this.hasNumbers = false
    return this
  }

  /** @internal Lends consecutive records that stand in the ring at `word`. */
  lend(lanes: Lanes, word: number, length: number, start: number, end: number, missed: number): this {
    this.lent = lanes
    this.lentWord = word
    return this.describe(length, start, end, missed, true)
  }

  private get lanes(): Lanes {
    if (this.lent !== undefined) return this.lent
    this.storeLanes ??= lanesOf(this.store)
    return this.storeLanes
  }

  private get word(): number {
    return this.lent === undefined ? 0 : this.lentWord
  }

  /** Sequence numbers, `[n] f64`, ascending unless sampled. Good as long as the batch is. */
  get seqs(): Float64Array {
    if (!this.hasNumbers) {
      const numbers = this.ownNumbers(this.length)
      for (let i = 0; i < this.length; i++) numbers[i] = this.start + i
    }
    const numbers = this.numbers as Float64Array<ArrayBuffer>
    return numbers.length === this.length ? numbers : numbers.subarray(0, this.length)
  }

  /** The records, `[n × 128]` bytes. Good as long as the batch is. */
  get bytes(): Uint8Array {
    const from = this.word * 4
    return this.lanes.u8.subarray(from, from + this.length * L.RECORD_BYTES)
  }

  /** Sequence number of event `i`. */
  seqAt(i: number): number {
    return this.hasNumbers ? ((this.numbers as Float64Array)[i] as number) : this.start + i
  }

  /** A snapshot of event `i` that owns its data. */
  at(i: number): ExperienceEvent {
    return this.view(i).toEvent()
  }

  /** A new view on event `i`, or `target` moved to it; good as long as the batch is. */
  view(i: number, target: EventView = new EventView()): EventView {
    if (!(i >= 0 && i < this.length && Number.isInteger(i))) assertInteger(i, 'i', 0, this.length - 1)
    return this.moveTo(i, target)
  }

  private moveTo(i: number, view: EventView): EventView {
    return view.moveTo(this.lanes, this.word + i * WORDS, this.seqAt(i), undefined)
  }

  /** One view that moves from event to event; keep copies, not the view. Makes no garbage per event. */
  [Symbol.iterator](): Iterator<EventView> {
    const view = new EventView()
    const result: { value: EventView; done: false } = { value: view, done: false }
    let i = 0
    return {
      next: (): IteratorResult<EventView> => {
        if (i >= this.length) return { value: undefined, done: true }
        this.moveTo(i++, view)
        return result
      },
    }
  }

  /** Snapshots of all events. */
  toArray(): ExperienceEvent[] {
    return Array.from({ length: this.length }, (_, i) => this.at(i))
  }

  /** The states, `[n, 8] f32` row by row, in a new array or in `out`, which needs n·8 places. */
  states(out?: Float32Array): Float32Array {
    return this.columns(L.STATE, L.VECTOR_LENGTH, out)
  }

  /** The actions, `[n, 8] f32`, likewise. */
  actions(out?: Float32Array): Float32Array {
    return this.columns(L.ACTION, L.VECTOR_LENGTH, out)
  }

  /** The rewards, `[n, 4] f32` in the order of `AppraiserType`, likewise. */
  rewards(out?: Float32Array): Float32Array {
    return this.columns(L.REWARDS, L.REWARD_SLOTS, out)
  }

  /** The total rewards, `[n] f32`, likewise. */
  totalRewards(out?: Float32Array): Float32Array {
    const target = this.target(out, 1)
    const { f32 } = this.lanes
    for (let i = 0, word = this.word; i < this.length; i++, word += WORDS) target[i] = totalRewardAt(f32, word)
    return target
  }

  private columns(offset: number, width: number, out: Float32Array | undefined): Float32Array {
    const target = this.target(out, width)
    const { f32 } = this.lanes
    let to = 0
    for (let i = 0, word = this.word + offset / 4; i < this.length; i++, word += WORDS) {
      for (let k = 0; k < width; k++) target[to++] = f32[word + k] as number
    }
    return target
  }

  private target(out: Float32Array | undefined, width: number): Float32Array {
    const places = this.length * width
    if (out === undefined) return new Float32Array(places)
    if (out instanceof Float32Array && out.length >= places) return out
    throw invalid('out', `be a Float32Array of at least ${places}`, out)
  }
}

/** What was drawn, without the records. */
export interface SampleSeqs {
  /** Number of draws. */
  readonly length: number
  /** Sequence numbers, `[n] f64`, in the order of the draws. */
  readonly seqs: Float64Array
  /**
   * `[n] f64`: the probability of this event in a single draw, its weight over the sum of all. For `sequences` that of
   * the run, for events that were taken and not drawn 1.
   */
  readonly probabilities: Float64Array
  /** Importance weights, `[n] f32`: `(N·p)^−β` over the largest of the batch for `prioritizedReward`, else 1. */
  readonly weights: Float32Array
  /** How many events, or runs for `sequences`, the strategy could draw from. */
  readonly population: number
}

/** Probabilities and weights beside a batch; one implementation for both kinds of samples. */
export class Draws {
  length = 0
  population = 0
  private probabilityStore = new Float64Array(0)
  private weightStore = new Float32Array(0)

  /** Begins a call: nothing is drawn yet. */
  start(population: number): void {
    this.length = 0
    this.population = population
  }

  /** Makes room for `count` draws. */
  reserve(count: number): void {
    this.length = count
    if (this.probabilityStore.length >= count) return
    this.probabilityStore = new Float64Array(count)
    this.weightStore = new Float32Array(count)
  }

  get probabilities(): Float64Array<ArrayBuffer> {
    const all = this.probabilityStore
    return all.length === this.length ? all : all.subarray(0, this.length)
  }

  get weights(): Float32Array<ArrayBuffer> {
    const all = this.weightStore
    return all.length === this.length ? all : all.subarray(0, this.length)
  }
}

/** A batch of sampled events with what a learner needs to correct for the sampling. */
export class SampleBatch extends EventBatch implements SampleSeqs {
  /** @internal */
  readonly draws = new Draws()

  /** `[n] f64`; see {@link SampleSeqs}. */
  get probabilities(): Float64Array {
    return this.draws.probabilities
  }

  /** `[n] f32`; see {@link SampleSeqs}. */
  get weights(): Float32Array {
    return this.draws.weights
  }

  /** See {@link SampleSeqs}. */
  get population(): number {
    return this.draws.population
  }
}

/** What `sampleSeqs` returns. */
export class SampledSeqs implements SampleSeqs {
  /** @internal */
  readonly draws = new Draws()
  private numbers = new Float64Array(0)

  /** @internal Makes room for `count` sequence numbers and returns where they go. */
  ownNumbers(count: number): Float64Array<ArrayBuffer> {
    if (this.numbers.length < count) this.numbers = new Float64Array(count)
    return this.numbers
  }

  get length(): number {
    return this.draws.length
  }

  get seqs(): Float64Array {
    const all = this.numbers
    return all.length === this.length ? all : all.subarray(0, this.length)
  }

  get probabilities(): Float64Array {
    return this.draws.probabilities
  }

  get weights(): Float32Array {
    return this.draws.weights
  }

  get population(): number {
    return this.draws.population
  }
}
