/**
 * The model's event: checked and encoded the long way round, with no code of the package.
 *
 * @module
 */

import type { EventInput } from '../../src/index.js'

/** What the model throws where the stream has to refuse; `code` is that of the stream's error. */
export class Refused extends Error {
  constructor(readonly code: 'INVALID_ARGUMENT' | 'SEQUENCE_EVICTED' | 'SEQUENCE_NOT_WRITTEN' | 'SEQUENCE_EXHAUSTED') {
    super(code)
  }
}

/** One event as the model keeps it. */
export interface ModelEvent {
  seq: number
  /** 32 hexadecimal digits; undefined for an id that the stream drew and nobody has looked at yet. */
  id: string | undefined
  timestamp: number
  episodeId: bigint
  stepNumber: number
  eventType: number
  flags: number
  state: number[]
  action: number[]
  rewards: number[]
  adnaVersionHash: number
  /** The last four bytes, which only a packed batch can fill. */
  reserved: number
  /** Bits of the appraisers that have scored it. */
  mask: number
  /** Explicit priority. */
  priority: number
}

/** All of an event but its place in the stream. */
export type ModelRecord = Omit<ModelEvent, 'seq' | 'mask' | 'priority'>

export const RECORD_SIZE = 128
const TWO_53 = 2 ** 53
const LARGEST_REWARD = Math.fround(8e37)

function refuse(): never {
  throw new Refused('INVALID_ARGUMENT')
}

/** An integer in [0, limit). */
export function checkInteger(value: unknown, limit: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= limit) refuse()
  return value
}

function checkFloat(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(Math.fround(value))) refuse()
  return Math.fround(value)
}

/** A reward as f32, so small that four of them have a finite sum. */
export function checkReward(value: unknown): number {
  const rounded = checkFloat(value)
  if (Math.abs(rounded) > LARGEST_REWARD) refuse()
  return rounded
}

/** An episode number, u64. */
export function checkEpisode(value: unknown): bigint {
  if (typeof value === 'number') return BigInt(checkInteger(value, TWO_53))
  if (typeof value !== 'bigint' || value < 0n || value >= 1n << 64n) refuse()
  return value
}

function checkVector(value: unknown): number[] {
  if (value === undefined) return new Array<number>(8).fill(0)
  if (typeof value !== 'object' || value === null || !('length' in value)) refuse()
  const given = Array.from(value as ArrayLike<unknown>)
  if (given.length > 8) refuse()
  return Array.from({ length: 8 }, (_, i) => (i < given.length ? checkFloat(given[i]) : 0))
}

function checkId(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (value instanceof Uint8Array && value.length === 16) return hex(value)
  if (typeof value !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) refuse()
  return value.toLowerCase().replaceAll('-', '')
}

/** Bytes as hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The f32 sum of the four rewards, from left to right. */
export function totalOf(event: { rewards: readonly number[] }): number {
  return event.rewards.reduce((sum, reward) => Math.fround(sum + reward))
}

/** Checks an event as `writeEvent` takes it; `now` is the clock. */
export function checkedRecord(input: EventInput, now: number): ModelRecord {
  if (typeof input !== 'object' || input === null) refuse()
  return {
    id: checkId(input.eventId),
    timestamp: input.timestamp === undefined ? now : checkInteger(input.timestamp, TWO_53),
    episodeId: checkEpisode(input.episodeId ?? 0),
    stepNumber: checkInteger(input.stepNumber ?? 0, 2 ** 32),
    eventType: checkInteger(input.eventType ?? 0, 65536),
    flags: checkInteger(input.flags ?? 0, 65536),
    state: checkVector(input.state),
    action: checkVector(input.action),
    rewards: [input.rewardHomeostasis, input.rewardCuriosity, input.rewardEfficiency, input.rewardGoal].map((reward) =>
      checkReward(reward ?? 0),
    ),
    adnaVersionHash: checkInteger(input.adnaVersionHash ?? 0, 2 ** 32),
    reserved: 0,
  }
}

/** Writes an event as the 128 bytes of the record; an unknown id is left as 16 zero bytes. */
export function encode(event: ModelRecord, target = new Uint8Array(RECORD_SIZE), at = 0): Uint8Array {
  const view = new DataView(target.buffer, target.byteOffset + at, RECORD_SIZE)
  if (event.id !== undefined) {
    for (let i = 0; i < 16; i++) view.setUint8(i, Number.parseInt(event.id.slice(2 * i, 2 * i + 2), 16))
  }
  view.setBigUint64(16, BigInt(event.timestamp), true)
  view.setBigUint64(24, event.episodeId, true)
  view.setUint32(32, event.stepNumber, true)
  view.setUint16(36, event.eventType, true)
  view.setUint16(38, event.flags, true)
  floats(view, 40, event.state)
  floats(view, 72, event.action)
  floats(view, 104, event.rewards)
  view.setUint32(120, event.adnaVersionHash, true)
  view.setUint32(124, event.reserved, true)
  return target
}

function floats(view: DataView, offset: number, values: readonly number[]): void {
  values.forEach((value, i) => {
    view.setFloat32(offset + 4 * i, value, true)
  })
}

/** Reads and checks one record of a packed batch: floats and timestamps are checked, the rest is taken as it is. */
export function decodeChecked(bytes: Uint8Array, at: number): ModelRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, RECORD_SIZE)
  const timestamp = view.getBigUint64(16, true)
  if (timestamp >= BigInt(TWO_53)) refuse()
  const read = (offset: number, count: number, check: (value: unknown) => number) =>
    Array.from({ length: count }, (_, i) => check(view.getFloat32(offset + 4 * i, true)))
  return {
    id: hex(bytes.subarray(at, at + 16)),
    timestamp: Number(timestamp),
    episodeId: view.getBigUint64(24, true),
    stepNumber: view.getUint32(32, true),
    eventType: view.getUint16(36, true),
    flags: view.getUint16(38, true),
    state: read(40, 8, checkFloat),
    action: read(72, 8, checkFloat),
    rewards: read(104, 4, checkReward),
    adnaVersionHash: view.getUint32(120, true),
    reserved: view.getUint32(124, true),
  }
}
