/**
 * What a query refuses, and that text in a query is never anything but text.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InvalidArgumentError } from '../../../src/errors.js'
import type { EventQuery, MetadataQuery } from '../../../src/postgres/contract.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { EventQueries } from '../../../src/postgres/events/queries.js'
import { UnknownStreamError } from '../../../src/postgres/store/errors.js'
import { Streams } from '../../../src/postgres/store/streams.js'
import { embedded } from '../support/databases.js'
import { TODAY, World } from './world.js'

let driver: SqlDriver
let world: World
let cursor: string

beforeAll(async () => {
  driver = await embedded()
  world = await World.create(driver)
  await world.add(
    Array.from({ length: 4 }, (_, i) => ({
      event: { timestamp: TODAY + i },
      metadata: { intentType: "o'clock", executorId: 'a\\b', parameters: { 'k"': ["it's", 1], deep: { x: null } } },
    })),
  )
  cursor = (await world.queries.queryEvents({ limit: 2 }).page()).cursor as string
})

afterAll(() => driver.close())

const REFUSED: [string, Record<string, unknown>, RegExp][] = [
  ['an unknown key', { form: 1 }, /query has no 'form'/],
  ['a condition on metadata where none is read', { intentType: 'x' }, /query has no 'intentType'/],
  ['a time that is no number', { from: Number.NaN }, /from must be a number, got NaN/],
  ['a time that is text', { to: '0; DROP TABLE experience_events' }, /to must be a number, got "0; DROP/],
  ['a number below 0', { startSeq: -1 }, /startSeq must be an integer/],
  ['half a number', { endSeq: 1.5 }, /endSeq must be an integer/],
  ['no types at all', { types: [] }, /types must be/],
  ['a type that is text', { types: ['1'] }, /types must be an integer/],
  ['a type above u16', { types: [65536] }, /types must be an integer in \[0, 65535\], got 65536/],
  ['an episode above u64', { episodeId: 2n ** 64n }, /episodeId must/],
  ['an episode below 0', { episodeId: -1 }, /episodeId must/],
  ['a reward that is none', { minReward: Number.NaN }, /minReward must be a number/],
  ['flags above u16', { flags: 65536 }, /flags must/],
  ['a hash above u32', { adnaVersionHash: 2 ** 32 }, /adnaVersionHash must/],
  ['an order that there is not', { orderBy: 'timestamp; --' }, /orderBy must be 'time' or 'sequence' or 'reward'/],
  ['a direction that there is not', { direction: 'up' }, /direction must be/],
  ['a limit below 0', { limit: -1 }, /limit must/],
  ['half a limit', { limit: 0.5 }, /limit must/],
  ['a signal that is none', { signal: {} }, /signal must be an AbortSignal/],
  ['a cursor that is none', { after: "'; DROP TABLE experience_events; --" }, /after must be a page's cursor/],
  ['an empty cursor', { after: '' }, /after must be a page's cursor/],
  ['a cursor that is a number', { after: 7 }, /after must be a page's cursor, got 7/],
]

test.each(REFUSED)('%s is refused when the query is made', (_, query, message) => {
  expect(() => world.queries.queryEvents(query as EventQuery)).toThrow(InvalidArgumentError)
  expect(() => world.queries.queryEvents(query as EventQuery)).toThrow(message)
})

test.each([
  ['text with U+0000', { intentType: 'a\0b' }, /U\+0000/],
  ['half a character', { executorId: '\ud800' }, /executorId must be well-formed text/],
  ['text that is none', { intentType: 5 }, /intentType must be a string/],
  ['parameters with U+0000 inside', { parameters: { a: ['\0'] } }, /U\+0000/],
  ['parameters that are no JSON', { parameters: { at: new Date(0) } }, /parameters\.at must be a plain object/],
])('of metadata %s is refused', (_, query, message) => {
  expect(() => world.queries.queryEventsWithMetadata(query as MetadataQuery)).toThrow(InvalidArgumentError)
  expect(() => world.queries.queryEventsWithMetadata(query as MetadataQuery)).toThrow(message)
})

test.each([{ orderBy: 'reward' }, { orderBy: 'sequence' }, { direction: 'descending' }] as const)(
  'a cursor of another order than %o is refused',
  (query) => {
    expect(() => world.queries.queryEvents({ ...query, after: cursor })).toThrow(
      /after must be a cursor of the order '\w+', \w+, got one of 'time', ascending/,
    )
  },
)

test('a cursor of which a character was changed is refused', () => {
  for (let i = 0; i < cursor.length - 1; i++) {
    const other = cursor[i] === 'A' ? 'B' : 'A'
    const after = cursor.slice(0, i) + other + cursor.slice(i + 1)
    expect(() => world.queries.queryEvents({ after })).toThrow(InvalidArgumentError)
  }
})

test.each([
  ['readEvent', () => world.queries.readEvent("x' OR ''='")],
  ['readEvent', () => world.queries.readEvent(new Uint8Array(15))],
  ['readEvent', () => world.queries.readEvent(-1)],
  ['readEvent', () => world.queries.readEvent(1, { sginal: undefined } as never)],
  ['countEvents', () => world.queries.countEvents({ limit: 1 } as never)],
  ['collect', () => world.queries.queryEvents().collect({ limit: -1 })],
])('%s refuses what it cannot take', async (_, call) => {
  await expect(call()).rejects.toThrow(InvalidArgumentError)
})

test.each([
  "o'clock",
  "o'clock' OR TRUE --",
  "'; DROP TABLE experience_events; --",
  '$1',
  '\\',
  '$$',
  '"',
  '%',
  'é\u202e😀',
  '',
  'x'.repeat(10_000),
])('text in a condition is text: %s', async (text) => {
  const found = async (query: MetadataQuery): Promise<number> => {
    return (await world.queries.queryEventsWithMetadata(query).collect()).length
  }
  expect(await found({ intentType: text })).toBe(text === "o'clock" ? 4 : 0)
  expect(await found({ executorId: text })).toBe(0)
  expect(await found({ parameters: { [`k${text}`]: ["it's"] } })).toBe(text === '"' ? 4 : 0)
  expect(await found({ parameters: { 'k"': [text] } })).toBe(0)
  expect(await world.queries.countEvents()).toBe(4)
})

test('parameters are found by what they contain, null and nothing included', async () => {
  const found = async (parameters: unknown): Promise<number> => {
    return (await world.queries.queryEventsWithMetadata({ parameters }).collect()).length
  }
  expect(await found({ deep: { x: null } })).toBe(4)
  expect(await found({ deep: { x: 0 } })).toBe(0)
  expect(await found({})).toBe(4)
  expect(await found(null)).toBe(0)
})

describe('which stream', () => {
  test('a stream that was chosen and is not there is an error, not an empty result', async () => {
    const queries = new EventQueries(driver, new Streams(driver, crypto.randomUUID()))
    await expect(queries.queryEvents().collect()).rejects.toThrow(UnknownStreamError)
    await expect(queries.countEvents()).rejects.toThrow(UnknownStreamError)
  })

  test('of two streams neither sees the events of the other', async () => {
    const other = await World.create(driver)
    await other.add([{ event: { timestamp: TODAY }, metadata: { intentType: "o'clock" } }])
    expect((await other.queries.queryEvents().collect()).length).toBe(1)
    expect((await other.queries.queryEventsWithMetadata({ intentType: "o'clock" }).collect()).length).toBe(1)
    expect(await world.queries.countEvents()).toBe(4)
    expect(await other.queries.readEvent(world.truth[0]?.event.eventId as string)).toBeUndefined()
    await expect(new EventQueries(driver, new Streams(driver)).countEvents()).rejects.toThrow(/several streams/)
  })

  test('a database without a stream has no events', async () => {
    const empty = await embedded()
    const queries = new EventQueries(empty, new Streams(empty))
    expect((await queries.queryEvents().collect()).length).toBe(0)
    expect(await queries.queryEventsWithMetadata().page()).toEqual({ events: [], cursor: undefined })
    expect(await queries.countEvents()).toBe(0)
    expect(await queries.readEvent(0)).toBeUndefined()
  })
})
