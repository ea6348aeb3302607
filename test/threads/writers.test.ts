/**
 * Several threads write to one ring: who gets which number, and what becomes of numbers whose owner stands still or ends.
 *
 * @module
 */

import { afterEach, describe, expect, test } from 'vitest'
import { Crew } from './support/crew.mjs'
import { Gate } from './support/gate.mjs'
import { ExperienceStream, SequenceAbortedError, SequenceExhaustedError, type Stream } from './support/library.mjs'
import { faultsOf, indexOf, write, writerOf } from './support/payload.mjs'

const crew = new Crew()
afterEach(() => crew.dismiss())

function shared(capacity: number, firstSeq = 0): Promise<Stream> {
  return ExperienceStream.create({ capacity, shared: true, firstSeq })
}

/** A second writer in this thread. */
function attached(stream: Stream): Promise<Stream> {
  return ExperienceStream.attach(stream.handle())
}

/** Writes events 0 to count − 1 of writer 0. */
function writeHere(stream: Stream, count: number): number[] {
  return Array.from({ length: count }, (_, i) => write(stream, 0, i))
}

function totals(stream: Stream): Record<string, number | undefined> {
  const { written, readable, evicted, threads } = stream.stats()
  const { claimed, aborted, pending } = threads!
  return { claimed, written, aborted, pending, readable, evicted }
}

/** The numbers that a subscription gets by polling until there is nothing. */
function polled(subscription: { poll(): { length: number; seqs: Float64Array } }): number[] {
  const seqs: number[] = []
  for (let batch = subscription.poll(); batch.length > 0; batch = subscription.poll()) seqs.push(...batch.seqs)
  return seqs
}

describe('writers in several threads', () => {
  test('give every event a number of its own, in the order of its writer, and lose none', async () => {
    const stream = await shared(100_000)
    const hands = await crew.join(stream, 4)
    const { words } = new Gate()
    const lists: Float64Array[] = await Promise.all(
      hands.map((hand, i) => hand.ask('writeEvents', { writer: i + 1, count: 20_000, words, threads: 4 })),
    )
    for (const seqs of lists) expect(seqs.every((seq, i) => i === 0 || seq > seqs[i - 1]!)).toBe(true)
    const given = Float64Array.from(lists.flatMap((seqs) => [...seqs])).sort()
    expect(new Set(given).size).toBe(80_000)
    await Promise.all(hands.map((hand) => hand.ask('close')))

    const batch = stream.queryRange(0, Number.MAX_SAFE_INTEGER)
    expect(batch.seqs).toEqual(given)
    expect(faultsOf(batch)).toEqual([])
    for (const view of batch) expect(lists[writerOf(view.timestamp) - 1]![indexOf(view.timestamp)]).toBe(view.seq)
    const { claimed, written, aborted, pending } = totals(stream)
    expect([written, pending, claimed]).toEqual([80_000, 0, 80_000 + aborted!])
  })

  test('give the events of a batch consecutive numbers', async () => {
    const stream = await shared(100_000)
    const hands = await crew.join(stream, 4)
    const { words } = new Gate()
    const starts: Float64Array[] = await Promise.all(
      hands.map((hand, i) => hand.ask('writeBatches', { writer: i + 1, size: 100, batches: 200, words, threads: 4 })),
    )
    starts.forEach((list, i) => {
      list.forEach((start, b) => {
        const batch = stream.queryRange(start, start + 100)
        expect(faultsOf(batch)).toEqual([])
        const wanted = Array.from({ length: 100 }, (_, k) => [i + 1, b * 100 + k])
        expect(Array.from(batch, ({ timestamp }) => [writerOf(timestamp), indexOf(timestamp)])).toEqual(wanted)
      })
    })
    expect(totals(stream)).toEqual({
      claimed: 80_000,
      written: 80_000,
      aborted: 0,
      pending: 0,
      readable: 80_000,
      evicted: 0,
    })
  })

  test('get the numbers up to the last one, 2^53 − 1, which subscribers receive too, and then an error', async () => {
    const first = 2 ** 53 - 1000
    const stream = await shared(6400, first)
    const subscription = stream.subscribe({ from: 'oldest' })
    const other = await attached(stream)
    const seqs: number[] = []
    const writeAll = (): void => {
      while (true) {
        seqs.push(write(stream, 0, seqs.length))
        seqs.push(write(other, 1, seqs.length))
      }
    }
    expect(writeAll).toThrow(SequenceExhaustedError)
    const last = seqs.at(-1)! % 2 === 0 ? [stream, other] : [other, stream]
    for (const writer of last) {
      expect(() => {
        while (true) seqs.push(write(writer, 2, seqs.length))
      }).toThrow(SequenceExhaustedError)
    }
    expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => first + i))
    expect(() => stream.writeBatch([{}])).toThrow(SequenceExhaustedError)
    expect(polled(subscription)).toEqual(seqs)
    expect(subscription.position).toBe(2 ** 53)
    expect(totals(stream)).toMatchObject({ claimed: 1000, written: 1000, aborted: 0, pending: 0 })
  })
})

