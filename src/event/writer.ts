/**
 * The reusable writer: the fastest way to write single events, without an object or an array for each.
 *
 * @module
 */

import { InvalidArgumentError } from '../errors.js'
import type { Ring } from '../kernel/ring.js'
import * as L from '../layout.js'
import type { ClockFunction } from './clock.js'
import { assertU64 } from './episode.js'
import { type IdPool, idBytes } from './id.js'
import { refusalError } from './refusal.js'

const STAGE = L.WRITER_STAGE
const REWARDS = (STAGE + L.REWARDS) >>> 2
const EPISODE = (STAGE + L.EPISODE_ID) >>> 3

/**
 * Holds the fields of the next event until `commit` writes it. A stream has one; it is used by one piece of code at a
 * time. Fields that are not set take their defaults, as in `writeEvent`.
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
  private readonly ring: Ring
  private readonly ids: IdPool
  private readonly clock: ClockFunction
  private readonly idMode: number
  private readonly f32: Float32Array
  private time: number | undefined = undefined
  private episode = 0
  private step = 0
  private type = 0
  private bits = 0
  private adna = 0
  private how: number

  /** @internal Streams make their writer. */
  constructor(ring: Ring, ids: IdPool, clock: ClockFunction, idMode: number) {
    this.ring = ring
    this.ids = ids
    this.clock = clock
    this.idMode = idMode
    this.how = idMode
    this.f32 = ring.kernel.f32
    const vector = (offset: number): Float32Array => {
      return new Float32Array(this.f32.buffer, STAGE + offset, L.VECTOR_LENGTH)
    }
    this.state = vector(L.STATE)
    this.action = vector(L.ACTION)
  }

  /** A UUID string or 16 bytes; they are checked at once. */
  set eventId(id: string | Uint8Array) {
    this.ring.kernel.u8.set(idBytes(id), STAGE)
    this.how = (this.how & L.EPISODE_STAGED) | L.ID_GIVEN
  }

  /** Unix µs. */
  set timestamp(us: number) {
    this.time = number('timestamp', us)
  }

  /** A number below 2^53, or a bigint below 2^64, which is checked at once. */
  set episodeId(id: number | bigint) {
    if (typeof id === 'bigint') {
      assertU64(id, 'episodeId')
      this.ring.kernel.u64[EPISODE] = id
      this.episode = 0
      this.how |= L.EPISODE_STAGED
    } else {
      this.episode = number('episodeId', id)
      this.how &= ~L.EPISODE_STAGED
    }
  }

  set stepNumber(step: number) {
    this.step = number('stepNumber', step)
  }

  set eventType(type: number) {
    this.type = number('eventType', type)
  }

  set flags(flags: number) {
    this.bits = number('flags', flags)
  }

  set adnaVersionHash(hash: number) {
    this.adna = number('adnaVersionHash', hash)
  }

  set rewardHomeostasis(reward: number) {
    this.f32[REWARDS] = number('rewardHomeostasis', reward)
  }

  set rewardCuriosity(reward: number) {
    this.f32[REWARDS + 1] = number('rewardCuriosity', reward)
  }

  set rewardEfficiency(reward: number) {
    this.f32[REWARDS + 2] = number('rewardEfficiency', reward)
  }

  set rewardGoal(reward: number) {
    this.f32[REWARDS + 3] = number('rewardGoal', reward)
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
    const { how } = this
    if ((how & L.ID_GIVEN) === 0 && ids.left === 0) ids.refill()
    const time = this.time === undefined ? this.readClock() : this.time
    const { core } = ring.kernel
    const refused = core.commit(STAGE, time, this.episode, this.step, this.type, this.bits, this.adna, how)
    if (refused !== 0) this.refuse(refused, time)
    if ((how & L.ID_GIVEN) === 0) ids.left--
    this.resetScalars()
    return ring.wroteOne()
  }

  /** Clears every field without writing. */
  reset(): void {
    this.resetScalars()
    this.f32.fill(0, STAGE >>> 2, (STAGE + L.RECORD_BYTES) >>> 2)
  }

  private resetScalars(): void {
    this.time = undefined
    this.episode = 0
    this.step = 0
    this.type = 0
    this.bits = 0
    this.adna = 0
    this.how = this.idMode
  }

  private readClock(): number {
    try {
      return this.clock()
    } catch (error) {
      this.reset()
      throw error
    }
  }

  private refuse(reason: number, timestamp: number): never {
    const error = refusalError(reason, {
      timestamp,
      episodeId: this.episode,
      stepNumber: this.step,
      eventType: this.type,
      flags: this.bits,
      adnaVersionHash: this.adna,
      state: this.state,
      action: this.action,
      rewards: this.f32.subarray(REWARDS, REWARDS + L.REWARD_SLOTS),
    })
    this.reset()
    throw error
  }
}

function number(name: string, value: number): number {
  if (typeof value === 'number') return value
  throw new InvalidArgumentError(`${name} must be a number, got ${String(value)}`, { [name]: value })
}
