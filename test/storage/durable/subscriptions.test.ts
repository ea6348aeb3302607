import { describe, expect, test } from 'vitest'
import { Appraiser, AppraiserType, type EventBatch, InvalidArgumentError, runAppraiser } from '../../../src/index.js'
import type { DurableExperienceStream } from '../../../src/storage/index.node.js'
import { crashed, openStream, openSwitched, refusal, turn } from './support.js'

function write(stream: DurableExperienceStream, count: number): void {
  for (let i = 0; i < count; i++)
    stream.writeEvent({ stepNumber: stream.totalWritten, eventType: stream.totalWritten % 3 })
}

/** All that a subscription has now. */
function drain(subscription: { poll(): EventBatch }): number[] {
  const seqs: number[] = []
  for (let batch = subscription.poll(); batch.length > 0; batch = subscription.poll()) {
    for (const event of batch) {
      expect(event.stepNumber).toBe(event.seq)
      seqs.push(event.seq)
    }
  }
  return seqs
}

const range = (start: number, end: number): number[] => Array.from({ length: end - start }, (_, i) => start + i)

describe("a subscription with after: 'durable'", () => {
  test('delivers only what is safe, by poll and by iteration, and wakes when more is', async () => {
    const { stream, disk } = await openSwitched({ capacity: 100, durability: 'power-loss' })
    await stream.durable()
    const go = disk.holdSyncs()
    const polled = stream.subscribe({ after: 'durable' })
    const iterated: number[] = []
    const done = (async () => {
      for await (const batch of stream.subscribe({ after: 'durable' })) iterated.push(...batch.seqs)
    })()
    write(stream, 5)
    await turn()
    await turn()
    expect([stream.stats().journal.backlog, stream.stats().journal.durable]).toEqual([0, 0])
    expect([drain(polled), iterated, polled.lag]).toEqual([[], [], 5])
    go()
    await stream.durable()
    expect(drain(polled)).toEqual(range(0, 5))
    await turn()
    expect(iterated).toEqual(range(0, 5))
    write(stream, 1)
    await stream.close()
    await done
    expect(iterated).toEqual(range(0, 6))
  })

  test('delivers what was evicted before it was safe from the files', async () => {
    const { stream, disk } = await openSwitched({ capacity: 10, durability: 'power-loss' })
    await stream.durable()
    const go = disk.holdSyncs()
    const subscription = stream.subscribe({ after: 'durable', maxLag: 1000 })
    write(stream, 50)
    await turn()
    expect(drain(subscription)).toEqual([])
    go()
    await stream.durable()
    expect(drain(subscription)).toEqual(range(0, 50))
    expect(subscription.stats()).toMatchObject({ received: 50, missed: 0, filtered: 0, position: 50 })
  })

  test('skips to the newest maxLag safe events and counts what it missed', async () => {
    const stream = await openStream({ capacity: 10 })
    const subscription = stream.subscribe({ after: 'durable' })
    write(stream, 50)
    await stream.durable()
    expect(drain(subscription)).toEqual(range(40, 50))
    expect(subscription.stats()).toMatchObject({ received: 10, missed: 40 })
    expect(stream.stats().subscriptions).toHaveLength(1)
  })

  test("delivers at once with durability 'none', which promises nothing", async () => {
    const stream = await openStream({ capacity: 10, durability: 'none' })
    const subscription = stream.subscribe({ after: 'durable' })
    write(stream, 3)
    expect(drain(subscription)).toEqual(range(0, 3))
  })
})