describe('a writer that stands still inside its claim', () => {
  /** A hand that has written four events, of which the last began a claim of four, and stopped. */
  async function paused(stream: Stream, more = 0) {
    const [hand] = await crew.join(stream, 1)
    const gate = new Gate()
    const writerId = stream.stats().threads!.members[1]!.writerId
    const done: Promise<Float64Array | string> = hand!.ask('writeAndPause', { writer: 7, count: 4, more, ...gate })
    expect([...(await hand!.tells())]).toEqual([0, 1, 2, 3])
    return { hand: hand!, gate, writerId, done }
  }

  test('delays what follows its block until it goes on, and the statistics name it', async () => {
    const stream = await shared(6400)
    const subscription = stream.subscribe({ from: 'oldest' })
    const { gate, writerId, done } = await paused(stream, 3)
    expect(writeHere(stream, 50)).toEqual(Array.from({ length: 50 }, (_, i) => 7 + i))
    expect(polled(subscription)).toEqual([0, 1, 2, 3])
    expect(stream.getEvent(20)?.seq).toBe(20)
    expect(stream.getEvent(5)).toBeUndefined()
    const { threads } = stream.stats()
    expect(threads?.stalled).toEqual({ seq: 4, writerId })
    expect(threads?.members.find((member) => member.writerId === writerId)?.claim).toEqual({ start: 4, end: 7 })
    expect(threads?.pending).toBe(3)
    gate.open()
    expect([...((await done) as Float64Array)]).toEqual([4, 5, 6])
    expect(polled(subscription)).toEqual(Array.from({ length: 53 }, (_, i) => 4 + i))
    expect(stream.stats().threads?.stalled).toBeUndefined()
    expect(subscription.aborted).toBe(0)
  })

  test('holds up no other writer, for laps on end, and loses only the numbers that a lap has overtaken', async () => {
    const stream = await shared(256)
    const { gate, done } = await paused(stream, 2)
    writeHere(stream, 1000)
    expect(totals(stream)).toMatchObject({ written: 1004, aborted: 3, pending: 0, readable: 256, evicted: 748 })
    gate.open()
    const [first, second] = (await done) as Float64Array
    expect([first, second]).toEqual([1007, 1008])
    expect(totals(stream)).toMatchObject({ written: 1006, aborted: 3, evicted: 750 })
  })

  test('is retired by its writer id: readers pass its numbers as aborted, and its next write is refused', async () => {
    const stream = await shared(6400)
    const subscription = stream.subscribe({ from: 'oldest' })
    const { gate, writerId, done } = await paused(stream, 1)
    writeHere(stream, 5)
    expect(stream.retire(writerId)).toBe(true)
    expect(polled(subscription)).toEqual([0, 1, 2, 3, 7, 8, 9, 10, 11])
    expect([subscription.received, subscription.aborted, subscription.position]).toEqual([9, 3, 12])
    expect(() => stream.setAppraiserReward(5, 0, 1)).toThrow(SequenceAbortedError)
    gate.open()
    expect(await done).toBe('WRITER_RETIRED')
    expect(stream.stats().threads?.members[1]).toMatchObject({ writerId, state: 'retired', claim: undefined })
    expect(totals(stream)).toMatchObject({ claimed: 12, written: 9, aborted: 3, pending: 0 })
    expect(stream.retire(writerId, { ended: true })).toBe(true)
    expect(stream.retire(writerId)).toBe(false)
  })

  test('and is terminated there is retired by its exit, and its place is free again', async () => {
    const stream = await shared(6400)
    const subscription = stream.subscribe({ from: 'oldest' })
    const { hand, writerId } = await paused(stream)
    writeHere(stream, 5)
    await hand.end()
    expect(polled(subscription)).toEqual([0, 1, 2, 3, 7, 8, 9, 10, 11])
    expect(subscription.aborted).toBe(3)
    expect(totals(stream)).toMatchObject({ claimed: 12, written: 9, aborted: 3, pending: 0 })
    expect(stream.stats().threads?.members.length).toBe(1)
    expect(stream.handle().writerId).toBe(writerId + 256)
  })

  test('is retired by its exit also when the stream that made its handle has left', async () => {
    const stream = await shared(6400)
    const host = await attached(stream)
    const hand = crew.hire()
    await hand.join(host)
    void hand.ask('writeAndPause', { writer: 7, count: 4, more: 0, ...new Gate() })
    await hand.tells()
    writeHere(stream, 5)
    await host.close()
    await hand.end()
    expect(totals(stream)).toMatchObject({ claimed: 12, written: 9, aborted: 3, pending: 0 })
  })
})

describe('a writer that falls quiet', () => {
  test('gives the rest of its block back when its event loop turns, so that readers go on', async () => {
    const stream = await shared(6400)
    const iterator = stream.subscribe({ from: 'oldest' })[Symbol.asyncIterator]()
    const [hand] = await crew.join(stream, 1)
    await hand!.ask('writeEvents', { writer: 7, count: 4 })
    const seqs: number[] = []
    const last = write(stream, 0, 0)
    while (seqs.at(-1) !== last) seqs.push(...(await iterator.next()).value!.seqs)
    const { aborted } = totals(stream)
    expect(seqs.filter((seq) => seq !== last)).toEqual([0, 1, 2, 3])
    expect(last).toBe(4 + aborted!)
    await iterator.return?.()
  })

  test('gives it back to the counter when nobody has claimed since: no number is lost', async () => {
    const stream = await shared(6400)
    writeHere(stream, 4)
    const other = await attached(stream)
    expect(stream.totalWritten).toBe(4)
    expect(write(other, 1, 0)).toBe(4)
    expect(totals(stream)).toMatchObject({ claimed: 5, written: 5, aborted: 0 })
  })

  test('leaves no number behind when it closes', async () => {
    const stream = await shared(6400)
    const other = await attached(stream)
    const subscription = stream.subscribe({ from: 'oldest' })
    for (let i = 0; i < 4; i++) write(other, 1, i)
    writeHere(stream, 2)
    await other.close()
    expect(polled(subscription)).toEqual([0, 1, 2, 3, 7, 8])
    expect(subscription.aborted).toBe(3)
    expect(totals(stream)).toMatchObject({ claimed: 9, written: 6, aborted: 3, pending: 0 })
  })
})
