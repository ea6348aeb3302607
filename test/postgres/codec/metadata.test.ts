import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CopyFormatError } from '../../../src/postgres/codec/framing.js'
import {
  decodeMetadata,
  METADATA_COLUMNS,
  METADATA_COPY_COLUMNS,
  metadataCopy,
} from '../../../src/postgres/codec/metadata.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import type { EventMetadata } from '../../../src/storage/cold/cold-storage.js'
import { makeEvents, SOME_DAY_US } from '../../../src/testing/events.js'
import { describeServer, embedded, serverDriver } from '../support/databases.js'

const COPY_IN = `COPY action_metadata (${METADATA_COPY_COLUMNS}) FROM STDIN (FORMAT binary)`
const COPY_OUT = `COPY (SELECT ${METADATA_COLUMNS} FROM action_metadata) TO STDOUT (FORMAT binary)`

const HARD: EventMetadata[] = [
  {},
  { intentType: '' },
  { executorId: '', parameters: null },
  { intentType: 'a\0b', parameters: { 'k\0': ['\0', '\\u0000', '\\\0', '\\\\u0000'] } },
  { parameters: [0, 1e308, 5e-324, 1e21, 2 ** 53, 0.1, -1.5e-7] },
  { parameters: '💡 \u{10ffff} \u2028 " \\ \n' },
  { parameters: { deep: { deeper: [{}, [], '', false, true, null] } }, executorId: 'é'.repeat(40_000) },
]

async function roundTrip(driver: SqlDriver, metadata: readonly EventMetadata[]): Promise<Map<number, EventMetadata>> {
  await driver.query('DELETE FROM action_metadata')
  await driver.query(`SELECT experience_ensure_day('2026-11-21')`)
  const made = { timestamp: (seq: number) => SOME_DAY_US + seq, metadata: (seq: number) => metadata[seq] }
  const pieces = metadataCopy(makeEvents(0, metadata.length + 1, made), 1)
  expect(await driver.session((session) => session.copyIn(COPY_IN, pieces))).toBe(metadata.length)
  return decodeMetadata(await driver.session((session) => session.copyOut(COPY_OUT)))
}

async function anything(driver: SqlDriver): Promise<void> {
  const expectSame = async (metadata: readonly EventMetadata[]): Promise<void> => {
    const found = await roundTrip(driver, metadata)
    for (const [seq, given] of metadata.entries()) expect(found.get(seq)).toStrictEqual(given)
  }
  await expectSame(HARD)
  const text = fc.string({ unit: 'binary' })
  const json = fc
    .jsonValue({ noUnicodeString: false })
    .map((value) => JSON.parse(JSON.stringify(value).replaceAll('-0,', '0,')) as unknown)
  const one = fc.record(
    { intentType: text, executorId: text, parameters: json },
    { requiredKeys: [], noNullPrototype: true },
  )
  const list = fc.array(one, { maxLength: 20 }).filter((all) => !JSON.stringify(all).includes('__proto__'))
  await fc.assert(fc.asyncProperty(list, expectSame), { numRuns: 40 })
}

async function searched(driver: SqlDriver): Promise<void> {
  await roundTrip(driver, HARD)
  const [row] = await driver.query('SELECT intent_type, parameters FROM action_metadata WHERE sequence_number = 3')
  expect(row).toEqual({
    intent_type: 'a\ufffdb',
    parameters: { 'k\ufffd': ['\ufffd', '\\u0000', '\\\ufffd', '\\\\u0000'] },
  })
  const rows = await driver.query('SELECT sequence_number FROM action_metadata WHERE exact IS NOT NULL ORDER BY 1')
  expect(rows.map((found) => found.sequence_number)).toEqual([3n])
}

describeServer('metadata in a server', () => {
  test('any metadata come back as they were', async () => anything(await serverDriver()))
  test('the columns show the nearest thing where they cannot hold it', async () => searched(await serverDriver()))
})

test('on PGlite any metadata come back as they were', async () => {
  const driver = await embedded()
  await anything(driver)
  await searched(driver)
})

test('bytes that are no rows of metadata are refused', () => {
  const events = makeEvents(0, 1, { metadata: () => ({ intentType: 'x' }) })
  const [header, row, trailer] = [...metadataCopy(events, 1)] as [Uint8Array, Uint8Array, Uint8Array]
  for (let length = 1; length <= row.length; length++) {
    expect(() => decodeMetadata([header, row.subarray(0, length), trailer])).toThrow(CopyFormatError)
  }
  // As a result has it, with five fields, cut anywhere.
  const selected = Uint8Array.of(
    0,
    5,
    0,
    0,
    0,
    8,
    ...new Uint8Array(8),
    0,
    0,
    0,
    1,
    65,
    ...new Uint8Array(12).fill(255),
  )
  expect(decodeMetadata([header, selected, trailer])).toEqual(new Map([[0, { intentType: 'A' }]]))
  for (let length = 1; length < selected.length; length++) {
    expect(() => decodeMetadata([header, selected.subarray(0, length), trailer])).toThrow(CopyFormatError)
  }
})
