import { describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../../../src/index.js'
import { BackpressureError } from '../../../src/storage/index.node.js'
import { crashed, openStream, openSwitched, refusal, turn } from './support.js'

const events = (count: number): { stepNumber: number }[] => Array.from({ length: count }, (_, i) => ({ stepNumber: i }))

describe("a writer at the gate, with onFull: 'drain'", () => {
  test('writes the backlog out itself, in one go, and goes on', async () => {
    const { stream, disk } = await openSwitched({ capacity: 100, maxBacklog: 10 })
    const before = disk.writes
    for (let i = 0; i < 10; i++) stream.writeEvent({ stepNumber: i })
    expect([disk.writes - before, stream.stats().journal.backlog]).toEqual([0, 10])
    stream.writeEvent({ stepNumber: 10 })
    expect([disk.writes - before, stream.stats().journal.backlog, stream.stats().journal.drains]).toEqual([1, 1, 1])
  })

  test('never lets an event be evicted that is not written out', async () => {
    const stream = await openStream({ capacity: 7 })
    for (let i = 0; i < 100; i++) {
      stream.writeEvent({ stepNumber: i })
      stream.host.source.refresh()
      expect(stream.host.source.endSeq).toBeGreaterThanOrEqual(stream.oldestSeq)
    }
  })

  test('does not let a changed event be evicted before its correction is written out', async () => {
    const stream = await openStream({ capacity: 10 })
    stream.writeBatch(events(10))
    await stream.durable()
    stream.setAppraiserReward(0, 0, 5)
    stream.writeEvent({})
    expect(stream.stats().journal.corrections).toBe(1)
    stream.host.source.refresh()
    expect(new DataView(stream.host.source.events(0, 1).bytes.buffer).getFloat32(104, true)).toBe(5)
  })

  test.each([
    ['objects', events(100)],
    ['columns', { stepNumbers: Uint32Array.from({ length: 100 }, (_, i) => i) }],
    ['packed', packed(100)],
  ])('writes a batch larger than ring and backlog without passing over an event: %s', async (_, batch) => {
    const stream = await openStream({ capacity: 16, maxBacklog: 5 })
    expect(stream.writeBatch(batch)).toEqual({ start: 0, end: 100 })
    await stream.durable()
    const { source } = stream.host
    source.refresh()
    const { length, bytes } = source.events(0, 100)
    const view = new DataView(bytes.buffer)
    expect(Array.from({ length }, (_, i) => view.getUint32(i * 128 + 32, true))).toEqual(
      events(100).map((e) => e.stepNumber),
    )
    expect(stream.getEvent(99)?.stepNumber).toBe(99)
    expect([stream.size, stream.oldestSeq]).toEqual([16, 84])
  })

  test('refuses a large batch whole if one of its events is refused', async () => {
    const stream = await openStream({ capacity: 16, maxBacklog: 5 })
    const batch = [...events(99), { stepNumber: -1 }]
    expect(refusal(() => stream.writeBatch(batch), InvalidArgumentError).message).toContain('events[99].stepNumber')
    expect(stream.totalWritten).toBe(0)
  })
})

describe("a writer at the gate, with onFull: 'throw'", () => {
  test('is told so, may commit the same fields again, and learns when', async () => {
    const stream = await openStream({ capacity: 100, maxBacklog: 4, onFull: 'throw' })
    for (let i = 0; i < 4; i++) stream.writeEvent({ stepNumber: i })
    const { writer } = stream
    writer.stepNumber = 42
    writer.state[3] = 0.5
    const error = refusal(() => writer.commit(), BackpressureError)
    expect([error.code, error.retryable, error.details.backlog]).toEqual(['BACKPRESSURE', true, 4])
    expect(error.retryAfterMs).toBeGreaterThanOrEqual(1)
    expect(error.message).toContain('the journal has to write out 4 events')
    expect(refusal(() => stream.writeEvent({}), BackpressureError)).toBeDefined()
    expect([stream.totalWritten, stream.stats().journal.backpressure]).toEqual([4, 2])
    await stream.ready()
    expect(writer.commit()).toBe(4)
    expect(stream.getEvent(4)).toMatchObject({ stepNumber: 42 })
    expect(stream.getEvent(4)?.state[3]).toBe(0.5)
  })

  test('meets it also where an event with an unwritten correction would be evicted', async () => {
    const stream = await openStream({ capacity: 4, maxBacklog: 4, onFull: 'throw' })
    stream.writeBatch(events(4))
    await stream.durable()
    stream.setAppraiserReward(0, 0, 1)
    refusal(() => stream.writeEvent({}), BackpressureError)
    await stream.ready()
    expect(stream.writeEvent({})).toBe(4)
  })

  test('is refused for good with a batch that never fits', async () => {
    const stream = await openStream({ capacity: 100, maxBacklog: 8, onFull: 'throw' })
    expect(refusal(() => stream.writeBatch(events(9)), InvalidArgumentError).message).toContain(
      "9 events at once can never be written with onFull: 'throw' and maxBacklog: 8",
    )
    expect(stream.writeBatch(events(8))).toEqual({ start: 0, end: 8 })
    refusal(() => stream.writeBatch(events(1)), BackpressureError)
    await stream.ready(8)
    expect(stream.writeBatch(events(8))).toEqual({ start: 8, end: 16 })
  })

  test('is refused late writes to evicted events that find no place, whole', async () => {
    const stream = await openStream({ capacity: 10, onFull: 'throw' })
    for (let i = 0; i < 600; i++) {
      await stream.ready(10)
      stream.writeBatch(events(10))
    }
    await stream.durable()
    const seqs = Array.from({ length: 4097 }, (_, i) => i)
    refusal(() => stream.setAppraiserRewards(seqs, 1, new Float32Array(4097)), BackpressureError)
    expect(stream.setAppraiserRewards(seqs.slice(1), 1, new Float32Array(4096)).corrected).toBe(4096)
    refusal(() => stream.setAppraiserReward(0, 1, 1), BackpressureError)
    await turn()
    expect(stream.setAppraiserReward(0, 1, 1)).toBe('corrected')
  })
})

describe('ready', () => {
  test('resolves at once where there is room, and refuses what never fits', async () => {
    const stream = await openStream({ capacity: 100, maxBacklog: 8 })
    await stream.ready()
    await expect(stream.ready(9)).rejects.toThrow('count must be an integer in [1, 8], got 9')
    await expect(stream.ready(0)).rejects.toThrow('count must be an integer in [1, 8], got 0')
    await expect(stream.ready(1, { signal: {} as AbortSignal })).rejects.toThrow('signal must be an AbortSignal')
  })

  test('ends with the reason of its signal, and with the stream', async () => {
    const stream = await openStream({ capacity: 100, maxBacklog: 8 })
    const release = stream.host.hold('the store is slow')
    const stop = new AbortController()
    const aborted = stream.ready(1, { signal: stop.signal })
    const ended = stream.ready()
    stop.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await stream.close()
    await expect(ended).rejects.toThrow('the stream is closed')
    release()
  })
})

describe('a hold', () => {
  test.each(['drain', 'throw'] as const)('refuses every write until it is let go, with %s', async (onFull) => {
    const stream = await openStream({ capacity: 100, onFull })
    stream.writeEvent({})
    const [first, second] = [stream.host.hold('the store is slow'), stream.host.hold('the archive is slow')]
    for (const write of [
      () => stream.writeEvent({}),
      () => stream.writeBatch(events(2)),
      () => stream.writer.commit(),
      () => stream.setAppraiserReward(0, 0, 1),
      () => stream.addReward(0, 0, 1),
      () => stream.setAppraiserRewards([0], 0, [1]),
      () => stream.markAppraised(0, 0),
    ]) {
      expect(refusal(write, BackpressureError).message).toContain('the store is slow')
    }
    let isReady = false
    const ready = stream.ready().then(() => {
      isReady = true
    })
    first()
    await turn()
    expect(isReady).toBe(false)
    expect(refusal(() => stream.writeEvent({}), BackpressureError).message).toContain('the archive is slow')
    second()
    await ready
    expect(stream.writeEvent({})).toBe(1)
    expect(stream.setAppraiserReward(0, 0, 1)).toBe('applied')
  })
})

describe("with durability 'none'", () => {
  test('the journal is written once half of the backlog waits, and by close', async () => {
    const { stream, disk } = await openSwitched({ capacity: 100, maxBacklog: 10, durability: 'none' })
    const before = disk.writes
    stream.writeBatch(events(5))
    stream.setAppraiserReward(0, 0, 1)
    await stream.durable()
    await turn()
    expect(disk.writes - before).toBe(0)
    stream.writeEvent({})
    await turn()
    expect(disk.writes - before).toBe(1)
    stream.writeEvent({})
    await stream.close()
    const reopened = await openStream({ directory: stream.directory })
    expect(reopened.totalWritten).toBe(7)
  })

  test('a crash leaves whole events', async () => {
    const stream = await openStream({ capacity: 100, maxBacklog: 10, durability: 'none' })
    stream.writeBatch(events(30))
    const left = await crashed(stream)
    expect(left.totalWritten).toBeLessThan(30)
    for (let seq = 0; seq < left.totalWritten; seq++) expect(left.getEvent(seq)?.stepNumber).toBe(seq)
  })
})

function packed(count: number): Uint8Array {
  const bytes = new Uint8Array(count * 128)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < count; i++) view.setUint32(i * 128 + 32, i, true)
  return bytes
}
