/**
 * Member: one of two threads with a queue of ringbuf.js between them, which moves records in elements of 128 bytes, some
 * at a time.
 *
 * @module
 */

import { RingBuffer } from 'ringbuf.js'
import { packedRecords, RECORD_BYTES } from '../../fixtures.js'
import { rest } from '../idle.js'
import { serve } from '../member.js'

/** What it is told. */
export interface RingbufData {
  role: 'write' | 'read'
  storage: SharedArrayBuffer
  /** Records of a call. */
  batch: number
}

serve(({ role, storage, batch }: RingbufData) => {
  const queue = new RingBuffer(storage, Uint8Array)
  const bytes = packedRecords(0, batch)
  const move = role === 'write' ? () => queue.push(bytes) : () => queue.pop(bytes)
  return (n) => {
    const end = n * RECORD_BYTES
    for (let moved = 0; moved < end; ) {
      const found = move()
      moved += found
      if (found === 0) rest()
    }
    return bytes[0] ?? 0
  }
})
