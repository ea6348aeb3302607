/**
 * What a writer meets when the ring is full of events that are not written out.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { BackpressureError } from '../../../src/storage/errors.js'
import { ExperienceStream } from '../../../src/stream/stream.js'
import { openHere } from './same-thread.js'

function thrown(call: () => unknown): BackpressureError {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(BackpressureError)
    return error as BackpressureError
  }
  throw new Error('nothing was thrown')
}

describe('a writer at the gate', () => {
  test("with onFull: 'throw' is told to come back, and may repeat the very call", async () => {
    const { stream, port } = await openHere({ capacity: 10, maxBacklog: 4, onFull: 'throw' })
    port.runs = false
    for (let i = 0; i < 4; i++) stream.writeEvent({ timestamp: i })
    const { writer } = stream
    writer.timestamp = 4
    writer.state[3] = 0.5
    const { retryAfterMs, retryable, details } = thrown(() => writer.commit())
    expect([retryAfterMs, retryable, details.backlog]).toEqual([1, true, 4])
    thrown(() => stream.writeEvent({ timestamp: 9 }))
    expect(stream.totalWritten).toBe(4)
    port.step()
    expect(writer.commit()).toBe(4)
    expect(stream.getEvent(4)).toMatchObject({ timestamp: 4, state: Float32Array.of(0, 0, 0, 0.5, 0, 0, 0, 0) })
    expect(stream.stats().journal.backpressure).toBe(2)
  })

  test('a batch needs room for all of it', async () => {
    const { stream, port } = await openHere({ capacity: 10, maxBacklog: 4, onFull: 'throw' })
    port.runs = false
    stream.writeBatch([{}, {}])
    thrown(() => stream.writeBatch([{}, {}, {}]))
    expect(stream.writeBatch([{}, {}])).toEqual({ start: 2, end: 4 })
    port.step()
    expect(stream.writeBatch([{}, {}, {}])).toEqual({ start: 4, end: 7 })
  })

  test('has the journal drained by its own thread where that writes it', async () => {
    const { stream, port } = await openHere({ capacity: 10, maxBacklog: 4 }, undefined, true)
    port.runs = false
    for (let i = 0; i < 100; i++) expect(stream.writeEvent({ timestamp: i })).toBe(i)
    expect(stream.stats().journal).toMatchObject({ written: 100, backpressure: 0 })
    expect(stream.size).toBe(10)
  })

  test('is the same for a thread that has attached', async () => {
    const { stream, port } = await openHere({ capacity: 10, maxBacklog: 4, onFull: 'throw' })
    const other = await ExperienceStream.attach(stream.handle())
    port.runs = false
    for (let i = 0; i < 4; i++) other.writeEvent({ timestamp: i })
    thrown(() => other.writeEvent({}))
    thrown(() => stream.writeEvent({}))
    await other.close()
  })

  test('keeps no number: what it claimed to write goes back when the event is refused', async () => {
    const { stream, port } = await openHere({ capacity: 10, maxBacklog: 4 })
    const other = await ExperienceStream.attach(stream.handle())
    expect(() => stream.writeEvent({ stepNumber: -1 })).toThrow('stepNumber')
    expect(other.writeEvent({})).toBeLessThan(2)
    await stream.durable()
    expect(port.step()).toBe(0)
    expect(stream.stats().journal.backlog).toBe(0)
    await other.close()
  })
})

test('corrections to evicted events that wait to be written out are bounded too', async () => {
  const { stream, port } = await openHere({ capacity: 2, maxBacklog: 2, onFull: 'throw' })
  for (let i = 0; i < 5; i++) {
    stream.writeEvent({ timestamp: i })
    port.step()
  }
  port.runs = false
  for (let i = 0; i < 1024; i++) expect(stream.setAppraiserReward(i % 3, 1, i)).toBe('corrected')
  thrown(() => stream.setAppraiserReward(0, 1, 5000))
  thrown(() => stream.setAppraiserRewards([0, 1], 2, [1, 2]))
  expect(stream.setAppraiserReward(4, 1, 4)).toBe('applied')
  expect(stream.stats().journal).toMatchObject({ backlogCorrections: 1024, corrected: 1024 })
  const waiting = stream.durable()
  port.step()
  await waiting
  expect(stream.setAppraiserRewards([0, 1, 4], 2, [1, 2, 3])).toEqual({ applied: 1, corrected: 2, evicted: 0 })
  expect(() => stream.addReward(0, 1, 1)).toThrow('evicted')
})

describe('ready', () => {
  test('resolves once there is room for that many', async () => {
    const { stream, port } = await openHere({ capacity: 10, maxBacklog: 4, onFull: 'throw' })
    await stream.ready(4)
    port.runs = false
    stream.writeBatch([{}, {}, {}])
    await stream.ready(1)
    let isReady = false
    const waiting = stream.ready(2).then(() => {
      isReady = true
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(isReady).toBe(false)
    port.runs = true
    await waiting
    expect(stream.writeBatch([{}, {}]).start).toBe(3)
    await expect(stream.ready(5)).rejects.toThrow('count must be')
  })

  test('rejects at abort and when the stream closes', async () => {
    const { stream, port } = await openHere({ capacity: 10, maxBacklog: 4, onFull: 'throw' })
    port.runs = false
    stream.writeBatch([{}, {}, {}, {}])
    const controller = new AbortController()
    const waiting = stream.ready(1, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    const other = stream.ready(1)
    const closing = stream.close()
    port.runs = true
    await expect(other).rejects.toThrow('closed')
    await closing
  })
})

describe('a journal that is held', () => {
  test('refuses every write, late ones too, until it is let go of', async () => {
    const { stream } = await openHere({ capacity: 10, maxBacklog: 4 })
    stream.writeEvent({})
    const first = stream.host.hold('a store lags')
    const second = stream.host.hold('another one lags')
    expect(thrown(() => stream.writeEvent({})).message).toContain('lags')
    thrown(() => stream.writeBatch([{}]))
    thrown(() => stream.setAppraiserReward(0, 1, 1))
    thrown(() => stream.setAppraiserRewards([0], 1, [1]))
    thrown(() => stream.markFullyAppraised(0))
    second()
    expect(thrown(() => stream.writeEvent({})).message).toContain('a store lags')
    first()
    expect(stream.writeEvent({})).toBe(1)
    expect(stream.setAppraiserReward(0, 1, 1)).toBe('applied')
  })
})
