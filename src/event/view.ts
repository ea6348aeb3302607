/**
 * A movable window on one record, without a copy: on the ring, or on a batch.
 *
 * @module
 */

import * as L from '../layout.js'
import { formatId } from './id.js'
import type { Lanes } from './lanes.js'
import type { ExperienceEvent } from './types.js'

/** Tells whether an event still stands where a view shows it. */
export interface LiveWindow {
  isLive(seq: number): boolean
}

const TIMESTAMP = L.TIMESTAMP >>> 2
const EPISODE = L.EPISODE_ID >>> 2
const STEP = L.STEP_NUMBER >>> 2
const TYPE = L.EVENT_TYPE >>> 1
const FLAGS = L.FLAGS >>> 1
const STATE = L.STATE >>> 2
const ACTION = L.ACTION >>> 2
const REWARDS = L.REWARDS >>> 2
const ADNA = L.ADNA_VERSION_HASH >>> 2
const f32 = Math.fround

/**
 * Reads the fields of one event where it stands. A view that a stream gave is good until it is moved or its event is
 * evicted: from then on it shows the event that took the place, and `isLive` is false. A view on a batch is good until
 * it is moved or the batch's buffer is reused.
 *
 * Numbers and bigints cost no more than a load. `eventId`, `state` and `action` make new objects; `stateAt`,
 * `actionAt`, `readState` and `readAction` do not.
 */
export class EventView {
  /** Sequence number of the event. */
  seq = -1
  private lanes: Lanes | undefined
  private word = 0
  private ring: LiveWindow | undefined

  /** @internal Moves the view to the record at `word` of `lanes`; `ring` if it stands in one. */
  moveTo(lanes: Lanes, word: number, seq: number, ring: LiveWindow | undefined): this {
    this.lanes = lanes
    this.word = word
    this.seq = seq
    this.ring = ring
    return this
  }

  /** Whether the view still shows the event `seq`. */
  get isLive(): boolean {
    return this.lanes !== undefined && (this.ring === undefined || this.ring.isLive(this.seq))
  }

  private get at(): Lanes {
    // A view is made by `new` only to be handed to a stream or a batch, which moves it.
    return this.lanes as Lanes
  }

  /** UUID in its canonical form. */
  get eventId(): string {
    return formatId(this.at.u8, this.word * 4)
  }

  /** Unix time in µs. */
  get timestamp(): number {
    const { u32 } = this.at
    const i = this.word + TIMESTAMP
    return (u32[i + 1] as number) * 4294967296 + (u32[i] as number)
  }

  /** Number of the episode, u64. */
  get episodeId(): bigint {
    return this.at.u64[(this.word + EPISODE) >>> 1] as bigint
  }

  /** Number of the episode, rounded to the nearest number if it is 2^53 or more. */
  get episodeIdNumber(): number {
    const { u32 } = this.at
    const i = this.word + EPISODE
    return (u32[i + 1] as number) * 4294967296 + (u32[i] as number)
  }

  get stepNumber(): number {
    return this.at.u32[this.word + STEP] as number
  }

  get eventType(): number {
    return this.at.u16[this.word * 2 + TYPE] as number
  }

  get flags(): number {
    return this.at.u16[this.word * 2 + FLAGS] as number
  }

  /** Component `i` of the state, 0 to 7. */
  stateAt(i: number): number {
    return this.at.f32[this.word + STATE + i] as number
  }

  /** Component `i` of the action, 0 to 7. */
  actionAt(i: number): number {
    return this.at.f32[this.word + ACTION + i] as number
  }

  /** Copies the state to `out[0…7]` and returns it. */
  readState<T extends Float32Array | Float64Array | number[]>(out: T): T {
    for (let i = 0; i < L.VECTOR_LENGTH; i++) out[i] = this.stateAt(i)
    return out
  }

  /** Copies the action to `out[0…7]` and returns it. */
  readAction<T extends Float32Array | Float64Array | number[]>(out: T): T {
    for (let i = 0; i < L.VECTOR_LENGTH; i++) out[i] = this.actionAt(i)
    return out
  }

  /** A copy of the state, `[8] f32`. */
  get state(): Float32Array {
    return this.at.f32.slice(this.word + STATE, this.word + STATE + L.VECTOR_LENGTH)
  }

  /** A copy of the action, `[8] f32`. */
  get action(): Float32Array {
    return this.at.f32.slice(this.word + ACTION, this.word + ACTION + L.VECTOR_LENGTH)
  }

  get rewardHomeostasis(): number {
    return this.at.f32[this.word + REWARDS] as number
  }

  get rewardCuriosity(): number {
    return this.at.f32[this.word + REWARDS + 1] as number
  }

  get rewardEfficiency(): number {
    return this.at.f32[this.word + REWARDS + 2] as number
  }

  get rewardGoal(): number {
    return this.at.f32[this.word + REWARDS + 3] as number
  }

  get adnaVersionHash(): number {
    return this.at.u32[this.word + ADNA] as number
  }

  /** The f32 sum of the four rewards, added from left to right. */
  get totalReward(): number {
    return totalRewardAt(this.at.f32, this.word)
  }

  /** A snapshot that owns its data. */
  toEvent(): ExperienceEvent {
    return {
      seq: this.seq,
      eventId: this.eventId,
      timestamp: this.timestamp,
      episodeId: this.episodeId,
      stepNumber: this.stepNumber,
      eventType: this.eventType,
      flags: this.flags,
      state: this.state,
      action: this.action,
      rewardHomeostasis: this.rewardHomeostasis,
      rewardCuriosity: this.rewardCuriosity,
      rewardEfficiency: this.rewardEfficiency,
      rewardGoal: this.rewardGoal,
      adnaVersionHash: this.adnaVersionHash,
      totalReward: this.totalReward,
    }
  }
}

/** The total reward of the record at `word`. */
export function totalRewardAt(lanes: Float32Array, word: number): number {
  const i = word + REWARDS
  return f32(
    f32(f32((lanes[i] as number) + (lanes[i + 1] as number)) + (lanes[i + 2] as number)) + (lanes[i + 3] as number),
  )
}
