/**
 * What is known of a file of events without reading it: gathered while its events go by.
 *
 * @module
 */

import * as L from '../../layout.js'
import type { StoredEvents } from './cold-storage.js'
import { recordsOf, timestampAt } from './events.js'
import type { EventFileEntry } from './manifest/state.js'

/** More type codes, or more ranges of sequence numbers, than this are not listed. */
const MOST_LISTED = 16

/** What a file is called, how large it is, and which day its events are of. */
export type NamedFile = Pick<EventFileEntry, 'path' | 'bytes' | 'day'>

/** Takes a file's events, ascending, and tells what they are. */
export class Description {
  /** Events so far. */
  count = 0
  private readonly types = new Set<number>()
  private firstSeq = -1
  private lastSeq = -1
  private fromUs = Number.POSITIVE_INFINITY
  private toUs = 0
  private least = 2n ** 64n
  private largest = 0n
  /** Undefined once there are too many. */
  private runs: number[] | undefined = []

  /** Takes the next events. */
  add(events: StoredEvents): void {
    const records = recordsOf(events)
    for (let at = 0; at < records.byteLength; at += L.RECORD_BYTES) {
      const timestamp = timestampAt(records, at)
      if (timestamp < this.fromUs) this.fromUs = timestamp
      if (timestamp > this.toUs) this.toUs = timestamp
      const episode = records.getBigUint64(at + L.EPISODE_ID, true)
      if (episode < this.least) this.least = episode
      if (episode > this.largest) this.largest = episode
      if (this.types.size <= MOST_LISTED) this.types.add(records.getUint16(at + L.EVENT_TYPE, true))
    }
    this.addRuns(events.seqs)
    if (this.count === 0) this.firstSeq = events.seqs[0] as number
    this.count += events.length
  }

  /** The entry of the file that holds what was added, at least one event. */
  entry(file: NamedFile): EventFileEntry {
    const { types, runs } = this
    return {
      ...file,
      count: this.count,
      firstSeq: this.firstSeq,
      lastSeq: this.lastSeq,
      fromUs: this.fromUs,
      toUs: this.toUs,
      leastEpisode: this.least.toString(),
      largestEpisode: this.largest.toString(),
      ...(types.size <= MOST_LISTED && { types: [...types].sort((a, b) => a - b) }),
      ...(runs !== undefined && { runs: [...runs, this.lastSeq + 1] }),
    }
  }

  /** `runs` as [start, end, start, …], the end of the last one left open. */
  private addRuns(seqs: Float64Array): void {
    for (const seq of seqs) {
      if (this.runs !== undefined && (this.runs.length === 0 || seq !== this.lastSeq + 1)) {
        if (this.runs.length > 0) this.runs.push(this.lastSeq + 1)
        this.runs.push(seq)
        if (this.runs.length >= 2 * MOST_LISTED) this.runs = undefined
      }
      this.lastSeq = seq
    }
  }
}

/** What is said of a file that holds these events. */
export function describe(events: StoredEvents, file: NamedFile): EventFileEntry {
  const description = new Description()
  description.add(events)
  return description.entry(file)
}
