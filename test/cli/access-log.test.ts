import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { AccessLogSource } from '../../src/cli/sources/access-log.js'
import { CollectingSink, feed, type PlainRow } from './sink.js'

const SECOND = 1e6

interface Fields {
  client?: string
  time?: string
  request?: string
  status?: string
  size?: string
  referrer?: string
  agent?: string
}

function line(fields: Fields = {}): string {
  const { client = '192.0.2.1', time = '17/May/2015:10:05:03 +0000', request = 'GET /a/b?q=1 HTTP/1.1' } = fields
  const { status = '200', size = '1023', referrer = 'http://example.org/', agent = 'Mozilla/5.0 (X11)' } = fields
  return `${client} - - [${time}] "${request}" ${status} ${size} "${referrer}" "${agent}"`
}

async function parse(lines: string[], salt = 'salt', chunkBytes = 64): Promise<CollectingSink> {
  const sink = new CollectingSink()
  const source = new AccessLogSource(sink, salt)
  await feed(source, `${lines.join('\n')}\n`, chunkBytes)
  expect(source.counts.records).toBe(sink.events.length + sink.faults.length)
  return sink
}

async function parseOne(fields: Fields): Promise<PlainRow> {
  const { events, faults } = await parse([line(fields)])
  expect(faults).toEqual([])
  return events[0] as PlainRow
}

test('a request becomes an event as documented', async () => {
  const event = await parseOne({})
  const time = Date.UTC(2015, 4, 17, 10, 5, 3) * 1000
  expect(event).toMatchObject({ timestamp: time, stepNumber: 0, eventType: 0x0201, flags: 0, given: 0, id: undefined })
  const day = (10 * 3600 + 5 * 60 + 3) / 86_400
  const state = [day, 1, 10 / 32, 2 / 8, 0, (0.75 + 0.25 * 0.25) * 0.9, 1, 1]
  expect(event.state).toEqual(state.map(Math.fround))
  const targetBytes = '/a/b?q=1'.length
  expect(event.action).toEqual([1, 200, Math.log2(1 + targetBytes) / 16, 1023, 0, 1, 1, 1.1].map(Math.fround))
})

test('an episode is the first 53 bits of a keyed hash of the address, and steps count its requests', async () => {
  const lines = [line(), line({ client: '2001:db8::1' }), line({ time: '17/May/2015:10:05:01 +0000' })]
  const { events } = await parse(lines, 'pepper')
  const digest = createHmac('sha256', 'pepper').update('192.0.2.1').digest()
  const expected = BigInt(`0x${digest.toString('hex').slice(0, 16)}`) >> 11n
  expect(events.map((event) => event.episodeId === expected)).toEqual([true, false, true])
  expect(events.map((event) => event.stepNumber)).toEqual([0, 0, 1])
  expect(events[2]?.action[4]).toBe(-2)
  expect(events[2]?.state[4]).toBe(Math.fround(60 / 62))
})

test('another salt gives other episodes', async () => {
  const [one, other] = await Promise.all(['one', 'other'].map((salt) => parse([line()], salt)))
  expect(one?.events[0]?.episodeId).not.toBe(other?.events[0]?.episodeId)
})

test('zones are subtracted from the date', async () => {
  const utc = (await parseOne({})).timestamp
  expect((await parseOne({ time: '17/May/2015:12:05:03 +0200' })).timestamp).toBe(utc)
  expect((await parseOne({ time: '17/May/2015:09:35:03 -0030' })).timestamp).toBe(utc)
  expect((await parseOne({ time: '17/May/2015:10:05:04 +0000' })).timestamp).toBe(utc + SECOND)
})

test('status decides type, flags and outcome', async () => {
  const seen = await Promise.all(['101', '206', '304', '404', '503'].map((status) => parseOne({ status })))
  expect(seen.map(({ eventType }) => eventType)).toEqual([0x0201, 0x0201, 0x0201, 0x0202, 0x0202])
  expect(seen.map(({ flags }) => flags)).toEqual([0, 0, 0, 4, 5])
  expect(seen.map(({ state }) => state[6])).toEqual([0.5, 1, 0.5, -0.5, -1])
})

test('a path is less novel each time, whatever its query', async () => {
  const requests = ['GET /x HTTP/1.1', 'GET /x?a=1 HTTP/1.1', 'POST /x HTTP/1.1', 'GET /y HTTP/1.1']
  const { events } = await parse(requests.map((request) => line({ request })))
  expect(events.map(({ state }) => state[1])).toEqual([1, 0.5, 1 / 3, 1].map(Math.fround))
})

