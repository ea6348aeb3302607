/**
 * What the tests of moving streams share: directories to move, and what is compared.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { AppraiserType, EventType } from '../../../src/index.js'
import type { ColdQuery, EventMetadata, StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import { FileColdStorage, type NodeDurableOptions, openExperienceStream } from '../../../src/storage/index.node.js'

const DAY_US = 86_400_000_000

/** A new folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'experience-transfer-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** How a directory is made. */
export interface MadeOptions extends Partial<NodeDurableOptions> {
  readonly events?: number
  /** Whether files follow, so that the journal keeps the newest segments only. */
  readonly cold?: boolean
}

/** A closed directory: events of three days and types, metadata, late rewards also of what has left the ring. */
export async function madeDirectory({ events = 20_000, cold = true, ...options }: MadeOptions = {}): Promise<string> {
  const { directory = temporaryFolder(), ...rest } = options
  const stream = await openExperienceStream({
    directory,
    capacity: 2000,
    settleMs: 0,
    segmentBytes: 2 ** 20,
    ids: 'v7',
    ...rest,
  })
  const store = new FileColdStorage(join(directory, 'cold'), { format: 'messagepack', batchSize: 3000 })
  const follower = cold ? stream.follow(store) : undefined
  const first = stream.totalWritten
  for (let i = first; i < first + events; i++) {
    const event = {
      timestamp: 20_000 * DAY_US + (i % 3) * DAY_US + i,
      episodeId: BigInt(i >> 6) << 40n,
      stepNumber: i % 64,
      eventType: [EventType.ActionCompleted, EventType.ActionFailed, 0xf001][i % 3] as number,
      state: [i, -i / 4],
      rewardGoal: -0,
      adnaVersionHash: 2 ** 32 - 1 - i,
    }
    if (i % 1000 === 7) await stream.writeEventWithMetadata(event, metadataOf(i))
    else stream.writeEvent(event)
    if (i % 5000 === 4999) {
      await follower?.flush()
      for (let seq = Math.max(first, i - 4000); seq < i; seq += 100)
        stream.setAppraiserReward(seq, AppraiserType.Goal, seq)
    }
  }
  for (let seq = first; seq < first + events; seq += 500)
    stream.setAppraiserReward(seq, AppraiserType.Curiosity, seq / 8)
  await stream.close()
  await store.close()
  return directory
}

/** Metadata with everything that JSON has. */
export function metadataOf(i: number): EventMetadata {
  return {
    intentType: `intent ${i % 3}`,
    executorId: "o'brien; --",
    parameters: { i, list: [null, true, 1.5, { ü: '"' }] },
  }
}

/** Everything that a place holds, ready to be compared bit for bit. */
export async function contentsOf(store: { query(query: ColdQuery): AsyncIterable<StoredEvents> }): Promise<object> {
  const seqs: number[] = []
  const masks: number[] = []
  const records: Buffer[] = []
  const metadata: [number, EventMetadata][] = []
  for await (const batch of store.query({})) {
    seqs.push(...batch.seqs.subarray(0, batch.length))
    masks.push(...batch.masks.subarray(0, batch.length))
    records.push(Buffer.from(batch.bytes.subarray(0, batch.length * 128)))
    metadata.push(...batch.metadata)
  }
  metadata.sort(([a], [b]) => a - b)
  return { seqs, masks, bytes: Buffer.concat(records).toString('latin1'), metadata }
}
