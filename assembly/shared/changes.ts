/**
 * What a sampler has to fold: the events of blocks whose epoch is not the one that it knows. The known epochs are an
 * array of this thread's own. An epoch is read before the events of its block, so that a change which comes later
 * changes it again.
 */

import {
  BATCH, BLOCK_SLOTS, CELL_PRIORITY, CHANGE_BYTES, CHANGE_FLAGS, CHANGE_PRIORITY, CHANGE_REWARDS, CHANGE_SLOT, CHUNK,
  CONTROL, FLAGS, M_SAMPLES, READ_RECORD, REWARDS, S_SAMPLERS, STAMP_LATE,
} from '../../src/layout'
import { fixed } from '../area'
import { belongs, floatOf, tagOf } from './cells'
import { foldsToo } from './late'
import { blocks, cellsAt, epochs, known, member, recordAt, slots, stampAt } from './member'
import { overlay } from './read'
import { isPublished, numberOf, stillPublished } from './stamps'

/** The block that the next call looks at. */
let nextBlock: u32 = 0

/** Says that this thread samples until its place is free again: everybody counts epochs, and nothing is known yet. */
export function startSampling(): void {
  atomic.add<i32>(CONTROL + S_SAMPLERS, 1)
  store<u32>(member + M_SAMPLES, 1)
  // No epoch has this value before four thousand million changes of its block.
  memory.fill(known, 0xff, <usize>blocks << 2)
  foldsToo()
}

/** Begins a search for changes. */
export function startChanges(): void {
  nextBlock = 0
}

/** Notes event `seq` of `slot` as change number `i`. False if it is gone. */
@inline function note(i: u32, slot: u32, seq: i64): bool {
  const at = fixed(BATCH) + i * CHANGE_BYTES
  // Only the flags and the rewards of this record are used.
  const scratch = fixed(READ_RECORD)
  store<u16>(scratch, load<u16>(recordAt(slot), FLAGS), FLAGS)
  v128.store(scratch, v128.load(recordAt(slot), REWARDS), REWARDS)
  overlay(scratch, slot, seq)
  store<f64>(at, <f64>seq)
  store<u32>(at, slot, CHANGE_SLOT)
  store<u32>(at, load<u16>(scratch, FLAGS), CHANGE_FLAGS)
  v128.store(at, v128.load(scratch, REWARDS), CHANGE_REWARDS)
  const priority = atomic.load<i64>(cellsAt(slot) + CELL_PRIORITY)
  store<f32>(at, belongs(priority, tagOf(seq)) ? floatOf(priority) : <f32>NaN, CHANGE_PRIORITY)
  return stillPublished(slot, seq)
}

/** Notes the changed events of one block from change number `found` on. Returns how many there are then. */
function noteBlock(block: u32, found: u32): u32 {
  const end = min((block + 1) * BLOCK_SLOTS, slots)
  for (let slot = block * BLOCK_SLOTS; slot < end; slot++) {
    const stamp = atomic.load<i64>(stampAt(slot))
    if (!(stamp & STAMP_LATE) || !isPublished(stamp, numberOf(stamp))) continue
    if (note(found, slot, numberOf(stamp))) found++
  }
  return found
}

@inline function differ(offset: usize): v128 {
  return v128.xor(v128.load(epochs + offset), v128.load(known + offset))
}

/**
 * Whether no epoch of the group of 16 blocks from `offset` on has changed. Plain loads: a change that this thread has
 * been told of is seen by them as well.
 */
@inline function isUnchanged(offset: usize): bool {
  const first = v128.or(differ(offset), differ(offset + 16))
  return !v128.any_true(v128.or(first, v128.or(differ(offset + 32), differ(offset + 48))))
}

/** Lists changed events at BATCH, up to CHUNK. Returns how many; 0 when there are no more. */
export function listChanges(): u32 {
  let found: u32 = 0
  while (nextBlock < blocks && found + BLOCK_SLOTS <= <u32>CHUNK) {
    const offset = <usize>nextBlock << 2
    if (!(nextBlock & 15) && isUnchanged(offset)) {
      nextBlock += 16
      continue
    }
    const epoch = atomic.load<u32>(epochs + offset)
    if (epoch != load<u32>(known + offset)) {
      store<u32>(known + offset, epoch)
      found = noteBlock(nextBlock, found)
    }
    nextBlock++
  }
  return found
}
