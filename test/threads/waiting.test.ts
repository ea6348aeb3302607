/**
 * Threads sleep until another one writes, and nobody is left asleep.
 *
 * @module
 */

import { afterEach, describe, expect, test } from 'vitest'
import { Crew, type Hand } from './support/crew.mjs'
import { ExperienceStream, kernelOf, layout, type Stream, type Subscription } from './support/library.mjs'
import { write } from './support/payload.mjs'

const crew = new Crew()
afterEach(() => crew.dismiss())

const PLATFORMS: [string, string[]][] = [
  ['by Atomics.waitAsync', []],
  ['by looking now and then, where there is no Atomics.waitAsync', ['Atomics.waitAsync']],
]

function shared(): Promise<Stream> {
  return ExperienceStream.create({ capacity: 6400, shared: true })
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Hands without some global, in a stream. */
async function joined(stream: Stream, count: number, without: readonly string[]): Promise<Hand[]> {
  const hands = Array.from({ length: count }, () => crew.hire())
  for (const hand of hands) {
    for (const name of without) await hand.ask('forget', name)
    await hand.join(stream)
  }
  return hands
}

function wakes(stream: Stream): number {
  return kernelOf(stream).control(layout.S_WAKE)
}

describe.each(PLATFORMS)('a subscriber that sleeps %s', (_, without) => {
  test('is woken by an event of another thread', async () => {
    const stream = await shared()
    const [hand] = await joined(stream, 1, without)
    const done = hand!.ask('iterate', { count: 1 })
    expect(await hand!.tells()).toBe('waiting')
    write(stream, 0, 0)
    expect(await done).toMatchObject({ batches: [[0]], faults: [] })
  })

  test('is woken again and again, each time by the only event there is', async () => {
    const stream = await shared()
    const [hand] = await joined(stream, 1, without)
    const echo = stream.subscribe()[Symbol.asyncIterator]()
    const done = hand!.ask('iterate', { count: 50 })
    await hand!.tells()
    for (let i = 0; i < 50; i++) {
      expect(write(stream, 0, i)).toBe(i)
      await echo.next()
      // The claim is handed back, so that the next number follows at once.
      await turn()
    }
    const { batches, stats } = await done
    expect(batches.flat()).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect(stats).toMatchObject({ received: 50, missed: 0, aborted: 0, position: 50 })
  })

  test('is woken with all the others, of its own thread and of other threads', async () => {
    const stream = await shared()
    const hands = await joined(stream, 3, without)
    const done = hands.flatMap((hand) => Array.from({ length: 20 }, () => hand.ask('iterate', { count: 1 })))
    for (const hand of hands) for (let i = 0; i < 20; i++) await hand.tells()
    write(stream, 0, 0)
    for (const { batches } of await Promise.all(done)) expect(batches).toEqual([[0]])
  })

  test('is woken by the end of the stream, and its iteration ends', async () => {
    const stream = await shared()
    const [hand] = await joined(stream, 1, without)
    const done = hand!.ask('iterate', { count: 1 })
    await hand!.tells()
    await stream.close()
    expect(await done).toMatchObject({ batches: [] })
  })

  test('is woken by an abort, and by closing the subscription', async () => {
    const stream = await shared()
    const [hand] = await joined(stream, 1, without)
    for (const by of ['signal', 'close']) {
      expect(await hand!.ask('iterateAndEnd', { by })).toEqual({ value: undefined, done: true })
    }
    expect(await hand!.ask('call', 'stats')).toMatchObject({ subscriptions: [] })
  })

  test('is woken by the exit of a thread whose unused numbers it waited for', async () => {
    const stream = await shared()
    const [hand, writer] = await joined(stream, 2, without)
    const words = new Int32Array(new SharedArrayBuffer(8))
    void writer!.ask('writeAndPause', { writer: 1, count: 4, more: 0, words })
    await writer!.tells()
    write(stream, 0, 0)
    const done = hand!.ask('iterate', { options: { from: 4 }, count: 1 })
    await hand!.tells()
    await writer!.end()
    expect(await done).toMatchObject({ batches: [[7]], stats: { aborted: 3 } })
  })
})

describe('a burst of writes', () => {
  test('wakes each subscriber of this thread once, and notifies once', async () => {
    const stream = await shared()
    const batches: number[] = []
    const reading = Array.from({ length: 10 }, async () => {
      for await (const { length } of stream.subscribe()) {
        batches.push(length)
        break
      }
    })
    await turn()
    const before = wakes(stream)
    for (let i = 0; i < 500; i++) write(stream, 0, i)
    stream.writeBatch(Array.from({ length: 500 }, () => ({})))
    expect(wakes(stream)).toBe(before + 1)
    expect(batches).toEqual([])
    await Promise.all(reading)
    expect(batches).toEqual(Array(10).fill(1000))
  })

  test('notifies nobody when nobody waits', async () => {
    const stream = await shared()
    const subscription: Subscription = stream.subscribe()
    const before = wakes(stream)
    for (let i = 0; i < 500; i++) write(stream, 0, i)
    expect(subscription.poll().length).toBe(500)
    expect(wakes(stream)).toBe(before)
  })
})
