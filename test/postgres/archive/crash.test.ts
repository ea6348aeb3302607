import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { ArchiveBusyError } from '../../../src/postgres/archive/errors.js'
import type { FileArchive } from '../../../src/postgres/archive/file-archive.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { connectServer } from '../../../src/postgres/driver/server.js'
import { makeCorrections } from '../../../src/testing/events.js'
import { type Fault, FaultyFiles } from '../../storage/cold/faulty-files.js'
import { describeServer, serverDatabase, serverDriver } from '../support/databases.js'
import { FaultyDriver } from './faulty-driver.js'
import { endOf, filesIn, Place } from './support.js'

describeServer('a connection that ends while it archives', () => {
  test('behind any call, the commit among them: the process lives on and may clear away', LONG, async () => {
    const { place, steps, cleared } = await begun()
    let calls = 0
    for (let n = 0; n <= calls; n++) {
      const driver = new FaultyDriver(place.driver, n)
      await steps(n, async () => {
        const lost = place.archive(OPTIONS, undefined, driver).archive(endOf(n))
        await lost.catch((error) => expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' }))
        calls = Math.max(calls, driver.calls)
        return driver.dead
      })
    }
    expect(calls).toBeGreaterThan(30)
    await cleared(calls)
  })
})

describeServer('a process that ends while it archives', () => {
  test('killed behind any call', LONG, async () => {
    const url = await serverDatabase()
    const driver = await connectServer(url)
    onTestFinished(() => driver.close())
    const { place, steps, cleared } = await begun(driver)
    for (let n = 0, at = 1, done = false; !done; n++, at += 6) {
      await steps(n, async () => {
        const { signal, out } = await child([url, place.directory, String(endOf(n)), String(at)])
        done = signal !== 'SIGKILL'
        if (done) expect(Number(out)).toBeGreaterThan(30)
        return !done
      })
    }
    await cleared(100)
  })

  test.each(['within', 'after'] as const)('%s any change of a file', LONG, async (where) => {
    const { place, steps, cleared } = await begun()
    for (let n = 0, more = true; more; n++) {
      const fault: Fault = { at: n, where, crash: true }
      const files = new FaultyFiles(place.directory, fault)
      await steps(n, async () => {
        const driver = new FaultyDriver(place.driver, Number.POSITIVE_INFINITY, () => files.crashed)
        await place
          .archive(OPTIONS, files, driver)
          .archive(endOf(n))
          .catch(() => {})
        more = files.crashed
        await files.losePower()
        return more
      })
    }
    await cleared(100)
  })
})

/** Many small runs, each of which is quick when the machine is. */
const LONG = { timeout: 120_000 }
const OPTIONS = { fileEvents: 8, keepReplacedMs: 0 }

/**
 * Each step has a day to archive, in two files, and a file of the day before to fold, with a replaced one to forget. Then
 * the process ends; what is there must be whole; and another process goes on.
 */
async function begun(given?: SqlDriver) {
  const place = await Place.on(given ?? (await serverDriver()))
  const reader = place.archive(OPTIONS)
  onTestFinished(() => reader.close())
  const steps = async (n: number, end: () => Promise<boolean>): Promise<void> => {
    await place.load(n * 10, n * 10 + 10, n)
    if (n > 0) await place.correct(reader, makeCorrections([[n * 10 - 9, n % 4, n]]))
    const ended = await end()
    const recent = Math.max(0, n * 10 - 20)
    await place.check(reader, recent)
    await finished(reader, endOf(n))
    await place.check(reader, recent)
    expect(await place.warmCount()).toBe(0)
    expect(ended || n > 5).toBe(true)
  }
  /** In the end there is nothing but what counts. */
  const cleared = async (n: number): Promise<void> => {
    await reader.archive(endOf(n))
    expect(filesIn(place.directory)).toEqual(await place.paths())
    await place.check(reader)
  }
  return { place, steps, cleared }
}

/** A server takes a moment to see that a process is gone. */
async function finished(archive: FileArchive, endUs: number): Promise<void> {
  for (;;) {
    try {
      await archive.archive(endUs)
      return
    } catch (error) {
      if (!(error instanceof ArchiveBusyError)) throw error
    }
  }
}

function child(args: readonly string[]): Promise<{ signal: string | null; out: string }> {
  const program = fileURLToPath(new URL('archiving-child.mjs', import.meta.url))
  return new Promise((resolve, reject) => {
    const started = execFile(process.execPath, [program, ...args], (error, out, err) => {
      if (error !== null && started.signalCode === null) reject(new Error(err))
      else resolve({ signal: started.signalCode, out })
    })
  })
}
