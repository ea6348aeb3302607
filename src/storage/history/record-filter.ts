/**
 * The conditions of a query, checked once and asked for every record. The same conditions as those of `find` on a
 * stream, with the same meaning. A store is handed those that never change with a reward; the others are asked here,
 * after late corrections have been applied.
 *
 * @module
 */

import type { Lanes } from '../../event/lanes.js'
import { totalRewardAt } from '../../event/view.js'
import { SEQ_LIMIT } from '../../kernel/ring.js'
import * as L from '../../layout.js'
import { rangeEnd } from '../../stream/matching.js'
import type { EventFilter } from '../../stream/types.js'
import { assertInteger, assertKeys, assertNumber, episodeNumber, typeList } from '../../stream/validate.js'
import type { ColdQuery } from '../cold/cold-storage.js'

const KEYS = ['types', 'flags', 'episodeId', 'from', 'to', 'minReward', 'maxReward', 'startSeq', 'endSeq']

const TIMESTAMP = L.TIMESTAMP >>> 2
const EPISODE = L.EPISODE_ID >>> 2
const TYPE = L.EVENT_TYPE >>> 1
const FLAGS = L.FLAGS >>> 1

/** Conditions joined by AND. */
export class RecordFilter {
  /** Sequence numbers [startSeq, endSeq). */
  readonly startSeq: number
  readonly endSeq: number
  /** Whether there is any condition beside that on the numbers. */
  readonly selective: boolean
  private readonly types: readonly number[] | undefined
  private readonly typeSet: ReadonlySet<number> | undefined
  private readonly flags: number
  private readonly episodeId: bigint | undefined
  private readonly episodeLow: number
  private readonly episodeHigh: number
  private readonly from: number | undefined
  private readonly to: number | undefined
  private readonly minReward: number
  private readonly maxReward: number
  private readonly byReward: boolean

  /** @throws {InvalidArgumentError} for a condition that is unknown or out of range. */
  constructor(filter: EventFilter = {}) {
    assertKeys(filter, 'filter', KEYS)
    const { types, flags = 0, episodeId, from, to, minReward, maxReward, startSeq, endSeq } = filter
    this.startSeq = startSeq === undefined ? 0 : rangeEnd(startSeq, 'startSeq')
    this.endSeq = endSeq === undefined ? SEQ_LIMIT : rangeEnd(endSeq, 'endSeq')
    this.types = types === undefined ? undefined : typeList(types, 'types')
    this.typeSet = this.types && new Set(this.types)
    assertInteger(flags, 'flags', 0, 65535)
    this.flags = flags
    this.episodeId = episodeId === undefined ? undefined : episodeNumber(episodeId, 'episodeId')
    this.episodeLow = Number((this.episodeId ?? 0n) & 0xffffffffn)
    this.episodeHigh = Number((this.episodeId ?? 0n) >> 32n)
    this.from = optionalNumber(from, 'from')
    this.to = optionalNumber(to, 'to')
    this.minReward = optionalNumber(minReward, 'minReward') ?? Number.NEGATIVE_INFINITY
    this.maxReward = optionalNumber(maxReward, 'maxReward') ?? Number.POSITIVE_INFINITY
    this.byReward = minReward !== undefined || maxReward !== undefined
    this.selective = this.byReward || flags !== 0 || [types, episodeId, from, to].some((value) => value !== undefined)
  }

  /** Whether the record at `word` meets every condition but that on its number. */
  matches({ u32, u16, f32 }: Lanes, word: number): boolean {
    if (this.typeSet !== undefined && !this.typeSet.has(u16[word * 2 + TYPE] as number)) return false
    if (((u16[word * 2 + FLAGS] as number) & this.flags) !== this.flags) return false
    if (this.episodeId !== undefined) {
      if (u32[word + EPISODE] !== this.episodeLow || u32[word + EPISODE + 1] !== this.episodeHigh) return false
    }
    if (this.from !== undefined || this.to !== undefined) {
      const time = (u32[word + TIMESTAMP + 1] as number) * 4294967296 + (u32[word + TIMESTAMP] as number)
      if (this.from !== undefined && time < this.from) return false
      if (this.to !== undefined && time >= this.to) return false
    }
    if (!this.byReward) return true
    const total = totalRewardAt(f32, word)
    return total >= this.minReward && total <= this.maxReward
  }

  /** What a store is asked for numbers [startSeq, endSeq): the conditions that no correction can change. */
  coldQuery(startSeq: number, endSeq: number, batchSize: number, signal: AbortSignal | undefined): ColdQuery {
    const { from, to, episodeId, types } = this
    return { startSeq, endSeq, from, to, episodeId, types, batchSize, signal }
  }
}

/** Takes every event. */
export const EVERYTHING = new RecordFilter()

function optionalNumber(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined
  assertNumber(value, name)
  return value
}
