/**
 * Which days a store may let go of. Days go whole, the oldest first.
 *
 * @module
 */

import type { ManifestState } from '../manifest/state.js'
import { MS_PER_DAY } from '../partition.js'
import type { Beside } from './committer.js'

/** How much a store keeps. Without either limit: everything. */
export interface ColdRetention {
  /** A day goes once its end is longer ago than this. */
  readonly maxAgeMs?: number | undefined
  /** The oldest days go while the event files are larger than this together. The newest day always stays. */
  readonly maxBytes?: number | undefined
}

/** The change that lets go of days, or undefined if all stay. */
export function dropOf(state: ManifestState, retention: ColdRetention, nowMs: number): Beside | undefined {
  const { maxAgeMs = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = retention
  const sizes = new Map<number, number>()
  for (const { day, bytes } of state.files) sizes.set(day, (sizes.get(day) ?? 0) + bytes)
  const days = [...sizes].sort(([a], [b]) => a - b)
  let left = days.reduce((sum, [, bytes]) => sum + bytes, 0)
  const dropped = new Set<number>()
  for (const [i, [day, bytes]] of days.entries()) {
    const isOld = (day + 1) * MS_PER_DAY <= nowMs - maxAgeMs
    if (!isOld && (left <= maxBytes || i === days.length - 1)) break
    dropped.add(day)
    left -= bytes
  }
  if (dropped.size === 0) return undefined
  const files = state.files.filter(({ day }) => dropped.has(day))
  const stay = state.files.filter(({ day }) => !dropped.has(day))
  const corrections = state.corrections.filter(({ firstSeq, lastSeq }) => {
    return !stay.some((file) => file.firstSeq <= lastSeq && file.lastSeq >= firstSeq)
  })
  return {
    removed: [...files, ...corrections].map(({ path }) => path),
    counts: {
      droppedEvents: files.reduce((sum, { count }) => sum + count, 0),
      droppedDays: dropped.size,
      droppedBytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      passedOver: corrections.reduce((sum, { count }) => sum + count, 0),
    },
  }
}
