import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { connectServer } from '../../../src/postgres/driver/server.js'
import { PostgresStore } from '../../../src/postgres/store/store.js'
import { exportEvents, type IncomingStream, importEvents } from '../../../src/postgres/transfer/transfer.js'
import {
  type Checkpoint,
  type ColdBatch,
  FileColdStorage,
  openExperienceStream,
  openHistory,
  ParquetFormat,
  type StoredEvents,
} from '../../../src/storage/index.node.js'
import { describeServer, embedded, serverDatabase, serverDriver } from '../support/databases.js'
import { TcpProxy } from '../support/proxy.js'
import { contentsOf, madeDirectory, metadataOf, temporaryFolder } from './support.js'

/** Commits every step alone, so that a cut finds some of them there. */
class SteppingStore extends PostgresStore {
  override async write(batch: ColdBatch, to: Checkpoint, signal?: AbortSignal): Promise<void> {
    await super.write(batch, to, signal)
    await this.flush(signal)
  }
}

describeServer('on a server', () => suite(serverDriver))
describe('embedded', () => suite(embedded))

describeServer('a connection that is cut while a stream is moved', () => {
  test('ends the move with an error that says so; run again, everything is there once', async () => {
    const url = await serverDatabase()
    const directory = await madeDirectory({ events: 10_000, cold: false })
    const proxy = await TcpProxy.before(url)
    for (const cutAt of [1, 3, 5]) {
      const driver = await connectServer(proxy.url, { connectTimeoutMs: 2000 })
      let steps = 0
      const onProgress = (): void => {
        if (++steps !== cutAt) return
        proxy.refuse()
        proxy.cut()
      }
      const outcome = importEvents(new SteppingStore(driver), directory, { batchSize: 1000, onProgress })
      await expect(outcome).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable: true })
      await driver.close()
      proxy.accept()
    }
    const driver = await connectServer(url)
    const report = await importEvents(new PostgresStore(driver), directory)
    expect([report.copied < 9500, report.contents?.events]).toEqual([true, 10_000])
    await driver.close()
  })
})

