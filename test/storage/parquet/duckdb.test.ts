/**
 * The files as DuckDB sees them, a program that we did not write.
 */

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { beforeAll, describe, expect, test } from 'vitest'
import { CorrectionMerger } from '../../../src/storage/journal/corrections.js'
import { episodeOf, events, extremeEvents, format, temporaryFolder, timestampOf, typeOf, viewOf } from './support.js'

const folder = temporaryFolder()
let connection: DuckDBConnection

beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run("SET TimeZone = 'UTC'")
})

/** Rows of a query as DuckDB's JSON: numbers beyond 32 bits are strings of digits. */
async function rows(sql: string): Promise<unknown[][]> {
  return (await connection.runAndReadAll(sql)).getRowsJson()
}

describe('an event file', () => {
  const given = events(30_000, 1000, 5)
  const view = viewOf(given)
  // Types of the first row group are 0 to 7; those of the others are 20 to 27.
  for (let i = 10_000; i < given.length; i++) view.setUint16(i * 128 + 36, typeOf(given, i) + 20, true)
  let file = ''
  beforeAll(async () => {
    file = folder.write('events.parquet', await format.encode(given))
  })

  test('has the names and types of the schema', async () => {
    const floats = (prefix: string) => Array.from({ length: 8 }, (_, i) => [`${prefix}${i + 1}`, 'FLOAT'])
    const described = await rows(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM '${file}')`)
    expect(described).toEqual([
      ['seq', 'UBIGINT'],
      ['event_id', 'BLOB'],
      ['timestamp', 'TIMESTAMP WITH TIME ZONE'],
      ['episode_id', 'UBIGINT'],
      ['step_number', 'UINTEGER'],
      ['event_type', 'USMALLINT'],
      ['flags', 'USMALLINT'],
      ...floats('state_l'),
      ...floats('action_l'),
      ['reward_homeostasis', 'FLOAT'],
      ['reward_curiosity', 'FLOAT'],
      ['reward_efficiency', 'FLOAT'],
      ['reward_goal', 'FLOAT'],
      ['adna_version_hash', 'UINTEGER'],
      ['appraised', 'UTINYINT'],
      ['metadata', 'VARCHAR'],
    ])
  })

  test('has every value in every row', async () => {
    const reader = await connection.runAndReadAll(`SELECT * EXCLUDE (event_id, timestamp, metadata),
      hex(event_id) AS id, epoch_us(timestamp) AS time FROM '${file}'`)
    const columns = reader.getColumnsObject() as Record<string, ArrayLike<unknown>>
    const at = (name: string, i: number) => (columns[name] as ArrayLike<unknown>)[i]
    expect(reader.currentRowCount).toBe(given.length)
    let wrong = 0
    for (let i = 0; i < given.length; i++) {
      const record = i * 128
      const id = Buffer.from(given.bytes.subarray(record, record + 16))
        .toString('hex')
        .toUpperCase()
      const same =
        at('seq', i) === BigInt(i + 5) &&
        at('id', i) === id &&
        at('time', i) === BigInt(timestampOf(given, i)) &&
        at('episode_id', i) === episodeOf(given, i) &&
        at('step_number', i) === view.getUint32(record + 32, true) &&
        at('event_type', i) === typeOf(given, i) &&
        at('flags', i) === view.getUint16(record + 38, true) &&
        at('adna_version_hash', i) === 0xa11ce &&
        at('appraised', i) === 15
      const names = ['state_l', 'action_l'].flatMap((p) => Array.from({ length: 8 }, (_, k) => `${p}${k + 1}`))
      names.push('reward_homeostasis', 'reward_curiosity', 'reward_efficiency', 'reward_goal')
      const floats = names.every((name, k) => Object.is(at(name, i), view.getFloat32(record + 40 + 4 * k, true)))
      if (!same || !floats) wrong++
    }
    expect(wrong).toBe(0)
  })

  test('gives metadata as JSON to query, and NULL where there is none', async () => {
    const found = await rows(`SELECT seq, metadata->>'intentType', metadata->'parameters'->>'text',
      (metadata->'parameters'->'i')::INT FROM '${file}' WHERE metadata IS NOT NULL ORDER BY seq LIMIT 2`)
    const text = 'ünï\ud83d\ude00 "quoted"'
    expect(found).toEqual([
      ['5', 'intent 0', text, 0],
      ['1005', 'intent 1000', text, 1000],
    ])
    expect(await rows(`SELECT count(metadata) FROM '${file}'`)).toEqual([['30']])
  })

  test('answers queries by time, episode and type', async () => {
    const [from, to] = [timestampOf(given, 12_000), timestampOf(given, 22_000)]
    const between = `epoch_us(timestamp) >= ${from} AND epoch_us(timestamp) < ${to}`
    expect(await rows(`SELECT count(*), min(seq), max(seq) FROM '${file}' WHERE ${between}`)).toEqual([
      ['10000', '12005', '22004'],
    ])
    const inEpisode = given.seqs.filter((_, i) => episodeOf(given, i) === 33n)
    expect(await rows(`SELECT count(*), min(seq) FROM '${file}' WHERE episode_id = 33`)).toEqual([
      [String(inEpisode.length), String(inEpisode[0])],
    ])
    const ofType = given.seqs.filter((_, i) => typeOf(given, i) === 21)
    expect(await rows(`SELECT count(*) FROM '${file}' WHERE event_type = 21`)).toEqual([[String(ofType.length)]])
  })

  test('lets DuckDB pass over row groups by their statistics: it answers though the others are destroyed', async () => {
    const bytes = (await format.encode(given)).slice()
    const ends = await rows(`SELECT row_group_id, max(data_page_offset + total_compressed_size)
      FROM parquet_metadata('${file}') GROUP BY ALL ORDER BY ALL`)
    const [first = 0, second = 0, third = 0] = ends.map(([, end]) => Number(end))
    bytes.fill(0xff, 4, first)
    bytes.fill(0xff, second, third)
    const holed = folder.write('holed.parquet', bytes)
    const time = (i: number) => `make_timestamptz(${timestampOf(given, i)})`
    for (const [where, n] of [
      [`timestamp >= ${time(11_000)} AND timestamp < ${time(19_000)}`, 8000],
      ['episode_id = 80', given.seqs.filter((_, i) => episodeOf(given, i) === 80n).length],
      ['seq BETWEEN 10005 AND 20004', 10_000],
    ] as const) {
      const [row] = await rows(`SELECT count(*), count(DISTINCT reward_curiosity) > 10 FROM '${holed}' WHERE ${where}`)
      expect(row, where).toEqual([String(n), true])
    }
    bytes.fill(0xff, first, second)
    bytes.set((await format.encode(given)).subarray(4, first), 4)
    const onlyFirst = folder.write('only-first.parquet', bytes)
    const starts = given.seqs.filter((_, i) => typeOf(given, i) === 1).length
    expect(await rows(`SELECT count(*), max(reward_goal) FROM '${onlyFirst}' WHERE event_type = 1`)).toEqual([
      [String(starts), 1],
    ])
    await expect(rows(`SELECT sum(reward_goal) FROM '${onlyFirst}'`)).rejects.toThrow()
    const plan = await rows(`EXPLAIN ANALYZE SELECT * FROM '${file}' WHERE event_type = 12345`)
    expect(String(plan)).toContain('EMPTY_RESULT')
  })

  test('has row groups of 10,000 rows with statistics of seq, time, episode and type, sorted by seq', async () => {
    const statistics = await rows(`SELECT row_group_id, path_in_schema, row_group_num_rows, stats_min_value,
      stats_max_value FROM parquet_metadata('${file}') WHERE stats_min_value IS NOT NULL ORDER BY ALL`)
    expect(statistics).toHaveLength(12)
    expect(statistics.filter(([, name]) => name === 'seq')).toEqual([
      ['0', 'seq', '10000', '5', '10004'],
      ['1', 'seq', '10000', '10005', '20004'],
      ['2', 'seq', '10000', '20005', '30004'],
    ])
    expect(new Set(statistics.map(([, name]) => name))).toEqual(
      new Set(['seq', 'timestamp', 'episode_id', 'event_type']),
    )
  })
})

test('least and greatest values are what they were', async () => {
  const file = folder.write('extreme.parquet', await format.encode(extremeEvents()))
  const found = await rows(`SELECT seq, hex(event_id), epoch_us(timestamp), episode_id, step_number, event_type, flags,
    adna_version_hash, appraised, state_l1 = 3.4028234663852886e38::FLOAT, state_l3 > 0, metadata FROM '${file}'`)
  const id = '101112131415161718191A1B1C1D1E1F'
  expect(found).toEqual([
    ['0', '0'.repeat(32), '0', '0', 0, 0, 0, 0, 0, false, false, null],
    [
      '4294967301',
      'F'.repeat(32),
      String(2 ** 53 - 1),
      '18446744073709551615',
      2 ** 32 - 1,
      65_535,
      65_535,
      2 ** 32 - 1,
      255,
      true,
      true,
      null,
    ],
    [
      String(2 ** 53 - 2),
      id,
      '1700000000123456',
      '9223372036854775808',
      0,
      0,
      0,
      0,
      15,
      false,
      false,
      '{"intentType":"last","parameters":{"n":1}}',
    ],
  ])
  expect(await rows(`SELECT seq FROM '${file}' WHERE episode_id = 18446744073709551615`)).toEqual([['4294967301']])
  expect(await rows(`SELECT seq FROM '${file}' WHERE episode_id > 9223372036854775807 AND appraised = 15`)).toEqual([
    [String(2 ** 53 - 2)],
  ])
  const uuid = await rows(
    `SELECT substr(hex(event_id), 1, 8)::VARCHAR, timestamp::VARCHAR FROM '${file}' LIMIT 1 OFFSET 2`,
  )
  expect(uuid).toEqual([['10111213', '2023-11-14 22:13:20.123456+00']])
})

test('corrections are a table too, whose rewards are NULL where an event keeps its own', async () => {
  const merger = new CorrectionMerger()
  merger.add(7, 16, 5, 0b0101, [0.25, 0, -2, 0])
  merger.add(2 ** 53 - 2, 65_535, 255, 0b1000, [0, 0, 0, 1])
  const file = folder.write('corrections.parquet', await format.encodeCorrections(merger.list()))
  expect(await rows(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM '${file}')`)).toEqual([
    ['seq', 'UBIGINT'],
    ['flags', 'USMALLINT'],
    ['appraised', 'UTINYINT'],
    ['slots', 'UTINYINT'],
    ['reward_homeostasis', 'FLOAT'],
    ['reward_curiosity', 'FLOAT'],
    ['reward_efficiency', 'FLOAT'],
    ['reward_goal', 'FLOAT'],
  ])
  expect(await rows(`SELECT * FROM '${file}'`)).toEqual([
    ['7', 16, 5, 5, 0.25, null, -2, null],
    [String(2 ** 53 - 2), 65_535, 255, 8, null, null, null, 1],
  ])
})

