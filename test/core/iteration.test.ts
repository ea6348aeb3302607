/**
 * Subscriptions that are iterated: waking, ending, and what happens to others meanwhile.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { ClosedError, type ExperienceStream, type Subscription } from '../../src/index.js'
import { makeStream } from '../support/streams.js'

function stream(capacity = 100): Promise<ExperienceStream> {
  return makeStream({ capacity })
}

/** Iterates to the end; each batch is the list of its numbers. */
async function collect(subscription: Subscription, batches: number[][] = []): Promise<number[][]> {
  for await (const batch of subscription) batches.push([...batch.seqs])
  return batches
}

/** Lets everything run that is due without a timer. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
  await new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}

describe('an iterated subscription', () => {
  test('waits for a write and wakes once for a burst', async () => {
    const source = await stream()
    const batches: number[][] = []
    const subscription = source.subscribe()
    const done = collect(subscription, batches)
    await settle()
    expect(batches).toEqual([])
    for (let i = 0; i < 50; i++) source.writeEvent({})
    expect(batches).toEqual([])
    await settle()
    expect(batches).toEqual([Array.from({ length: 50 }, (_, i) => i)])
    source.writeBatch([{}, {}])
    await settle()
    expect(batches[1]).toEqual([50, 51])
    subscription.close()
    await done
  })

  test('does not wake its reader for events of other types, and counts them', async () => {
    const source = await stream()
    const batches: number[][] = []
    const subscription = source.subscribe({ types: 5 })
    const done = collect(subscription, batches)
    await settle()
    for (let i = 0; i < 9; i++) source.writeEvent({ eventType: 1 })
    await settle()
    expect(batches).toEqual([])
    source.writeEvent({ eventType: 5 })
    await settle()
    expect(batches).toEqual([[9]])
    expect([subscription.received, subscription.filtered, subscription.position]).toEqual([1, 9, 10])
    subscription.close()
    await done
  })

  test('that was lapped while its reader was busy learns how many it missed', async () => {
    const source = await stream(10)
    const missed: number[] = []
    const subscription = source.subscribe()
    source.writeEvent({})
    for await (const batch of subscription) {
      missed.push(batch.missed)
      if (missed.length === 1) for (let i = 0; i < 25; i++) source.writeEvent({})
      if (missed.length === 2) break
    }
    expect(missed).toEqual([0, 15])
    expect([subscription.received, subscription.missed, subscription.position]).toEqual([11, 15, 26])
  })

  test('ends without an error by break, and is closed then', async () => {
    const source = await stream()
    source.writeEvent({})
    const subscription = source.subscribe({ from: 'oldest' })
    for await (const batch of subscription) {
      expect(batch.length).toBe(1)
      break
    }
    expect(source.stats().subscriptions).toEqual([])
    expect(() => subscription.poll()).toThrow(ClosedError)
  })

  test('ends without an error when it is closed while its reader waits', async () => {
    const source = await stream()
    const subscription = source.subscribe()
    const done = collect(subscription)
    await settle()
    subscription.close()
    expect(await done).toEqual([])
  })

  test('ends without an error by abort, before, while waiting, and inside a reader', async () => {
    const source = await stream()
    expect(await collect(source.subscribe({ signal: AbortSignal.abort() }))).toEqual([])

    const waiting = new AbortController()
    const first = collect(source.subscribe({ signal: waiting.signal }))
    await settle()
    waiting.abort()
    expect(await first).toEqual([])

    const inside = new AbortController()
    const seen: number[] = []
    source.writeBatch([{}, {}])
    for await (const batch of source.subscribe({ from: 'oldest', maxBatch: 1, signal: inside.signal })) {
      seen.push(batch.start)
      inside.abort()
    }
    expect(seen).toEqual([0])
    expect(source.stats().subscriptions).toEqual([])
  })

  test('leaves nothing behind on a signal that lives on', async () => {
    const source = await stream()
    const controller = new AbortController()
    let listeners = 0
    const { signal } = controller
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<AbortSignal['addEventListener']>) => {
      listeners++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<AbortSignal['removeEventListener']>) => {
      listeners--
      remove(...args)
    }
    for (let i = 0; i < 20; i++) source.subscribe({ signal }).close()
    expect(listeners).toBe(0)
  })

  test('is iterated by one reader at a time', async () => {
    const source = await stream()
    const subscription = source.subscribe()
    const first = subscription[Symbol.asyncIterator]()
    const pending = first.next()
    await expect(async () => {
      for await (const _batch of subscription) break
    }).rejects.toThrow(/one|iterat/)
    source.writeEvent({})
    expect((await pending).value?.length).toBe(1)
  })
})

describe('readers among each other', () => {
  test('that subscribe and close inside a handler disturb nobody', async () => {
    const source = await stream()
    const inner: number[][] = []
    const bystander = source.subscribe()
    const watched = collect(bystander)
    const victim = source.subscribe()
    const victimDone = collect(victim)
    const outer = source.subscribe()
    const opened: Promise<unknown>[] = []
    const done = (async () => {
      for await (const batch of outer) {
        if (batch.start === 0) {
          victim.close()
          opened.push(collect(source.subscribe(), inner))
          source.writeEvent({})
        } else outer.close()
      }
    })()
    await settle()
    source.writeEvent({})
    await settle()
    await done
    await victimDone
    expect(inner).toEqual([[1]])
    source.writeEvent({})
    await settle()
    expect(inner).toEqual([[1], [2]])
    await source.close()
    await Promise.all(opened)
    expect((await watched).flat()).toEqual([0, 1, 2])
  })

  test('that throw harm neither the writer nor other readers', async () => {
    const source = await stream()
    const good = collect(source.subscribe())
    const bad = (async () => {
      for await (const batch of source.subscribe()) throw new RangeError(`at ${batch.start}`)
    })()
    const caught = bad.catch((error: unknown) => error)
    source.writeEvent({})
    await settle()
    expect(await caught).toBeInstanceOf(RangeError)
    expect(source.writeEvent({})).toBe(1)
    await settle()
    expect(source.stats().subscriptions.length).toBe(1)
    await source.close()
    expect((await good).flat()).toEqual([0, 1])
  })

  test('of which a hundred wait all get every event of a burst', async () => {
    const source = await stream(1000)
    const all = Array.from({ length: 100 }, () => collect(source.subscribe({ maxBatch: 64 })))
    for (let burst = 0; burst < 10; burst++) {
      for (let i = 0; i < 100; i++) source.writeEvent({})
      await settle()
    }
    await source.close()
    const expected = Array.from({ length: 1000 }, (_, i) => i)
    for (const batches of await Promise.all(all)) expect(batches.flat()).toEqual(expected)
  })

  test('that write back from inside get their own events later, not at once', async () => {
    const source = await stream()
    const order: string[] = []
    for await (const batch of source.subscribe({ from: 'oldest', maxBatch: 1, ...kick(source) })) {
      order.push(`read ${batch.start}`)
      if (batch.start === 3) break
      source.writeEvent({})
      order.push(`wrote ${batch.start + 1}`)
    }
    expect(order).toEqual(['read 0', 'wrote 1', 'read 1', 'wrote 2', 'read 2', 'wrote 3', 'read 3'])
  })
})

function kick(source: ExperienceStream): object {
  source.writeEvent({})
  return {}
}
