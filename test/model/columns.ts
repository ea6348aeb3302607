/**
 * A batch of columns as the model reads it: turned into one object per event, then checked like any other event.
 *
 * @module
 */

import type { EventColumns, EventInput } from '../../src/index.js'
import { checkedRecord, type ModelRecord, Refused } from './record.js'

type Kind = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array | BigUint64Array

// Field of the event, elements per event, and the array types that the contract names.
const COLUMNS: Record<keyof EventColumns, [keyof EventInput, number, readonly (new (length: number) => Kind)[]]> = {
  eventIds: ['eventId', 16, [Uint8Array]],
  timestamps: ['timestamp', 1, [Float64Array]],
  episodeIds: ['episodeId', 1, [Float64Array, BigUint64Array]],
  stepNumbers: ['stepNumber', 1, [Uint32Array]],
  eventTypes: ['eventType', 1, [Uint16Array]],
  flags: ['flags', 1, [Uint16Array]],
  states: ['state', 8, [Float32Array]],
  actions: ['action', 8, [Float32Array]],
  rewardsHomeostasis: ['rewardHomeostasis', 1, [Float32Array]],
  rewardsCuriosity: ['rewardCuriosity', 1, [Float32Array]],
  rewardsEfficiency: ['rewardEfficiency', 1, [Float32Array]],
  rewardsGoal: ['rewardGoal', 1, [Float32Array]],
  adnaVersionHashes: ['adnaVersionHash', 1, [Uint32Array]],
}

/** The events of a batch of columns, all checked. */
export function checkedColumns(columns: EventColumns, now: number): ModelRecord[] {
  const inputs: Record<string, unknown>[] = []
  let length: number | undefined
  for (const [name, column] of Object.entries(columns) as [keyof EventColumns, Kind | undefined][]) {
    const known = COLUMNS[name]
    if (known === undefined) throw new Refused('INVALID_ARGUMENT')
    if (column === undefined) continue
    const [field, width, types] = known
    if (!types.some((type) => column instanceof type)) throw new Refused('INVALID_ARGUMENT')
    length ??= column.length / width
    if (column.length !== length * width || !Number.isInteger(length)) throw new Refused('INVALID_ARGUMENT')
    for (let i = 0; i < length; i++) {
      inputs[i] ??= {}
      inputs[i]![field] = width === 1 ? column[i] : column.slice(i * width, (i + 1) * width)
    }
  }
  if (length === undefined) throw new Refused('INVALID_ARGUMENT')
  return Array.from({ length }, (_, i) => checkedRecord(inputs[i]!, now))
}
