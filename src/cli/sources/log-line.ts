/**
 * One line of a web access log in combined format, read from its bytes without making strings:
 *
 *     client ident user [17/May/2015:10:05:03 +0000] "GET /path HTTP/1.1" 200 203023 "referrer" "agent"
 *
 * Inside quotes a backslash escapes the next byte. Anything may stand as the request, since servers log what they were
 * sent; further fields may follow the agent and are not looked at. What `parseLogLine` finds are positions in the
 * caller's bytes. The reasons it gives for refusing a line are fixed sentences, which hold nothing of the line.
 *
 * @module
 */

import { unixMicros } from './time.js'

/** Longest client address or host name that is accepted, in bytes. */
const MAX_CLIENT_BYTES = 255
const DATE_BYTES = 26
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'

const SPACE = 32
const QUOTE = 34
const PLUS = 43
const DASH = 45
const DOT = 46
const SLASH = 47
const COLON = 58
const OPEN = 91
const BACKSLASH = 92
const CLOSE = 93

/** Methods by code; 0 is any other request. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT', 'TRACE'] as const

const METHOD_BYTES = METHODS.map((name) => Buffer.from(`${name} `, 'latin1'))

/** Fields of a line; positions are offsets in the bytes that were parsed. Reused from line to line. */
export interface LogLine {
  clientEnd: number
  /** Unix µs. */
  timestamp: number
  /** 1 + index in {@link METHODS}, or 0. */
  method: number
  /** What was asked for; the whole request if it has no method that we know. */
  targetStart: number
  targetEnd: number
  /** 1, 1.1, 2, 3, or 0. */
  protocol: number
  status: number
  /** Bytes sent; 0 where the log has `-`. */
  size: number
  referrerStart: number
  referrerEnd: number
  agentStart: number
  agentEnd: number
}

/** An empty line to parse into. */
export function emptyLogLine(): LogLine {
  return {
    clientEnd: 0,
    timestamp: 0,
    method: 0,
    targetStart: 0,
    targetEnd: 0,
    protocol: 0,
    status: 0,
    size: 0,
    referrerStart: 0,
    referrerEnd: 0,
    agentStart: 0,
    agentEnd: 0,
  }
}

/**
 * Parses `bytes[start, end)` into `line`.
 *
 * @returns why it is no line of this format, or `undefined` if it is one; `line` is then complete
 */
export function parseLogLine(bytes: Buffer, start: number, end: number, line: LogLine): string | undefined {
  if (start === end) return 'the line is empty'
  const clientEnd = find(bytes, SPACE, start, end)
  if (clientEnd === start || clientEnd === end) return 'the client is missing'
  if (clientEnd - start > MAX_CLIENT_BYTES) return `the client has more than ${MAX_CLIENT_BYTES} bytes`
  line.clientEnd = clientEnd
  // a user name may hold spaces, so the date is found by its bracket
  let at = find(bytes, OPEN, clientEnd, end)
  if (at === end || bytes[at - 1] !== SPACE || !hasTwoNames(bytes, clientEnd + 1, at - 1)) return 'the date is missing'
  if (end - at < DATE_BYTES + 2 || bytes[at + DATE_BYTES + 1] !== CLOSE) return 'the date is incomplete'
  const timestamp = parseDate(bytes, at + 1)
  if (timestamp === undefined) return 'the date is not valid'
  line.timestamp = timestamp
  at += DATE_BYTES + 2

  if (!opensQuote(bytes, at, end)) return 'the request is missing'
  let close = closingQuote(bytes, at + 2, end)
  if (close === end) return 'the request has no closing quote'
  parseRequest(bytes, at + 2, close, line)
  at = close + 1

  const status = parseDigits(bytes, at + 1, at + 4)
  if (at + 4 >= end || bytes[at] !== SPACE || bytes[at + 4] !== SPACE || !(status >= 100)) {
    return 'the status is not a number of 3 digits'
  }
  line.status = status
  at += 4

  const sizeEnd = find(bytes, SPACE, at + 1, end)
  const noSize = sizeEnd === at + 2 && bytes[at + 1] === DASH
  line.size = noSize ? 0 : parseDigits(bytes, at + 1, sizeEnd)
  if (!(line.size >= 0)) return 'the size is not a number'
  at = sizeEnd

  if (!opensQuote(bytes, at, end)) return 'the referrer is missing'
  close = closingQuote(bytes, at + 2, end)
  if (close === end) return 'the referrer has no closing quote'
  line.referrerStart = at + 2
  line.referrerEnd = close
  at = close + 1

  if (!opensQuote(bytes, at, end)) return 'the user agent is missing'
  close = closingQuote(bytes, at + 2, end)
  if (close === end) return 'the user agent has no closing quote'
  line.agentStart = at + 2
  line.agentEnd = close
  if (close + 1 < end && bytes[close + 1] !== SPACE) return 'text follows the closing quote of the user agent'
  return undefined
}

