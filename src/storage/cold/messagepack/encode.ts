/**
 * Whole MessagePack files in memory.
 *
 * @module
 */

import * as L from '../../../layout.js'
import type { CorrectionList } from '../../journal/corrections.js'
import type { Crc32 } from '../../journal/crc32.js'
import type { StoredEvents } from '../cold-storage.js'
import { recordsOf, timestampAt } from '../events.js'
import { packCorrections, packEvents } from './columns.js'
import * as F from './frame.js'

/** Events or corrections of a frame, at most. */
const FRAME_ENTRIES = 1024
/** A frame with a longer payload is cut in two, as long as it has two entries. */
const LONG_PAYLOAD = 4 * 1024 * 1024

/** The bytes of an event file. */
export function encodeEvents(events: StoredEvents, crc: Crc32): Uint8Array {
  const records = recordsOf(events)
  const pack = (from: number, to: number): Uint8Array => packEvents(events, from, to)
  return encode(F.EVENTS, events, pack, (from, to) => boundsOf(records, from, to), crc)
}

/** The bytes of a file of corrections. */
export function encodeCorrections(list: CorrectionList, crc: Crc32): Uint8Array {
  const pack = (from: number, to: number): Uint8Array => packCorrections(list, from, to)
  const none = { fromUs: 0, toUs: 0, leastEpisode: 0n, largestEpisode: 0n }
  return encode(F.CORRECTIONS, list, pack, () => none, crc)
}

type Bounds = Pick<F.FrameHeader, 'fromUs' | 'toUs' | 'leastEpisode' | 'largestEpisode'>

function encode(
  kind: number,
  entries: { readonly length: number; readonly seqs: Float64Array },
  pack: (from: number, to: number) => Uint8Array,
  bounds: (from: number, to: number) => Bounds,
  crc: Crc32,
): Uint8Array {
  const pieces: Uint8Array[] = []
  const { length, seqs } = entries
  const add = (from: number, to: number): void => {
    const payload = pack(from, to)
    if (payload.length > LONG_PAYLOAD && to - from > 1) {
      const middle = (from + to) >>> 1
      add(from, middle)
      add(middle, to)
      return
    }
    const range = { firstSeq: seqs[from] as number, lastSeq: seqs[to - 1] as number, ...bounds(from, to) }
    const sums = { payloadBytes: payload.length, count: to - from, crc: crc(payload) }
    pieces.push(F.encodeFrameHeader({ ...sums, ...range }, crc), payload)
  }
  for (let from = 0; from < length; from += FRAME_ENTRIES) add(from, Math.min(from + FRAME_ENTRIES, length))
  const frames = pieces.length / 2
  return joined([F.encodeFileHeader({ version: F.FILE_VERSION, kind, frames, count: length }, crc), ...pieces])
}

function boundsOf(records: DataView, from: number, to: number): Bounds {
  let fromUs = Number.POSITIVE_INFINITY
  let toUs = 0
  let leastEpisode = 2n ** 64n
  let largestEpisode = 0n
  for (let at = from * L.RECORD_BYTES; at < to * L.RECORD_BYTES; at += L.RECORD_BYTES) {
    const timestamp = timestampAt(records, at)
    const episode = records.getBigUint64(at + L.EPISODE_ID, true)
    if (timestamp < fromUs) fromUs = timestamp
    if (timestamp > toUs) toUs = timestamp
    if (episode < leastEpisode) leastEpisode = episode
    if (episode > largestEpisode) largestEpisode = episode
  }
  return { fromUs, toUs, leastEpisode, largestEpisode }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
