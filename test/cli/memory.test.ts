import { expect, test } from 'vitest'
import { type IngestResult, ingest, logLine } from './run.js'

const MEGABYTE = 1 << 20
/** What a run may take beyond one of a tiny input; garbage that waits for its collection included. */
const HEADROOM_BYTES = 64 * MEGABYTE

/**
 * Runs with a heap so small that keeping what should not be kept ends the program. Buffers are not on that heap: the
 * peak of all memory is in the result.
 */
function ingestInLittleMemory(input: Iterable<string | Uint8Array>, args: string[] = []): Promise<IngestResult> {
  return ingest(['-', '--quiet', '--capacity', '5000', ...args], {
    input,
    env: { NODE_OPTIONS: '--max-old-space-size=56' },
  })
}

function* repeated(piece: string | Uint8Array, times: number): Generator<string | Uint8Array> {
  for (let i = 0; i < times; i++) yield piece
}

/** Every line is of another client and for another path. */
function* logOf(blocks: number): Generator<string> {
  for (let block = 0; block < blocks; block++) {
    const names = Array.from({ length: 5000 }, (_, i) => block * 5000 + i)
    yield names.map((i) => logLine(`client-${i}.example.org`, i, 200, `/path/${i}`)).join('')
  }
}

test('a log of more clients than are remembered is read in constant memory', async () => {
  const { ingested, episodes, episodesForgotten } = await ingestInLittleMemory(logOf(70))
  expect([ingested, episodes]).toEqual([350_000, 350_000])
  // at most two generations of 65,536 are remembered
  expect(episodesForgotten).toBeGreaterThanOrEqual(350_000 - 2 * 65_536)
}, 120_000)

test('records of more hashed episodes than are remembered are read in constant memory', async () => {
  function* rows(): Generator<string> {
    for (let block = 0; block < 60; block++) {
      yield Array.from({ length: 5000 }, (_, i) => `{"user":"user-${block * 5000 + i}"}\n`).join('')
    }
  }
  const { ingested } = await ingestInLittleMemory(rows(), ['--format', 'ndjson', '--map', 'episodeId=user:hash'])
  expect(ingested).toBe(300_000)
}, 120_000)

test('a line of 200 MB and a table of 200 MB without a closing quote are skipped without being held', async () => {
  const filler = 'x'.repeat(MEGABYTE)
  const tiny = await ingestInLittleMemory([logLine('192.0.2.1', 1)])
  const most = (tiny.timing.peakMemoryBytes as number) + HEADROOM_BYTES
  const line = await ingestInLittleMemory([
    logLine('192.0.2.1', 1),
    ...repeated(filler, 200),
    '\n',
    logLine('192.0.2.1', 2),
  ])
  expect([line.ingested, line.malformed]).toEqual([2, 1])
  expect(line.timing.peakMemoryBytes).toBeLessThan(most)
  const table = await ingestInLittleMemory(['flags\n1\n"', ...repeated(filler, 200), '\n2\n'], ['--format', 'csv'])
  expect([table.ingested, table.malformed]).toEqual([2, 1])
  expect(table.timing.peakMemoryBytes).toBeLessThan(most)
}, 120_000)

test('NDJSON and MessagePack of many times the memory are read', async () => {
  const lines = `${JSON.stringify({ timestamp: 1, state: [1, 2, 3], note: 'n'.repeat(1000) })}\n`.repeat(1000)
  const json = await ingestInLittleMemory(repeated(lines, 150))
  expect(json.ingested).toBe(150_000)
  // {"flags": 1} as MessagePack
  const maps = Buffer.alloc(MEGABYTE, Buffer.from('81a5666c61677301', 'hex'))
  const msgpack = await ingestInLittleMemory(repeated(maps, 8), ['--format', 'msgpack'])
  expect(msgpack.ingested).toBe(MEGABYTE)
  expect(msgpack.timing.peakMemoryBytes).toBeLessThan((json.timing.peakMemoryBytes as number) + HEADROOM_BYTES)
}, 120_000)
