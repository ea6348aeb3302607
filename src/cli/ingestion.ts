/**
 * The way of rows into the ring: written in batches, appraised batch by batch, counted.
 *
 * Every appraiser is polled after every batch, before the next one can evict what it has not seen, so that none ever
 * misses an event, whatever the capacity. A reward that the input brought itself stays: its slot counts as appraised
 * with that value.
 *
 * @module
 */

import { randomFillSync } from 'node:crypto'
import {
  Appraiser,
  type AppraiserFunction,
  type AppraiserType,
  curiosityAppraiser,
  type EventColumns,
  type EventView,
  type ExperienceStream,
  efficiencyAppraiser,
  goalAppraiser,
  homeostasisAppraiser,
} from '../index.js'
import { EventRows, LARGEST_REWARD, type RowSink } from './rows.js'

const BATCH_EVENTS = 1024
const MALFORMED_KEPT = 10

/** Names of the appraisers on the command line, in the order of `AppraiserType`. */
export const APPRAISERS = ['homeostasis', 'curiosity', 'efficiency', 'goal'] as const
export type AppraiserName = (typeof APPRAISERS)[number]

/** Number of an appraiser. */
export function appraiserType(name: AppraiserName): AppraiserType {
  return APPRAISERS.indexOf(name) as AppraiserType
}

/** A record that could not become an event. */
export interface MalformedRecord {
  /** Line, record or observation, counted from 1. */
  line: number
  reason: string
}

/** Counters of an ingestion. */
export interface IngestionTotals {
  ingested: number
  malformed: number
  /** The first few. */
  malformedLines: MalformedRecord[]
  notes: string[]
  /** Events whose time is before that of the event before them. */
  outOfOrder: number
  /** Unix µs; infinite while there are no events. */
  earliest: number
  latest: number
  /** Events per type code. */
  types: Map<number, number>
  /** Sum of the rewards of each appraiser that ran. */
  rewardSums: Map<AppraiserName, number>
}

/** Fills one stream. */
export class Ingestion implements RowSink {
  readonly rows: EventRows
  readonly totals: IngestionTotals = {
    ingested: 0,
    malformed: 0,
    malformedLines: [],
    notes: [],
    outOfOrder: 0,
    earliest: Number.POSITIVE_INFINITY,
    latest: Number.NEGATIVE_INFINITY,
    types: new Map(),
    rewardSums: new Map(),
  }
  readonly #stream: ExperienceStream
  readonly #appraisers: Appraiser[]
  readonly #typeCounts = new Float64Array(0x10000)
  #lastTimestamp = 0
  #batchStart = 0

  /** @param names the appraisers that run */
  constructor(stream: ExperienceStream, names: readonly AppraiserName[]) {
    this.#stream = stream
    this.rows = new EventRows(Math.min(BATCH_EVENTS, stream.capacity))
    this.#appraisers = names.map((name) => this.#appraiser(name))
  }

  get committed(): number {
    return this.totals.ingested + this.rows.length
  }

  commit(): void {
    if (++this.rows.length === this.rows.capacity) this.flush()
  }

  malformed(line: number, reason: string): void {
    this.totals.malformed++
    if (this.totals.malformedLines.length < MALFORMED_KEPT) this.totals.malformedLines.push({ line, reason })
  }

  note(text: string): void {
    this.totals.notes.push(text)
  }

  /** Writes and appraises the rows that are complete. */
  flush(): void {
    const { rows, totals } = this
    if (rows.length === 0) return
    this.#count()
    this.#batchStart = this.#stream.writeBatch(this.#columns()).start
    totals.ingested += rows.length
    for (const appraiser of this.#appraisers) appraiser.poll()
    rows.clear()
  }

  /** Flushes, completes the totals, and lets go of the stream. */
  finish(): IngestionTotals {
    this.flush()
    for (const appraiser of this.#appraisers) appraiser.close()
    this.#typeCounts.forEach((events, code) => {
      if (events > 0) this.totals.types.set(code, events)
    })
    return this.totals
  }

  #appraiser(name: AppraiserName): Appraiser {
    const slot = appraiserType(name)
    const judge = functionOf(name)
    const { given, rewards } = this.rows
    const own = rewards[slot] as Float32Array
    const { rewardSums } = this.totals
    rewardSums.set(name, 0)
    const appraise = (event: EventView): number => {
      const row = event.seq - this.#batchStart
      const brought = ((given[row] as number) & (1 << slot)) !== 0
      const reward = brought ? (own[row] as number) : within(judge(event))
      rewardSums.set(name, (rewardSums.get(name) as number) + reward)
      return reward
    }
    return new Appraiser(this.#stream, slot, appraise)
  }

  #columns(): EventColumns {
    const { rows } = this
    const n = rows.length
    const [homeostasis, curiosity, efficiency, goal] = rows.rewards
    const columns: EventColumns = {
      timestamps: rows.timestamps.subarray(0, n),
      episodeIds: rows.episodeIds.subarray(0, n),
      stepNumbers: rows.stepNumbers.subarray(0, n),
      eventTypes: rows.eventTypes.subarray(0, n),
      flags: rows.flags.subarray(0, n),
      states: rows.states.subarray(0, n * 8),
      actions: rows.actions.subarray(0, n * 8),
      rewardsHomeostasis: homeostasis.subarray(0, n),
      rewardsCuriosity: curiosity.subarray(0, n),
      rewardsEfficiency: efficiency.subarray(0, n),
      rewardsGoal: goal.subarray(0, n),
      adnaVersionHashes: rows.adnaVersionHashes.subarray(0, n),
    }
    if (rows.anyId) {
      this.#drawMissingIds()
      columns.eventIds = rows.eventIds.subarray(0, n * 16)
    }
    return columns
  }

  #drawMissingIds(): void {
    const { rows } = this
    for (let row = 0; row < rows.length; row++) {
      if (rows.hasId[row] === 1) continue
      const id = randomFillSync(rows.eventIds.subarray(row * 16, row * 16 + 16))
      id[6] = ((id[6] as number) & 0x0f) | 0x40
      id[8] = ((id[8] as number) & 0x3f) | 0x80
    }
  }

  #count(): void {
    const { rows, totals } = this
    for (let row = 0; row < rows.length; row++) {
      const timestamp = rows.timestamps[row] as number
      if (timestamp < this.#lastTimestamp) totals.outOfOrder++
      if (timestamp < totals.earliest) totals.earliest = timestamp
      if (timestamp > totals.latest) totals.latest = timestamp
      this.#lastTimestamp = timestamp
      const type = rows.eventTypes[row] as number
      this.#typeCounts[type] = (this.#typeCounts[type] as number) + 1
    }
  }
}

/** A state far outside of what an appraiser was made for may give more than a reward slot takes. */
function within(reward: number): number {
  return Math.max(-LARGEST_REWARD, Math.min(LARGEST_REWARD, reward))
}

function functionOf(name: AppraiserName): AppraiserFunction {
  switch (name) {
    case 'homeostasis':
      return homeostasisAppraiser()
    case 'curiosity':
      return curiosityAppraiser()
    case 'efficiency':
      return efficiencyAppraiser()
    case 'goal':
      return goalAppraiser()
  }
}
