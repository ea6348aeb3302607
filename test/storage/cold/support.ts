/** What the tests of cold storage in files share. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import * as L from '../../../src/layout.js'
import type { ColdBatch, ColdQuery, StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import { NO_EVENTS } from '../../../src/storage/cold/events.js'
import { FileColdStorage } from '../../../src/storage/cold/file-cold-storage.node.js'
import type { FileColdStorageOptions } from '../../../src/storage/cold/write/options.js'
import type { CorrectionList } from '../../../src/storage/journal/corrections.js'
import type { Gap, StreamIdentity } from '../../../src/storage/journal/source.js'
import { makeCorrections } from '../../../src/testing/events.js'

export const IDENTITY: StreamIdentity = {
  streamId: '11111111-2222-4333-8444-555555555555',
  capacity: 1000,
  requiredMask: 0b1111,
  firstSeq: 0,
}

/** A folder of its own and what removes it. */
export function temporaryFolder(): { path: string; remove: () => Promise<void> } {
  const path = mkdtempSync(join(tmpdir(), 'experience-cold-'))
  return { path, remove: async () => rmSync(path, { recursive: true, force: true }) }
}

export function batchOf(
  events: StoredEvents = NO_EVENTS,
  corrections: CorrectionList = makeCorrections([]),
  gaps: readonly Gap[] = [],
): ColdBatch {
  return { events, corrections, gaps }
}

interface Queried {
  query(query: ColdQuery): AsyncIterable<StoredEvents>
}

/** The numbers that a query finds. */
export async function numbers(store: Queried, query: ColdQuery = {}): Promise<number[]> {
  const found: number[] = []
  for await (const { seqs } of store.query(query)) found.push(...seqs)
  return found
}

/** What a query finds of rewards: the four of each number, and its mask. */
export async function rewards(store: Queried, query: ColdQuery = {}): Promise<Map<number, number[]>> {
  const found = new Map<number, number[]>()
  for await (const events of store.query(query)) {
    const view = new DataView(events.bytes.buffer, events.bytes.byteOffset)
    for (let i = 0; i < events.length; i++) {
      const at = i * L.RECORD_BYTES + L.REWARDS
      const row = Array.from({ length: L.REWARD_SLOTS }, (_, slot) => view.getFloat32(at + slot * 4, true))
      found.set(events.seqs[i] as number, [...row, events.masks[i] as number])
    }
  }
  return found
}

/** 0, 1, … up to `end`. */
export function upTo(end: number, start = 0): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i)
}

export const DAY_US = 86_400_000_000

/** Stores and folders that are closed and removed after each test. */
export interface Stores {
  /** A new folder. */
  folder(): string
  /** An open store, in a new folder unless one is given; of MessagePack unless the options say otherwise. */
  opened(options?: FileColdStorageOptions, directory?: string): Promise<FileColdStorage>
  /** Calls `work` after the test. */
  after(work: () => Promise<void>): void
}

export function useStores(): Stores {
  const cleanups: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })
  const folder = (): string => {
    const { path, remove } = temporaryFolder()
    cleanups.push(remove)
    return path
  }
  return {
    folder,
    after: (work) => void cleanups.push(work),
    opened: async (options = {}, directory = folder()) => {
      const store = new FileColdStorage(directory, { format: 'messagepack', ...options })
      await store.open(IDENTITY)
      cleanups.push(() => store.close())
      return store
    },
  }
}

/** The event files of a store, as `day/file`. */
export function eventFiles(store: FileColdStorage): string[] {
  const entries = readdirSync(join(store.directory, 'events'), { recursive: true, encoding: 'utf8' })
  return entries.filter((entry) => entry.includes('.')).sort()
}
