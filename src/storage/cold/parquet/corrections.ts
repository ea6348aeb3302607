/**
 * Corrections as columns, and back.
 *
 * @module
 */

import * as L from '../../../layout.js'
import type { CorrectionList } from '../../journal/corrections.js'
import { u64 } from './row-reader.js'
import type { ColumnBatch, ColumnValues } from './schema.js'
import { ROW_GROUP_ROWS } from './schema.js'

const HIGH = 2 ** 32

/** The entries in batches of a row group's size, in the order of `CORRECTION_COLUMNS`. */
export async function* correctionBatches(list: CorrectionList): AsyncGenerator<ColumnBatch> {
  for (let from = 0; from < list.length; from += ROW_GROUP_ROWS) {
    const to = Math.min(list.length, from + ROW_GROUP_ROWS)
    const seqs = new Uint32Array(2 * (to - from))
    for (let i = from; i < to; i++) {
      const seq = list.seqs[i] as number
      seqs[2 * (i - from)] = seq >>> 0
      seqs[2 * (i - from) + 1] = Math.floor(seq / HIGH)
    }
    const columns = [list.flags, list.masks, list.slots].map((values) => ({ values: values.slice(from, to) }))
    const rewards = Array.from({ length: L.REWARD_SLOTS }, (_, slot) => rewardColumn(list, slot, from, to))
    yield { length: to - from, columns: [{ values: seqs }, ...columns, ...rewards] }
  }
}

function rewardColumn(list: CorrectionList, slot: number, from: number, to: number): ColumnValues {
  const values = new Float32Array(to - from)
  const valid = new Uint8Array(Math.ceil((to - from) / 8))
  for (let i = from; i < to; i++) {
    if ((((list.slots[i] as number) >> slot) & 1) === 0) continue
    const row = i - from
    values[row] = list.rewards[i * L.REWARD_SLOTS + slot] as number
    valid[row >> 3] = (valid[row >> 3] as number) | (1 << (row & 7))
  }
  return { values, valid }
}

/** Puts batches together to the list that they came from. */
export class CorrectionReader {
  private readonly list: CorrectionList & { length: number }

  /** @param length entries of all batches together */
  constructor(length: number) {
    this.list = {
      length: 0,
      seqs: new Float64Array(length),
      flags: new Uint16Array(length),
      masks: new Uint8Array(length),
      slots: new Uint8Array(length),
      rewards: new Float32Array(length * L.REWARD_SLOTS),
    }
  }

  /** Takes the entries of a batch of `CORRECTION_COLUMNS`. */
  take(batch: ColumnBatch): void {
    const { list } = this
    const at = list.length
    const column = (i: number) => (batch.columns[i] as ColumnValues).values
    for (let i = 0; i < batch.length; i++) list.seqs[at + i] = u64(column(0), i)
    list.flags.set(column(1), at)
    list.masks.set(column(2), at)
    list.slots.set(column(3), at)
    for (let slot = 0; slot < L.REWARD_SLOTS; slot++) {
      const rewards = column(4 + slot)
      for (let i = 0; i < batch.length; i++) {
        if (((list.slots[at + i] as number) >> slot) & 1) {
          list.rewards[(at + i) * L.REWARD_SLOTS + slot] = rewards[i] as number
        }
      }
    }
    list.length += batch.length
  }

  /** All that was taken. */
  finish(): CorrectionList {
    return this.list
  }
}