describe('a subscription with a name', () => {
  test('goes on behind its last ack after an orderly end and after a crash', async () => {
    const stream = await openStream({ capacity: 100 })
    const first = stream.subscribe({ name: 'audit', maxBatch: 4 })
    write(stream, 10)
    expect([...first.poll().seqs]).toEqual(range(0, 4))
    first.ack()
    expect([...first.poll().seqs]).toEqual(range(4, 8))
    first.ack(5)
    expect(first.acknowledged).toBe(6)
    await stream.durable()
    const left = await crashed(stream)
    const again = left.subscribe({ name: 'audit' })
    expect([again.from, drain(again)]).toEqual([6, range(6, 10)])
    first.close()
    await stream.close()
    const reopened = await openStream({ directory: stream.directory })
    expect(drain(reopened.subscribe({ name: 'audit' }))).toEqual(range(6, 10))
  })

  test('is known from its first moment: what is written before its first ack is delivered after a crash', async () => {
    const stream = await openStream({ capacity: 100 })
    write(stream, 3)
    stream.subscribe({ name: 'audit' })
    write(stream, 2)
    await stream.durable()
    const left = await crashed(stream)
    expect(drain(left.subscribe({ name: 'audit', from: 'next' }))).toEqual([3, 4])
  })

  test('takes from the files what the ring no longer holds, with the newest rewards', async () => {
    const stream = await openStream({ capacity: 16 })
    const slow = stream.subscribe({ name: 'slow', maxBatch: 50 })
    write(stream, 400)
    stream.setAppraiserReward(7, AppraiserType.Goal, 9)
    const batch = slow.poll()
    expect([batch.length, batch.at(7).rewardGoal, batch.end]).toEqual([50, 9, 50])
    write(stream, 10)
    expect(drain(slow)).toEqual(range(50, 410))
    expect(slow.stats()).toMatchObject({ received: 410, missed: 0, position: 410, lag: 0 })
  })

  test('skips to its maxLag, if it has one, also in the middle of what it has read ahead', async () => {
    const stream = await openStream({ capacity: 10 })
    const lagging = stream.subscribe({ name: 'lagging', maxLag: 30, maxBatch: 5 })
    write(stream, 100)
    expect([...lagging.poll().seqs]).toEqual(range(70, 75))
    write(stream, 10)
    expect([...lagging.poll().seqs]).toEqual(range(80, 85))
    expect(lagging.stats()).toMatchObject({ received: 10, missed: 75, position: 85 })
  })

  test('filters types in ring and files alike, and accounts for every number', async () => {
    const stream = await openStream({ capacity: 16 })
    const typed = stream.subscribe({ name: 'typed', types: [1], maxBatch: 7 })
    write(stream, 100)
    expect(drain(typed)).toEqual(range(0, 100).filter((seq) => seq % 3 === 1))
    const { received, filtered, missed, position } = typed.stats()
    expect([received, filtered, missed, position]).toEqual([33, 67, 0, 100])
  })

  test('iterates through files and ring, and ends with the stream, everything delivered', async () => {
    const stream = await openStream({ capacity: 16 })
    const slow = stream.subscribe({ name: 'slow', from: 'oldest', maxBatch: 10 })
    write(stream, 100)
    const seqs: number[] = []
    const done = (async () => {
      for await (const batch of slow) {
        seqs.push(...batch.seqs)
        if (!stream.closed) slow.ack()
        await turn()
      }
    })()
    await turn()
    await stream.close()
    await done
    expect(seqs).toEqual(range(0, 100))
  })

  test('is open once at a time, and forgotten when asked', async () => {
    const stream = await openStream({ capacity: 16 })
    const first = stream.subscribe({ name: 'audit' })
    expect(refusal(() => stream.subscribe({ name: 'audit' }), InvalidArgumentError).message).toContain(
      "a subscription with the name 'audit' is open already",
    )
    expect(refusal(() => stream.removeSubscription('audit'), InvalidArgumentError).message).toContain('close it first')
    write(stream, 5)
    expect(drain(first)).toEqual(range(0, 5))
    first.ack()
    first.close()
    write(stream, 1)
    const second = stream.subscribe({ name: 'audit' })
    expect(drain(second)).toEqual([5])
    second.close()
    expect([stream.removeSubscription('audit'), stream.removeSubscription('audit')]).toEqual([true, false])
    expect(stream.subscribe({ name: 'audit' }).from).toBe(6)
  })

  test('is not taken by one that was aborted before it began', async () => {
    const stream = await openStream({ capacity: 16 })
    expect(stream.subscribe({ name: 'audit', signal: AbortSignal.abort() }).closed).toBe(true)
    expect(stream.subscribe({ name: 'audit' }).closed).toBe(false)
  })

  test('acknowledges only what it has delivered, and never less than before', async () => {
    const stream = await openStream({ capacity: 16 })
    const named = stream.subscribe({ name: 'audit' })
    write(stream, 8)
    named.ack()
    expect(named.acknowledged).toBe(0)
    named.poll()
    named.ack(6)
    named.ack(2)
    expect(named.acknowledged).toBe(7)
    for (const seq of [8, 1.5, -2, Number.NaN]) {
      expect(refusal(() => named.ack(seq), InvalidArgumentError).message).toContain('in [0, 8)')
    }
    const nameless = stream.subscribe({ after: 'durable' }) as typeof named
    expect(refusal(() => nameless.ack(), InvalidArgumentError).message).toContain(
      'ack needs a subscription with a name',
    )
  })

  test.each<[string, object, string]>([
    ['an empty name', { name: '' }, 'name must be a text of 1 to 200 characters'],
    ['a name that is none', { name: 3 }, 'name must be a text of 1 to 200 characters, got 3'],
    ['another moment', { after: 'flushed' }, "after must be 'written' or 'durable'"],
    ['an unknown option', { name: 'a', group: 'b' }, "options has no 'group'"],
    [
      'a start that is not written',
      { name: 'a', from: 9 },
      "from must be 'next', 'oldest' or a sequence number up to 0",
    ],
  ])('is refused with %s, and leaves no name behind', async (_, options, message) => {
    const stream = await openStream({ capacity: 16 })
    expect(refusal(() => stream.subscribe(options), InvalidArgumentError).message).toContain(message)
    expect([...stream.host.names.cursors().keys()]).toEqual([])
  })
})

