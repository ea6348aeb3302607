/**
 * Turns event inputs into packed records and into columns, and spoils one of them on request.
 *
 * @module
 */

import type { EventColumns, EventInput } from '../../src/index.js'
import { checkedRecord, encode, RECORD_SIZE } from '../model/record.js'

/** The inputs, of which number `spoil` has a state that is not finite; −1 spoils none. */
export function spoilt(inputs: readonly EventInput[], spoil: number): EventInput[] {
  return inputs.map((input, i) => (i === spoil ? { ...input, state: [0, Number.NaN] } : input))
}

/** Packed records of the inputs; fields that cannot be packed as they are (a NaN) are set afterwards. */
export function packRecords(inputs: readonly EventInput[]): Uint8Array {
  const bytes = new Uint8Array(inputs.length * RECORD_SIZE)
  inputs.forEach((input, i) => {
    const bad = Array.from(input.state ?? []).some(Number.isNaN)
    const record = checkedRecord(bad ? { ...input, state: [] } : input, 5)
    encode({ ...record, id: record.id ?? '00112233445566778899aabbccddeeff', reserved: i }, bytes, i * RECORD_SIZE)
    if (bad) new DataView(bytes.buffer).setFloat32(i * RECORD_SIZE + 44, Number.NaN, true)
  })
  return bytes
}

/** Columns of the inputs: those fields that the first of them has. */
export function packColumns(inputs: readonly EventInput[], spoil: number): EventColumns {
  const records = inputs.map((input) => checkedRecord(input, 5))
  const first = inputs[0] ?? {}
  const rewards = (slot: number) => Float32Array.from(records, (record) => record.rewards[slot]!)
  const columns: EventColumns = {
    stepNumbers: Uint32Array.from(records, (record) => record.stepNumber),
    ...(first.timestamp !== undefined && { timestamps: Float64Array.from(records, (record) => record.timestamp) }),
    ...(first.eventType !== undefined && { eventTypes: Uint16Array.from(records, (record) => record.eventType) }),
    ...(first.flags !== undefined && { flags: Uint16Array.from(records, (record) => record.flags) }),
    ...(first.episodeId !== undefined && {
      episodeIds:
        typeof first.episodeId === 'bigint'
          ? BigUint64Array.from(records, (record) => record.episodeId)
          : Float64Array.from(records, (record) => Number(record.episodeId % 4096n)),
    }),
    ...(first.state !== undefined && { states: Float32Array.from(records.flatMap((record) => record.state)) }),
    ...(first.action !== undefined && { actions: Float32Array.from(records.flatMap((record) => record.action)) }),
    ...(first.rewardHomeostasis !== undefined && { rewardsHomeostasis: rewards(0) }),
    ...(first.rewardCuriosity !== undefined && { rewardsCuriosity: rewards(1) }),
    ...(first.rewardEfficiency !== undefined && { rewardsEfficiency: rewards(2) }),
    ...(first.rewardGoal !== undefined && { rewardsGoal: rewards(3) }),
    ...(first.adnaVersionHash !== undefined && {
      adnaVersionHashes: Uint32Array.from(records, (record) => record.adnaVersionHash),
    }),
    ...(first.eventId !== undefined && { eventIds: packedIds(records.map((record) => record.id)) }),
  }
  if (spoil >= 0 && spoil < inputs.length) {
    columns.actions = new Float32Array(8 * inputs.length)
    columns.actions[8 * spoil + 7] = Number.NEGATIVE_INFINITY
  }
  return columns
}

function packedIds(ids: readonly (string | undefined)[]): Uint8Array {
  const bytes = new Uint8Array(ids.length * 16)
  ids.forEach((id, i) => {
    for (let k = 0; k < 16 && id !== undefined; k++) bytes[i * 16 + k] = Number.parseInt(id.slice(2 * k, 2 * k + 2), 16)
  })
  return bytes
}