function suite(database: () => Promise<SqlDriver>): void {
  test('a directory is imported bit for bit, exported again, and its stream follows from there', async () => {
    const driver = await database()
    const directory = await madeDirectory({ events: 10_000, capacity: 500 })
    const store = new PostgresStore(driver)
    const report = await importEvents(store, directory)
    expect(report).toMatchObject({ copied: 10_000, missing: 0, contents: { events: 10_000, metadata: 10 } })
    const cold = await FileColdStorage.read(join(directory, 'cold'))
    // The journal has not got them all any more.
    expect(readdirSync(join(directory, 'journal'))).not.toContain('journal-0000000000.esj')
    const history = await openHistory(directory, { stores: [cold] })
    expect(await contentsOf(store)).toEqual(await contentsOf(history))
    await history.close()
    await cold.close()
    expect(await importEvents(store, directory)).toMatchObject({ copied: 0, contents: report.contents })

    const out = temporaryFolder()
    const exported = await exportEvents(store, out, { format: 'messagepack' })
    expect(exported).toMatchObject({ copied: 10_000, contents: report.contents, identity: report.identity })

    const stream = await openExperienceStream({ directory, settleMs: 0 })
    const reports: unknown[] = []
    const follower = stream.follow(store, { onReport: (told) => reports.push(told) })
    stream.writeEvent({ stepNumber: 7 })
    stream.setAppraiserReward(3, 0, 3)
    await follower.flush()
    expect([reports, await store.count(0, 30_000)]).toEqual([[], 10_001])
    await stream.close()
    expect(await exportEvents(store, out, { format: 'messagepack' })).toMatchObject({ copied: 1, corrected: 10_000 })
    await store.close()
  })

  test('a directory that has grown brings what is new, and what became of the rest', async () => {
    const driver = await database()
    const directory = await madeDirectory({ events: 6000 })
    const store = new PostgresStore(driver)
    await importEvents(store, directory, { verify: false })
    await madeDirectory({ directory, events: 2000 })
    const report = await importEvents(store, directory, { batchSize: 700 })
    expect(report).toMatchObject({ copied: 2000, contents: { events: 8000 } })
    await store.close()
  })

  test('loose files become a stream that no journal writes; gaps are known', async () => {
    const driver = await database()
    const rows: StoredEvents[] = []
    const source = new FileColdStorage(temporaryFolder(), { format: 'messagepack' })
    await importEvents(source, await madeDirectory({ events: 3000, cold: false }))
    for await (const batch of source.query({ types: [0xf001], batchSize: 1000 })) rows.push(batch)
    await source.close()
    const folder = temporaryFolder()

    writeFileSync(join(folder, 'a.parquet'), await new ParquetFormat().encode(rows[0] as StoredEvents))
    const other = new PostgresStore(driver)
    await importEvents(other, await madeDirectory({ events: 100, cold: false }))
    const open = ({ identity: { streamId } }: IncomingStream) => new PostgresStore(driver, { streamId })
    const report = await importEvents(open, folder)
    expect(report).toMatchObject({ origin: 'direct', copied: 1000, startSeq: 2, endSeq: 3000, missing: 1998 })
    expect(await importEvents(open, folder)).toMatchObject({ copied: 0, identity: report.identity })
    const store = new PostgresStore(driver, { streamId: report.identity.streamId })
    expect(await store.stored()).toMatchObject({ origin: 'direct', checkpoint: { seq: 3000, position: 0 } })
    expect([await store.count(0, 9000), (await store.gaps(2, 9)).length]).toEqual([1000, 2])
    const out = temporaryFolder()
    await exportEvents(store, out, { format: 'messagepack' })
    expect(await importEvents(open, out)).toMatchObject({ origin: 'direct', copied: 0, contents: report.contents })
    const exported = await FileColdStorage.read(out)
    for (const restoreFrom of [store, exported]) {
      await expect(openExperienceStream({ directory: temporaryFolder(), restoreFrom })).rejects.toMatchObject({
        code: 'STORE_MISMATCH',
      })
    }
    await exported.close()
    const third = await madeDirectory({ events: 10, cold: false })
    await expect(importEvents(new PostgresStore(driver), third)).rejects.toMatchObject({ code: 'STORE_MISMATCH' })
    await store.close()
  })

  test('a directory is restored from it, goes on, and everything is there once', async () => {
    const driver = await database()
    const options = { capacity: 1000, settleMs: 0, segmentBytes: 2 ** 20 }
    const first = await openExperienceStream({ directory: temporaryFolder(), ...options })
    const store = new PostgresStore(driver)
    const follower = first.follow(store)
    for (let i = 0; i < 3000; i++) first.writeEvent({ stepNumber: i, timestamp: (i % 5) * 86_400e6, rewardGoal: i / 8 })
    await first.writeEventWithMetadata({ stepNumber: 3000 }, metadataOf(3000))
    for (let seq = 2500; seq < 3001; seq++) first.setAppraiserReward(seq, 1, -seq)
    await follower.flush()
    const window = (stream: typeof first) => ({
      bytes: Buffer.from(stream.queryRange(stream.oldestSeq, stream.totalWritten).bytes).toString('hex'),
      range: [stream.oldestSeq, stream.totalWritten],
      metadata: stream.getMetadata(3000),
      streamId: stream.identity.streamId,
    })
    const before = window(first)
    await first.close()
    await store.close()

    const directory = temporaryFolder()
    const again = new PostgresStore(driver)
    const stream = await openExperienceStream({ directory, ...options, restoreFrom: again })
    expect(stream.recovery).toMatchObject({ created: true, restored: { store: 'postgres', events: 1000 } })
    expect(window(stream)).toEqual(before)
    const reports: unknown[] = []
    const next = stream.follow(again, { onReport: (report) => reports.push(report) })
    for (let i = 3001; i < 3500; i++) stream.writeEvent({ stepNumber: i })
    for (const seq of [7, 2400, 2999, 3400]) stream.setAppraiserReward(seq, 0, seq)
    await next.flush()
    await stream.close()
    expect(reports).toEqual([])
    const steps: number[][] = []
    for await (const { seqs, bytes, length } of again.query({})) {
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      for (let i = 0; i < length; i++) {
        const rewards = [104, 108, 116].map((at) => view.getFloat32(i * 128 + at, true))
        steps.push([seqs[i] as number, view.getUint32(i * 128 + 32, true), ...rewards])
      }
    }
    expect(steps).toEqual(
      Array.from({ length: 3500 }, (_, i) => [
        i,
        i,
        [7, 2400, 2999, 3400].includes(i) ? i : 0,
        i >= 2500 && i <= 3000 ? -i : 0,
        i < 3000 ? i / 8 : 0,
      ]),
    )
    const third = await openExperienceStream({ directory })
    expect([third.oldestSeq, third.totalWritten, third.getEvent(3400)?.rewardHomeostasis]).toEqual([2500, 3500, 3400])
    await third.close()
    await again.close()
  })
}