/** Whether a quoted field says something: it is neither empty nor `-`. */
export function isGiven(bytes: Buffer, start: number, end: number): boolean {
  return end - start > 1 || (end - start === 1 && bytes[start] !== DASH)
}

function find(bytes: Buffer, byte: number, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] !== byte) at++
  return at
}

function hasTwoNames(bytes: Buffer, start: number, end: number): boolean {
  const gap = find(bytes, SPACE, start, end)
  return gap > start && gap + 1 < end
}

function opensQuote(bytes: Buffer, at: number, end: number): boolean {
  return at + 1 < end && bytes[at] === SPACE && bytes[at + 1] === QUOTE
}

function closingQuote(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return Math.min(at, end)
}

/** The number in `bytes[start, end)`, of 1 to 15 digits, or NaN. */
function parseDigits(bytes: Buffer, start: number, end: number): number {
  if (end <= start || end - start > 15 || end > bytes.length) return Number.NaN
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** `17/May/2015:10:05:03 +0000` to Unix µs. */
function parseDate(bytes: Buffer, at: number): number | undefined {
  const shaped =
    bytes[at + 2] === SLASH &&
    bytes[at + 6] === SLASH &&
    bytes[at + 11] === COLON &&
    bytes[at + 14] === COLON &&
    bytes[at + 17] === COLON &&
    bytes[at + 20] === SPACE &&
    (bytes[at + 21] === PLUS || bytes[at + 21] === DASH)
  const month = monthOf(bytes, at + 3)
  if (!shaped || month === 0) return undefined
  const offset = parseDigits(bytes, at + 22, at + 24) * 60 + parseDigits(bytes, at + 24, at + 26)
  return unixMicros(
    parseDigits(bytes, at + 7, at + 11),
    month,
    parseDigits(bytes, at, at + 2),
    parseDigits(bytes, at + 12, at + 14),
    parseDigits(bytes, at + 15, at + 17),
    parseDigits(bytes, at + 18, at + 20),
    bytes[at + 21] === DASH ? -offset : offset,
  )
}

function monthOf(bytes: Buffer, at: number): number {
  for (let month = 0; month < 12; month++) {
    const name = month * 3
    if (
      bytes[at] === MONTHS.charCodeAt(name) &&
      bytes[at + 1] === MONTHS.charCodeAt(name + 1) &&
      bytes[at + 2] === MONTHS.charCodeAt(name + 2)
    ) {
      return month + 1
    }
  }
  return 0
}

function parseRequest(bytes: Buffer, start: number, end: number, line: LogLine): void {
  line.method = methodOf(bytes, start, end)
  line.protocol = 0
  line.targetStart = line.method === 0 ? start : start + (METHOD_BYTES[line.method - 1] as Buffer).length
  line.targetEnd = end
  // "HTTP/1.1" or "HTTP/2" behind the last space
  for (let at = end - 1; at >= end - 9 && at > start; at--) {
    if (bytes[at] !== SPACE) continue
    const major = at + 6
    if (bytes[at + 1] === 72 && bytes[at + 5] === SLASH && major < end) {
      const dotted = bytes[major + 1] === DOT && major + 2 < end
      line.protocol = (bytes[major] as number) - 48 + (dotted ? ((bytes[major + 2] as number) - 48) / 10 : 0)
      if (!(line.protocol >= 0.9 && line.protocol <= 9)) line.protocol = 0
      line.targetEnd = Math.max(at, line.targetStart)
    }
    return
  }
}

function methodOf(bytes: Buffer, start: number, end: number): number {
  for (let code = 0; code < METHOD_BYTES.length; code++) {
    const name = METHOD_BYTES[code] as Buffer
    let at = 0
    while (at < name.length && start + at < end && bytes[start + at] === name[at]) at++
    if (at === name.length) return code + 1
  }
  return 0
}
