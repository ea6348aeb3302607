/**
 * What the tests of shared streams with a journal have in common: opening, and what the files say in the end.
 *
 * @module
 */

import { join } from 'node:path'
import { afterEach } from 'vitest'
import { NodeDisk } from '../../../src/storage/disk/node-disk.node.js'
import type { NodeDurableOptions } from '../../../src/storage/index.node.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'
import { JournalReader } from '../../../src/storage/journal/reader.js'
import type { Gap, JournalEvents } from '../../../src/storage/journal/source.js'
import { EventBatch } from '../../../src/stream/batch.js'
import { temporaryFolder } from '../support/folders.js'
import { type Durable, openExperienceStream } from './library.mjs'

const open: Durable[] = []

afterEach(async () => {
  for (const stream of open.splice(0)) await stream.close().catch(() => {})
})

/** Opens a shared stream in a new folder, or in `directory`; it is closed after the test. */
export async function openShared(options: Partial<NodeDurableOptions> = {}): Promise<Durable> {
  const defaults = { directory: temporaryFolder(), segmentBytes: 2 ** 20, shared: true }
  const stream = await openExperienceStream({ ...defaults, ...options })
  open.push(stream)
  return stream
}

/** What a journal holds. */
export interface Kept {
  readonly endSeq: number
  readonly events: JournalEvents
  readonly gaps: readonly Gap[]
  /** The same events, to be looked at one by one. */
  readonly batch: EventBatch
  /** The reward of each event by its number. */
  reward(seq: number, appraiser: number): number | undefined
  has(seq: number): boolean
}

/** Reads the journal of a directory, whoever has it open. */
export function keptIn(directory: string): Kept {
  const reader = new JournalReader({ disk: new NodeDisk(join(directory, 'journal')), crc32: nodeCrc32 })
  const { endSeq } = reader
  const events = reader.events(0, endSeq)
  const gaps = reader.gaps(0, endSeq)
  reader.close()
  const batch = new EventBatch()
  batch.own(events.length).set(events.bytes.subarray(0, events.length * 128))
  batch.ownNumbers(events.length).set(events.seqs.subarray(0, events.length))
  batch.describe(events.length, 0, endSeq, 0, false)
  const places = new Map(Array.from(events.seqs, (seq, i) => [seq, i]))
  const rewards = batch.rewards()
  return {
    endSeq,
    events,
    gaps,
    batch,
    has: (seq) => places.has(seq),
    reward: (seq, appraiser) => {
      const place = places.get(seq)
      return place === undefined ? undefined : rewards[place * 4 + appraiser]
    },
  }
}

/** How many numbers the gaps have. */
export function lengthOf(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, { start, end }) => sum + end - start, 0)
}
