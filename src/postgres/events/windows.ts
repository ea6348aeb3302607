/**
 * Windows: the stretches of time, or of sequence numbers, that a query is read in. An index of the profile `ingest` can
 * find a stretch of time, but not the first thousand events of all; so a result is read from one end to the other in
 * stretches that are thought to hold somewhat less than a page, by what is known of the days, so that the database need
 * neither sort nor cut. Where few events meet the conditions they grow, up to a size that a statement can look through in a
 * moment.
 *
 * Contract:
 * - The windows join and cover everything that the days hold between the place where the query begins and its end: an
 *   estimate decides how large they are, never what is found.
 * - In the order of rewards there is one window. What an episode has is looked for in one window as well, since its index
 *   leads there whatever the profile, until it turns out to fill pages.
 *
 * @module
 */

import { SEQ_LIMIT } from '../../kernel/ring.js'
import { LAST_TIME } from './conditions.js'
import type { Day } from './days.js'
import type { Ordering, Place } from './order.js'
import type { PageRequest } from './page-request.js'

const GROWTH = 4
/** How full a page is meant to be: estimates err. */
const FILL = 0.9

/** [low, high) of times in the order of time, of sequence numbers in their order, of both ends in that of rewards. */
export interface Window {
  readonly low: number
  readonly high: number
  /** The days that may have events in it, ascending. */
  readonly days: readonly Day[]
  /** About how many events there are in it. */
  readonly events: number
}

/** What the first window is to hold where `limit` events are wanted in pages of some size. */
export function firstWindow(limit: number, page: number, selective: boolean): number {
  return limit <= page && !selective ? 2 * limit : Math.max(1, Math.floor(page * FILL))
}

/** Where the reading of one query stands. */
export class Windows {
  private readonly stretches: readonly Stretch[]
  private readonly ordering: Ordering
  private whole: boolean
  /** What is left: [low, high). */
  private low: number
  private high: number
  private target: number
  private readonly most: number

  /**
   * @param first events that the first window is to hold, about.
   * @param after where the query begins, if not at an end.
   */
  constructor(
    { conditions, ordering, limits }: Pick<PageRequest, 'conditions' | 'ordering' | 'limits'>,
    days: readonly Day[],
    first: number,
    after?: Place,
  ) {
    const byTime = ordering.by !== 'sequence'
    this.stretches = days.map((day) => stretchOf(day, byTime))
    this.ordering = ordering
    this.low = byTime ? Math.max(conditions.from, 0) : conditions.startSeq
    this.high = byTime ? Math.min(conditions.to, LAST_TIME) + 1 : Math.min(conditions.endSeq, SEQ_LIMIT)
    this.most = limits.window
    this.target = Math.min(this.most, first)
    if (after !== undefined) this.begin(after)
    this.whole = conditions.episodeId !== undefined
  }

  /** The window to read next; undefined if nothing is left. */
  next(): Window | undefined {
    let first = Number.POSITIVE_INFINITY
    let last = Number.NEGATIVE_INFINITY
    for (const { from, to } of this.stretches) {
      if (to <= this.low || from >= this.high) continue
      first = Math.min(first, from)
      last = Math.max(last, to)
    }
    this.low = Math.max(this.low, first)
    this.high = Math.min(this.high, last)
    if (this.low >= this.high) return undefined
    const { low, high } = this.cut()
    const events = this.eventsIn(low, high)
    const days = this.stretches.filter(({ from, to }) => from < high && to > low).map(({ day }) => day)
    return { low, high, days, events }
  }

  /** The window has been read to its end, and had `found` events of a page of `wanted`. */
  passed(window: Window, found: number, wanted: number): void {
    if (this.ordering.descending) this.high = window.low
    else this.low = window.high
    if (found < wanted / GROWTH) this.target = Math.min(this.most, this.target * GROWTH)
  }

  /** Of the window everything up to a place has been read, which was a full page. */
  reached(window: Window, place: Place): void {
    this.begin(place)
    const seen = this.eventsIn(window.low, window.high) - this.eventsIn(this.low, this.high)
    this.target = Math.min(this.most, Math.max(1, Math.floor(seen * FILL)))
    this.whole = false
  }

  /** Leaves out what lies before a place; others may have the same value. */
  private begin(place: Place): void {
    if (this.ordering.by === 'reward') return
    if (this.ordering.descending) this.high = Math.min(this.high, place.value + 1)
    else this.low = Math.max(this.low, place.value)
  }

  private cut(): { low: number; high: number } {
    const { low, high, target } = this
    const { by, descending } = this.ordering
    if (this.whole || by === 'reward' || this.eventsIn(low, high) <= target) return { low, high }
    // The estimate only grows with the length, so halving finds the length where it passes the target.
    let least = 1
    let most = high - low
    while (least < most) {
      const length = least + Math.floor((most - least) / 2)
      const events = descending ? this.eventsIn(high - length, high) : this.eventsIn(low, low + length)
      if (events < target) least = length + 1
      else most = length
    }
    return descending ? { low: high - least, high } : { low, high: low + least }
  }

  /** About how many events there are, if each day's lie evenly between its first and its last. */
  private eventsIn(low: number, high: number): number {
    let events = 0
    for (const stretch of this.stretches) {
      const common = Math.min(high, stretch.to) - Math.max(low, stretch.from)
      if (common > 0) events += (stretch.day.events * common) / (stretch.to - stretch.from)
    }
    return events
  }
}

/** Where the events of a day lie in the order of the windows: [from, to). */
interface Stretch {
  readonly from: number
  readonly to: number
  readonly day: Day
}

function stretchOf(day: Day, byTime: boolean): Stretch {
  return byTime ? { from: day.minTime, to: day.maxTime + 1, day } : { from: day.minSeq, to: day.maxSeq + 1, day }
}
