import { cpSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { connectServer } from '../../../src/postgres/driver/server.js'
import { ARCHIVE_LOCK, DAY_LOCK } from '../../../src/postgres/sql/locks.js'
import { makeCorrections } from '../../../src/testing/events.js'
import { describeServer, serverDatabase, serverDriver } from '../support/databases.js'
import { run } from '../support/global-setup.js'
import { DamagingFiles } from './damaging-files.js'
import { archived, endOf, FIRST_DAY, Place, temporary } from './support.js'

describeServer('a backup', () => {
  test('of the database, and of the directory behind it, has everything that the database had', async () => {
    const url = await serverDatabase()
    const copied = new URL(url)
    copied.pathname += '_copy'
    const place = await Place.on(await connectServer(url))
    await place.load(0, 10, 0)
    await place.load(10, 20, 1)
    const archive = place.archive({ keepReplacedMs: 60_000 })
    await archive.archive(endOf(0))
    await place.driver.close()
    await run(url, [`CREATE DATABASE "${copied.pathname.slice(1)}" TEMPLATE "${new URL(url).pathname.slice(1)}"`])
    onTestFinished(() => run(url, [`DROP DATABASE "${copied.pathname.slice(1)}" WITH (FORCE)`]))
    const backup = place.on(await connectServer(copied.href), temporary())
    place.driver = await connectServer(url)
    const going = place.archive({ keepReplacedMs: 60_000 })
    await place.driver.transaction((session) => going.correct(session, place.stream, makeCorrections([[3, 0, 1]])))
    await going.archive(endOf(1))
    cpSync(place.directory, backup.directory, { recursive: true })
    const restored = backup.archive()
    await backup.check(restored)
    const { setAside, days } = await restored.archive(endOf(1))
    expect(days).toEqual(['2026-11-22'])
    expect(setAside).toHaveLength(2)
    await backup.check(restored)
    await Promise.all([archive.close(), going.close(), restored.close()])
    await Promise.all([place.driver.close(), backup.driver.close()])
  })
})

describeServer('others at the same time', () => {
  test('a second process that archives is told that somebody else is at it', async () => {
    const { place, archive } = await archived()
    await place.driver.transaction(async (session) => {
      await session.query('SELECT pg_advisory_xact_lock($1, 0)', [ARCHIVE_LOCK])
      await expect(archive.archive(0)).rejects.toMatchObject({ code: 'ARCHIVE_BUSY', retryable: true })
    })
    await archive.archive(0)
  })

  test('writers of the day wait until it has moved; those of other days, and readers, do not', async () => {
    const { place, archive, moving, resume } = await pausedInTheMiddle()
    await place.load(10, 20, 1)
    await place.check(archive)
    const late = place.load(20, 30, 0)
    await untilWaiting(place)
    resume()
    expect((await moving).events).toBe(10)
    await late
    expect(await place.warmDays()).toEqual([0, 1])
    await place.check(archive)
  })

  test('rows that somebody changes in SQL are never lost: the day stays for the next run', async () => {
    const { place, archive, moving, resume } = await pausedInTheMiddle()
    const change = 'UPDATE experience_events SET reward_goal = 7 RETURNING sequence_number'
    const changed = place.driver.query(change)
    await untilWaiting(place)
    resume()
    await expect(moving).rejects.toMatchObject({ code: 'ARCHIVE_INCOMPLETE', retryable: true })
    expect(await changed).toHaveLength(10)
    expect((await archive.archive(endOf(0))).events).toBe(10)
    expect(await archive.view(place.driver, place.stream)).toMatchObject({ files: [{ count: 10, minReward: 7 }] })
  })

  test('a reader that reads for long keeps the archiver waiting, and neither of them keeps other readers', async () => {
    const place = await Place.on(await serverDriver({ poolSize: 8 }))
    await place.load(0, 10, 0)
    const archive = place.archive()
    onTestFinished(() => archive.close())
    let running: Promise<unknown> | undefined
    await place.driver.transaction(async (session) => {
      await session.query('SELECT count(*) FROM experience_events')
      running = archive.archive(endOf(0))
      const waiting = `SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted
        AND relation = 'experience_events'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
      let seen = 0
      while (seen < 3) {
        if ((await place.driver.query(waiting)).length > 0) seen++
        expect(await place.warmCount()).toBe(10)
      }
    })
    await running
    expect(await place.warmCount()).toBe(0)
    await place.check(archive)
  })

  test('a writer of the day that does not end lets the archiver give up; other days move', async () => {
    const place = await Place.on(await serverDriver())
    await place.load(0, 10, 0)
    await place.load(10, 20, 1)
    const archive = place.archive()
    onTestFinished(() => archive.close())
    await place.driver.transaction(async (session) => {
      await session.query('SELECT pg_advisory_xact_lock_shared($1, $2)', [DAY_LOCK, FIRST_DAY])
      const failed = archive.archive(endOf(1))
      await expect(failed).rejects.toMatchObject({ code: 'ARCHIVE_INCOMPLETE', retryable: true })
    })
    expect(await place.warmDays()).toEqual([0])
    await archive.archive(endOf(1))
    await place.check(archive)
  })
})

/** Ten events, on their way into a file. */
async function pausedInTheMiddle() {
  const place = await Place.on(await serverDriver({ poolSize: 8 }))
  await place.load(0, 10, 0)
  const paused = later()
  const reached = later()
  const pausing = new DamagingFiles(place.directory, /day=2026-11-21/, async (bytes) => {
    reached.resolve()
    await paused.promise
    return bytes
  })
  const archive = place.archive({}, pausing)
  onTestFinished(() => archive.close())
  onTestFinished(paused.resolve)
  const moving = archive.archive(endOf(0))
  await reached.promise
  return { place, archive, moving, resume: paused.resolve }
}

/** Resolves once somebody waits for a lock. */
async function untilWaiting({ driver }: Place): Promise<void> {
  const waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
  const end = Date.now() + 10_000
  while ((await driver.query(waiting)).length === 0) expect(Date.now()).toBeLessThan(end)
}

function later(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
