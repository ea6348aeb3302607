/**
 * The reusable writer: the fastest way to write single events, without an object or an array for each.
 *
 * @module
 */

import * as L from '../layout.js'
import type { ClockFunction } from './clock.js'
import { assertU64 } from './episode.js'
import { type IdPool, idBytes } from './id.js'
import { integerRefusal, refusalError } from './refusal.js'
import type { EventTarget } from './target.js'

const STAGE = L.WRITER_STAGE
const EPISODE = (STAGE + L.EPISODE_ID) >>> 3

/**
 * "No timestamp was set." Not `undefined`: a property that holds numbers only is stored without a box, so that setting
 * it makes no garbage. No clock gives this value, and every other number that is not a timestamp is refused.
 */
const UNSET = -Number.MIN_VALUE

/**
 * Holds the fields of the next event until `commit` writes it. A stream has one; it is used by one piece of code at a
 * time. Set the properties that the event needs, fill `state` and `action`, and commit; what is not set takes its
 * default, as in `writeEvent`. Everything is checked by `commit`.
 *
 * @example
 * ```ts
 * const stream = ExperienceStream.createSync({ capacity: 1000 })
 * const w = stream.writer
 * w.eventType = EventType.ActionCompleted
 * w.stepNumber = 7
 * w.state[0] = 0.25
 * const seq = w.commit()
 * console.log(seq, stream.getEvent(seq)?.state[0]) // 0 0.25
 * ```
 */
export class EventWriter {
  /** The state of the next event, `[8] f32`: the same array for the life of the stream, cleared by `commit`. */
  readonly state: Float32Array
  /** The action of the next event, `[8] f32`, likewise. */
  readonly action: Float32Array
  /** A UUID string or 16 bytes; undefined has the stream make one. */
  eventId: string | Uint8Array | undefined = undefined
  /** Unix µs, an integer in [0, 2^53); unless it is set, the stream's clock is read. */
  timestamp = UNSET
  /** An integer in [0, 2^53), or a bigint in [0, 2^64). */
  episodeId: number | bigint = 0
  /** An integer in [0, 2^32). */
  stepNumber = 0
  /** An integer in [0, 65535]. */
  eventType = 0
  /** An integer in [0, 65535]. */
  flags = 0
  /** At most 8·10^37 in magnitude, as are the other three. */
  rewardHomeostasis = 0
  rewardCuriosity = 0
  rewardEfficiency = 0
  rewardGoal = 0
  /** An integer in [0, 2^32). */
  adnaVersionHash = 0
  private readonly ring: EventTarget
  private readonly ids: IdPool
  private readonly clock: ClockFunction
  private readonly idMode: number
  private readonly f32: Float32Array

  /** @internal Streams make their writer. */
  constructor(ring: EventTarget, ids: IdPool, clock: ClockFunction, idMode: number) {
    this.ring = ring
    this.ids = ids
    this.clock = clock
    this.idMode = idMode
    this.f32 = ring.kernel.f32
    const vector = (offset: number): Float32Array => {
      return this.f32.subarray((STAGE + offset) >>> 2, ((STAGE + offset) >>> 2) + L.VECTOR_LENGTH)
    }
    this.state = vector(L.STATE)
    this.action = vector(L.ACTION)
  }

  /**
   * Checks and writes the event and returns its sequence number. Every field is reset, also when the event is refused,
   * so that nothing of it gets into the next one.
   *
   * @throws {InvalidArgumentError} if a field is out of range; nothing is written.
   * @throws {ClosedError} after the stream was closed.
   * @throws {SequenceExhaustedError} after sequence number 2^53 − 1.
   */
  commit(): number {
    const { ring, ids } = this
    ring.assertRoom(1)
    let refused = this.refusedType()
    if (refused === 0) {
      const time = this.timestamp === UNSET ? this.readClock() : this.timestamp
      const how = this.eventId === undefined && typeof this.episodeId === 'number' ? this.idMode : this.stage()
      if (ids.left === 0) ids.refill()
      const { core } = ring.kernel
      const episode = (how & L.EPISODE_STAGED) === 0 ? (this.episodeId as number) : 0
      const typeAndFlags = this.eventType | (this.flags << 16)
      refused = core.commit(
        STAGE,
        time,
        episode,
        this.stepNumber,
        typeAndFlags,
        this.adnaVersionHash,
        how,
        this.rewardHomeostasis,
        this.rewardCuriosity,
        this.rewardEfficiency,
        this.rewardGoal,
      )
      if ((how & L.ID_GIVEN) === 0) ids.left--
    }
    if (refused !== 0) this.refuse(refused)
    this.resetScalars()
    return ring.wroteOne()
  }

  /** Clears every field without writing. */
  reset(): void {
    this.resetScalars()
    this.f32.fill(0, STAGE >>> 2, (STAGE + L.RECORD_BYTES) >>> 2)
  }

  private resetScalars(): void {
    this.eventId = undefined
    this.timestamp = UNSET
    this.episodeId = 0
    this.stepNumber = 0
    this.eventType = 0
    this.flags = 0
    this.rewardHomeostasis = 0
    this.rewardCuriosity = 0
    this.rewardEfficiency = 0
    this.rewardGoal = 0
    this.adnaVersionHash = 0
  }

  /** Why a property that the module does not see as it is has to be refused, or 0. */
  private refusedType(): number {
    if (typeof this.timestamp !== 'number') return L.REFUSED_TIMESTAMP
    const { rewardHomeostasis, rewardCuriosity, rewardEfficiency, rewardGoal } = this
    if (
      typeof rewardHomeostasis !== 'number' ||
      typeof rewardCuriosity !== 'number' ||
      typeof rewardEfficiency !== 'number' ||
      typeof rewardGoal !== 'number'
    ) {
      return L.REFUSED_REWARD
    }
    return integerRefusal(this.stepNumber, this.eventType, this.flags, this.adnaVersionHash)
  }

  /** Stages an id or an episode that does not go as a number. */
  private stage(): number {
    const { kernel } = this.ring
    let how = this.idMode
    try {
      if (this.eventId !== undefined) {
        kernel.u8.set(idBytes(this.eventId), STAGE)
        how = L.ID_GIVEN
      }
      if (typeof this.episodeId === 'bigint') {
        assertU64(this.episodeId, 'episodeId')
        kernel.u64[EPISODE] = this.episodeId
        how |= L.EPISODE_STAGED
      } else if (typeof this.episodeId !== 'number') this.refuse(L.REFUSED_EPISODE)
      return how
    } catch (error) {
      this.reset()
      throw error
    }
  }

  private readClock(): number {
    try {
      return this.clock()
    } catch (error) {
      this.reset()
      throw error
    }
  }

  private refuse(reason: number): never {
    try {
      this.ring.refuse(reason, 1)
      throw refusalError(reason, this)
    } finally {
      this.reset()
    }
  }
}
