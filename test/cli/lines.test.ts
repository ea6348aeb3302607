import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineSplitter } from '../../src/cli/sources/lines.js'

interface Cut {
  lines: [number, string][]
  long: number[]
  count: number
}

function cut(bytes: Buffer, chunkBytes: number, maxBytes?: number): Cut {
  const lines: [number, string][] = []
  const long: number[] = []
  const splitter = new LineSplitter(
    (buffer, start, end, line) => lines.push([line, buffer.toString('latin1', start, end)]),
    (line) => long.push(line),
    maxBytes,
  )
  const scratch = Buffer.alloc(chunkBytes)
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const piece = bytes.subarray(at, at + chunkBytes)
    // the same memory every time, as a reader that reuses its buffer would do
    piece.copy(scratch)
    splitter.push(scratch.subarray(0, piece.length))
  }
  splitter.end()
  return { lines, long, count: splitter.lines }
}

test('lines end with LF or CRLF, and the last one may lack its end', () => {
  expect(cut(Buffer.from('a\r\n\nbc\rd\ne'), 3).lines).toEqual([
    [1, 'a'],
    [2, ''],
    [3, 'bc\rd'],
    [4, 'e'],
  ])
  expect(cut(Buffer.from('a\n'), 3).count).toBe(1)
  expect(cut(Buffer.from(''), 3).count).toBe(0)
})

test('a line longer than the limit is reported by its number and the next one is read', () => {
  const text = `ab\n${'x'.repeat(9)}\ncd\n${'y'.repeat(8)}\n${'z'.repeat(8)}\r\n${'w'.repeat(50)}`
  for (const chunkBytes of [1, 3, 8, 9, 10, 1000]) {
    const { lines, long, count } = cut(Buffer.from(text), chunkBytes, 8)
    expect(lines.map(([, line]) => line)).toEqual(['ab', 'cd', 'yyyyyyyy', 'zzzzzzzz'])
    expect(long).toEqual([2, 6])
    expect(count).toBe(6)
  }
})

test('where chunks begin and end makes no difference', () => {
  const text = fc
    .array(fc.constantFrom('a', 'bb', '\n', '\r', '\r\n'), { maxLength: 60 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 9 }),
      (input, chunkBytes, maxBytes) => {
        const bytes = Buffer.from(input)
        expect(cut(bytes, chunkBytes, maxBytes)).toEqual(cut(bytes, 1000, maxBytes))
      },
    ),
  )
})
