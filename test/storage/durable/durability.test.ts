import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ClosedError } from '../../../src/index.js'
import { DirectoryLockedError, openExperienceStream } from '../../../src/storage/index.node.js'
import { temporaryFolder } from '../support/folders.js'
import { crashed, openStream, openSwitched, refusal, turn } from './support.js'

describe('durable', () => {
  test('of many callers in one turn makes one trip to the disk', async () => {
    const { stream, disk } = await openSwitched({ capacity: 1000 })
    const before = disk.writes
    const waits = Array.from({ length: 100 }, (_, stepNumber) => {
      stream.writeEvent({ stepNumber })
      return stream.durable()
    })
    await Promise.all(waits)
    expect([disk.writes - before, stream.stats().journal.flushes]).toEqual([1, 1])
  })

  test("with 'power-loss' waits for a sync that began after the call, and shares it", async () => {
    const { stream, disk } = await openSwitched({ capacity: 1000, durability: 'power-loss' })
    await stream.durable()
    const before = disk.syncs
    const go = disk.holdSyncs()
    const order: string[] = []
    stream.writeEvent({})
    const first = stream.durable().then(() => order.push('first'))
    await turn()
    stream.writeEvent({})
    const later = [stream.durable(), stream.durable(), stream.durable()].map((wait) =>
      wait.then(() => order.push('later')),
    )
    await turn()
    expect([stream.stats().journal.durable, order]).toEqual([0, []])
    go()
    const goOn = disk.holdSyncs()
    await first
    expect([stream.stats().journal.durable, order]).toEqual([1, ['first']])
    goOn()
    await Promise.all(later)
    expect([stream.stats().journal.durable, order, disk.syncs - before]).toEqual([
      2,
      ['first', 'later', 'later', 'later'],
      2,
    ])
  })

  test("with 'power-loss' is reached without anybody asking", async () => {
    const stream = await openStream({ capacity: 100, durability: 'power-loss' })
    stream.writeEvent({})
    while (stream.stats().journal.pending > 0) await stream.host.wait(stream.host.progress, 1000)
    expect(stream.stats().journal.durable).toBe(1)
  })

  test('resolves at once when nothing waits, and ends with the reason of its signal', async () => {
    const { stream, disk } = await openSwitched({ capacity: 100, durability: 'power-loss' })
    await stream.durable()
    const stop = new AbortController()
    const go = disk.holdSyncs()
    stream.writeEvent({})
    const waiting = stream.durable({ signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(stream.durable({ signal: stop.signal })).rejects.toThrow('enough')
    await expect(stream.durable({ signal: 1 as unknown as AbortSignal })).rejects.toThrow(
      'signal must be an AbortSignal',
    )
    go()
    await stream.durable()
  })

  test('keeps everything that was accepted before the call, rewards and cursors included', async () => {
    const stream = await openStream({ capacity: 10 })
    const subscription = stream.subscribe({ name: 'audit' })
    for (let i = 0; i < 30; i++) stream.writeEvent({ stepNumber: i })
    stream.setAppraiserReward(29, 3, 1)
    stream.setAppraiserReward(2, 3, 1)
    subscription.poll()
    subscription.ack(4)
    const waiting = stream.durable()
    stream.setAppraiserReward(29, 3, 2)
    await waiting
    const left = await crashed(stream, { capacity: 30 })
    expect([left.totalWritten, left.getEvent(2)?.rewardGoal, left.subscribe({ name: 'audit' }).from]).toEqual([
      30, 1, 5,
    ])
  })
})

test('what is written in a turn is written out by its end, without anybody asking', async () => {
  const stream = await openStream({ capacity: 100 })
  stream.writeEvent({})
  expect((await crashed(stream)).totalWritten).toBe(0)
  stream.writeEvent({})
  await turn()
  const left = await crashed(stream)
  expect(left.totalWritten).toBeGreaterThanOrEqual(1)
  stream.writeEvent({})
  await turn()
  expect((await crashed(stream)).totalWritten).toBe(3)
})

describe('closing', () => {
  test('writes everything out, once, and frees the directory', async () => {
    const { stream, released } = await openSwitched({ capacity: 100 })
    for (let i = 0; i < 5; i++) stream.writeEvent({ stepNumber: i })
    await Promise.all([stream.close(), stream.close()])
    await stream[Symbol.asyncDispose]()
    expect([released(), stream.closed]).toEqual([1, true])
    const again = await openStream({ directory: stream.directory })
    expect(again.totalWritten).toBe(5)
  })

  test('ends every other call with ClosedError', async () => {
    const stream = await openStream({ capacity: 100 })
    const named = stream.subscribe({ name: 'audit' })
    stream.writeEvent({})
    named.poll()
    const { history } = stream
    await stream.close()
    for (const call of [
      () => stream.writeEvent({}),
      () => stream.setAppraiserReward(0, 0, 1),
      () => stream.markAppraised(0, 0),
      () => stream.getMetadata(0),
      () => stream.subscribe({ name: 'other' }),
      () => stream.subscribe({ after: 'durable' }),
      () => stream.removeSubscription('audit'),
      () => stream.unfollow('store'),
      () => named.ack(),
      () => stream.stats(),
      () => history.query(),
    ]) {
      refusal(call, ClosedError)
    }
    await expect(stream.durable()).rejects.toThrow(ClosedError)
    await expect(stream.ready()).rejects.toThrow(ClosedError)
    await expect(stream.host.flush()).rejects.toThrow(ClosedError)
  })

  test('a directory that is open is refused to others, and free after a failed opening', async () => {
    const stream = await openStream({ capacity: 100, appraisers: [0] })
    const { directory } = stream
    await expect(openExperienceStream({ directory })).rejects.toThrow(DirectoryLockedError)
    await stream.close()
    await expect(openExperienceStream({ directory, appraisers: [1] })).rejects.toThrow('appraisers')
    expect(await openStream({ directory })).toBeDefined()
    expect(existsSync(join(directory, 'journal'))).toBe(true)
  })
})

test('a program that just ends has everything written out, and ends', async () => {
  const directory = temporaryFolder()
  const program = `
    const { openExperienceStream } = await import(${JSON.stringify(new URL('../../../dist/storage/index.node.js', import.meta.url).href)})
    const stream = await openExperienceStream({ directory: ${JSON.stringify(directory)}, capacity: 100, durability: 'power-loss' })
    for (let i = 0; i < 7; i++) stream.writeEvent({ stepNumber: i })`
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { timeout: 20_000 })
  const stream = await openStream({ directory })
  expect([stream.totalWritten, stream.getEvent(6)?.stepNumber]).toEqual([7, 6])
})
