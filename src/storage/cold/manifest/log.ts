/**
 * The bytes of a manifest: lines of text, each `<CRC-32 of the JSON, 8 hexadecimal digits> <JSON>\n`. The first line is
 * a whole state, `{ format, version, state }`; each further one a change, `{ n, change }`, numbered from 1.
 *
 * A crash while a line is being appended leaves the beginning of it, or zeros where a page was not written. Such an end
 * was promised to nobody and is cut off. Whatever else does not match its checksum is damage to what was promised, also
 * in the last line: cutting there would lose the files that the line lists.
 *
 * @module
 */

import { CorruptSegmentError, StorageError } from '../../errors.js'
import type { Crc32 } from '../../journal/crc32.js'
import { changed, type ManifestChange, type ManifestState } from './state.js'

const FORMAT = 'experience-stream cold storage'
const VERSION = 1
const NEWLINE = 10
const SPACE = 32
const CRC_DIGITS = 8

/** What a manifest's bytes say. */
export interface ManifestLog {
  readonly state: ManifestState
  /** Number of the last change. */
  readonly n: number
  /** Bytes of the whole lines; what is behind them is a line that a crash or a writer has not finished. */
  readonly size: number
  /** Bytes of the first line. */
  readonly stateBytes: number
}

/** The line that begins a manifest. */
export function stateLine(state: ManifestState, crc: Crc32): Uint8Array {
  return line({ format: FORMAT, version: VERSION, state }, crc)
}

/** The line of change number `n`. */
export function changeLine(n: number, change: ManifestChange, crc: Crc32): Uint8Array {
  return line({ n, change }, crc)
}

/**
 * Reads a manifest.
 * @throws {CorruptSegmentError} for damage that no crash explains.
 * @throws {StorageError} if it is of another version.
 */
export function readManifest(bytes: Uint8Array, path: string, crc: Crc32): ManifestLog {
  let log: ManifestLog | undefined
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, at)
    const value = end < 0 ? undefined : parsed(bytes.subarray(at, end), crc)
    if (value === undefined) {
      if (!isUnfinished(bytes.subarray(at), crc)) {
        throw new CorruptSegmentError(path, at, 'a line does not match its checksum')
      }
      break
    }
    log = log === undefined ? begun(value, path, end + 1) : continued(log, value, path, at, end + 1)
    at = end + 1
  }
  if (log === undefined) throw new CorruptSegmentError(path, 0, 'the manifest has no whole first line')
  return log
}

function line(value: unknown, crc: Crc32): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(value))
  const sum = crc(json).toString(16).padStart(CRC_DIGITS, '0')
  const bytes = new Uint8Array(CRC_DIGITS + 1 + json.length + 1)
  bytes.set(new TextEncoder().encode(`${sum} `))
  bytes.set(json, CRC_DIGITS + 1)
  bytes[bytes.length - 1] = NEWLINE
  return bytes
}

function parsed(text: Uint8Array, crc: Crc32): Record<string, unknown> | undefined {
  if (text.length <= CRC_DIGITS || text[CRC_DIGITS] !== SPACE) return undefined
  const json = text.subarray(CRC_DIGITS + 1)
  const sum = new TextDecoder().decode(text.subarray(0, CRC_DIGITS))
  if (crc(json).toString(16).padStart(CRC_DIGITS, '0') !== sum) return undefined
  return JSON.parse(new TextDecoder().decode(json))
}

/** Whether what begins with a line that does not match its checksum is what a crash leaves of the last one. */
function isUnfinished(rest: Uint8Array, crc: Crc32): boolean {
  const end = rest.indexOf(NEWLINE)
  // A flipped bit of the newline itself also leaves a line without one.
  if (end < 0) return parsed(rest.subarray(0, -1), crc) === undefined
  // Nothing that was written holds zeros: a stretch of them is a part that never reached the disk. A flipped bit makes one.
  if (!rest.subarray(0, end).some((byte, i) => byte === 0 && rest[i + 1] === 0)) return false
  for (let at = end + 1, next = end; at < rest.length && next >= 0; at = next + 1) {
    next = rest.indexOf(NEWLINE, at)
    if (next >= 0 && parsed(rest.subarray(at, next), crc) !== undefined) return false
  }
  return true
}

function begun(value: Record<string, unknown>, path: string, size: number): ManifestLog {
  if (value.format !== FORMAT) throw new CorruptSegmentError(path, 0, 'the first line is not that of a manifest')
  if (value.version !== VERSION) {
    const what = `${path} is of version ${value.version} of the manifest, this library knows version ${VERSION}`
    throw new StorageError(what, { path, version: value.version })
  }
  return { state: value.state as ManifestState, n: 0, size, stateBytes: size }
}

function continued(
  log: ManifestLog,
  value: Record<string, unknown>,
  path: string,
  at: number,
  size: number,
): ManifestLog {
  const n = log.n + 1
  if (value.n !== n) throw new CorruptSegmentError(path, at, `the line is number ${value.n}, not ${n}`)
  return { state: changed(log.state, value.change as ManifestChange), n, size, stateBytes: log.stateBytes }
}
