/**
 * A place for rows that keeps plain copies of them, for testing sources without a stream.
 *
 * @module
 */

import { EventRows, type RowSink } from '../../src/cli/rows.js'

export interface PlainRow {
  timestamp: number
  episodeId: bigint
  stepNumber: number
  eventType: number
  flags: number
  state: number[]
  action: number[]
  rewards: number[]
  given: number
  adnaVersionHash: number
  id: string | undefined
}

export class CollectingSink implements RowSink {
  readonly rows: EventRows
  readonly events: PlainRow[] = []
  readonly faults: { line: number; reason: string }[] = []
  readonly notes: string[] = []

  constructor(capacity = 3) {
    this.rows = new EventRows(capacity)
  }

  get committed(): number {
    return this.events.length
  }

  commit(): void {
    const { rows } = this
    const i = rows.length
    this.events.push({
      timestamp: rows.timestamps[i] as number,
      episodeId: rows.episodeIds[i] as bigint,
      stepNumber: rows.stepNumbers[i] as number,
      eventType: rows.eventTypes[i] as number,
      flags: rows.flags[i] as number,
      state: [...rows.states.subarray(i * 8, i * 8 + 8)],
      action: [...rows.actions.subarray(i * 8, i * 8 + 8)],
      rewards: rows.rewards.map((column) => column[i] as number),
      given: rows.given[i] as number,
      adnaVersionHash: rows.adnaVersionHashes[i] as number,
      id: rows.hasId[i] === 1 ? Buffer.from(rows.eventIds.subarray(i * 16, i * 16 + 16)).toString('hex') : undefined,
    })
    if (++rows.length === rows.capacity) rows.clear()
  }

  malformed(line: number, reason: string): void {
    this.faults.push({ line, reason })
  }

  note(text: string): void {
    this.notes.push(text)
  }
}

/** Feeds a text to a source in chunks of the given size. */
export async function feed(
  source: { push(chunk: Buffer): void | Promise<void>; end(): void | Promise<void> },
  text: string | Buffer,
  chunkBytes = 7,
): Promise<void> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  for (let at = 0; at < bytes.length; at += chunkBytes)
    await source.push(Buffer.from(bytes.subarray(at, at + chunkBytes)))
  await source.end()
}
