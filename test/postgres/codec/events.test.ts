import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../../../src/errors.js'
import * as L from '../../../src/layout.js'
import { COPY_COLUMNS, EVENT_COLUMNS } from '../../../src/postgres/codec/columns.js'
import { decodeEvents } from '../../../src/postgres/codec/decode-events.js'
import { assertStorable, eventCopy } from '../../../src/postgres/codec/encode-events.js'
import { CopyFormatError } from '../../../src/postgres/codec/framing.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import type { StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import { makeEvents, makeEventsOf, SOME_DAY_US } from '../../../src/testing/events.js'
import { describeServer, embedded, serverDriver } from '../support/databases.js'

const DAY_US = 86_400_000_000
const COPY_IN = `COPY experience_events (${COPY_COLUMNS}) FROM STDIN (FORMAT binary)`
const COPY_OUT = `COPY (SELECT ${EVENT_COLUMNS} FROM experience_events ORDER BY sequence_number) TO STDOUT (FORMAT binary)`
const WORDS = [0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x3f800000, 0xff7fffff, 0x7f7fffff]
const REWARDS = [0, 0x80000000, 1, 0x80000001, bitsOf(8e37), bitsOf(-8e37)]

function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] as number
}

/** Events whose fields are what `words` says, extremes among them. */
function extremes(seqs: number[], word: (i: number, k: number) => number): StoredEvents {
  const events = makeEventsOf(Float64Array.from(seqs), { metadata: () => undefined })
  const view = new DataView(events.bytes.buffer)
  for (let i = 0; i < seqs.length; i++) {
    const at = i * L.RECORD_BYTES
    for (let k = 0; k < 4; k++) view.setUint32(at + L.EVENT_ID + k * 4, word(i, k) * 0x9e3779b1)
    const low = word(i, 4)
    view.setBigUint64(at + L.TIMESTAMP, BigInt(SOME_DAY_US + (low % 2) * (DAY_US - 1)), true)
    view.setBigUint64(at + L.EPISODE_ID, [0n, 2n ** 64n - 1n, 2n ** 63n, 2n ** 63n - 1n][low % 4] as bigint, true)
    view.setUint32(at + L.STEP_NUMBER, low % 3 === 0 ? 0xffffffff : low, true)
    view.setUint16(at + L.EVENT_TYPE, low % 5 === 0 ? 0xffff : low & 0xffff, true)
    view.setUint16(at + L.FLAGS, low % 7 === 0 ? 0xffff : low & 0x7fff, true)
    for (let k = 0; k < 16; k++) view.setUint32(at + L.STATE + k * 4, WORDS[word(i, k) % WORDS.length] as number, true)
    for (let k = 0; k < 4; k++) {
      view.setUint32(at + L.REWARDS + k * 4, REWARDS[word(i, k + 16) % REWARDS.length] as number, true)
    }
    view.setUint32(at + L.ADNA_VERSION_HASH, low % 2 === 0 ? 0xffffffff : 0x80000000, true)
    events.masks[i] = low & 0xff
  }
  return events
}

async function roundTrip(driver: SqlDriver, events: StoredEvents): Promise<StoredEvents> {
  await driver.query('DELETE FROM experience_events')
  await driver.query(`SELECT experience_ensure_day('2026-11-21')`)
  assertStorable(events)
  const rows = await driver.session((session) => session.copyIn(COPY_IN, eventCopy(events, 1)))
  expect(rows).toBe(events.length)
  return decodeEvents(await driver.session((session) => session.copyOut(COPY_OUT)))
}

async function everyBit(driver: SqlDriver): Promise<void> {
  const property = fc.asyncProperty(
    fc.uniqueArray(fc.maxSafeNat(), { minLength: 1, maxLength: 1100 }),
    fc.infiniteStream(fc.nat(0xffffffff)),
    async (numbers, stream) => {
      const seqs = numbers.sort((a, b) => a - b)
      const words = Array.from({ length: 32 }, () => stream.next().value as number)
      const events = extremes(seqs, (i, k) => ((words[(i + k) % 32] as number) ^ Math.imul(i + 1, k + 7)) >>> 0)
      const found = await roundTrip(driver, events)
      expect([...found.seqs]).toEqual(seqs)
      expect(Buffer.compare(found.bytes, events.bytes)).toBe(0)
      expect(Buffer.compare(found.masks, events.masks)).toBe(0)
    },
  )
  await fc.assert(property, { numRuns: 25 })
}

async function sqlValues(driver: SqlDriver): Promise<void> {
  const events = extremes([2 ** 53 - 1], () => 0xffffffff)
  const view = new DataView(events.bytes.buffer)
  view.setBigUint64(L.EPISODE_ID, 2n ** 64n - 1n, true)
  view.setUint32(L.ADNA_VERSION_HASH, 0xffffffff, true)
  view.setUint16(L.EVENT_TYPE, 0xffff, true)
  await roundTrip(driver, events)
  const [row] = await driver.query(
    `SELECT sequence_number, unsigned_64(episode_id) AS episode, unsigned_32(adna_version_hash) AS adna,
       unsigned_32(step_number) AS step_number, unsigned_16(event_type) AS event_type, appraisals FROM experience_events`,
  )
  expect(row).toEqual({
    sequence_number: 2n ** 53n - 1n,
    episode: '18446744073709551615',
    adna: 2n ** 32n - 1n,
    step_number: 2n ** 32n - 1n,
    event_type: 65535,
    appraisals: 255,
  })
}

describeServer('rows of a COPY on a server', () => {
  test('every bit of every field comes back', async () => everyBit(await serverDriver()))
  test('the columns show the values of the fields', async () => sqlValues(await serverDriver()))
})

test('on PGlite every bit of every field comes back, and the columns show the values', async () => {
  const driver = await embedded()
  await everyBit(driver)
  await sqlValues(driver)
})

describe('what a column could not hold is refused, with its place', () => {
  const cases: [field: string, at: number, bits: number, message: string][] = [
    ['NaN in the state', L.STATE + 12, 0x7fc00000, 'state[3] of event 7 must be finite, got NaN'],
    ['infinity in the action', L.ACTION + 28, 0x7f800000, 'action[7] of event 7 must be finite, got Infinity'],
    ['NaN as a reward', L.REWARDS + 8, 0xffffffff, 'reward 2 of event 7 must be at most 8e37 in magnitude, got NaN'],
    ['a reward without a total', L.REWARDS, 0x7f7fffff, 'reward 0 of event 7 must be at most 8e37'],
    ['a timestamp of 2^53', L.TIMESTAMP + 4, 0x200000, 'timestamp of event 7 must be below 2^53 µs'],
  ]
  test.each(cases)('%s', (_, at, bits, message) => {
    const events = makeEvents(5, 9)
    new DataView(events.bytes.buffer).setUint32(2 * L.RECORD_BYTES + at, bits, true)
    expect(() => assertStorable(events)).toThrow(InvalidArgumentError)
    expect(() => assertStorable(events)).toThrow(message)
  })
})

test('bytes that are no rows of events are refused', () => {
  const pieces = [...eventCopy(makeEvents(0, 3), 1)]
  for (const wrong of [[], pieces.slice(1), pieces.slice(0, 2), pieces, [Uint8Array.of(1, 2, 3)]]) {
    expect(() => decodeEvents(wrong)).toThrow(CopyFormatError)
  }
})
