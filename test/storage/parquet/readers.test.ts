/**
 * What another reader in JavaScript makes of the files, and how large they are. The bytes are the same on every machine.
 */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { expect, test } from 'vitest'
import { agentEvents } from '../../../bench/generators/agents.js'
import { trajectoryEvents } from '../../../bench/generators/trajectories.js'
import { EVENT_COLUMNS } from '../../../src/storage/cold/parquet/schema.js'
import { asMap, events, format, rowsOf, temporaryFolder, timestampOf } from './support.js'

const folder = temporaryFolder()
const trajectories = fileURLToPath(new URL('../../../../shared/data/cartpole-expert.npz', import.meta.url))
const built = existsSync(fileURLToPath(new URL('../../../dist/cli/rows.js', import.meta.url)))

function asFile(bytes: Uint8Array) {
  const { buffer, byteOffset, length } = bytes
  return {
    byteLength: length,
    slice: (from: number, to = length) => buffer.slice(byteOffset + from, byteOffset + to) as ArrayBuffer,
  }
}

test('hyparquet reads the same rows', async () => {
  const given = events(12_000, 1000)
  const file = asFile(await format.encode(given))
  const [row, last] = await Promise.all(
    [10_000, 11_999].map(async (i) => {
      const parsers = { timestampFromMicroseconds: (value: bigint) => value }
      const found = await parquetReadObjects({ file, compressors, parsers, rowStart: i, rowEnd: i + 1 })
      return found[0] as Record<string, unknown>
    }),
  )
  expect(Object.keys(row ?? {})).toEqual(EVENT_COLUMNS.map(({ name }) => name))
  expect(row).toMatchObject({ seq: 10_000n, timestamp: BigInt(timestampOf(given, 10_000)), appraised: 15 })
  expect(JSON.parse(String(row?.metadata))).toEqual(given.metadata.get(10_000))
  const view = new DataView(given.bytes.buffer)
  expect(last?.state_l1).toBe(view.getFloat32(11_999 * 128 + 40, true))
  expect(last?.reward_curiosity).toBe(view.getFloat32(11_999 * 128 + 108, true))
  expect(last?.metadata).toBeNull()
})

test('every column is compressed, encoded as the schema says, and small', async () => {
  const bytes = await format.encode(agentEvents(20_000, 'v7'))
  const { row_groups } = parquetMetadata(asFile(bytes).slice(0))
  expect(row_groups).toHaveLength(2)
  const columns = (row_groups[0]?.columns ?? []).map(({ meta_data }) => meta_data)
  const encodingOf = (name: string) => columns.find((column) => column?.path_in_schema[0] === name)?.encodings
  expect(new Set(columns.map((column) => column?.codec))).toEqual(new Set(['ZSTD']))
  expect(encodingOf('seq')).toContain('DELTA_BINARY_PACKED')
  expect(encodingOf('event_id')).toContain('DELTA_BYTE_ARRAY')
  expect(encodingOf('state_l1')).toContain('BYTE_STREAM_SPLIT')
})

test.each([
  ['v7', 58],
  ['v4', 62],
] as const)('generated events with ids of %s take at most %d bytes each', async (ids, most) => {
  const bytes = await format.encode(agentEvents(30_000, ids))
  expect(bytes.length / 30_000).toBeLessThanOrEqual(most)
  expect(bytes.length / 30_000).toBeGreaterThan(most - 6)
})

test.skipIf(!existsSync(trajectories) || !built)(
  'recorded trajectories come back, and take less than a fifth of their records',
  async () => {
    const given = await trajectoryEvents(trajectories)
    expect(given.length).toBe(27_021)
    const bytes = await format.encode(given)
    const file = await format.open(folder.write('trajectories', bytes))
    expect(await rowsOf(file)).toEqual(asMap(given))
    await file.close()
    expect(bytes.length / given.length).toBeLessThan(128 / 5)
  },
)
