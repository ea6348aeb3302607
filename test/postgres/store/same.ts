/**
 * Whether a store has exactly what a stream has, whose window holds all that was ever written.
 *
 * @module
 */

import { expect } from 'vitest'
import * as L from '../../../src/layout.js'
import type { ColdStorage, EventMetadata } from '../../../src/storage/cold/cold-storage.js'
import type { DurableExperienceStream } from '../../../src/storage/index.node.js'

/** Compares numbers, records and metadata, all bits of them. */
export async function expectSame(store: ColdStorage, stream: DurableExperienceStream): Promise<void> {
  const expected = stream.queryRange(0, stream.totalWritten)
  const seqs: number[] = []
  for await (const events of store.query({})) {
    for (const [i, seq] of events.seqs.entries()) {
      const found = events.bytes.subarray(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES)
      const record = expected.bytes.subarray(seq * L.RECORD_BYTES, (seq + 1) * L.RECORD_BYTES)
      if (Buffer.compare(found, record) !== 0) expect({ seq, record: found }).toEqual({ seq, record })
      const metadata: EventMetadata | undefined = stream.getMetadata(seq)
      if (metadata !== undefined || events.metadata.has(seq)) expect(events.metadata.get(seq)).toEqual(metadata)
    }
    seqs.push(...events.seqs)
  }
  expect(seqs).toEqual([...expected.seqs])
}