describe('an appraiser with a name', () => {
  test('resumes where it stopped: every event is scored once, in ring and files', async () => {
    const stream = await openStream({ capacity: 16 })
    const scored: number[] = []
    const score = (event: { seq: number }): number => scored.push(event.seq)
    stream.subscribe({ name: 'goal' }).close()
    write(stream, 40)
    const stop = new AbortController()
    const running = runAppraiser(stream, AppraiserType.Goal, score, { ...NAMED, maxBatch: 8, signal: stop.signal })
    while (scored.length < 40) await turn()
    stop.abort()
    expect(await running).toEqual({ appraised: 40, missed: 0, evicted: 0 })
    await stream.close()
    const again = await openStream({ directory: stream.directory })
    write(again, 3)
    const second = runAppraiser(again, AppraiserType.Goal, score, NAMED)
    while (scored.length < 43) await turn()
    await again.close()
    await second
    expect(scored).toEqual(range(0, 43))
  })

  test('resumes also where it is asked step by step', async () => {
    const stream = await openStream({ capacity: 100 })
    const goal = new Appraiser(stream, AppraiserType.Goal, () => 1, NAMED)
    write(stream, 10)
    expect(goal.poll()).toBe(10)
    await stream.close()
    const again = await openStream({ directory: stream.directory })
    const resumed = new Appraiser(again, AppraiserType.Goal, () => 1, NAMED)
    write(again, 3)
    expect(resumed.poll()).toBe(3)
    await again.close()
  })

  test('scores nothing again whose reward a crash let through without the cursor', async () => {
    const stream = await openStream({ capacity: 16 })
    stream.subscribe({ name: 'goal' }).close()
    write(stream, 40)
    // The rewards of a batch were given, and the program ended before the cursor followed.
    for (let seq = 0; seq < 25; seq++) stream.setAppraiserReward(seq, AppraiserType.Goal, 1)
    for (let seq = 30; seq < 32; seq++) stream.addReward(seq, AppraiserType.Goal, 1)
    await stream.durable()
    const left = await crashed(stream)
    const scored: number[] = []
    const running = runAppraiser(left, AppraiserType.Goal, (event) => scored.push(event.seq), NAMED)
    while (scored.length < 13) await turn()
    await left.close()
    expect(scored).toEqual([...range(25, 30), ...range(32, 40)])
    expect((await running).appraised).toBe(13)
  })

  test('writes its rewards to the journal before the cursor that covers them', async () => {
    const { stream, disk } = await openSwitched({ capacity: 16 })
    stream.subscribe({ name: 'goal' }).close()
    write(stream, 8)
    await stream.durable()
    const running = runAppraiser(stream, AppraiserType.Goal, () => 1, NAMED)
    // Of the two blocks of the flush that follows, only the first finds room on the disk.
    disk.left = 64 + 24 * 8
    while (stream.stats().journal.failures === 0) await turn()
    const left = await crashed(stream)
    expect(left.host.names.cursor('goal')).toBe(0)
    expect(left.getEvent(7)?.rewardGoal).toBe(1)
    disk.left = Number.POSITIVE_INFINITY
    await stream.close()
    await running
  })
})

const NAMED = { name: 'goal' }
