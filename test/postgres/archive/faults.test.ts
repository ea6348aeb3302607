import { readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nextOrdinal } from '../../../src/postgres/archive/catalog.js'
import { FileArchive } from '../../../src/postgres/archive/file-archive.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { makeCorrections } from '../../../src/testing/events.js'
import { FaultyFiles } from '../../storage/cold/faulty-files.js'
import { describeServer, serverDriver } from '../support/databases.js'
import { DamagingFiles } from './damaging-files.js'
import { archived, endOf, filesIn, Place, temporary } from './support.js'

describeServer('the directory', () => {
  test('a process without it reads what is in the tables, and is told where the rest is', async () => {
    const { place, archive } = await archived()
    await place.load(10, 20, 1)
    const without = new FileArchive(place.driver)
    const view = await without.view(place.driver, place.stream)
    expect(await view.count(0, 100)).toBe(10)
    expect(await all(view.rows({ startSeq: 10 }))).toBe(0)
    const failure = { code: 'ARCHIVE_UNAVAILABLE', details: { expected: place.directory } }
    await expect(all(view.rows({}))).rejects.toMatchObject(failure)
    await expect(all(view.rows({ endSeq: 1 }))).rejects.toThrow(`whose files are in ${place.directory}`)
    await expect(without.archive(0)).rejects.toMatchObject({ code: 'ARCHIVE_UNAVAILABLE' })
    expect(() => without.start()).toThrow('archiving needs a directory for files')
    await place.correct(without, makeCorrections([[3, 0, 1]]))
    await place.check(archive)
    await without.close()
  })

  test("another database's, an empty one, and one whose owner cannot be read are refused", async () => {
    const { place } = await archived()
    const other = await archived()
    for (const [directory, what] of [
      [other.place.directory, 'belongs to another database'],
      [temporary(), 'has no archive.json'],
    ] as const) {
      const wrong = place.archive({ directory })
      const message = new RegExp(
        `${directory} has not the archived days of this database: it ${what}; they were last seen in ${place.directory}`,
      )
      await expect(wrong.archive(0)).rejects.toThrow(message)
      const view = await wrong.view(place.driver, place.stream)
      await expect(all(view.rows({}))).rejects.toThrow(message)
      await wrong.close()
    }
    writeFileSync(join(place.directory, 'archive.json'), '{')
    await expect(place.archive().archive(0)).rejects.toThrow(/archive.json cannot be understood/)
  })

  test('may move: it is known by what it holds', async () => {
    const { place } = await archived()
    const moved = temporary()
    rmSync(moved, { recursive: true })
    renameSync(place.directory, moved)
    const archive = place.archive({ directory: moved })
    await place.load(10, 20, 1)
    await archive.archive(endOf(1))
    await place.check(archive)
    await archive.close()
  })

  test('a file that is missing, and one that is damaged, are errors that name it, not fewer events', async () => {
    const { place, archive } = await archived()
    const path = join(place.directory, (await place.paths())[0] as string)
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.with(200, (bytes[200] as number) ^ 1))
    const view = await archive.view(place.driver, place.stream)
    await expect(all(view.rows({}))).rejects.toMatchObject({ code: 'CORRUPT_SEGMENT', details: { file: path } })
    truncateSync(path, 1000)
    await expect(all(view.rows({}))).rejects.toMatchObject({ code: 'CORRUPT_SEGMENT' })
    await place.correct(archive, makeCorrections([[3, 0, 1]]))
    await expect(archive.archive(0)).rejects.toMatchObject({ code: 'ARCHIVE_INCOMPLETE', retryable: false })
    rmSync(path)
    await expect(all(view.rows({}))).rejects.toMatchObject({ code: 'ARCHIVE_UNAVAILABLE', details: { file: path } })
    writeFileSync(path, bytes)
    await place.check(archive)
    expect((await archive.archive(0)).folded).toBe(1)
    await place.check(archive)
  })

  test('a name in the database that leads out of it is refused', async () => {
    const { place, archive } = await archived()
    for (const path of ['../secret.parquet', '/etc/passwd', `../../${(await place.paths())[0]}`]) {
      await place.driver.query('UPDATE experience_archives SET file = $1', [path])
      await place.driver.query('UPDATE experience_archive_state SET generation = generation + 1')
      await expect(archive.view(place.driver, place.stream)).rejects.toThrow(`lists "${path}", which is no name`)
    }
  })

  test('what a run left that did not end is removed; files of a later time are set aside; others are left alone', async () => {
    const { place, archive } = await archived()
    const [path] = (await place.paths()) as [string]
    const ordinal = await nextOrdinal(place.driver, place.directory)
    const named = (number: number, rest = ''): string =>
      path.replace(/-\d+\.parquet$/, `-${String(number).padStart(10, '0')}.parquet${rest}`)
    const left = [named(ordinal), named(ordinal + 7, '.tmp')]
    const later = named(ordinal + 1)
    for (const file of [...left, later, 'notes.parquet', path.replace('.parquet', '.csv.parquet')]) {
      writeFileSync(join(place.directory, file), 'something')
    }
    expect(await archive.archive(0)).toMatchObject({ removed: 2, setAside: [later] })
    expect(filesIn(place.directory)).toEqual(
      [path, `${later}.unknown`, path.replace('.parquet', '.csv.parquet'), 'notes.parquet'].sort(),
    )
    expect(await archive.archive(0)).toMatchObject({ removed: 0, setAside: [] })
    await place.check(archive)
  })
})

