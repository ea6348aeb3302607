import { describe, expect, test } from 'vitest'
import { ClosedError, InvalidArgumentError } from '../../../src/index.js'
import { BackpressureError } from '../../../src/storage/index.node.js'
import { METADATA, RECORDS } from '../../../src/storage/journal/format.js'
import { crashed, openStream, openSwitched, refusal, turn } from './support.js'

const about = (n: number) => ({ intentType: 'move', executorId: `arm-${n}`, parameters: { n, path: [1, 2.5, null] } })

describe('metadata', () => {
  test('is acknowledged together with its event, and both survive a crash', async () => {
    const stream = await openStream({ capacity: 10 })
    stream.writeEvent({})
    const writing = stream.writeEventWithMetadata({ stepNumber: 7 }, about(1))
    expect([stream.totalWritten, stream.getEvent(1)?.stepNumber]).toEqual([2, 7])
    expect(await writing).toBe(1)
    const left = await crashed(stream)
    expect(left.getEvent(1)?.stepNumber).toBe(7)
    expect([left.getMetadata(0), left.getMetadata(1)]).toEqual([undefined, about(1)])
  })

  test('is acknowledged only once it is as safe as the level says', async () => {
    const { stream, disk } = await openSwitched({ capacity: 10, durability: 'power-loss' })
    await stream.durable()
    const go = disk.holdSyncs()
    let isSafe = false
    const writing = stream.writeEventWithMetadata({}, about(1)).then(() => {
      isSafe = true
    })
    await turn()
    await turn()
    expect([stream.stats().journal.backlog, isSafe]).toEqual([0, false])
    go()
    await writing
    expect(isSafe).toBe(true)
  })

  test("is in the journal before the write is acknowledged, also with durability 'none'", async () => {
    const stream = await openStream({ capacity: 10, durability: 'none' })
    await stream.writeEventWithMetadata({}, about(1))
    expect((await crashed(stream)).getMetadata(0)).toEqual(about(1))
  })

  test('stands in the journal before its event', async () => {
    const stream = await openStream({ capacity: 10 })
    await Promise.all([1, 2, 3].map((n) => stream.writeEventWithMetadata({}, about(n))))
    stream.host.source.refresh()
    const kinds = [...stream.host.source.blocks(0)]
      .map(({ kind }) => kind)
      .filter((kind) => [RECORDS, METADATA].includes(kind))
    expect(kinds).toEqual([METADATA, RECORDS])
  })

  test('goes with its event when that is evicted; history still finds it', async () => {
    const stream = await openStream({ capacity: 10 })
    for (let n = 0; n < 25; n++) await stream.writeEventWithMetadata({}, about(n))
    expect([stream.getMetadata(14), stream.getMetadata(15), stream.getMetadata(25)]).toEqual([
      undefined,
      about(15),
      undefined,
    ])
    expect(stream.stats().journal.metadata.events).toBe(10)
    expect(await stream.history.getMetadata(3)).toEqual(about(3))
    expect(() => stream.getMetadata(1.5)).toThrow(InvalidArgumentError)
  })

  test('takes no more memory than it may; what does not fit is read from the journal', async () => {
    const stream = await openStream({ capacity: 1000, metadataBytes: 500 })
    for (let n = 0; n < 50; n++) await stream.writeEventWithMetadata({}, about(n))
    const { events, bytes } = stream.stats().journal.metadata
    expect([events < 20, bytes <= 500, stream.getMetadata(0), stream.getMetadata(49)]).toEqual([
      true,
      true,
      about(0),
      about(49),
    ])
  })

  test('meets the gate when more waits than may: drained, or refused with nothing written', async () => {
    const drained = await openStream({ capacity: 1000, metadataBytes: 200 })
    const writes = Array.from({ length: 20 }, (_, n) => drained.writeEventWithMetadata({}, about(n)))
    expect(await Promise.all(writes)).toEqual(Array.from({ length: 20 }, (_, n) => n))
    const { stream } = await openSwitched({ capacity: 1000, metadataBytes: 200, onFull: 'throw' })
    const first = stream.writeEventWithMetadata({}, { parameters: 'a'.repeat(150) })
    await expect(stream.writeEventWithMetadata({}, { parameters: 'b'.repeat(150) })).rejects.toThrow(BackpressureError)
    expect(stream.totalWritten).toBe(1)
    await first
    expect(await stream.writeEventWithMetadata({}, { parameters: 'b'.repeat(150) })).toBe(1)
  })

  test('that is refused writes no event, and an event that is refused keeps no metadata', async () => {
    const stream = await openStream({ capacity: 10, maxMetadataBytes: 100 })
    await expect(stream.writeEventWithMetadata({}, { parameters: [undefined] })).rejects.toThrow(InvalidArgumentError)
    await expect(stream.writeEventWithMetadata({}, { parameters: 'x'.repeat(100) })).rejects.toThrow(
      'at most 100 bytes',
    )
    await expect(stream.writeEventWithMetadata({ stepNumber: -1 }, about(1))).rejects.toThrow('stepNumber')
    expect([stream.totalWritten, stream.stats().journal.metadata.events]).toEqual([0, 0])
    await stream.close()
    await expect(stream.writeEventWithMetadata({}, about(1))).rejects.toThrow(ClosedError)
    expect(refusal(() => stream.getMetadata(0), ClosedError)).toBeDefined()
  })

  test('of an event that was lost never belongs to the one that gets its number', async () => {
    const { stream, disk } = await openSwitched({ capacity: 10 })
    await stream.writeEventWithMetadata({}, about(0))
    const lost = stream.writeEventWithMetadata({}, about(1))
    // Room for the block of metadata, not for that of the event.
    disk.left = 64 + 64
    await expect(lost).rejects.toThrow('ENOSPC')
    const left = await crashed(stream)
    expect(left.totalWritten).toBe(1)
    expect(left.writeEvent({})).toBe(1)
    await left.durable()
    expect([left.getMetadata(0), left.getMetadata(1)]).toEqual([about(0), undefined])
    expect(await left.history.getMetadata(1)).toBe(undefined)
    disk.left = Number.POSITIVE_INFINITY
  })
})
