/**
 * The accounting of a shared ring. Counters belong to threads that go on counting: a snapshot is exact once they rest.
 *
 * @module
 */

import * as L from '../layout.js'
import { indexStats } from '../stream/stats.js'
import type { Subscription } from '../stream/subscription.js'
import type { MemberStats, StreamStats, ThreadsStats } from '../stream/types.js'
import type { Mirror } from './mirror.js'
import { type SharedKernel, writerIdOf } from './shared-kernel.js'
import type { SharedRing } from './shared-ring.js'

const STATES = ['free', 'reserved', 'active', 'retired', 'active'] as const

interface Line extends MemberStats {
  evicted: number
  finished: number
  applied: number
  tooLate: number
}

function linesOf(kernel: SharedKernel): Line[] {
  const lines: Line[] = []
  for (let index = 0; index < kernel.control(L.S_MEMBERS); index++) {
    const at = L.MEMBERS + index * L.MEMBER_BYTES
    const state = STATES[kernel.all.getUint32(at + L.M_STATE, true)] ?? 'free'
    if (state === 'free') continue
    const count = (offset: number): number => kernel.counter(at + offset)
    const start = count(L.M_CLAIM_NEXT)
    const end = count(L.M_CLAIM_END)
    lines.push({
      writerId: writerIdOf(index, kernel.all.getUint32(at + L.M_GENERATION, true)),
      state,
      written: count(L.M_WRITTEN),
      aborted: count(L.M_ABORTED),
      claim: start < end && state !== 'retired' ? { start, end } : undefined,
      evicted: count(L.M_EVICTED),
      finished: count(L.M_FINISHED),
      applied: count(L.M_APPLIED),
      tooLate: count(L.M_TOO_LATE),
    })
  }
  return lines
}

/** A snapshot; `claimed = written + aborted + pending`, and `written = readable + evicted`. */
export function sharedStats(ring: SharedRing, mirror: Mirror, subscriptions: Iterable<Subscription>): StreamStats {
  const { kernel, capacity, first } = ring
  const { next } = ring
  const lines = linesOf(kernel)
  const sum = (offset: number, of: (line: Line) => number): number => {
    return lines.reduce((total, line) => total + of(line), kernel.counter(L.CONTROL + offset))
  }
  const written = sum(L.S_WRITTEN, (line) => line.written)
  const aborted = sum(L.S_ABORTED, (line) => line.aborted)
  const bytes = kernel.memory.buffer.byteLength
  // Where a journal keeps events beyond the window, those have left it all the same.
  const held = ring.slots > capacity
  const readable = held ? kernel.core.countPublished(ring.oldest, next) : kernel.core.countReadable()
  return {
    capacity,
    firstSeq: first,
    written,
    readable,
    evicted: held ? written - readable : sum(L.S_EVICTED, (line) => line.evicted),
    oldestSeq: ring.oldest,
    nextSeq: next,
    rewards: {
      applied: sum(L.S_APPLIED, (line) => line.applied),
      evicted: sum(L.S_TOO_LATE, (line) => line.tooLate),
      fullyAppraised: sum(L.S_FINISHED, (line) => line.finished),
    },
    index: indexStats(mirror.exists ? mirror.ring.kernel : undefined),
    subscriptions: Array.from(subscriptions, (subscription) => subscription.stats()),
    threads: threadsStats(ring, lines, next - first, written, aborted),
    memory: { bytes, bytesPerEvent: Math.ceil((bytes - kernel.control(L.S_RECORDS)) / ring.slots) },
  }
}

function threadsStats(
  ring: SharedRing,
  lines: readonly Line[],
  claimed: number,
  written: number,
  aborted: number,
): ThreadsStats {
  const { upcoming } = ring
  const owner = lines.find(({ claim }) => claim !== undefined && claim.start <= upcoming && upcoming < claim.end)
  const pending = claimed - written - aborted
  return {
    claimed,
    aborted,
    pending,
    stalled: owner === undefined ? undefined : { seq: upcoming, writerId: owner.writerId },
    members: lines.map((line) => ({
      writerId: line.writerId,
      state: line.state,
      written: line.written,
      aborted: line.aborted,
      claim: line.claim,
    })),
  }
}
