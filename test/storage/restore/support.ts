/**
 * What the tests of restoring share: a plain store that can be restored from, and streams to compare.
 *
 * @module
 */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ColdQuery, EventMetadata, StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import { chooseRows } from '../../../src/storage/cold/events.js'
import type { DurableExperienceStream, RestorableStore, StoredIdentity } from '../../../src/storage/index.node.js'
import type { Gap } from '../../../src/storage/journal/source.js'
import { makeEvents } from '../../../src/testing/events.js'

/** A store that holds what it is told. */
export class PlainStore implements RestorableStore {
  readonly name = 'plain'
  /** Calls, in order. */
  readonly asked: string[] = []
  gone: Gap[] = []
  metadata = new Map<number, EventMetadata>()
  /** Called before each batch. */
  before: (batch: number) => Promise<void> | void = () => {}
  private readonly events: StoredEvents
  private readonly identity: StoredIdentity | undefined

  /** @param end the number behind its last event. */
  constructor(
    end: number,
    identity: Partial<StoredIdentity['identity']> = {},
    checkpoint = { seq: end, position: 77 },
  ) {
    const { firstSeq = 0 } = identity
    this.events = makeEvents(firstSeq, end)
    const streamId = '0192f0c1-2b3c-7def-8a12-334455667788'
    this.identity = { identity: { streamId, capacity: 100, requiredMask: 15, firstSeq, ...identity }, checkpoint }
  }

  origin: StoredIdentity['origin']

  async stored(): Promise<StoredIdentity | undefined> {
    this.asked.push('stored')
    return this.identity && { ...this.identity, origin: this.origin }
  }

  async gaps(): Promise<Gap[]> {
    return this.gone
  }

  async *query({ startSeq = 0, endSeq = Number.POSITIVE_INFINITY }: ColdQuery): AsyncGenerator<StoredEvents> {
    this.asked.push(`query ${startSeq} ${endSeq}`)
    const isGone = (seq: number): boolean => this.gone.some(({ start, end }) => seq >= start && seq < end)
    for (let from = startSeq, batch = 0; from < endSeq; from += 30, batch++) {
      await this.before(batch)
      const rows = chooseRows(
        this.events,
        (_records, _at, seq) => seq >= from && seq < Math.min(endSeq, from + 30) && !isGone(seq),
      )
      yield { ...rows, metadata: new Map([...this.metadata].filter(([seq]) => rows.seqs.includes(seq))) }
    }
  }

  /** The event as the store has it. */
  record(seq: number): Uint8Array {
    const i = this.events.seqs.indexOf(seq)
    return this.events.bytes.slice(i * 128, (i + 1) * 128)
  }
}

/** The ring's window, bit for bit, masks and metadata included. */
export function windowOf(stream: DurableExperienceStream): object {
  const { oldestSeq, totalWritten } = stream
  const { bytes, seqs } = stream.queryRange(oldestSeq, totalWritten)
  const metadata = Array.from(seqs, (seq) => stream.getMetadata(seq))
  return { oldestSeq, totalWritten, bytes: Buffer.from(bytes).toString('hex'), metadata, identity: stream.identity }
}

/** The journal of a directory is lost, and with it what only the journal knew. */
export function loseJournal(directory: string): void {
  rmSync(join(directory, 'journal'), { recursive: true })
}