describeServer('nothing is dropped', () => {
  test('when the file is not what was written; other days move, and the next run makes up for it', async () => {
    const place = await Place.on(await serverDriver())
    for (let day = 0; day < 3; day++) await place.load(day * 10, day * 10 + 10, day)
    for (const [n, damage] of [
      (bytes: Uint8Array) => bytes.with(300, (bytes[300] as number) ^ 4),
      (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1),
    ].entries()) {
      const archive = place.archive({}, new DamagingFiles(place.directory, /day=2026-11-22/, damage))
      const failure = archive.archive(endOf(n === 0 ? 2 : 1))
      await expect(failure).rejects.toMatchObject({
        code: 'ARCHIVE_INCOMPLETE',
        details: {
          report: { days: n === 0 ? ['2026-11-21', '2026-11-23'] : [] },
          failed: [{ day: '2026-11-22', error: { code: 'ARCHIVE_VERIFICATION' } }],
        },
      })
      expect(await place.warmDays()).toEqual([1])
      expect(filesIn(place.directory)).toHaveLength(2)
      await place.check(archive)
      await archive.close()
    }
    const archive = place.archive()
    expect((await archive.archive(endOf(2))).days).toEqual(['2026-11-22'])
    await place.check(archive)
    await archive.close()
  })

  test("when another file's events are in it: the checksum of events is another", async () => {
    const { place, archive } = await archived()
    const other = readFileSync(join(place.directory, (await place.paths())[0] as string))
    await place.load(10, 20, 1)
    const swapped = place.archive({}, new DamagingFiles(place.directory, /parquet/, () => other))
    await expect(swapped.archive(endOf(1))).rejects.toThrow(/2026-11-22: .* is not what it should be/)
    expect(await place.warmCount()).toBe(10)
    await place.check(archive)
  })

  test('when there is metadata of events that are not there', async () => {
    const { place, archive } = await archived()
    await place.load(10, 20, 1)
    await place.driver.query('DELETE FROM experience_events WHERE sequence_number = 14')
    await expect(archive.archive(endOf(1))).rejects.toThrow(
      /action_metadata_20261122 .* it has 1 rows, 0 of them are in files/,
    )
    expect(await place.warmCount()).toBe(9)
  })

  test('when a view of somebody stands on a partition; the error says so, and other days move', async () => {
    const place = await Place.on(await serverDriver())
    await place.load(0, 10, 0)
    await place.load(10, 20, 1)
    const archive = place.archive()
    await place.driver.query('CREATE VIEW mine AS SELECT * FROM experience_events_20261121')
    await expect(archive.archive(endOf(1))).rejects.toThrow(/2026-11-21: .*experience_events_20261121.* \(2BP01\)/)
    expect(await place.warmDays()).toEqual([0])
    await place.driver.query('DROP VIEW mine')
    expect((await archive.archive(endOf(1))).events).toBe(10)
    await place.check(archive)
    await archive.close()
  })

  test('when the disk is full: nothing of the day is left, and the run ends', async () => {
    const place = await Place.on(await serverDriver())
    await place.load(0, 20, 0)
    await place.load(20, 30, 1)
    const files = new FaultyFiles(place.directory, { at: 2, where: 'within', crash: false, operation: 'create' })
    const archive = place.archive({ fileEvents: 10 }, files)
    await expect(archive.archive(endOf(1))).rejects.toMatchObject({ code: 'STORAGE', details: { code: 'ENOSPC' } })
    expect(filesIn(place.directory)).toEqual([])
    expect(await place.warmCount()).toBe(30)
    expect((await archive.archive(endOf(1))).events).toBe(30)
    await place.check(archive)
    await archive.close()
  })

  test('when the signal is aborted, at once or in the middle of a day', async () => {
    const place = await Place.on(await serverDriver({ poolSize: 1 }))
    await place.load(0, 10, 0)
    await place.load(10, 20, 1)
    const controller = new AbortController()
    const reason = new Error('enough')
    const stopping = new DamagingFiles(place.directory, /day=2026-11-22/, (bytes) => {
      controller.abort(reason)
      return bytes
    })
    const archive = place.archive({}, stopping)
    await expect(archive.archive(endOf(1), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(await place.warmCount()).toBe(20)
    await expect(archive.archive(endOf(1), { signal: controller.signal })).rejects.toBe(reason)
    expect(await place.warmDays()).toEqual([1])
    expect(filesIn(place.directory)).toHaveLength(1)
    expect((await archive.archive(endOf(1))).days).toEqual(['2026-11-22'])
    await place.check(archive)
    await archive.close()
    await expect(archive.archive(0)).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('what is given', () => {
  test.each([
    [{ directory: '' }, 'archive.directory must be a path'],
    [{ directory: 'd', afterDays: 1.5 }, 'archive.afterDays must be an integer in [0, 36525]'],
    [{ directory: 'd', fileEvents: 0 }, 'archive.fileEvents must be an integer in [1, 10000000]'],
    [{ directory: 'd', keepReplacedMs: -1 }, 'archive.keepReplacedMs must be a number in [0, 3155760000000]'],
    [{ directory: 'd', after: 1 }, "archive has no 'after'"],
  ])('%j is refused', (options, message) => {
    expect(() => new FileArchive(NO_DATABASE, options as never)).toThrow(message)
  })

  test('a time that is none, and unknown options, are refused', async () => {
    const archive = new FileArchive(NO_DATABASE, { directory: 'd' })
    for (const time of [-1, Number.NaN, new Date(Number.NaN), '7d', 2 ** 60]) {
      await expect(archive.archive(time as never)).rejects.toThrow('olderThan must be a date or µs since 1970')
    }
    await expect(archive.archive(0, { after: 1 } as never)).rejects.toThrow("options has no 'after'")
    await expect(archive.archive(0, { onProgress: 1 } as never)).rejects.toThrow('onProgress must be a function')
  })
})

const NO_DATABASE = {} as SqlDriver

async function all(rows: AsyncIterable<{ readonly length: number }>): Promise<number> {
  let count = 0
  for await (const { length } of rows) count += length
  return count
}
