/**
 * Partitions: one folder for each UTC day of the events' own timestamps, `events/day=2026-11-21/`, with any number of
 * files `<first sequence number>-<ordinal>.<extension>`. Corrections stand beside them, `corrections/<ordinal>.…`.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { StoredEvents } from './cold-storage.js'
import { EventsBuilder, recordsOf, timestampAt } from './events.js'

export const US_PER_DAY = 86_400_000_000
export const MS_PER_DAY = 86_400_000

const OURS =
  /^(?:events\/day=\d{4}-\d{2}-\d{2}\/\d{16}-\d{10,16}|corrections\/\d{10,16})\.(?:parquet|messagepack)(?:\.tmp)?$/u

/** What a file has while it is being made. */
export const UNFINISHED = '.tmp'

/** `2026-11-21` for the day that begins 20,778 days after 1970-01-01. */
export function dayName(day: number): string {
  return new Date(day * MS_PER_DAY).toISOString().slice(0, 10)
}

/** Where a file of events goes. */
export function eventPath(day: number, firstSeq: number, ordinal: number, extension: string): string {
  return `events/day=${dayName(day)}/${digits(firstSeq, 16)}-${digits(ordinal, 10)}.${extension}`
}

/** Where a file of corrections goes. */
export function correctionPath(ordinal: number, extension: string): string {
  return `corrections/${digits(ordinal, 10)}.${extension}`
}

/** Whether a store made this name, so that it may remove the file when its manifest does not list it. */
export function isOurs(path: string): boolean {
  return OURS.test(path)
}

/** `parquet` for `corrections/0000000001.parquet`. */
export function extensionOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

/** The events of each UTC day, days ascending. `events` itself if they are of one. */
export function splitByDay(events: StoredEvents): Map<number, StoredEvents> {
  const records = recordsOf(events)
  const days = new Float64Array(events.length)
  const counts = new Map<number, number>()
  for (let i = 0; i < events.length; i++) {
    const day = Math.floor(timestampAt(records, i * L.RECORD_BYTES) / US_PER_DAY)
    days[i] = day
    counts.set(day, (counts.get(day) ?? 0) + 1)
  }
  if (counts.size === 1) return new Map([[days[0] as number, events]])
  const ascending = [...counts].sort(([a], [b]) => a - b)
  const builders = new Map(ascending.map(([day, count]) => [day, new EventsBuilder(count)]))
  for (let i = 0; i < events.length; ) {
    const from = i
    while (i < events.length && days[i] === days[from]) i++
    builders.get(days[from] as number)?.append(events, from, i)
  }
  return new Map([...builders].map(([day, builder]) => [day, builder.finish()]))
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0')
}
