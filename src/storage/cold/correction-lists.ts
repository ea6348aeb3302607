/**
 * Work with lists of corrections: parts of them, and who they are for.
 *
 * @module
 */

import * as L from '../../layout.js'
import { applyCorrections, type CorrectionList } from '../journal/corrections.js'
import type { StoredEvents } from './cold-storage.js'
import { lowerBound } from './events.js'
import type { EventFileEntry } from './manifest/state.js'

/** No corrections. */
export const NO_CORRECTIONS: CorrectionList = {
  length: 0,
  seqs: new Float64Array(0),
  flags: new Uint16Array(0),
  masks: new Uint8Array(0),
  slots: new Uint8Array(0),
  rewards: new Float32Array(0),
}

/** Entries [from, to) of a list; shares its arrays. */
export function partOf(list: CorrectionList, from: number, to: number): CorrectionList {
  return {
    length: to - from,
    seqs: list.seqs.subarray(from, to),
    flags: list.flags.subarray(from, to),
    masks: list.masks.subarray(from, to),
    slots: list.slots.subarray(from, to),
    rewards: list.rewards.subarray(from * L.REWARD_SLOTS, to * L.REWARD_SLOTS),
  }
}

/** A list that shares nothing with `list`. */
export function copyOf(list: CorrectionList): CorrectionList {
  const { length, seqs, flags, masks, slots, rewards } = list
  return {
    length,
    seqs: seqs.slice(0, length),
    flags: flags.slice(0, length),
    masks: masks.slice(0, length),
    slots: slots.slice(0, length),
    rewards: rewards.slice(0, length * L.REWARD_SLOTS),
  }
}

/** The entries of events [start, end); shares the arrays. */
export function within(list: CorrectionList, start: number, end: number): CorrectionList {
  return partOf(list, lowerBound(list.seqs, list.length, start), lowerBound(list.seqs, list.length, end))
}

/** Applies to events, in place, what a list has for them; returns how many entries that were. */
export function correct(events: StoredEvents, list: CorrectionList, requiredMask: number): number {
  if (events.length === 0 || list.length === 0) return 0
  const first = events.seqs[0] as number
  const last = events.seqs[events.length - 1] as number
  return applyCorrections(within(list, first, last + 1), events, requiredMask)
}

/** The entries of events that files may hold. */
export function entriesFor(list: CorrectionList, files: readonly EventFileEntry[]): CorrectionList {
  const ranges = rangesOf(files)
  const kept: number[] = []
  for (let i = 0, r = 0; i < list.length; i++) {
    const seq = list.seqs[i] as number
    while (r < ranges.length && (ranges[r] as Range).end <= seq) r++
    if (r < ranges.length && (ranges[r] as Range).start <= seq) kept.push(i)
  }
  if (kept.length === list.length) return list
  return {
    length: kept.length,
    seqs: Float64Array.from(kept, (i) => list.seqs[i] as number),
    flags: Uint16Array.from(kept, (i) => list.flags[i] as number),
    masks: Uint8Array.from(kept, (i) => list.masks[i] as number),
    slots: Uint8Array.from(kept, (i) => list.slots[i] as number),
    rewards: Float32Array.from(
      kept.flatMap((i) => [...list.rewards.subarray(i * L.REWARD_SLOTS, (i + 1) * L.REWARD_SLOTS)]),
    ),
  }
}

interface Range {
  readonly start: number
  end: number
}

/** The sequence numbers that files may hold, as ascending ranges that do not touch. */
function rangesOf(files: readonly EventFileEntry[]): readonly Range[] {
  const all = files.flatMap(({ runs, firstSeq, lastSeq }) => {
    if (runs === undefined) return [{ start: firstSeq, end: lastSeq + 1 }]
    return Array.from({ length: runs.length / 2 }, (_, i) => {
      return { start: runs[2 * i] as number, end: runs[2 * i + 1] as number }
    })
  })
  all.sort((a, b) => a.start - b.start)
  const joined: Range[] = []
  for (const range of all) {
    const last = joined.at(-1)
    if (last !== undefined && range.start <= last.end) last.end = Math.max(last.end, range.end)
    else joined.push({ ...range })
  }
  return joined
}
