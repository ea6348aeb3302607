/**
 * Writing: one event from a stage, or a checked batch. Everything is checked before a number is taken; a refused write
 * changes nothing but its stage.
 */

import {
  BATCH, M_CLAIM_END, M_CLAIM_NEXT, M_CLAIM_SLOT, M_SEQ, M_WRITTEN, PACKED_SHIFT, RECORD_BYTES,
} from '../../src/layout'
import { fixed } from '../area'
import { assembleRow } from '../columns'
import { clearStage, copyRecord, encode, refusal } from '../encode'
import { noteFlags } from '../ring'
import { claimMore } from './claims'
import { count, member, recordAt, slots } from './member'
import { begin, publish } from './stamps'
import { rouseIfAny } from './waiting'

/** Moves the claim past number `seq` of `slot`. */
@inline function pass(seq: i64, slot: u32): void {
  store<i64>(member + M_CLAIM_NEXT, seq + 1)
  store<u32>(member + M_CLAIM_SLOT, slot + 1 == slots ? 0 : slot + 1)
}

@inline function next(): i64 {
  return load<i64>(member + M_CLAIM_NEXT)
}

@inline function nextSlot(): u32 {
  return load<u32>(member + M_CLAIM_SLOT)
}

/** Publishes the event that now stands in `slot` and moves on. */
@inline function finish(seq: i64, slot: u32): void {
  publish(slot, seq)
  count(M_WRITTEN, 1)
  pass(seq, slot)
}

/** Moves the claim to a number that this thread has begun. Returns 0 or why there is none. */
function beginAnother(): u32 {
  while (true) {
    if (next() == load<i64>(member + M_CLAIM_END)) {
      const refused = claimMore()
      if (refused) return refused
    }
    if (begin(nextSlot(), next())) return 0
    pass(next(), nextSlot())
  }
}

/** Begins the next number of this thread. Returns 0 or why there is none. */
@inline function beginNext(): u32 {
  if (next() != load<i64>(member + M_CLAIM_END) && begin(nextSlot(), next())) return 0
  return beginAnother()
}

/**
 * Writes the event at `stage`, or assembles it as a record of BATCH; the same as `commit` of the plain module, for
 * stages and a batch of this thread. The number is left at M_SEQ.
 */
export function commit(
  stage: usize, timestamp: f64, episode: f64, step: u32, typeAndFlags: u32, adna: u32, how: u32,
  h: f32, c: f32, e: f32, g: f32,
): u32 {
  const from = fixed(stage)
  const refused = refusal(from, timestamp, episode, how, h, c, e, g)
  if (refused) return refused
  const packed = how >> PACKED_SHIFT
  if (packed) {
    encode(
      fixed(BATCH) + (packed - 1) * RECORD_BYTES, from, timestamp, episode, step, typeAndFlags, adna, how, h, c, e, g,
    )
    clearStage(from)
    noteFlags(typeAndFlags >>> 16)
    return 0
  }
  const none = beginNext()
  if (none) return none
  const seq = next()
  const slot = nextSlot()
  encode(recordAt(slot), from, timestamp, episode, step, typeAndFlags, adna, how, h, c, e, g)
  finish(seq, slot)
  clearStage(from)
  store<f64>(member + M_SEQ, <f64>seq)
  rouseIfAny()
  return 0
}

/** Writes the `count` checked records at BATCH to numbers that `claimExactly` has claimed. */
export function appendRecords(records: u32): void {
  for (let i: u32 = 0; i < records; i++) {
    const seq = next()
    const slot = nextSlot()
    // A number that a later lap has overtaken is past, and counted by who did.
    if (begin(slot, seq)) {
      copyRecord(recordAt(slot), fixed(BATCH) + i * RECORD_BYTES)
      finish(seq, slot)
    } else {
      pass(seq, slot)
    }
  }
  rouseIfAny()
}

/**
 * Writes rows [from, from + rows) of the checked columns at BATCH to numbers that `claimExactly` has claimed. Rows
 * without a timestamp get `now`, rows without an id one of version `idMode`: the pool must hold as many.
 */
export function appendColumns(from: u32, rows: u32, has: u32, idMode: i32, now: f64): void {
  for (let i: u32 = 0; i < rows; i++) {
    const seq = next()
    const slot = nextSlot()
    if (begin(slot, seq)) {
      assembleRow(recordAt(slot), from + i, has, idMode, <i64>now)
      finish(seq, slot)
    } else {
      pass(seq, slot)
    }
  }
  rouseIfAny()
}
