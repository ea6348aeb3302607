/**
 * What only a page can show: instantiation on its main thread, its clocks, its randomness, its event loop.
 */

import { expect, test } from 'vitest'
import { ClosedError, ExperienceStream, InvalidArgumentError } from '../../src/index.js'

test('this suite runs in a page, not in Node', () => {
  expect(typeof document).toBe('object')
  expect(typeof process === 'undefined' || process.versions?.node === undefined).toBe(true)
})

test('the page is cross-origin isolated, so that a ring can be shared', async () => {
  expect(crossOriginIsolated).toBe(true)
  const stream = await ExperienceStream.create({ capacity: 10, shared: true })
  const other = await ExperienceStream.attach(structuredClone(stream.handle()))
  expect([stream.writeEvent({ stepNumber: 5 }), other.getEvent(0)?.stepNumber]).toEqual([0, 5])
  await other.close()
  await stream.close()
})

test('the module instantiates asynchronously on the main thread', async () => {
  const stream = await ExperienceStream.create({ capacity: 100 })
  expect(stream.writeEvent({ eventType: 0xf001 })).toBe(0)
  expect(stream.getEvent(0)?.eventType).toBe(0xf001)
  await stream.close()
})

test('the module instantiates synchronously on the main thread, where a page allows 8 MB', () => {
  const stream = ExperienceStream.createSync({ capacity: 100 })
  expect(stream.writeEvent({ stepNumber: 7 })).toBe(0)
  expect(stream.getEvent(0)?.stepNumber).toBe(7)
})

test('a page can hold several rings at once, each with memory of its own', () => {
  const streams = Array.from({ length: 5 }, (_, i) => ExperienceStream.createSync({ capacity: 10 + i }))
  streams.forEach((stream, i) => {
    stream.writeEvent({ stepNumber: i })
  })
  expect(streams.map((stream) => stream.getEvent(0)?.stepNumber)).toEqual([0, 1, 2, 3, 4])
  expect(streams.map((stream) => stream.capacity)).toEqual([10, 11, 12, 13, 14])
})

test.each(['precise', 'amortized'] as const)(
  'the %s clock tells the time of the page in microseconds',
  async (clock) => {
    const stream = await ExperienceStream.create({ capacity: 10, clock })
    const before = Date.now() - 50
    stream.writeEvent({})
    const timestamp = stream.getEvent(0)?.timestamp ?? 0
    expect(timestamp / 1000).toBeGreaterThanOrEqual(before)
    expect(timestamp / 1000).toBeLessThanOrEqual(Date.now() + 50)
  },
)

test('ids are drawn from the randomness of the page and do not repeat', () => {
  const stream = ExperienceStream.createSync({ capacity: 5000 })
  for (let i = 0; i < 5000; i++) stream.writeEvent({})
  const ids = stream
    .queryRange(0, 5000)
    .toArray()
    .map((event) => event.eventId)
  expect(new Set(ids).size).toBe(5000)
  expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(true)
})

test('a subscriber in the page gets what is written from a timer and from a frame', async () => {
  const stream = await ExperienceStream.create({ capacity: 100 })
  const abort = new AbortController()
  const received: number[] = []
  const reading = (async () => {
    for await (const batch of stream.subscribe({ signal: abort.signal })) {
      for (const event of batch) received.push(event.stepNumber)
      if (received.length === 4) break
    }
  })()
  setTimeout(() => stream.writeBatch([{ stepNumber: 1 }, { stepNumber: 2 }]))
  requestAnimationFrame(() => stream.writeBatch([{ stepNumber: 1 }, { stepNumber: 2 }]))
  await reading
  expect(received).toEqual([1, 2, 1, 2])
})

test('a mistake in the page is an error of the same classes', async () => {
  expect(() => ExperienceStream.createSync({ capacity: 0 })).toThrow(InvalidArgumentError)
  await expect(ExperienceStream.create({ capacity: -1 })).rejects.toThrow(InvalidArgumentError)
  const stream = await ExperienceStream.create({ capacity: 1 })
  await stream.close()
  expect(() => stream.writeEvent({})).toThrow(ClosedError)
})

test('a ring of a quarter of a million events fits into a page and wraps', () => {
  const capacity = 250_000
  const stream = ExperienceStream.createSync({ capacity })
  const columns = { stepNumbers: Uint32Array.from({ length: 1000 }, (_, i) => i) }
  for (let i = 0; i < 300; i++) stream.writeBatch(columns)
  expect(stream.totalWritten).toBe(300_000)
  expect(stream.oldestSeq).toBe(50_000)
  expect(stream.getEvent(299_999)?.stepNumber).toBe(999)
  expect(stream.getEvent(49_999)).toBeUndefined()
})
