/**
 * Event files for the tests of Parquet: made in a folder of their own, read back to the end.
 *
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { agentEvents } from '../../../bench/generators/agents.js'
import type { EventMetadata, StoredEvents } from '../../../src/storage/cold/cold-storage.js'
import type { EventFile, RowFilter } from '../../../src/storage/cold/file-format.js'
import { ParquetFormat } from '../../../src/storage/cold/parquet/parquet-format.node.js'

export const RECORD_BYTES = 128
export const format = new ParquetFormat()

/** A folder that exists while the tests of a file run. */
export function temporaryFolder(): { path(name: string): string; write(name: string, bytes: Uint8Array): string } {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'parquet-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const path = (name: string) => join(folder, name)
  return {
    path,
    write(name, bytes) {
      writeFileSync(path(name), bytes)
      return path(name)
    },
  }
}

/** Rows that a filter finds, as a map from sequence number to the bytes of record, mask and metadata. */
export async function rowsOf(file: EventFile, filter: RowFilter = {}): Promise<Map<number, string>> {
  const rows = new Map<number, string>()
  let last = -1
  for await (const batch of file.rows(filter)) {
    for (const [seq, row] of asMap(batch)) {
      if (seq <= last) throw new Error(`${seq} comes behind ${last}`)
      last = seq
      rows.set(seq, row)
    }
  }
  return rows
}

/** Events as `rowsOf` gives them, those that `wanted` picks. */
export function asMap(events: StoredEvents, wanted: (row: number) => boolean = () => true): Map<number, string> {
  const map = new Map<number, string>()
  for (let i = 0; i < events.length; i++) {
    if (!wanted(i)) continue
    const seq = events.seqs[i] as number
    const record = Buffer.from(events.bytes.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES)).toString('hex')
    map.set(seq, `${record} ${events.masks[i]} ${JSON.stringify(events.metadata.get(seq))}`)
  }
  return map
}

/** Events of the generator with metadata for every `every`th. */
export function events(n: number, every = Infinity, firstSeq = 0): StoredEvents {
  const generated = agentEvents(n, 'v7', firstSeq)
  const metadata = new Map<number, EventMetadata>()
  for (let i = 0; i < n; i += every) {
    const parameters = { i, text: 'ünï\ud83d\ude00 "quoted"', list: [1, null, { deep: true }] }
    metadata.set(firstSeq + i, i % 2 ? { parameters } : { intentType: `intent ${i}`, executorId: 'a', parameters })
  }
  return { ...generated, metadata: every === Infinity ? new Map() : metadata }
}

/** A field of row `i`. */
export function timestampOf(events: StoredEvents, i: number): number {
  return Number(viewOf(events).getBigUint64(i * RECORD_BYTES + 16, true))
}

export function episodeOf(events: StoredEvents, i: number): bigint {
  return viewOf(events).getBigUint64(i * RECORD_BYTES + 24, true)
}

export function typeOf(events: StoredEvents, i: number): number {
  return viewOf(events).getUint16(i * RECORD_BYTES + 36, true)
}

export function viewOf({ bytes }: StoredEvents): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Three events whose fields are the least, the greatest and ordinary ones. */
export function extremeEvents(): StoredEvents {
  const bytes = new Uint8Array(3 * RECORD_BYTES)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < 16; i++) bytes[RECORD_BYTES + i] = 255
  for (let i = 0; i < 16; i++) bytes[2 * RECORD_BYTES + i] = 0x10 + i
  const fields: [number, bigint, bigint][] = [
    [0, 0n, 0n],
    [RECORD_BYTES, 2n ** 53n - 1n, 2n ** 64n - 1n],
    [2 * RECORD_BYTES, 1_700_000_000_123_456n, 2n ** 63n],
  ]
  for (const [at, timestamp, episode] of fields) {
    view.setBigUint64(at + 16, timestamp, true)
    view.setBigUint64(at + 24, episode, true)
  }
  view.setUint32(RECORD_BYTES + 32, 2 ** 32 - 1, true)
  view.setUint16(RECORD_BYTES + 36, 65535, true)
  view.setUint16(RECORD_BYTES + 38, 65535, true)
  view.setUint32(RECORD_BYTES + 120, 2 ** 32 - 1, true)
  const floats = [3.4028234663852886e38, -3.4028234663852886e38, 1.401298464324817e-45, -0, 0.1]
  for (let i = 0; i < 20; i++) view.setFloat32(RECORD_BYTES + 40 + 4 * i, floats[i % floats.length] as number, true)
  const seqs = Float64Array.of(0, 2 ** 32 + 5, 2 ** 53 - 2)
  const metadata = new Map<number, EventMetadata>([[2 ** 53 - 2, { intentType: 'last', parameters: { n: 1 } }]])
  return { length: 3, seqs, bytes, masks: Uint8Array.of(0, 255, 15), metadata }
}
