/**
 * Event objects into records: their fields go to a stage in linear memory and to the arguments of one call, which
 * checks and writes. The one way from an {@link EventInput} to bytes.
 *
 * @module
 */

import { invalid } from '../errors.js'
import * as L from '../layout.js'
import type { ClockFunction } from './clock.js'
import { assertU64 } from './episode.js'
import { type IdPool, idBytes } from './id.js'
import { integerRefusal, refusalError } from './refusal.js'
import type { EventTarget } from './target.js'
import type { EventInput } from './types.js'

const STAGE = L.OBJECT_STAGE
const STATE = (STAGE + L.STATE) >>> 2
const ACTION = (STAGE + L.ACTION) >>> 2
const EPISODE = (STAGE + L.EPISODE_ID) >>> 3

/** Writes event objects to the ring, or packs them for a batch. */
export class EventEncoder {
  private readonly ring: EventTarget
  private readonly ids: IdPool
  private readonly clock: ClockFunction
  private readonly idMode: number

  constructor(ring: EventTarget, ids: IdPool, clock: ClockFunction, idMode: number) {
    this.ring = ring
    this.ids = ids
    this.clock = clock
    this.idMode = idMode
  }

  /** Writes one event at the head. */
  write(event: EventInput): number {
    this.ring.assertRoom(1)
    this.encode(event, -1, '')
    return this.ring.wroteOne()
  }

  /** Assembles the event as record `index` of the batch in linear memory. */
  pack(event: EventInput, index: number, where: string): void {
    this.encode(event, index, where)
  }

  private encode(event: EventInput, index: number, where: string): void {
    if (typeof event !== 'object' || event === null) {
      throw invalid(where.slice(0, -1) || 'event', 'be an object', event)
    }
    const { f32 } = this.ring.kernel
    const { eventId, episodeId, state, action } = event
    let { timestamp } = event
    try {
      if (state !== undefined) stageVector(f32, STATE, state, 'state', where)
      if (action !== undefined) stageVector(f32, ACTION, action, 'action', where)
      if (timestamp === undefined) timestamp = this.clock()
      let how = this.idMode
      if (eventId !== undefined) {
        this.ring.kernel.u8.set(idBytes(eventId), STAGE)
        how = L.ID_GIVEN
      } else if (this.ids.left === 0) this.ids.refill()
      let episode = episodeId ?? 0
      if (typeof episode === 'bigint') {
        assertU64(episode, `${where}episodeId`)
        this.ring.kernel.u64[EPISODE] = episode
        episode = 0
        how |= L.EPISODE_STAGED
      }
      const refused = this.call(event, index, timestamp, episode, how)
      if (refused !== 0) {
        this.ring.refuse(refused, 1)
        throw refusalError(refused, event, where)
      }
      if (eventId === undefined) this.ids.left--
    } catch (error) {
      this.clear()
      throw error
    }
  }

  private call(event: EventInput, index: number, timestamp: number, episode: number, how: number): number {
    const { stepNumber = 0, eventType = 0, flags = 0, adnaVersionHash = 0 } = event
    const refused = integerRefusal(stepNumber, eventType, flags, adnaVersionHash)
    if (refused !== 0) return refused
    // The module would take what JavaScript makes of a string or null for a number.
    if (typeof timestamp !== 'number') return L.REFUSED_TIMESTAMP
    if (typeof episode !== 'number') return L.REFUSED_EPISODE
    const { rewardHomeostasis: h = 0, rewardCuriosity: c = 0, rewardEfficiency: e = 0, rewardGoal: g = 0 } = event
    if (typeof h !== 'number' || typeof c !== 'number' || typeof e !== 'number' || typeof g !== 'number') {
      return L.REFUSED_REWARD
    }
    const { core } = this.ring.kernel
    const typeAndFlags = eventType | (flags << 16)
    const target = how | ((index + 1) << L.PACKED_SHIFT)
    return core.commit(STAGE, timestamp, episode, stepNumber, typeAndFlags, adnaVersionHash, target, h, c, e, g)
  }

  private clear(): void {
    this.ring.kernel.f32.fill(0, STAGE >>> 2, (STAGE + L.RECORD_BYTES) >>> 2)
  }
}

function stageVector(f32: Float32Array, index: number, values: ArrayLike<number>, name: string, where: string): void {
  // Two copies of the same lines: each sees one kind of array, which the compiler then reads without a dispatch.
  if (values instanceof Float32Array) {
    if (values.length === L.VECTOR_LENGTH) return stageFloats(f32, index, values)
  } else if (Array.isArray(values) && values.length === L.VECTOR_LENGTH && stageNumbers(f32, index, values)) return
  stageElements(f32, index, values, name, where)
}

/** Unrolled: TypedArray.set costs as much as the rest of a write. */
function stageFloats(f32: Float32Array, index: number, values: Float32Array): void {
  f32[index] = values[0] as number
  f32[index + 1] = values[1] as number
  f32[index + 2] = values[2] as number
  f32[index + 3] = values[3] as number
  f32[index + 4] = values[4] as number
  f32[index + 5] = values[5] as number
  f32[index + 6] = values[6] as number
  f32[index + 7] = values[7] as number
}

/** False if one of the eight is not a number. */
function stageNumbers(f32: Float32Array, index: number, values: readonly unknown[]): boolean {
  const a = values[0]
  const b = values[1]
  const c = values[2]
  const d = values[3]
  const e = values[4]
  const f = values[5]
  const g = values[6]
  const h = values[7]
  if (typeof a !== 'number' || typeof b !== 'number' || typeof c !== 'number' || typeof d !== 'number') return false
  if (typeof e !== 'number' || typeof f !== 'number' || typeof g !== 'number' || typeof h !== 'number') return false
  f32[index] = a
  f32[index + 1] = b
  f32[index + 2] = c
  f32[index + 3] = d
  f32[index + 4] = e
  f32[index + 5] = f
  f32[index + 6] = g
  f32[index + 7] = h
  return true
}

/** Any other list of up to eight numbers. */
function stageElements(f32: Float32Array, index: number, values: ArrayLike<number>, name: string, where: string): void {
  const length: unknown = typeof values === 'object' && values !== null ? values.length : undefined
  if (typeof length !== 'number' || !(length >= 0 && length <= L.VECTOR_LENGTH) || !Number.isInteger(length)) {
    throw invalid(`${where}${name}`, `have up to ${L.VECTOR_LENGTH} numbers`, values)
  }
  for (let i = 0; i < length; i++) {
    const value: unknown = values[i]
    if (typeof value !== 'number') {
      throw invalid(`${where}${name}[${i}]`, 'be finite as f32', value)
    }
    f32[index + i] = value
  }
}
