/**
 * Threads read while others write: no event is ever half of one and half of another, and every subscription accounts for
 * every number.
 *
 * @module
 */

import { afterEach, describe, expect, test } from 'vitest'
import { Crew } from './support/crew.mjs'
import { Gate } from './support/gate.mjs'
import { ExperienceStream, type Stream } from './support/library.mjs'

const crew = new Crew()
afterEach(() => crew.dismiss())

interface Followed {
  from: number
  position: number
  received: number
  filtered: number
  missed: number
  aborted: number
  reported: number
  disorder: number
  faults: string[]
}

function shared(capacity: number): Promise<Stream> {
  return ExperienceStream.create({ capacity, shared: true })
}

/** So many torn reads of one that does not look again show that another that did not either would have been seen. */
const CONTROL_TORN = 10

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('while two writers lap a small ring', () => {
  test.each([
    ['getEvent and view', ['getEvent', 'view']],
    ['queryRange', ['queryRange']],
    ['find and sampleBatch', ['find', 'sampleBatch']],
  ])(
    'what %s returns is whole, where a reader that does not look again is caught',
    async (_, ways) => {
      const stream = await shared(1000)
      const hands = await crew.join(stream, 3)
      const gate = new Gate()
      const writing = [0, 1].map((writer) => hands[writer]!.ask('flood', { writer, ...gate }))
      const { read, faults, control } = await hands[2]!.ask('validate', { ways, ...gate, torn: CONTROL_TORN })
      gate.open()
      await Promise.all(writing)
      expect(faults).toEqual([])
      for (const count of Object.values(read)) expect(count).toBeGreaterThan(0)
      expect(control.torn).toBeGreaterThanOrEqual(CONTROL_TORN)
      expect(control.reads).toBeGreaterThan(CONTROL_TORN)
    },
    120_000,
  )

  test('every subscription that is lapped still accounts for every number', async () => {
    const stream = await shared(256)
    const hands = await crew.join(stream, 5)
    const gate = new Gate()
    const types = Array.from({ length: 32768 }, (_, i) => 2 * i)
    const options = [{ from: 'oldest' }, { types, maxBatch: 10 }, { maxLag: 50 }]
    const following = options.map((each, i) => hands[2 + i]!.ask('follow', { options: each, ...gate }))
    await Promise.all(hands.slice(2).map((hand) => hand.tells()))
    const writers = hands.slice(0, 2)
    const writing = writers.map((hand, i) => hand.ask('writeUntil', { writer: i, ...gate, batch: 300 * i }))
    while (stream.totalWritten < 1000 * stream.capacity) await turn()
    gate.open()
    const count = (await Promise.all(writing)).reduce((sum, written) => sum + written, 0)
    for (const followed of (await Promise.all(following)) as Followed[]) {
      const { from, position, received, filtered, missed, aborted, reported, disorder, faults } = followed
      expect(faults).toEqual([])
      expect(disorder).toBe(0)
      expect(received).toBeGreaterThan(0)
      expect(received + filtered + missed + aborted).toBe(position - from)
      expect(reported).toBeLessThanOrEqual(missed)
    }
    await Promise.all(hands.map((hand) => hand.ask('close')))
    const { written, readable, evicted, threads } = stream.stats()
    const { claimed, aborted, pending } = threads!
    expect([written, readable + evicted, written + aborted, pending]).toEqual([count, count, claimed, 0])
  })
})

describe('subscriptions that keep up', () => {
  test('receive exactly what was written and count exactly what was aborted, in every thread', async () => {
    const stream = await shared(100_000)
    const hands = await crew.join(stream, 5)
    const gate = new Gate()
    const writing = hands.slice(0, 2).map((hand, i) => {
      return hand.ask('writeUntil', { writer: i, ...gate, turnEvery: 37, batch: 5 })
    })
    const types = Array.from({ length: 32768 }, (_, i) => 2 * i)
    const ended = new Gate()
    const options = [{ from: 0 }, { from: 0, types }, { from: 0, maxBatch: 7 }]
    const following = options.map((each, i) => hands[2 + i]!.ask('follow', { options: each, ...ended }))
    while (stream.totalWritten < 50_000) await turn()
    gate.open()
    const counts: number[] = await Promise.all(writing)
    await Promise.all(hands.slice(0, 2).map((hand) => hand.ask('close')))
    ended.open()
    const [all, half, small] = (await Promise.all(following)) as Followed[]
    const { written, threads } = stream.stats()
    expect(written).toBe(counts[0]! + counts[1]!)
    const { claimed, aborted } = threads!
    expect(aborted).toBeGreaterThan(0)
    const account = { from: 0, position: claimed, missed: 0, reported: 0, aborted, disorder: 0, faults: [] }
    expect(all).toMatchObject({ ...account, received: written, filtered: 0 })
    expect(small).toMatchObject({ ...account, received: written, filtered: 0 })
    expect(half).toMatchObject({ ...account, received: stream.count({ types }), filtered: written - half!.received })
  })
})

describe('a read of what is not there', () => {
  test('gives nothing for numbers that are evicted, not written, or claimed by a thread that stands still', async () => {
    const stream = await shared(6400)
    const [hand] = await crew.join(stream, 1)
    const gate = new Gate()
    const done = hand!.ask('writeAndPause', { writer: 1, count: 4, more: 0, ...gate })
    await hand!.tells()
    stream.writeEvent({})
    for (const seq of [4, 6, 8, 1_000_000]) {
      expect(stream.getEvent(seq)).toBeUndefined()
      expect(stream.view(seq)).toBeUndefined()
    }
    expect([...stream.queryRange(0, 100).seqs]).toEqual([0, 1, 2, 3])
    expect(stream.count()).toBe(4)
    expect([...stream.findSeqs()]).toEqual([0, 1, 2, 3])
    gate.open()
    await done
  })

  test('takes what was read for good: a batch, a snapshot and a view of its own stay as they were', async () => {
    const stream = await shared(4)
    stream.writeEvent({ stepNumber: 7 })
    const view = stream.view(0)!
    const event = stream.getEvent(0)!
    const batch = stream.queryRange(0, 1)
    for (let i = 0; i < 9; i++) stream.writeEvent({ stepNumber: 100 })
    expect([event.stepNumber, batch.at(0).stepNumber, view.stepNumber]).toEqual([7, 7, 7])
    expect(view.isLive).toBe(false)
    expect(stream.getEvent(0)).toBeUndefined()
  })
})
