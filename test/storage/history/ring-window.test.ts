/**
 * The ring of one thread as history reads it.
 *
 * @module
 */

import { expect, test } from 'vitest'
import { Kernel } from '../../../src/kernel/kernel.js'
import { ringWindow } from '../../../src/storage/history/ring-window.js'
import { resolveOptions } from '../../../src/stream/options.js'
import { ringParts } from '../../../src/stream/ring-parts.js'

test('live events are copied with their masks and metadata, also where the ring has wrapped', () => {
  const options = resolveOptions({ capacity: 5, firstSeq: 100 })
  const parts = ringParts(Kernel.createSync(options), options)
  const ring = ringWindow(parts.ring, (seq) => (seq === 106 ? { executorId: 'a' } : undefined))
  expect([ring.oldest, ring.next]).toEqual([100, 100])
  for (let i = 0; i < 8; i++) parts.encoder.write({ stepNumber: i })
  parts.late.setReward(104, 2, 0.5)
  parts.late.setBits(107, 15)
  expect([ring.oldest, ring.next, ring.count(103, 108)]).toEqual([103, 108, 5])
  const { start, end, rows } = ring.read(103, 108)
  expect([start, end, rows.length]).toEqual([103, 108, 5])
  expect([...rows.seqs]).toEqual([103, 104, 105, 106, 107])
  expect([...rows.masks]).toEqual([0, 4, 0, 0, 15])
  expect(rows.bytes).toEqual(Uint8Array.from(parts.reader.segments(103, 108).flatMap((piece) => [...piece])))
  expect(rows.metadata).toEqual(new Map([[106, { executorId: 'a' }]]))
  expect(ring.read(104, 106).rows.metadata.size).toBe(0)
})
