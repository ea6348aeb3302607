import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FileArchive } from '../../../src/postgres/archive/file-archive.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { PostgresStore } from '../../../src/postgres/store/store.js'
import { exportEvents, importEvents } from '../../../src/postgres/transfer/transfer.js'
import { openExperienceStream } from '../../../src/storage/index.node.js'
import { run } from '../../cli/run.js'
import { describeServer, embedded, serverDatabase, serverDriver } from '../support/databases.js'
import { madeDirectory, temporaryFolder } from './support.js'

const SECOND_DAY_ENDS = 20_002 * 86_400_000_000

describeServer('on a server', () => suite(serverDriver))
describe('embedded', () => suite(embedded))

function suite(database: () => Promise<SqlDriver>): void {
  test('days in files are moved with the others, restored from, and get what is imported later', async () => {
    const driver = await database()
    const directory = await madeDirectory({ events: 3000 })
    const archive = new FileArchive(driver, { directory: temporaryFolder() })
    const store = new PostgresStore(driver, { archive })
    const { contents } = await importEvents(store, directory)
    expect((await archive.archive(SECOND_DAY_ENDS)).days.length).toBe(2)
    const out = temporaryFolder()
    expect(await exportEvents(store, out, { format: 'messagepack' })).toMatchObject({ copied: 3000, contents })

    await madeDirectory({ directory, events: 600 })
    const owner = await openExperienceStream({ directory })
    for (let seq = 0; seq < 3600; seq += 7) owner.setAppraiserReward(seq, 2, seq)
    await owner.close()
    // Who imports needs no files.
    const without = new PostgresStore(driver, { archive: new FileArchive(driver) })
    const late = await importEvents(without, directory, { verify: false })
    expect([late.copied, late.corrected > 400]).toEqual([600, true])
    await expect(importEvents(without, directory)).rejects.toMatchObject({ code: 'ARCHIVE_UNAVAILABLE' })
    expect(await importEvents(store, directory)).toMatchObject({ copied: 0, contents: { events: 3600 } })

    const stream = await openExperienceStream({ directory: temporaryFolder(), restoreFrom: store, capacity: 5000 })
    const before = await openExperienceStream({ directory })
    const start = before.oldestSeq
    expect(Buffer.from(stream.queryRange(start, 3600).bytes).equals(before.queryRange(start, 3600).bytes)).toBe(true)
    expect([stream.size, stream.totalWritten]).toEqual([3600, 3600])
    await stream.close()
    await before.close()
    await store.close()
    await archive.close()
  })
}

describeServer('archiving by command', { timeout: 60_000 }, () => {
  test('moves what is due, says so, and exports have it where the files are', async () => {
    const [url, directory] = [await serverDatabase(), await madeDirectory({ events: 3000 })]
    const [files, out] = [join(temporaryFolder(), 'archive'), temporaryFolder()]
    const said = async (...args: string[]): Promise<string> => {
      const { status, stdout, stderr } = await run(args, { env: { DATABASE_URL: url } })
      return `${status} ${stderr}${stdout}`
    }
    expect(await said('import', directory)).toMatch(/^0 .*3,000 events, 3 with metadata, are equal/s)
    expect(await said('archive', '--directory', files, '--older-than', '2024-10-04')).toMatch(/^0 .*no day was due/)
    expect(await said('archive', '--directory', files, '--older-than', '30d')).toMatch(
      /^0 .*3 days moved\n {2}directory .*\n {2}days {7}2024-10-04 to 2024-10-06\n {2}events {5}3,000, 3 with metadata/,
    )
    expect(await said('stats')).toMatch(/tables {5}0 days.*archive {4}3,000 events in 3 files/s)
    expect(await said('export', '--parquet', join(out, 'a'))).toMatch(/^1 .*archive/)
    expect(await said('export', '--parquet', join(out, 'a'), '--archive', files)).toMatch(/^0 .*3,000 events, 3 with/s)
    rmSync(files, { recursive: true })
    expect(await said('export', '--ndjson', join(out, 'b'), '--archive', files)).toMatch(/^1 experience-stream: /)
    expect(await said('archive', '--older-than', '7')).toMatch(/^2 .*archive needs --directory/)
    expect(await said('archive', '--directory', files, '--older-than', 'x')).toMatch(/^2 .*--older-than is "x"/)
  })
})
