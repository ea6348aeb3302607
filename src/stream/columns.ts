/**
 * The columns of a batch: their types, widths and places.
 *
 * @module
 */

import { InvalidArgumentError, invalid } from '../errors.js'
import type { EventColumns } from '../event/types.js'
import * as L from '../layout.js'
import { assertKeys } from './validate.js'

interface Column {
  name: keyof EventColumns
  /** Elements in a row. */
  width: number
  /** Where the column is staged, behind BATCH. */
  offset: number
  bit: number
  types: readonly (new () => ArrayBufferView)[]
}

const reward = (name: keyof EventColumns, slot: number): Column => ({
  name,
  width: 1,
  offset: L.COLUMN_REWARDS + slot * L.COLUMN_REWARD_BYTES,
  bit: L.HAS_REWARDS << slot,
  types: [Float32Array],
})

/** All columns. */
export const COLUMNS: readonly Column[] = [
  { name: 'eventIds', width: 16, offset: L.COLUMN_IDS, bit: L.HAS_IDS, types: [Uint8Array] },
  { name: 'timestamps', width: 1, offset: L.COLUMN_TIMESTAMPS, bit: L.HAS_TIMESTAMPS, types: [Float64Array] },
  {
    name: 'episodeIds',
    width: 1,
    offset: L.COLUMN_EPISODES,
    bit: L.HAS_EPISODES,
    types: [Float64Array, BigUint64Array],
  },
  { name: 'stepNumbers', width: 1, offset: L.COLUMN_STEPS, bit: L.HAS_STEPS, types: [Uint32Array] },
  { name: 'eventTypes', width: 1, offset: L.COLUMN_TYPES, bit: L.HAS_TYPES, types: [Uint16Array] },
  { name: 'flags', width: 1, offset: L.COLUMN_FLAGS, bit: L.HAS_FLAGS, types: [Uint16Array] },
  { name: 'states', width: L.VECTOR_LENGTH, offset: L.COLUMN_STATES, bit: L.HAS_STATES, types: [Float32Array] },
  { name: 'actions', width: L.VECTOR_LENGTH, offset: L.COLUMN_ACTIONS, bit: L.HAS_ACTIONS, types: [Float32Array] },
  reward('rewardsHomeostasis', 0),
  reward('rewardsCuriosity', 1),
  reward('rewardsEfficiency', 2),
  reward('rewardsGoal', 3),
  { name: 'adnaVersionHashes', width: 1, offset: L.COLUMN_ADNA, bit: L.HAS_ADNA, types: [Uint32Array] },
]

const NAMES = COLUMNS.map(({ name }) => name)

/**
 * The number of events that the columns describe.
 * @throws {InvalidArgumentError} for an unknown column, a wrong type, different lengths, or no column at all.
 */
export function columnLength(columns: EventColumns): number {
  assertKeys(columns, 'columns', NAMES)
  let count: number | undefined
  let first = ''
  for (const { name, width, types } of COLUMNS) {
    const column: unknown = columns[name]
    if (column === undefined) continue
    if (!types.some((type) => column instanceof type)) {
      const expected = types.map((type) => type.name).join(' or ')
      throw invalid(name, `be a ${expected}`, column)
    }
    const { length } = column as { length: number }
    if (count === undefined) {
      count = length / width
      first = name
    }
    if (length !== count * width || !Number.isInteger(count)) {
      const expected =
        Number.isInteger(count) && first !== name ? `${count * width}, as ${first} says,` : `a multiple of ${width}`
      throw invalid(name, `have ${expected} elements`, length)
    }
  }
  if (count === undefined) {
    throw new InvalidArgumentError(`columns must have at least one of ${NAMES.join(', ')}, got none`)
  }
  return count
}
