import { expect, onTestFinished, test } from 'vitest'
import { makeCorrections } from '../../../src/testing/events.js'
import { type Fault, FaultyFiles } from '../../storage/cold/faulty-files.js'
import { describeServer, serverDriver } from '../support/databases.js'
import { FaultyDriver } from './faulty-driver.js'
import { endOf, filesIn, Place } from './support.js'

describeServer('a process that ends while it archives', () => {
  test('after any call to the database', async () => {
    const { place, steps } = await begun()
    let calls = 0
    for (let n = 0; n <= calls; n++) {
      const files = new FaultyFiles(place.directory)
      const driver = new FaultyDriver(place.driver, files, n)
      await steps(n, async () => {
        const dead = place.archive(OPTIONS, files, driver)
        await dead.archive(endOf(n)).catch((error) => expect(error.message).toBe('the process has ended'))
        calls = Math.max(calls, driver.calls)
        return files.crashed
      })
    }
    expect(calls).toBeGreaterThan(30)
  })

  test.each(['within', 'after'] as const)('%s any change of a file', async (where) => {
    const { place, steps } = await begun()
    for (let n = 0, more = true; more; n++) {
      const fault: Fault = { at: n, where, crash: true }
      const files = new FaultyFiles(place.directory, fault)
      await steps(n, async () => {
        const driver = new FaultyDriver(place.driver, files)
        await place
          .archive(OPTIONS, files, driver)
          .archive(endOf(n))
          .catch(() => {})
        more = files.crashed
        await files.losePower()
        return more
      })
    }
  })
})

const OPTIONS = { fileEvents: 8, keepReplacedMs: 0 }

/**
 * Each step has a day to archive, in two files, and a file of the day before to fold, with a replaced one to forget. Then
 * the process ends; what is there must be whole; and another process goes on.
 */
async function begun() {
  const place = await Place.on(await serverDriver())
  const reader = place.archive(OPTIONS)
  onTestFinished(() => reader.close())
  const steps = async (n: number, end: () => Promise<boolean>): Promise<void> => {
    await place.load(n * 10, n * 10 + 10, n)
    if (n > 0) await place.correct(reader, makeCorrections([[n * 10 - 9, n % 4, n]]))
    const ended = await end()
    await place.check(reader)
    await reader.archive(endOf(n))
    await place.check(reader)
    expect(await place.warmCount()).toBe(0)
    await reader.archive(endOf(n))
    expect(filesIn(place.directory)).toEqual(await place.paths())
    expect(ended || n > 5).toBe(true)
  }
  return { place, steps }
}
