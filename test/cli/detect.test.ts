import { Packr, pack } from 'msgpackr'
import { expect, test } from 'vitest'
import { formatByContent, formatByName } from '../../src/cli/detect.js'

const LOG = '192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "-" "-"\n'

test('names that say their format decide', () => {
  expect(['a.ndjson', 'a.JSONL', 'a.csv', 'a.tsv.gz', 'a.npz', 'a.msgpack', 'a.mpk.gz'].map(formatByName)).toEqual([
    'ndjson',
    'ndjson',
    'csv',
    'csv',
    'npz',
    'msgpack',
    'msgpack',
  ])
  expect(
    ['access.log', 'access.log.1', 'data.txt', 'standard input', 'a.json', 'constructor', 'a.constructor'].map(
      formatByName,
    ),
  ).toEqual(new Array(7).fill(undefined))
})

test('first bytes show the format', () => {
  const heads: [string | Buffer, string | undefined][] = [
    ['PK\x03\x04...', 'npz'],
    ['\n {"a":1}', 'ndjson'],
    ['\ufeff{"a":1}', 'ndjson'],
    [LOG, 'log'],
    [`garbage\r\n${LOG.replace('\n', '\r\n')}`, 'log'],
    ['a,b\n1,2', 'csv'],
    ['a;b', 'csv'],
    [pack({ a: 1 }), 'msgpack'],
    [new Packr({ sequential: true }).pack({ a: 1 }), 'msgpack'],
    [Buffer.from([0xde, 0, 0]), 'msgpack'],
    ['', undefined],
    ['hello', undefined],
    [Buffer.from([0, 1, 2, 44, 3]), undefined],
  ]
  for (const [head, format] of heads) expect(formatByContent(Buffer.from(head as string)), String(head)).toBe(format)
})
