import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openExperienceStream } from '../../../src/storage/index.node.js'
import { openStream, turn } from './support.js'

const FOLDER = '/proc/self/fd'

/** Files below a folder that this process has open; the system has to tell. */
function openFiles(directory: string): string[] {
  return readdirSync(FOLDER).flatMap((fd) => {
    try {
      const path = readlinkSync(`${FOLDER}/${fd}`)
      return path.startsWith(directory) ? [path] : []
    } catch {
      return []
    }
  })
}

describe.skipIf(!existsSync(FOLDER))('files', () => {
  test('are all closed with the stream', async () => {
    const stream = await openStream({ capacity: 10, durability: 'power-loss' })
    for (let i = 0; i < 20_000; i++) stream.writeEvent({})
    const subscription = stream.subscribe({ name: 'audit', from: 0 })
    subscription.poll()
    subscription.close()
    await stream.history.getEvent(3)
    expect(openFiles(stream.directory).length).toBeGreaterThan(0)
    await stream.close()
    // A sync that the last full segment began may still be under way.
    for (let turns = 0; openFiles(stream.directory).length > 0 && turns < 1000; turns++) await turn()
    expect(openFiles(stream.directory)).toEqual([])
  })

  test('stay open for a subscriber that still iterates, and no longer', async () => {
    const stream = await openStream({ capacity: 10 })
    const subscription = stream.subscribe({ name: 'audit', maxBatch: 5 })
    for (let i = 0; i < 40; i++) stream.writeEvent({ stepNumber: i })
    const iterator = subscription[Symbol.asyncIterator]()
    await iterator.next()
    await stream.close()
    const steps: number[] = []
    for (let step = await iterator.next(); !step.done; step = await iterator.next()) {
      steps.push(...step.value.seqs)
      await turn()
    }
    expect(steps).toEqual(Array.from({ length: 35 }, (_, i) => 5 + i))
    expect(openFiles(stream.directory)).toEqual([])
  })

  test('are closed when opening fails', async () => {
    const stream = await openStream({ capacity: 10, appraisers: [0] })
    stream.writeEvent({})
    await stream.close()
    const { directory } = stream
    await expect(openExperienceStream({ directory, appraisers: [1] })).rejects.toThrow('appraisers')
    await expect(openExperienceStream({ directory, capacity: 2 ** 31 })).rejects.toThrow('capacity')
    expect(openFiles(directory)).toEqual([])
    await (await openStream({ directory })).close()
  })
})
