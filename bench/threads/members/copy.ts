/**
 * Member: one of two threads that copy the same memory, the first from a source of its own into it, the second out of it
 * into a target of its own, without waiting for each other: what two threads can move at most.
 *
 * @module
 */

import { BATCH } from '../../fixtures.js'
import { SharedCopies } from '../copies.js'
import { serve } from '../member.js'

/** What it is told. */
export interface CopyData {
  role: 'write' | 'read'
  memory: WebAssembly.Memory
  floors: string
  capacity: number
}

serve(({ role, memory, floors, capacity }: CopyData) => {
  const copies = new SharedCopies(new URL(floors), memory, capacity)
  return (n) => {
    for (let left = n; left > 0; left -= BATCH) {
      if (role === 'write') copies.copyIn(Math.min(left, BATCH))
      else copies.copyOut(Math.min(left, BATCH))
    }
    return n
  }
})
