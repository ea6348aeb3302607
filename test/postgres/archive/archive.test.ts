import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { migrate } from '../../../src/postgres/schema/migrate.js'
import { makeCorrections, makeEventsOf } from '../../../src/testing/events.js'
import { describeServer, embedded, serverDriver } from '../support/databases.js'
import { endOf, filesIn, Place } from './support.js'

describeServer('on PostgreSQL', () => suite(serverDriver))

describe('on PGlite', () => {
  let driver: SqlDriver
  beforeAll(async () => {
    driver = await embedded({ migrated: false })
  })
  afterAll(() => driver.close())
  suite(async () => {
    await driver.session((session) => session.run('DROP SCHEMA public CASCADE; CREATE SCHEMA public'))
    await migrate(driver)
    return driver
  })
})

function suite(makeDriver: () => Promise<SqlDriver>): void {
  test('a year old day of one episode moves into a file, with its metadata; today stays', async () => {
    const place = await Place.on(await makeDriver())
    await place.load(0, 100, -365, {
      episode: () => 7n,
      metadata: (seq) => ({ intentType: `i${seq}`, parameters: { seq } }),
    })
    await place.load(100, 150, 0)
    const archive = place.archive()
    const steps: string[] = []
    const report = await archive.archive(endOf(-7), {
      onProgress: ({ day, what, done, of }) => steps.push(`${day} ${what} ${done}/${of}`),
    })
    expect(report).toMatchObject({
      days: ['2025-11-21'],
      events: 100,
      metadata: 100,
      files: 1,
      folded: 0,
      removed: 0,
      setAside: [],
    })
    expect(report.bytes).toBeGreaterThan(1000)
    expect(steps).toEqual(['2025-11-21 moved 1/1'])
    expect(await place.warmDays()).toEqual([0])
    expect(await place.warmCount()).toBe(50)
    expect((await place.driver.query('SELECT FROM action_metadata')).length).toBe(7)
    await place.check(archive)
    const view = await archive.view(place.driver, place.stream)
    expect(await view.count(0, 1000)).toBe(100)
    expect(await view.count(10, 20)).toBe(10)
    expect(await numbers(view.rows({ episodeId: 7n, startSeq: 90 }))).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99])
    expect(await numbers(view.rows({ episodeId: 8n }))).toEqual([])
    expect(view.files).toMatchObject([
      {
        count: 100,
        firstSeq: 0,
        lastSeq: 99,
        leastEpisode: '7',
        largestEpisode: '7',
        minReward: 0,
        maxReward: 0,
        runs: [0, 100],
      },
    ])
    await archive.close()
  })

  test('a run that has nothing to do does nothing, and another one goes on where days are due now', async () => {
    const place = await Place.on(await makeDriver())
    for (let day = 0; day < 4; day++) await place.load(day * 10, day * 10 + 10, day)
    const archive = place.archive()
    expect((await archive.archive(endOf(1) - 1)).days).toEqual(['2026-11-21'])
    expect((await archive.archive(endOf(1) - 1)).days).toEqual([])
    expect((await archive.archive(new Date(endOf(2) / 1000))).days).toEqual(['2026-11-22', '2026-11-23'])
    expect(await place.warmDays()).toEqual([3])
    await place.check(archive)
    await archive.close()
  })

  test('days that archive_old_events has marked move with the next run; what it returns is the events in them', async () => {
    const place = await Place.on(await makeDriver())
    await place.load(0, 40, -400)
    await place.load(40, 70, -399)
    await place.load(70, 80, 3650)
    const marked = async (days: string): Promise<unknown> => {
      return (await place.driver.query<{ n: bigint }>(`SELECT archive_old_events(${days}) AS n`))[0]?.n
    }
    expect(await marked('2147483647')).toBe(0n)
    expect(await marked('7')).toBe(70n)
    expect(await marked('7')).toBe(0n)
    await expect(marked('-1')).rejects.toMatchObject({ details: { sqlState: '22023' } })
    await expect(marked('NULL')).rejects.toThrow(/days must be 0 or more, it is NULL/)
    expect(await place.warmCount()).toBe(80)
    const archive = place.archive()
    expect((await archive.archive(0)).events).toBe(70)
    expect(await place.warmDays()).toEqual([3650])
    await place.load(80, 90, -400)
    expect(await marked('7')).toBe(10n)
    expect((await archive.archive(0)).events).toBe(10)
    await place.check(archive)
    await archive.close()
  })

  test('events that come for an archived day are there at once, and in a further file after the next run', async () => {
    const place = await Place.on(await makeDriver())
    await place.load(0, 50, 0)
    const archive = place.archive()
    await archive.archive(endOf(0))
    await place.load(50, 60, 0)
    await place.check(archive)
    expect((await archive.archive(endOf(0))).events).toBe(10)
    await place.check(archive)
    expect(await place.paths()).toHaveLength(2)
    await archive.close()
  })

  test('rewards that come for archived events are seen at once, and after they were folded into new files', async () => {
    const place = await Place.on(await makeDriver())
    await place.load(0, 50, 0)
    await place.load(50, 100, 1)
    const archive = place.archive({ keepReplacedMs: 0 })
    await archive.archive(endOf(1))
    await place.correct(
      archive,
      makeCorrections([
        [3, 0, 1.5],
        [4, 1, -2],
        [60, 3, -0],
      ]),
    )
    await place.check(archive)
    for (const slot of [1, 2, 3]) await place.correct(archive, makeCorrections([[3, slot, slot / 3]]))
    await place.check(archive)
    const old = await archive.view(place.driver, place.stream)
    expect(old.files.map(({ maxReward }) => maxReward)).toEqual([Infinity, Infinity])
    const before = await place.paths()
    expect(await archive.archive(0)).toMatchObject({ days: [], events: 0, files: 2, folded: 2 })
    await place.check(archive)
    expect((await place.paths()).filter((path) => before.includes(path))).toEqual([])
    await place.correct(
      archive,
      makeCorrections([
        [3, 0, 9],
        [40, 0, 0.25],
      ]),
    )
    await place.check(archive)
    expect(await numbers(old.rows({}))).toHaveLength(100)
    expect((await archive.archive(0)).folded).toBe(1)
    await place.check(archive)
    await archive.archive(0)
    await place.check(archive)
    expect(await place.driver.query('SELECT FROM experience_archive_corrections')).toHaveLength(0)
    expect(filesIn(place.directory)).toHaveLength(2)
    const names = (await archive.view(place.driver, place.stream)).files.map(({ maxReward }) => maxReward)
    expect(names[0]).toBeGreaterThan(9)
    expect(names[1]).toBe(0)
    await expect(numbers(old.rows({}))).rejects.toMatchObject({ code: 'ARCHIVE_CHANGED', retryable: true })
    await archive.close()
  })

  test('a file is not made anew for fewer late rewards than one for each thousand of its events', async () => {
    const place = await Place.on(await makeDriver())
    await place.load(0, 1001, 0)
    const archive = place.archive()
    await archive.archive(endOf(0))
    await place.correct(archive, makeCorrections([[500, 2, 0.5]]))
    expect((await archive.archive(0)).folded).toBe(0)
    await place.correct(archive, makeCorrections([[501, 2, 0.5]]))
    expect((await archive.archive(0)).folded).toBe(1)
    await place.check(archive)
    await archive.close()
  })

  test('a day may have many files and many streams', async () => {
    const driver = await makeDriver()
    const place = await Place.on(driver)
    const other = await Place.on(driver, place.directory, '0192f0c1-2b3c-7def-8a12-334455667799')
    const scattered = (seq: number): boolean => seq % 3 !== 1
    const timestamp = (seq: number): number => endOf(seq % 4) - 1 - seq
    await place.add(makeEventsOf(Float64Array.from({ length: 300 }, (_, i) => i).filter(scattered), { timestamp }))
    await other.load(1000, 1013, 2)
    const archive = place.archive({ fileEvents: 7 })
    expect(await archive.archive(endOf(2))).toMatchObject({ events: 163, files: 3 * Math.ceil(50 / 7) + 2 })
    await place.check(archive)
    await other.check(archive)
    const view = await archive.view(driver, place.stream)
    expect(await view.count(31, 97)).toBe((await numbers(view.rows({ startSeq: 31, endSeq: 97 }))).length)
    await archive.close()
  })
}

async function numbers(rows: AsyncIterable<{ readonly seqs: Float64Array }>): Promise<number[]> {
  const all: number[] = []
  for await (const { seqs } of rows) all.push(...seqs)
  return all
}