test('agents are told apart, and what a client says of itself is its disclosure', async () => {
  const robot = await parseOne({ agent: 'Mozilla/5.0 (compatible; GoogleBOT/2.1)' })
  expect([robot.action[6], robot.state[7]]).toEqual([2, 0.75])
  const silent = await parseOne({ agent: '-', referrer: '-' })
  expect([silent.action[6], silent.action[5], silent.state[7]]).toEqual([0, 0, 0])
  const browser = await parseOne({ referrer: '-' })
  expect([browser.action[6], browser.state[7]]).toEqual([1, 0.75])
})

test('methods, protocols and sizes that are unusual are read', async () => {
  const strange = await parseOne({ request: '\\x16\\x03\\x01', status: '400', size: '-' })
  expect([strange.action[0], strange.action[3], strange.action[7]]).toEqual([0, 0, 0])
  expect((await parseOne({ request: '-', status: '408' })).action[0]).toBe(0)
  expect((await parseOne({ request: 'TRACE / HTTP/2' })).action.slice(0, 1)).toEqual([9])
  expect((await parseOne({ request: 'GET / HTTP/2.0' })).action[7]).toBe(2)
  expect((await parseOne({ request: 'GET /no-protocol' })).action[7]).toBe(0)
  expect((await parseOne({ agent: 'a \\"quoted\\" agent \\\\' })).action[6]).toBe(1)
  const { events } = await parse([`${line()} "192.0.2.7" 0.003`, line().replace(' - - ', ' - John Q. Public ')])
  expect(events.length).toBe(2)
})

test('a line that is not of the format is malformed, with a reason that holds nothing of it', async () => {
  const cases: [string, RegExp][] = [
    ['', /empty/],
    [' - - [x]', /client is missing/],
    ['192.0.2.9', /client is missing/],
    [`${'1'.repeat(256)} - - []`, /more than 255 bytes/],
    ['192.0.2.9 - -', /date is missing/],
    ['192.0.2.9 [17/May/2015:10:05:03 +0000] "GET /"', /date is missing/],
    ['192.0.2.9 - - [17/May/2015', /date is incomplete/],
    [line({ time: '17/Mai/2015:10:05:03 +0000' }), /date is not valid/],
    [line({ time: '31/Feb/2015:10:05:03 +0000' }), /date is not valid/],
    [line({ time: '17/May/2015:1a:05:03 +0000' }), /date is not valid/],
    ['192.0.2.9 - - [17/May/2015:10:05:03 +0000] GET', /request is missing/],
    ['192.0.2.9 - - [17/May/2015:10:05:03 +0000] "GET /', /request has no closing quote/],
    [line({ status: '20' }), /status/],
    [line({ status: 'abc' }), /status/],
    [line({ status: '2000' }), /status/],
    [line({ size: '12a' }), /size/],
    ['192.0.2.9 - - [17/May/2015:10:05:03 +0000] "GET /" 200 5', /referrer is missing/],
    ['192.0.2.9 - - [17/May/2015:10:05:03 +0000] "GET /" 200 5 "-', /referrer has no closing quote/],
    ['192.0.2.9 - - [17/May/2015:10:05:03 +0000] "GET /" 200 5 "-"', /user agent is missing/],
    [line({ agent: 'Mozilla' }).slice(0, -1), /user agent has no closing quote/],
    [line({ agent: 'a \\' }), /user agent has no closing quote/],
    [`${line()}x`, /text follows/],
  ]
  for (const [text, reason] of cases) {
    const { events, faults } = await parse([line(), text, line()])
    expect(events.length, text).toBe(2)
    expect(faults.length, text).toBe(1)
    expect(faults[0]?.line, text).toBe(2)
    expect(faults[0]?.reason, text).toMatch(reason)
    expect(faults[0]?.reason).not.toMatch(/192|Mozilla|GET|May/)
  }
})

test('where chunks begin and end makes no difference, malformed lines included', async () => {
  const cuts = Array.from({ length: line().length }, (_, length) => line().slice(0, length))
  const whole = await parse(cuts, 'salt', 1 << 20)
  for (const chunkBytes of [1, 5, 97, 1024]) {
    const { events, faults } = await parse(cuts, 'salt', chunkBytes)
    expect(events).toEqual(whole.events)
    expect(faults).toEqual(whole.faults)
  }
})

test('clients beyond the limit are forgotten, counted, and keep their episode when they return', async () => {
  const sink = new CollectingSink()
  const source = new AccessLogSource(sink, 'salt', 2)
  const clients = ['a', 'b', 'c', 'd', 'e', 'a', 'e', 'e']
  await feed(source, clients.map((client) => line({ client })).join('\n'))
  const [first, again] = sink.events.filter((_, i) => clients[i] === 'a')
  expect(again?.episodeId).toBe(first?.episodeId)
  expect(again?.stepNumber).toBe(0)
  expect(sink.events.filter((_, i) => clients[i] === 'e').map(({ stepNumber }) => stepNumber)).toEqual([0, 1, 2])
  expect(source.counts.forgotten).toBeGreaterThan(0)
  expect(source.counts.episodes).toBe(6)
})
