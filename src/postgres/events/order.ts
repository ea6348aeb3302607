/**
 * The orders of a result: what an event's place in it is, how the database sorts by it, and how it goes on behind a place.
 *
 * A place is a value and the sequence number, which tells events of one value apart, so that pages neither lose nor
 * double events. Rewards compare as f32: −0 equals 0, in SQL as here.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { recordsOf, timestampAt } from '../../storage/cold/events.js'
import { assertChoice } from '../../stream/validate.js'
import type { EventOrder, PageOptions } from '../contract.js'
import { int8, real } from '../sql/text.js'

/** The total reward as the record's, in REAL and from left to right. Indexes of the profile `analytics` have the same. */
export const TOTAL_REWARD = '(reward_homeostasis + reward_curiosity + reward_efficiency + reward_goal)'

/** Where an event stands in an order. */
export interface Place {
  /** The timestamp, the total reward, or the sequence number again. */
  readonly value: number
  readonly seq: number
}

const VALUES: Readonly<Record<EventOrder, string | undefined>> = {
  time: 'timestamp',
  reward: TOTAL_REWARD,
  sequence: undefined,
}

/** An order with its direction. */
export class Ordering {
  readonly by: EventOrder
  readonly descending: boolean
  private readonly sign: 1 | -1

  /** @throws {InvalidArgumentError} */
  constructor({ orderBy = 'time', direction = 'ascending' }: Pick<PageOptions, 'orderBy' | 'direction'>) {
    assertChoice(orderBy, 'orderBy', ['time', 'sequence', 'reward'])
    assertChoice(direction, 'direction', ['ascending', 'descending'])
    this.by = orderBy
    this.descending = direction === 'descending'
    this.sign = this.descending ? -1 : 1
  }

  /** What stands behind ORDER BY. */
  get sql(): string {
    const value = VALUES[this.by]
    const suffix = this.descending ? ' DESC' : ''
    return value === undefined ? `sequence_number${suffix}` : `${value}${suffix}, sequence_number${suffix}`
  }

  /** The condition that an event comes behind a place. */
  behind(place: Place): string {
    const than = this.descending ? '<' : '>'
    const value = VALUES[this.by]
    if (value === undefined) return `sequence_number ${than} ${int8(place.seq)}`
    const at = this.by === 'time' ? int8(place.value) : real(place.value)
    return `(${value}, sequence_number) ${than} (${at}, ${int8(place.seq)})`
  }

  /** Negative if `a` comes first, positive if `b` does. */
  compare(a: Place, b: Place): number {
    return this.sign * (a.value === b.value ? a.seq - b.seq : a.value - b.value)
  }

  /** Where event `i` stands. */
  placeOf(events: StoredEvents, records: DataView, i: number): Place {
    const seq = events.seqs[i] as number
    const at = i * L.RECORD_BYTES
    if (this.by === 'sequence') return { value: seq, seq }
    return { value: this.by === 'time' ? timestampAt(records, at) : totalRewardOf(records, at), seq }
  }

  /** The values of the places of all events. */
  valuesOf(events: StoredEvents): Float64Array {
    if (this.by === 'sequence') return events.seqs
    const records = recordsOf(events)
    const values = new Float64Array(events.length)
    for (let i = 0, at = 0; i < events.length; i++, at += L.RECORD_BYTES) {
      values[i] = this.by === 'time' ? timestampAt(records, at) : totalRewardOf(records, at)
    }
    return values
  }

  /** Where the last of some events stands. */
  lastPlace(events: StoredEvents): Place {
    return this.placeOf(events, recordsOf(events), events.length - 1)
  }
}

/** The total reward of the record at byte `at`. */
export function totalRewardOf(records: DataView, at: number): number {
  const slot = (i: number): number => records.getFloat32(at + L.REWARDS + 4 * i, true)
  return Math.fround(Math.fround(Math.fround(slot(0) + slot(1)) + slot(2)) + slot(3))
}