test('events and corrections join to the newest state of each event', async () => {
  const given = events(30)
  given.masks.fill(7)
  const first = new CorrectionMerger()
  first.add(12, 0, 8, 0b1000, [0, 0, 0, 1])
  first.add(20, 0, 1, 0b1001, [-1, 0, 0, 0.5])
  const second = new CorrectionMerger()
  second.add(20, 4, 8, 0b0001, [-2, 0, 0, 0])
  const file = folder.write('joined.parquet', await format.encode(given))
  folder.write('late-01.parquet', await format.encodeCorrections(first.list()))
  const late = folder.write('late-02.parquet', await format.encodeCorrections(second.list())).replace('02', '*')
  const found = await rows(`WITH late AS (
      SELECT seq, bit_or(flags) AS flags, bit_or(appraised) AS appraised,
        arg_max(reward_homeostasis, filename) AS homeostasis, arg_max(reward_goal, filename) AS goal
      FROM read_parquet('${late}', filename = true) GROUP BY seq)
    SELECT seq, e.appraised | coalesce(l.appraised, 0), coalesce(l.flags, 0), l.homeostasis,
      coalesce(l.goal, e.reward_goal) FROM '${file}' e LEFT JOIN late l USING (seq) WHERE seq IN (5, 12, 20) ORDER BY seq`)
  expect(found).toEqual([
    ['5', 7, 0, null, 0],
    ['12', 15, 0, null, 1],
    ['20', 15, 4, -2, 0.5],
  ])
})
