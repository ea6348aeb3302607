/**
 * Streams whose journals a database follows, through everything that can happen to a connection and a server.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { AppraiserType } from '../../../src/event/types.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import type { DriverOptions } from '../../../src/postgres/driver/options.js'
import { connectServer } from '../../../src/postgres/driver/server.js'
import { migrate } from '../../../src/postgres/schema/migrate.js'
import { PostgresStore } from '../../../src/postgres/store/store.js'
import type { FollowReport } from '../../../src/storage/follow/options.js'
import { type DurableExperienceStream, openExperienceStream } from '../../../src/storage/index.node.js'
import { SOME_DAY_US } from '../../../src/testing/events.js'
import { describeServer, serverDatabase, serverDriver, startServer, testOwnServer } from '../support/databases.js'
import { TcpProxy } from '../support/proxy.js'
import { describeDatabases } from './databases.js'
import { expectSame } from './same.js'

const HOUR_US = 3_600_000_000
/** Soon again, as often as it takes. */
const RETRY = { initialMs: 1, maxMs: 20 }

async function openStream(): Promise<DurableExperienceStream> {
  const directory = mkdtempSync(join(tmpdir(), 'experience-follow-'))
  const stream = await openExperienceStream({ directory, capacity: 50_000, settleMs: 0 })
  onTestFinished(async () => {
    await stream.close()
    rmSync(directory, { recursive: true, force: true })
  })
  return stream
}

async function write(stream: DurableExperienceStream, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const event = { timestamp: SOME_DAY_US + (i % 50) * HOUR_US, episodeId: i % 7, stepNumber: i, state: [i, -i] }
    if (i % 10 > 0) stream.writeEvent(event)
    else await stream.writeEventWithMetadata(event, { intentType: `intent ${i}`, parameters: { i } })
  }
}

function reward(stream: DurableExperienceStream, every: number): void {
  for (let seq = 0; seq < stream.totalWritten; seq += every) {
    for (let slot = 0; slot < 4; slot++) stream.setAppraiserReward(seq, slot as AppraiserType, seq / (slot + 1))
  }
}

/** The first thing that a follower tells. */
function firstReport(): { readonly report: Promise<FollowReport>; readonly onReport: (report: FollowReport) => void } {
  let onReport: (report: FollowReport) => void = () => {}
  const report = new Promise<FollowReport>((resolve) => {
    onReport = resolve
  })
  return { report, onReport }
}

async function connected(url: string, options: DriverOptions = {}): Promise<SqlDriver> {
  const driver = await connectServer(url, options)
  onTestFinished(() => driver.close())
  return driver
}

describeDatabases('a stream that is followed', (connect) => {
  test('its events, their metadata and rewards that come late are in the database', async () => {
    const stream = await openStream()
    const store = new PostgresStore(await connect())
    const follower = stream.follow(store, { lingerMs: 0, batchSize: 300 })
    await write(stream, 1000)
    await follower.flush()
    await expectSame(store, stream)
    reward(stream, 3)
    await write(stream, 500)
    await follower.flush()
    await expectSame(store, stream)
    expect(store.checkpoint?.seq).toBe(1500)
    const event = stream.getEvent(3)
    expect(event?.flags).toBe(16)
  })
})

describeServer('a stream that is followed by a server', () => {
  test('connections that are cut at any place lose and double nothing', async () => {
    const url = await serverDatabase()
    const proxy = await TcpProxy.before(url)
    const stream = await openStream()
    const store = new PostgresStore(await connected(proxy.url))
    const failures: FollowReport[] = []
    const onReport = (report: FollowReport) => void (report.kind === 'retrying' && failures.push(report))
    let next = 5_000
    proxy.onSent = (sent) => {
      if (sent < next) return
      // Ever later, so that it ends: in the middle of a COPY, behind it, while a commit is under way.
      next = sent + 20_000 + failures.length * 7_919
      proxy.cut()
    }
    const follower = stream.follow(store, { lingerMs: 0, batchSize: 1000, retry: RETRY, onReport })
    await write(stream, 6000)
    await follower.flush()
    reward(stream, 2)
    await follower.flush()
    proxy.onSent = undefined
    expect(failures.length).toBeGreaterThan(10)
    await expectSame(new PostgresStore(await connected(url)), stream)
  })

  testOwnServer('a server that is killed in the middle of COPY goes on where it was when it is back', async () => {
    const server = await startServer()
    const proxy = await TcpProxy.before(server.url())
    await migrate(await connected(server.url()))
    const stream = await openStream()
    const store = new PostgresStore(await connected(proxy.url))
    let restarts = 0
    let restarting: Promise<void> | undefined
    let next = 300_000
    proxy.onSent = (sent) => {
      if (sent < next || restarting !== undefined || restarts === 3) return
      restarts++
      next = sent + 400_000
      restarting = server
        .stop('SIGKILL')
        .then(() => server.start())
        .then(() => {
          restarting = undefined
        })
    }
    const follower = stream.follow(store, { lingerMs: 0, batchSize: 2000, retry: RETRY })
    await write(stream, 8000)
    await follower.flush()
    await restarting
    expect(restarts).toBe(3)
    expect(follower.lastError).toMatchObject({ retryable: true })
    await expectSame(new PostgresStore(await connected(server.url())), stream)
  })

  test('a statement that takes too long is tried again', async () => {
    const url = await serverDatabase()
    const stream = await openStream()
    const store = new PostgresStore(await connected(url, { statementTimeoutMs: 300 }))
    const other = await connected(url)
    await store.open(stream.identity)
    const first = firstReport()
    const held = other.transaction(async (session) => {
      await session.query('SELECT * FROM experience_streams FOR UPDATE')
      stream.follow(store, { lingerMs: 0, retry: RETRY, onReport: first.onReport })
      await write(stream, 100)
      await first.report
    })
    await held
    expect(await first.report).toMatchObject({ kind: 'retrying', error: { code: 'STATEMENT_TIMEOUT' } })
    await stream.close()
    expect(await store.count(0, 1000)).toBe(100)
  })

  test('a disk that is full is waited for', async () => {
    const driver = await serverDriver()
    await driver.session((session) =>
      session.run(`CREATE FUNCTION full_disk() RETURNS TRIGGER LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON experience_events FOR EACH ROW
          WHEN (NEW.sequence_number = 70) EXECUTE FUNCTION full_disk()`),
    )
    const stream = await openStream()
    const store = new PostgresStore(driver)
    const first = firstReport()
    const { onReport } = first
    const follower = stream.follow(store, { lingerMs: 0, batchSize: 30, retry: RETRY, onReport })
    await write(stream, 100)
    expect(await first.report).toMatchObject({ kind: 'retrying', error: { code: 'DATABASE_FULL' } })
    // Batches of 30, of which the later ones may have been one transaction.
    expect([0, 30, 60]).toContain(await store.count(0, 1000))
    await driver.query('DROP TRIGGER full_disk ON experience_events')
    await follower.flush()
    await expectSame(store, stream)
  })
})
