/**
 * What holds of the ring in every state, between any two, and in the end. What a read must be is stated by the reader.
 */

import { BUSY, FREE, type Line, RETIRED } from './member.js'
import type { Ring } from './ring.js'

function total(ring: Ring, counter: 'written' | 'aborted' | 'evicted'): number {
  return ring.lines.reduce((sum, line) => sum + line[counter].load(), ring.common[counter].load())
}

/** Numbers of a claim that its owner may still use. */
function pending({ state, next, end }: Line, ring: Ring): number {
  if (state.load() === RETIRED || state.load() === FREE) return 0
  let open = 0
  for (let seq = next.load(); seq < end.load(); seq++) if (ring.isOpen(seq)) open++
  return open
}

/** The claim of a busy member is being changed, and nobody else looks at it. */
function hasClaim({ state, next, end }: Line): boolean {
  return state.load() !== BUSY && next.load() !== end.load()
}

function claimsAreDisjoint(ring: Ring): boolean {
  const claims = ring.lines.filter(hasClaim)
  return claims.every(({ next, end }, i) => {
    if (end.load() > ring.counter.load()) return false
    return claims.every((other, j) => j <= i || other.end.load() <= next.load() || end.load() <= other.next.load())
  })
}

function oneCopyASlot(ring: Ring): boolean {
  const copied = ring.copies.filter((copy) => copy.outstanding.load() !== 0)
  const slots = copied.map((copy) => ring.slotOf(copy.line.next.load()))
  return new Set(slots).size === slots.length
}

function claimedIsAccountedFor(ring: Ring): boolean {
  const claimed = ring.counter.load() - ring.first - ring.published
  const open = ring.lines.reduce((sum, line) => sum + pending(line, ring), 0)
  return claimed === total(ring, 'written') + total(ring, 'aborted') + open
}

function retiredStay(ring: Ring): boolean {
  return ring.lines.every(({ state }) => state.was() !== RETIRED || state.load() === RETIRED || state.load() === FREE)
}

function onePlaceEach(ring: Ring): boolean {
  return ring.lines.every(({ inhabitants }) => inhabitants.filter((isThere) => isThere.load()).length <= 1)
}

/** Adds the invariants that every configuration has. */
export function invariants(ring: Ring): void {
  const { always, eachStep, atEnd } = ring.machine
  always.push(
    { name: 'a number has one owner', holds: () => claimsAreDisjoint(ring) },
    { name: 'a place has one thread', holds: () => onePlaceEach(ring) },
    { name: 'a slot has one writer', holds: () => oneCopyASlot(ring) },
  )
  eachStep.push(
    { name: 'the number in a stamp never falls', holds: () => ring.stampsNeverFall() },
    { name: 'who is retired stays so', holds: () => retiredStay(ring) },
  )
  atEnd.push(
    { name: 'claimed = written + aborted + pending', holds: () => claimedIsAccountedFor(ring) },
    {
      name: 'readable = written − evicted',
      holds: () => ring.readable() === ring.published + total(ring, 'written') - total(ring, 'evicted'),
    },
  )
}
