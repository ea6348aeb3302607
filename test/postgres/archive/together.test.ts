import { expect, onTestFinished, test } from 'vitest'
import { FileArchive } from '../../../src/postgres/archive/file-archive.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { PostgresStore } from '../../../src/postgres/store/store.js'
import type { Checkpoint, ColdBatch } from '../../../src/storage/cold/cold-storage.js'
import { coldStorageContract, makeCorrections, makeEvents } from '../../../src/testing/index.js'
import { describeServer, serverDriver } from '../support/databases.js'
import { endOf, Place, temporary } from './support.js'

const IDENTITY = { streamId: '0192f0c1-2b3c-7def-8a12-334455667788', capacity: 1000, requiredMask: 0b1111, firstSeq: 0 }

/** A store whose every write is in files when it resolves. */
class ArchivingStore extends PostgresStore {
  private readonly files: FileArchive

  constructor(driver: SqlDriver, files: FileArchive) {
    super(driver, { archive: files })
    this.files = files
  }

  override async write(batch: ColdBatch, to: Checkpoint, signal?: AbortSignal): Promise<void> {
    await super.write(batch, to, signal)
    await this.flush(signal)
    await this.files.archive(new Date('2200-01-01'))
  }
}

describeServer('a store all of whose events are in files', () => {
  const makePlace = async () => {
    const driver = await serverDriver()
    const archive = new FileArchive(driver, { directory: temporary(), fileEvents: 9 })
    onTestFinished(() => archive.close())
    return { store: () => new ArchivingStore(driver, archive), remove: async () => {} }
  }
  for (const { name, run } of coldStorageContract(makePlace)) test(name, run)
})

describeServer('a follower, an archiver and readers at the same time', () => {
  test('every reader sees every event that was there when it began, once, and in the end the newest rewards', async () => {
    const driver = await serverDriver({ poolSize: 8 })
    const place = await Place.on(driver)
    const archive = place.archive({ fileEvents: 40, keepReplacedMs: 0 })
    const store = new PostgresStore(driver, { archive })
    await store.open(IDENTITY)
    onTestFinished(() => archive.close())
    let ended = false
    let moved = 0
    const follow = async (): Promise<void> => {
      // Times are out of order: every batch has events of days that were archived before.
      const timestamp = (seq: number): number => endOf((seq * 7) % 5) - 1 - seq * 1000
      for (let n = 0; n < 12; n++) {
        const events = makeEvents(n * 25, n * 25 + 25, { timestamp })
        const late = Array.from({ length: n }, (_, i) => [i * 25 + (n % 25), n % 4, n / 2] as const)
        const corrections = makeCorrections(late)
        const to = { seq: n * 25 + 25, position: n + 1 }
        for (let tries = 0; store.checkpoint?.seq !== to.seq; tries++) {
          try {
            await store.write({ events, corrections, gaps: [] }, to)
            await store.flush()
            await store.flush()
          } catch (error) {
            if ((error as { retryable?: boolean }).retryable !== true || tries === 20) throw error
            await store.open(IDENTITY)
          }
        }
        place.took(events, corrections)
      }
    }
    const move = async (): Promise<void> => {
      while (!ended) moved += (await archive.archive(endOf(5)).catch(retry)).events
    }
    let reads = 0
    const read = async (query: { endSeq?: number; batchSize?: number }): Promise<void> => {
      while (!ended) {
        const from = Math.min(store.checkpoint?.seq ?? 0, query.endSeq ?? Number.POSITIVE_INFINITY)
        let next = 0
        for await (const { seqs } of store.query(query)) for (const seq of seqs) expect(seq).toBe(next++)
        expect(next).toBeGreaterThanOrEqual(from)
        expect(await store.count(0, from)).toBe(from)
        reads++
      }
    }
    const others = [move(), read({}), read({ batchSize: 7 }), read({ endSeq: 300 })]
    await follow().finally(() => {
      ended = true
    })
    await Promise.all(others)
    expect(moved).toBeGreaterThan(50)
    expect(reads).toBeGreaterThan(2)
    await place.check(archive)
    await archive.archive(endOf(5))
    expect(await place.warmCount()).toBe(0)
    await place.check(archive)
  })
})

/** Somebody stood in the way of a day. */
function retry(error: { retryable?: boolean; details?: { report?: { events: number } } }): { events: number } {
  if (error.retryable !== true) throw error
  return { events: error.details?.report?.events ?? 0 }
}
