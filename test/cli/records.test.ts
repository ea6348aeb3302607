import { createHmac } from 'node:crypto'
import { Packr, PackrStream, pack } from 'msgpackr'
import { expect, test } from 'vitest'
import { InputError } from '../../src/cli/errors.js'
import { parseMapping } from '../../src/cli/sources/mapping.js'
import { MsgpackSource } from '../../src/cli/sources/msgpack.js'
import { NdjsonSource } from '../../src/cli/sources/ndjson.js'
import { CollectingSink, feed } from './sink.js'

const FULL = {
  seq: 7,
  eventId: '0190a3a0-1c3f-7000-8000-000000000001',
  timestamp: 1_431_857_103_000_123,
  episodeId: '18446744073709551615',
  stepNumber: 4_294_967_295,
  eventType: 61_441,
  flags: 3,
  state: [0.5, -1, 2],
  action: [1, 2, 3, 4, 5, 6, 7, 8],
  rewardHomeostasis: -0.25,
  rewardGoal: 0,
  adnaVersionHash: 12,
  totalReward: 99,
  comment: 'left out',
}

const FULL_ROW = {
  id: '0190a3a01c3f70008000000000000001',
  timestamp: FULL.timestamp,
  episodeId: 2n ** 64n - 1n,
  stepNumber: FULL.stepNumber,
  eventType: FULL.eventType,
  flags: 3,
  state: [0.5, -1, 2, 0, 0, 0, 0, 0],
  action: FULL.action,
  rewards: [-0.25, 0, 0, 0],
  given: 0b1001,
  adnaVersionHash: 12,
}

async function ndjson(text: string, map?: string): Promise<CollectingSink & { blank?: number }> {
  const sink = new CollectingSink()
  const source = new NdjsonSource(sink, 'salt', map === undefined ? undefined : parseMapping(map))
  await feed(source, text, 11)
  const { records, blank } = source.counts
  expect(records).toBe(sink.events.length + sink.faults.length + blank)
  return Object.assign(sink, { blank })
}

async function msgpack(bytes: Buffer, chunkBytes = 11): Promise<CollectingSink> {
  const sink = new CollectingSink()
  const source = new MsgpackSource(sink, 'salt')
  await feed(source, bytes, chunkBytes)
  expect(source.counts.records).toBe(sink.events.length + sink.faults.length)
  return sink
}

test('an NDJSON object fills every field, u64 as digits included', async () => {
  const { events, faults } = await ndjson(`\ufeff${JSON.stringify(FULL)}\r\n`)
  expect(faults).toEqual([])
  expect(events).toEqual([FULL_ROW])
})

test('what is missing takes its default; time is an ordinal and steps are counted per episode', async () => {
  const { events } = await ndjson('{"episodeId":1}\n{"episodeId":2,"state":[]}\n{"episodeId":1,"flags":null}\n')
  expect(events.map(({ timestamp }) => timestamp)).toEqual([0, 1, 2])
  expect(events.map(({ episodeId, stepNumber }) => [episodeId, stepNumber])).toEqual([
    [1n, 0],
    [2n, 0],
    [1n, 1],
  ])
  expect(events[0]).toMatchObject({ eventType: 0, flags: 0, rewards: [0, 0, 0, 0], given: 0, id: undefined })
})

test('blank lines are skipped and counted', async () => {
  const sink = await ndjson('\n{"flags":1}\n   \r\n\n{"flags":2}')
  expect([sink.events.length, sink.blank, sink.faults.length]).toEqual([2, 3, 0])
})

test('a value that does not fit refuses its line with the name of the field, never the value', async () => {
  const cases: [string, RegExp][] = [
    ['{"secret-value"', /not valid JSON/],
    ['[1]', /no JSON object/],
    ['null', /no JSON object/],
    ['"secret-value"', /no JSON object/],
    ['{"unknown":"secret-value"}', /none of its fields/],
    ['{"timestamp":-1}', /timestamp/],
    ['{"timestamp":1.5}', /timestamp/],
    ['{"timestamp":9007199254740992}', /timestamp/],
    ['{"eventId":"secret-value"}', /eventId is no UUID/],
    ['{"episodeId":-1}', /episodeId/],
    ['{"episodeId":"18446744073709551616"}', /episodeId/],
    ['{"episodeId":9007199254740992}', /episodeId/],
    ['{"episodeId":"secret-value"}', /episodeId/],
    ['{"stepNumber":4294967296}', /stepNumber is no integer in \[0, 2\^32\)/],
    ['{"eventType":65536}', /eventType/],
    ['{"eventType":"secret-value"}', /eventType/],
    ['{"flags":"secret-value"}', /flags/],
    ['{"flags":65536}', /flags/],
    ['{"adnaVersionHash":0.5}', /adnaVersionHash/],
    ['{"state":[1,2,3,4,5,6,7,8,9]}', /state or action is no list/],
    ['{"state":"secret-value"}', /state or action is no list/],
    ['{"action":[1,"secret-value"]}', /state or action holds what is no number/],
    ['{"action":[null]}', /state or action holds/],
    ['{"state":[1e39]}', /state or action holds/],
    ['{"rewardGoal":1e38}', /rewardGoal is not within ±8e37/],
    ['{"rewardGoal":{}}', /rewardGoal is not a number/],
    [`{"a":"${'x'.repeat(1 << 20)}"}`, /longer than 1 MiB/],
  ]
  for (const [text, reason] of cases) {
    const { events, faults } = await ndjson(`{"flags":1}\n${text}\n{"flags":2}\n`)
    expect(
      events.map(({ flags }) => flags),
      text.slice(0, 50),
    ).toEqual([1, 2])
    expect(faults.length).toBe(1)
    expect(faults[0]?.line).toBe(2)
    expect(faults[0]?.reason, text.slice(0, 50)).toMatch(reason)
    expect(faults[0]?.reason).not.toMatch(/secret/)
  }
})

