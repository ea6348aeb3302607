/**
 * Uniform samples of everything that is stored: each event is as likely as any other, whichever tier holds it.
 *
 * Without conditions the tiers tell how many events they hold, numbers are drawn, or ranks where many numbers hold no
 * event or much of everything is wanted, and only the drawn events are read. With conditions one pass over the events keeps a reservoir; draws with replacement are then made of those without.
 *
 * @module
 */

import type { EventMetadata } from '../cold/cold-storage.js'
import { StorageError } from '../errors.js'
import { HistorySample, type Piece } from './batch.js'
import { Census } from './census.js'
import { fetchEvents } from './fetch.js'
import type { Random } from './random.js'
import { ranksWithoutReplacement, ranksWithReplacement, shuffle, withRepeats } from './ranks.js'
import type { RecordFilter } from './record-filter.js'
import { Rows } from './rows.js'
import type { HistoryChunk } from './tier.js'
import type { TierStack } from './walk.js'

/** Times that a draw is done again because events were dropped between counting and reading. */
const MOST_ATTEMPTS = 8
/** Rounds of drawing numbers; each leaves at most about half of the sample open, so that few are ever needed. */
const MOST_ROUNDS = 64

/** What to draw, from the numbers [start, end). */
export interface Draw {
  readonly size: number
  readonly start: number
  readonly end: number
  readonly filter: RecordFilter
  readonly replacement: boolean
  readonly random: Random
  readonly metadata: boolean
  readonly signal: AbortSignal | undefined
}

/** Draws a sample, in the order of the draws. */
export function drawSample(tiers: TierStack, draw: Draw): Promise<HistorySample> {
  return draw.filter.selective ? drawMatches(tiers, draw) : drawAny(tiers, draw)
}

async function drawAny(tiers: TierStack, draw: Draw): Promise<HistorySample> {
  const { size, start, end, random, replacement, metadata, signal } = draw
  const census = new Census(tiers, signal)
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const population = await census.count(start, end)
    if (population * 2 >= end - start && size * 4 <= population) {
      const drawn = await drawNumbers(tiers, draw, population)
      if (drawn !== undefined) return sampleOf(drawn, draw, population)
      continue
    }
    const ranks = (replacement ? ranksWithReplacement : ranksWithoutReplacement)(random, size, population)
    const distinct = Float64Array.from(new Set(ranks)).sort()
    const seqs = await census.locate(start, end, population, distinct)
    const pieces = seqs && (await fetchEvents(tiers, seqs, metadata, signal))
    if (pieces?.length !== distinct.length) continue
    const places = new Map(Array.from(distinct, (rank, place) => [rank, place]))
    const drawn = Array.from(ranks, (rank) => pieces[places.get(rank) as number] as Piece)
    return sampleOf(drawn, draw, population)
  }
  throw new StorageError(`events were dropped during each of ${MOST_ATTEMPTS} attempts at drawing a sample`, {
    attempts: MOST_ATTEMPTS,
  })
}

/**
 * Where most numbers hold an event: draws numbers and passes over those that hold none or, without replacement, were
 * drawn before. Undefined if there turn out to be far fewer events than counted.
 */
async function drawNumbers(tiers: TierStack, draw: Draw, population: number): Promise<Piece[] | undefined> {
  const { size, start, end, random, replacement, metadata, signal } = draw
  const drawn: Piece[] = []
  const taken = new Set<number>()
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const count = Math.ceil(((size - drawn.length) * (end - start)) / population)
    const seqs = Float64Array.from({ length: count }, () => start + random.below(end - start))
    const pieces = await fetchEvents(tiers, Float64Array.from(new Set(seqs)).sort(), metadata, signal)
    const found = new Map(pieces.map((piece) => [piece.rows.seqs[piece.first] as number, piece]))
    for (const seq of seqs) {
      const piece = found.get(seq)
      if (drawn.length === size || piece === undefined || taken.has(seq)) continue
      if (!replacement) taken.add(seq)
      drawn.push(piece)
    }
    if (drawn.length === size) return drawn
  }
  return undefined
}

async function drawMatches(tiers: TierStack, draw: Draw): Promise<HistorySample> {
  const { size, random, start, end, filter, metadata, signal } = draw
  const reservoir = new Reservoir()
  let population = 0
  for await (const chunk of tiers.walk({ start, end, filter, metadata, signal })) {
    for (let i = 0; i < chunk.rows.length; i++) {
      const place = population < size ? population : random.below(population + 1)
      population++
      if (place < size) reservoir.put(place, chunk, i)
    }
  }
  const distinct = Math.min(size, population)
  const order = shuffle(
    random,
    Float64Array.from({ length: distinct }, (_, i) => i),
  )
  const places = draw.replacement ? withRepeats(random, size, distinct, population) : order.map((_, i) => i)
  const drawn = Array.from(places, (place) => reservoir.piece(order[place] as number))
  return sampleOf(drawn, draw, population)
}

function sampleOf(pieces: readonly Piece[], { start, end }: Draw, population: number): HistorySample {
  const sample = new HistorySample().fill(pieces, start, end)
  sample.population = population
  return sample
}

/** The events that a pass has kept so far. */
class Reservoir {
  private rows = Rows.withRoomFor(64)
  private readonly tiers: string[] = []
  private readonly metadata = new Map<number, EventMetadata>()

  put(place: number, { tier, rows }: HistoryChunk, i: number): void {
    if (place === this.rows.seqs.length) this.grow()
    if (place < this.tiers.length) this.metadata.delete(this.rows.seqs[place] as number)
    const seq = rows.seqs[i] as number
    this.rows.set(place, rows, i)
    this.tiers[place] = tier
    const beside = rows.metadata.get(seq)
    if (beside !== undefined) this.metadata.set(seq, beside)
  }

  piece(place: number): Piece {
    const { rows } = this
    rows.metadata = this.metadata
    return { tier: this.tiers[place] as string, rows, first: place, count: 1, step: 1 }
  }

  private grow(): void {
    const larger = Rows.withRoomFor(this.rows.seqs.length * 2)
    larger.seqs.set(this.rows.seqs)
    larger.bytes.set(this.rows.bytes)
    larger.masks.set(this.rows.masks)
    this.rows = larger
  }
}
