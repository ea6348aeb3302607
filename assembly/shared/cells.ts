/**
 * The cells of a slot: what was written to its event late. Four rewards, the explicit priority and the status, which is
 * the flags and the mask of who has scored. A cell is one i64, a value in its low half and a tag in its high half that
 * says which event the value belongs to; where the tag is another one, what the record says holds.
 *
 * Since value and tag change by one compare-and-swap, a late write can only ever become part of the event it was meant
 * for: it fails when a newer event's value stands in the cell, and nobody takes its tag for theirs when it comes late.
 * So writers leave cells alone.
 *
 * A tag is the sequence number without its lowest bits, as many as the capacity has, cut to 31: different for all
 * events of a slot until 2^31 laps and more have passed; one bit more says that the cell was ever written. A writer
 * whose number begins another quarter of these laps clears the cells of its slot, so that the tag of a cell is never
 * older than half of them. Only a thread that stands still inside one call for as long could be mistaken.
 */

import { CELL_PRIORITY, CELL_REWARDS, CELL_STATUS } from '../../src/layout'
import { cellsAt, tagShift } from './member'

/** Sequence numbers that differ above this many bits and the tag's shift belong to different eras. */
export const ERA_SHIFT: i64 = 29

const WRITTEN: u32 = 0x80000000
const NUMBER: u32 = 0x7fffffff

/** The tag of event `seq`. */
@inline export function tagOf(seq: i64): u32 {
  return (<u32>(seq >> tagShift) & NUMBER) | WRITTEN
}

/** Whether the cell belongs to the event with this tag. */
@inline export function belongs(cell: i64, tag: u32): bool {
  return <u32>(<u64>cell >> 32) == tag
}

/** Whether the cell belongs to a newer event than the one with this tag. */
@inline export function isNewer(cell: i64, tag: u32): bool {
  const other = <u32>(<u64>cell >> 32)
  const ahead = (other - tag) & NUMBER
  return (other & WRITTEN) != 0 && ahead != 0 && ahead < 0x40000000
}

@inline export function withTag(tag: u32, value: u32): i64 {
  return (<i64>tag << 32) | <i64>value
}

@inline export function valueOf(cell: i64): u32 {
  return <u32>cell
}

@inline export function floatOf(cell: i64): f32 {
  return reinterpret<f32>(<u32>cell)
}

/** Address of the reward cell of an appraiser. */
@inline export function rewardCell(slot: u32, appraiser: u32): usize {
  return cellsAt(slot) + CELL_REWARDS + (<usize>appraiser << 3)
}

@inline function clear(at: usize, tag: u32): void {
  const cell = atomic.load<i64>(at)
  if (!belongs(cell, tag) && !isNewer(cell, tag)) atomic.cmpxchg<i64>(at, cell, 0)
}

/**
 * Clears the cells of a slot, but for what belongs to the event with this tag or a newer one. Straight-line code: see
 * the assumption of stamps.ts.
 */
@inline export function clearCells(slot: u32, tag: u32): void {
  const at = cellsAt(slot)
  clear(at + CELL_STATUS, tag)
  clear(at + CELL_PRIORITY, tag)
  clear(rewardCell(slot, 0), tag)
  clear(rewardCell(slot, 1), tag)
  clear(rewardCell(slot, 2), tag)
  clear(rewardCell(slot, 3), tag)
}
