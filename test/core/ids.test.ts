/**
 * Ids: the bits of version 4 and 7, no two alike across many refills of the pool, and the caller's kept as they are.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import type { ExperienceStream } from '../../src/index.js'
import { check } from '../model/same.js'
import { makeStream } from '../support/streams.js'

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Writes `count` events in all ways in turn, so that every way crosses refills of the pool. */
function write(stream: ExperienceStream, count: number): void {
  for (let i = 0, left = count; left > 0; i++) {
    const some = Math.min(left, [1, 1, 700, 1500, 37][i % 5]!)
    if (i % 5 === 0) stream.writeEvent({})
    else if (i % 5 === 1) stream.writer.commit()
    else if (i % 5 === 2) stream.writeBatch(Array.from({ length: some }, () => ({})))
    else if (i % 5 === 3) stream.writeBatch({ stepNumbers: new Uint32Array(some) })
    else stream.writeBatch({ timestamps: new Float64Array(some).fill(5e14), stepNumbers: new Uint32Array(some) })
    left -= some
  }
}

function allIds(stream: ExperienceStream): string[] {
  return Array.from(stream.queryRange(0, Number.MAX_SAFE_INTEGER), (view) => view.eventId)
}

describe('ids that the stream makes', () => {
  test('are of version 4 by default, and 120,000 of them are all different', async () => {
    const stream = await makeStream({ capacity: 120_000 })
    write(stream, 120_000)
    const ids = allIds(stream)
    expect(ids.length).toBe(120_000)
    expect(new Set(ids).size).toBe(120_000)
    expect(ids.every((id) => CANONICAL.exec(id)?.[1] === '4')).toBe(true)
  })

  test('use all of their 122 random bits', async () => {
    const stream = await makeStream({ capacity: 20_000 })
    write(stream, 20_000)
    const { bytes } = stream.queryRange(0, 20_000)
    const ones = new Uint32Array(128)
    for (let i = 0; i < 20_000; i++) {
      for (let bit = 0; bit < 128; bit++) ones[bit]! += (bytes[i * 128 + (bit >> 3)]! >> (7 - (bit & 7))) & 1
    }
    const fixed = new Map([
      [48, 0],
      [49, 1],
      [50, 0],
      [51, 0],
      [64, 1],
      [65, 0],
    ])
    ones.forEach((count, bit) => {
      const expected = fixed.get(bit)
      if (expected !== undefined) expect(count).toBe(expected * 20_000)
      // Six standard deviations of a fair coin.
      else expect(Math.abs(count - 10_000)).toBeLessThan(6 * Math.sqrt(5000))
    })
  })

  test('of version 7 carry the millisecond of the event, sort by its time and are all different', async () => {
    const stream = await makeStream({ capacity: 50_000, ids: 'v7' })
    for (let i = 0; i < 50_000; i++) stream.writeEvent({ timestamp: 1_700_000_000_000_000 + i * 7 })
    const ids = allIds(stream)
    expect(new Set(ids).size).toBe(50_000)
    let previous = ''
    ids.forEach((id, i) => {
      check(CANONICAL.exec(id)?.[1] === '7', () => `${id} is not of version 7`)
      const ms = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
      check(
        ms === Math.floor((1_700_000_000_000_000 + i * 7) / 1000),
        () => `${id} does not carry the time of event ${i}`,
      )
      // Within a millisecond the twelve bits behind the version are the fraction: 7 µs are 28 of its steps.
      const sortable = id.slice(0, 18)
      check(sortable > previous, () => `${sortable} does not sort behind ${previous}`)
      previous = sortable
    })
  })

  test('of version 7 hold times from 0 to the last representable one', async () => {
    const stream = await makeStream({ capacity: 4, ids: 'v7' })
    const times = [0, 999, 2 ** 48, 2 ** 53 - 1]
    for (const timestamp of times) stream.writeEvent({ timestamp })
    const ms = allIds(stream).map((id) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))
    expect(ms).toEqual(times.map((time) => Math.floor(time / 1000)))
  })

  test('of version 7 in batches of columns carry the time of their row', async () => {
    const stream = await makeStream({ capacity: 10, ids: 'v7', clock: () => 9_000_000 })
    stream.writeBatch({ timestamps: Float64Array.of(5000, 6000) })
    stream.writeBatch([{ timestamp: 7000 }, {}])
    stream.writeBatch({ stepNumbers: new Uint32Array(1) })
    stream.writer.timestamp = 8000
    stream.writer.commit()
    const ms = allIds(stream).map((id) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))
    expect(ms).toEqual([5, 6, 7, 9000, 9000, 8])
  })
})

describe("the caller's ids", () => {
  test('of every version are kept as they are, in canonical form', async () => {
    const stream = await makeStream({ capacity: 20, ids: 'v7' })
    const given = [
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      'C232AB00-9414-11EC-B3C8-9F6BDECED846',
      '5df41881-3aed-3515-88a7-2f4a814cf09e',
      '919108f7-52d1-4320-9bac-f847db4148a8',
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
      '1ec9414c-232a-6b00-b3c8-9f6bdeced846',
      '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
      '2489e9ad-2ee2-8e00-8ec9-32d5f69181c0',
    ]
    for (const eventId of given) stream.writeEvent({ eventId })
    expect(allIds(stream)).toEqual(given.map((id) => id.toLowerCase()))
    const bytes = Uint8Array.from({ length: 16 }, (_, i) => 255 - i)
    stream.writeEvent({ eventId: bytes })
    bytes.fill(0)
    expect(stream.getEvent(9)?.eventId).toBe('fffefdfc-fbfa-f9f8-f7f6-f5f4f3f2f1f0')
  })

  test('beside drawn ones in a batch are kept, and drawn ones stay unique', async () => {
    const stream = await makeStream({ capacity: 3000 })
    const own = '919108f7-52d1-4320-9bac-f847db4148a8'
    stream.writeBatch(Array.from({ length: 3000 }, (_, i) => (i % 3 === 0 ? { eventId: own } : {})))
    const ids = allIds(stream)
    expect(ids.filter((id) => id === own).length).toBe(1000)
    expect(new Set(ids).size).toBe(2001)
  })

  test('do not stick: the next event of the writer has an id of its own', async () => {
    const stream = await makeStream({ capacity: 5 })
    const own = '919108f7-52d1-4320-9bac-f847db4148a8'
    stream.writer.eventId = own
    stream.writer.commit()
    stream.writer.commit()
    stream.writeEvent({ eventId: own })
    stream.writeEvent({})
    const ids = allIds(stream)
    expect([ids[0], ids[2]]).toEqual([own, own])
    expect([ids[1], ids[3]]).not.toContain(own)
  })
})
