/**
 * Which format an input has: by its name where that is unambiguous, otherwise by its first bytes.
 *
 * @module
 */

import { emptyLogLine, parseLogLine } from './sources/log-line.js'

/** Formats that can be read. */
export const FORMATS = ['log', 'ndjson', 'csv', 'npz', 'msgpack'] as const
export type Format = (typeof FORMATS)[number]

/** Bytes that are enough to tell, in all but contrived files. */
export const HEAD_BYTES = 4096

const EXTENSIONS: ReadonlyMap<string, Format> = new Map([
  ['ndjson', 'ndjson'],
  ['jsonl', 'ndjson'],
  ['csv', 'csv'],
  ['tsv', 'csv'],
  ['npz', 'npz'],
  ['msgpack', 'msgpack'],
  ['mpk', 'msgpack'],
])

const ZIP = Buffer.from('PK\x03\x04', 'latin1')
const GZIP = Buffer.from([0x1f, 0x8b])
const OPEN_BRACE = 123

/** Whether the bytes begin a gzip stream. */
export function isGzip(head: Buffer): boolean {
  return head.subarray(0, GZIP.length).equals(GZIP)
}

/** The format that the end of a file's name says; a trailing `.gz` is left out. */
export function formatByName(name: string): Format | undefined {
  const match = /\.([a-z]+)$/.exec(name.toLowerCase().replace(/\.gz$/, ''))
  return match === null ? undefined : EXTENSIONS.get(match[1] as string)
}

/** The format that the first bytes show, or `undefined` if they show none. */
export function formatByContent(head: Buffer): Format | undefined {
  if (head.subarray(0, ZIP.length).equals(ZIP)) return 'npz'
  if (beginsMsgpackMap(head)) return 'msgpack'
  const text = withoutMark(head)
  const firstByte = text.find((byte) => byte > 32)
  if (firstByte === OPEN_BRACE) return 'ndjson'
  const lines = splitLines(text)
  if (lines.some((line) => parseLogLine(line, 0, line.length, emptyLogLine()) === undefined)) return 'log'
  const first = lines[0]?.toString('utf8') ?? ''
  return /[,;\t|]/.test(first) && isPrintable(first) ? 'csv' : undefined
}

/** The first line of the head as text. */
export function firstLine(head: Buffer): string {
  return splitLines(withoutMark(head))[0]?.toString('utf8') ?? ''
}

function withoutMark(head: Buffer): Buffer {
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? head.subarray(3) : head
}

function splitLines(head: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < head.length; ) {
    const lf = head.indexOf(10, start)
    const end = lf === -1 ? head.length : lf
    lines.push(head.subarray(start, end > start && head[end - 1] === 13 ? end - 1 : end))
    start = end + 1
  }
  return lines
}

/** A map of up to 15 keys, of 16 or 32 bits of length, or a definition of one of msgpackr's records. */
function beginsMsgpackMap(head: Buffer): boolean {
  const first = head[0]
  if (first === undefined) return false
  return (first >= 0x80 && first <= 0x8f) || first === 0xde || first === 0xdf || (first === 0xd4 && head[1] === 0x72)
}

function isPrintable(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return !/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text)
}
