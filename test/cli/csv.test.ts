import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { UsageError } from '../../src/cli/errors.js'
import { CsvSource, guessDelimiter } from '../../src/cli/sources/csv.js'
import { parseMapping } from '../../src/cli/sources/mapping.js'
import { CollectingSink, feed } from './sink.js'

interface How {
  map?: string
  delimiter?: string
  header?: boolean
  chunkBytes?: number
}

async function csv(text: string, { map, delimiter = ',', header = true, chunkBytes = 5 }: How = {}) {
  const sink = new CollectingSink()
  const rules = map === undefined ? undefined : parseMapping(map)
  const source = new CsvSource(sink, 'salt', { delimiter, header }, rules)
  await feed(source, text, chunkBytes)
  const { records, blank } = source.counts
  expect(records).toBe(sink.events.length + sink.faults.length + blank)
  return { events: sink.events, faults: sink.faults, blank }
}

test('columns with the names of fields need no mapping', async () => {
  const { events, faults } = await csv('\ufefftimestamp,episodeId,state.2,other,rewardGoal\n5,3,0.5,x,\r\n6,3,,y,-1\n')
  expect(faults).toEqual([])
  expect(events.map(({ timestamp, episodeId, stepNumber }) => [timestamp, episodeId, stepNumber])).toEqual([
    [5, 3n, 0],
    [6, 3n, 1],
  ])
  expect(events.map(({ state }) => state[2])).toEqual([0.5, 0])
  expect(events.map(({ given, rewards }) => [given, rewards[3]])).toEqual([
    [0, 0],
    [8, -1],
  ])
})

test('quoted fields hold delimiters, quotes and line ends, and lines are still counted right', async () => {
  const text = 'n,"the ""x"" value"\n1,"0.5"\n"2","\n0.25\r\n"\n3,bad\n\n4,1\n'
  for (let chunkBytes = 1; chunkBytes < 20; chunkBytes++) {
    const { events, faults, blank } = await csv(text, { map: 'stepNumber=n,state.0=the "x" value', chunkBytes })
    expect(events.map(({ stepNumber, state }) => [stepNumber, state[0]])).toEqual([
      [1, 0.5],
      [2, 0.25],
      [4, 1],
    ])
    expect(faults).toEqual([{ line: 6, reason: 'state.0 is not a number' }])
    expect(blank).toBe(1)
  }
})

test('wrong quotes and wrong numbers of columns are malformed, the records around them are read', async () => {
  const lines = [
    'a,b',
    '1,1',
    '"x"y,2',
    '3,3',
    'x"y,4',
    '5,5',
    '6',
    '7,7,7',
    '8,8',
    'ab""c,9',
    '10,10',
    '"unclosed,11',
    '12,12',
  ]
  for (const chunkBytes of [3, 1000]) {
    const { events, faults } = await csv(lines.join('\n'), { map: 'stepNumber=a,state.0=b', chunkBytes })
    expect(events.map(({ stepNumber }) => stepNumber)).toEqual([1, 3, 5, 8, 10])
    expect(faults.map(({ line }) => line)).toEqual([3, 5, 7, 8, 10, 12])
    expect(faults[2]?.reason).toBe('the record has 1 columns, expected 2')
  }
})

test('a record beyond the limit is malformed and does not stay in memory', async () => {
  const long = 'x'.repeat(1 << 20)
  const text = `stepNumber,flags\n1,1\n2,${long}\n3,1\n"4,\n${long}\n${long}\n5,1\n`
  const { events, faults } = await csv(text, { chunkBytes: 1 << 16 })
  expect(events.map(({ stepNumber }) => stepNumber)).toEqual([1, 3, 5])
  expect(faults).toContainEqual({ line: 3, reason: 'the record is longer than 1 MiB' })
  expect(faults).toContainEqual({ line: 5, reason: 'the record is longer than 1 MiB' })
})

test('without a header columns have numbers', async () => {
  const { events } = await csv('1;2\n3;4\n', { map: 'stepNumber=1,state.7=2', delimiter: ';', header: false })
  expect(events.map(({ stepNumber, state }) => [stepNumber, state[7]])).toEqual([
    [1, 2],
    [3, 4],
  ])
})

test('a mapping that does not fit the header is refused', async () => {
  await expect(csv('a,b\n1,2\n')).rejects.toThrow(/no column has the name of a field.*the columns are a, b/)
  await expect(csv('a,b\n1,2\n', { map: 'state.0=c' })).rejects.toThrow(/the column "c", which is not there.*a, b/)
  await expect(csv('a,b\n1,2\n', { map: 'state.0=c' })).rejects.toThrow(UsageError)
  await expect(csv('a,a\n1,2\n', { map: 'state.0=a' })).rejects.toThrow(/same name/)
})

test('the delimiter is the one that the header has most often', () => {
  expect(['a,b;c,d', 'a;b', 'a\tb\tc,d', 'a|b', 'a'].map(guessDelimiter)).toEqual([',', ';', '\t', '|', ','])
})

test('any table of texts comes back, however it is cut into chunks', async () => {
  const cell = fc.array(fc.constantFrom('a', '"', ',', '\n', ' ', '1'), { maxLength: 5 }).map((parts) => parts.join(''))
  await fc.assert(
    fc.asyncProperty(
      fc.array(cell, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 9 }),
      async (cells, size) => {
        const rows = cells.map((text, i) => `${i},"${text.replaceAll('"', '""')}"`)
        const { events, faults } = await csv(`n,text\n${rows.join('\n')}`, {
          map: 'stepNumber=n,episodeId=text:hash',
          chunkBytes: size,
        })
        expect(faults).toEqual([])
        expect(events.map(({ stepNumber }) => stepNumber)).toEqual(cells.map((_, i) => i))
        const groups = (keys: unknown[]): number[] => keys.map((key) => keys.indexOf(key))
        const texts = cells.map((text) => text || 'empty')
        const ids = events.map(({ episodeId }) => (episodeId === 0n ? 'empty' : episodeId))
        expect(groups(ids)).toEqual(groups(texts))
      },
    ),
    { numRuns: 200 },
  )
})
