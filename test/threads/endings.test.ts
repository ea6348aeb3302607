/**
 * Threads that end at a random point of each operation: nothing hangs, no total is wrong, no event is half, and the place
 * is free again.
 *
 * @module
 */

import { afterEach, describe, expect, test } from 'vitest'
import { accountFaults, faultsAtRest } from './support/balance.mjs'
import { Crew, type Hand } from './support/crew.mjs'
import { ExperienceStream, type Stream } from './support/library.mjs'
import { faultsOf, write } from './support/payload.mjs'

const crew = new Crew()
afterEach(() => crew.dismiss())

const ROUNDS = 10
const AT_ONCE = 3
const CAPACITY = 1024
const MEMBERS = 1 + AT_ONCE
/** Turns of an empty loop that last longer than any one operation, and longer than to attach. */
const LONGEST = 200_000
const LONGEST_ATTACH = 5_000_000

const KINDS = [
  'writer',
  'writeEvent',
  'writeBatch',
  'writeBatch, packed',
  'addReward',
  'setAppraiserReward',
  'setAppraiserRewards',
  'setPriorities',
  'sampleBatch',
  'queryRange',
  'poll',
  'iterate',
  'close',
  'attach',
]

/** Without a seed: the scheduler of threads decides where one is ended, and every run tries other points. */
function below(most: number): number {
  return Math.floor(Math.random() * most)
}

function spin(turns: number): void {
  for (let i = 0; i < turns; i++) Math.imul(i, i)
}

/** Starts a hand on one kind of work; resolves when it is about to begin. */
async function begin(stream: Stream, kind: string, writer: number): Promise<Hand> {
  const hand = crew.hire()
  if (kind === 'attach') {
    void hand.ask('attachAndTell', stream.handle({ worker: hand.worker }))
  } else {
    await hand.join(stream)
    void hand.ask('work', { kind, writer })
  }
  await hand.tells()
  return hand
}

describe.each(KINDS)('threads that are terminated in %s', (kind) => {
  test(`leave the ring whole, ${ROUNDS * AT_ONCE} of them`, async () => {
    const stream = await ExperienceStream.create({
      capacity: CAPACITY,
      shared: true,
      maxThreads: MEMBERS,
      priority: 'explicit',
    })
    const subscription = stream.subscribe({ from: 'oldest' })
    let index = 0
    for (let round = 0; round < ROUNDS; round++) {
      const hands = Array.from({ length: AT_ONCE }, (_, i) => begin(stream, kind, 1 + i + round * AT_ONCE))
      const ending = hands.map(async (hand) => {
        const begun = await hand
        for (let turns = below(4); turns > 0; turns--) {
          for (let i = below(100); i > 0; i--) write(stream, 0, index++)
          await new Promise((resolve) => setImmediate(resolve))
        }
        spin(below(kind === 'attach' ? LONGEST_ATTACH : LONGEST))
        await begun.end()
      })
      await Promise.all(ending)
      expect(stream.stats().threads?.members.map(({ writerId }) => writerId)).toEqual([0])
      expect(faultsAtRest(stream, 0, index)).toEqual([])
      index += CAPACITY + 1
      for (let batch = subscription.poll(); batch.length > 0; batch = subscription.poll()) {
        expect(faultsOf(batch)).toEqual([])
      }
      expect(subscription.lag).toBe(0)
      expect(accountFaults(subscription.stats())).toEqual([])
    }
    const handles = Array.from({ length: AT_ONCE }, () => stream.handle())
    const streams = await Promise.all(handles.map((handle) => ExperienceStream.attach(handle)))
    for (const each of streams) write(each, 0, index++)
    await Promise.all(streams.map((each) => each.close()))
    await stream.close()
  }, 60_000)
})