test('a refused line leaves nothing in the row of the next one', async () => {
  const { events } = await ndjson(`${JSON.stringify({ ...FULL, adnaVersionHash: -1 })}\n{"flags":8}\n`)
  expect(events).toEqual([
    {
      id: undefined,
      timestamp: 0,
      episodeId: 0n,
      stepNumber: 0,
      eventType: 0,
      flags: 8,
      state: new Array(8).fill(0),
      action: new Array(8).fill(0),
      rewards: [0, 0, 0, 0],
      given: 0,
      adnaVersionHash: 0,
    },
  ])
})

test('keys of objects can be mapped, with units, ranges, codes, constants and hashes', async () => {
  const map =
    'timestamp=t:s,episodeId=who:hash,eventType=what:buy=0xf001|sell=0xf002,state.1=load:0..200,flags=#ERROR|URGENT,rewardGoal=gain'
  const { events, faults } = await ndjson(
    '{"t":1.5,"who":"ann","what":"buy","load":50,"gain":"0.5"}\n{"t":"2","who":"ann","what":"hold"}\n{"who":"ann","what":"buy"}',
    map,
  )
  const digest = createHmac('sha256', 'salt').update('ann').digest('hex')
  expect(events[0]).toMatchObject({
    timestamp: 1_500_000,
    episodeId: BigInt(`0x${digest.slice(0, 16)}`) >> 11n,
    eventType: 0xf001,
    flags: 5,
    state: [0, 0.25, 0, 0, 0, 0, 0, 0],
    rewards: [0, 0, 0, 0.5],
    given: 8,
  })
  expect(faults).toEqual([
    { line: 2, reason: 'eventType has no code in the mapping' },
    { line: 3, reason: 'timestamp is missing' },
  ])
})

test('MessagePack maps have the fields of NDJSON, whatever way they were packed', async () => {
  const record = { ...FULL, episodeId: 2n ** 64n - 1n, state: Float32Array.from(FULL.state), eventId: FULL.eventId }
  const plain = new Packr({ useRecords: false, moreTypes: false })
  const asMaps = Buffer.concat([record, record].map((value) => plain.pack({ ...value, state: FULL.state })))
  const stream = new PackrStream({ structuredClone: false })
  const packed: Buffer[] = []
  stream.on('data', (chunk: Buffer) => packed.push(chunk))
  for (let i = 0; i < 2; i++) stream.write({ ...record, state: FULL.state })
  await new Promise((resolve) => stream.end(resolve))
  for (const bytes of [asMaps, Buffer.concat(packed)]) {
    for (const chunkBytes of [1, 11, 1 << 20]) {
      const { events, faults } = await msgpack(bytes, chunkBytes)
      expect(faults).toEqual([])
      expect(events).toEqual([FULL_ROW, FULL_ROW])
    }
  }
})

test('a MessagePack value that is no map is malformed, and so is an incomplete last one', async () => {
  const whole = Buffer.concat([
    pack({ flags: 1 }),
    pack([1, 2]),
    pack(null),
    pack({ flags: 70_000 }),
    pack({ flags: 2 }),
  ])
  const cut = whole.subarray(0, whole.length - 1)
  const { events, faults } = await msgpack(cut)
  expect(events.map(({ flags }) => flags)).toEqual([1])
  expect(faults.map(({ line }) => line)).toEqual([2, 3, 4, 5])
  expect(faults.at(-1)?.reason).toBe('the value is incomplete')
})

test('bytes that cannot be decoded, or a value beyond the limit, end the input with an error', async () => {
  const unknownExtension = Buffer.from([0xd4, 1, 0])
  await expect(msgpack(Buffer.concat([pack({ flags: 1 }), unknownExtension]))).rejects.toThrow(InputError)
  const long = Buffer.concat([Buffer.from([0xc6, 0x7f, 0xff, 0xff, 0xff]), Buffer.alloc(3 << 20)])
  await expect(msgpack(long, 1 << 16)).rejects.toThrow(/value 1 cannot be read/)
  const nested = Buffer.concat(new Array(1000).fill(Buffer.from([0xdd, 0x02, 0, 0, 0])))
  const { faults } = await msgpack(nested)
  expect(faults).toEqual([{ line: 1, reason: 'the value is incomplete' }])
})
