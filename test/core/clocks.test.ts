/**
 * The three clocks: what they read and when, that ours never go backwards, and that a broken one of the caller changes
 * nothing.
 *
 * @module
 */

import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ExperienceStream } from '../../src/index.js'
import { makeStream } from '../support/streams.js'
import { expectRefused } from './refused.js'

const timeOf = (stream: ExperienceStream, seq: number) => stream.getEvent(seq)?.timestamp

/** Writes one event in each of the four ways, without a timestamp. */
function writeFour(stream: ExperienceStream): void {
  stream.writeEvent({})
  stream.writer.commit()
  stream.writeBatch([{}])
  stream.writeBatch({ stepNumbers: new Uint32Array(1) })
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('our own clocks', () => {
  for (const clock of ['precise', 'amortized'] as const) {
    test(`${clock}: give the Unix time in whole microseconds`, async () => {
      const stream = await makeStream({ capacity: 10, clock })
      const before = Date.now()
      writeFour(stream)
      const after = Date.now()
      for (let seq = 0; seq < 4; seq++) {
        const time = timeOf(stream, seq)!
        expect(Number.isInteger(time)).toBe(true)
        expect(time / 1000).toBeGreaterThan(before - 200)
        expect(time / 1000).toBeLessThan(after + 200)
      }
    })

    test(`${clock}: never go backwards, also when the clock of the system is set back`, async () => {
      let monotonic = 5000
      let system = 1_700_000_000_000
      vi.spyOn(performance, 'now').mockImplementation(() => monotonic)
      vi.spyOn(Date, 'now').mockImplementation(() => system)
      const stream = await makeStream({ capacity: 5000, clock })
      let last = 0
      for (let i = 0; i < 4000; i++) {
        monotonic += 5
        system += i === 1500 ? -3_600_000 : i === 3000 ? 7_200_000 : 5
        if (i === 700) monotonic -= 300
        const time = timeOf(stream, stream.writeEvent({}))!
        expect(time).toBeGreaterThanOrEqual(last)
        last = time
      }
      // Set forward, the clock follows; 64 events of 5 ms may share a time.
      expect(Math.abs(last / 1000 - system)).toBeLessThan(1500)
    })
  }

  test('precise reads the clock for every event', async () => {
    let monotonic = 1000
    vi.spyOn(performance, 'now').mockImplementation(() => {
      monotonic += 1
      return monotonic
    })
    const stream = await makeStream({ capacity: 100, clock: 'precise' })
    for (let i = 0; i < 50; i++) stream.writeEvent({})
    const times = Array.from({ length: 50 }, (_, seq) => timeOf(stream, seq))
    expect(new Set(times).size).toBe(50)
  })

  test('amortized reads it every 64 events, and after the event loop has turned', async () => {
    let monotonic = 1000
    vi.spyOn(performance, 'now').mockImplementation(() => {
      monotonic += 1
      return monotonic
    })
    const stream = await makeStream({ capacity: 1000, clock: 'amortized' })
    for (let i = 0; i < 640; i++) stream.writeEvent({})
    const distinct = () =>
      new Set(
        stream
          .queryRange(0, 1000)
          .toArray()
          .map((event) => event.timestamp),
      ).size
    expect(distinct()).toBe(10)
    stream.writeEvent({})
    const before = distinct()
    await new Promise((resolve) => setTimeout(resolve, 5))
    stream.writeEvent({})
    expect(distinct()).toBe(before + 1)
  })
})

describe("the caller's clock", () => {
  test('is asked when no timestamp is given, and may go backwards', async () => {
    const times = [50, 40, 30, 20, 10]
    let asked = 0
    const stream = await makeStream({ capacity: 10, clock: () => times[asked++]! })
    stream.writeEvent({})
    stream.writeEvent({ timestamp: 7 })
    expect(asked).toBe(1)
    stream.writeEvent({})
    expect([timeOf(stream, 0), timeOf(stream, 1), timeOf(stream, 2)]).toEqual([50, 7, 40])
    expect([...stream.findSeqs({ from: 7, to: 50 })]).toEqual([1, 2])
  })

  test('is asked for each object of a batch that has no timestamp, and once for a batch of columns', async () => {
    let now = 100
    const stream = await makeStream({ capacity: 10, clock: () => now++ })
    stream.writeBatch([{}, { timestamp: 3 }, {}])
    stream.writeBatch({ stepNumbers: new Uint32Array(3) })
    const times = stream
      .queryRange(0, 9)
      .toArray()
      .map((event) => event.timestamp)
    expect(times).toEqual([100, 3, 101, 102, 102, 102])
  })

  test('that returns no time in µs is refused, and nothing is written', async () => {
    for (const broken of [Number.NaN, -1, 0.5, 2 ** 53, '5', undefined, 5n]) {
      let time: unknown = 10
      const clock = () => time as number
      const stream = await makeStream({ capacity: 5, clock, seed: 1 })
      stream.writeEvent({ stepNumber: 1 })
      time = broken
      const words = ['clock', String(broken), 'integer']
      expectRefused(stream, () => stream.writeEvent({}), words)
      expectRefused(stream, () => stream.writeBatch([{}, {}]), words)
      expectRefused(stream, () => stream.writeBatch({ stepNumbers: new Uint32Array(2) }), words)
      expectRefused(stream, () => stream.writer.commit(), words)
      stream.writeEvent({ timestamp: 11 })
      time = 12
      stream.writeEvent({})
      expect([timeOf(stream, 1), timeOf(stream, 2)]).toEqual([11, 12])
    }
  })

  test('that throws stops the write with its own error', async () => {
    let fails = true
    const clock = () => {
      if (fails) throw new RangeError('no battery')
      return 1
    }
    const stream = await makeStream({ capacity: 5, clock })
    expect(() => stream.writeEvent({})).toThrow(RangeError)
    expect(() => stream.writeBatch([{}])).toThrow('no battery')
    expect(() => stream.writer.commit()).toThrow('no battery')
    expect(stream.totalWritten).toBe(0)
    fails = false
    writeFour(stream)
    expect(stream.totalWritten).toBe(4)
  })
})
