/**
 * A thread that writes: write.ts. It claims numbers, begins each by a CAS to WRITING and a load behind it, writes the two words,
 * publishes, and in the end hands back or aborts what is left of its claim.
 */

import { type Claimer, claiming, releasing, STRAIGHT_CLAIMS, UNSEEN_CLAIMS } from './claims.js'
import type { Thread } from './machine.js'
import { entering, type Line, leaving, STRAIGHT_FREEING } from './member.js'
import { advance, casTo, contentOf, PUBLISHED, type Ring, stampOf, WRITING } from './ring.js'
import { STRAIGHT_ROUSING, type Waiting } from './waiting.js'

export interface WriterOptions {
  events: number
  /** Numbers a claim. */
  block?: number
  /** Whether others may retire it, so that its state and its claim are looked at. */
  retirable?: boolean
  /** Whether it gives up what is left of its claim in the end. */
  releases?: boolean
  /** Whether it may give up what is left after each event, as one that is quiet for a while. */
  rests?: boolean
  /** Whether it leaves behind that, so that its place becomes free. */
  leaves?: boolean
  /** The place that it comes to, if it is not there from the start. */
  place?: Line
  /** Whether that place is reserved for it from the start. */
  isExpected?: boolean
  /** Whether it can be terminated; `'anywhere'` breaks the assumption that it never is in the middle of a copy. */
  dies?: boolean | 'anywhere'
  /** Sleepers that it wakes. */
  waiting?: Waiting
}

// What is outstanding of an event that is begun. Plain stores come in any order, the publishing store is the last.
const FIRST_WORD = 1
const SECOND_WORD = 2
const PUBLISH = 4
const ACCESSES = ['writes the first word', 'writes the second word', 'publishes']

const EARLY = 'writes the first word ahead of the mark'
const LOADS_MARK = 'loads its mark'
const COPIES = 'copies the record'
const COUNTS = 'counts and moves on'
const RESTS = 'goes on at once or is quiet'

export interface Writer {
  thread: Thread
  line: Line
}

export function writer(ring: Ring, name: string, options: WriterOptions): Writer {
  const { events, block = 1, retirable, releases, rests, leaves, place, isExpected = false, dies, waiting } = options
  const thread = ring.machine.thread(name)
  const line = place ?? ring.line(name)
  const left = thread.register('events left', events)
  const own = place && thread.register('generation')
  const generation = () => own?.load() ?? 0
  const self: Claimer = { ring, thread, line, generation, block, left, waiting }
  const onward = () => (rests && left.load() > 0 ? RESTS : goOn())
  const goOn = (): string => {
    if (left.load() === 0) return releases ? release : thread.end()
    return line.next.load() === line.end.load() ? claim : begin
  }
  if (own !== undefined) entering(ring, { thread, line, generation: own, isExpected }, goOn)
  const claim = claiming(self, goOn)
  const begin = writing(self, onward)
  const leave = leaves ? leaving(ring, thread, line, generation) : undefined
  const release = releasing(self, () => (left.load() > 0 ? goOn() : (leave ?? thread.end())))
  thread.step(RESTS, (quiet) => (quiet ? release : goOn()), ['goes on at once', 'is quiet'])
  const copy = dies === 'anywhere' ? [] : [LOADS_MARK, COPIES]
  if (dies) thread.mayDie([...STRAIGHT_CLAIMS, ...STRAIGHT_ROUSING, ...STRAIGHT_FREEING, COUNTS, ...copy])
  if (!retirable) thread.join([...UNSEEN_CLAIMS, LOADS_MARK, COUNTS])
  return { thread, line }
}

/** `begin`, the copy of the record and `finish` of write.ts. */
function writing({ ring, thread, line, left, waiting }: Claimer, onward: () => string): string {
  const seq = () => line.next.load()
  const outstanding = thread.register('outstanding')
  ring.copies.push({ line, outstanding })
  const accesses = [
    () => ring.firstWordAt(seq()).store(contentOf(seq())),
    () => ring.secondWordAt(seq()).store(contentOf(seq())),
    () => {
      ring.resolve(seq(), PUBLISHED)
      ring.stampAt(seq()).store(stampOf(seq(), PUBLISHED))
    },
  ]
  const past = (): string => {
    line.next.add(1)
    return onward()
  }
  const begin = advance(ring, 'begin', {
    thread,
    line,
    kind: WRITING,
    seq,
    done: () => {
      outstanding.store(FIRST_WORD | SECOND_WORD | PUBLISH)
      return ring.is('writes without the mark WRITING') ? COPIES : LOADS_MARK
    },
    past,
    early: ring.is('writes words before the mark WRITING is seen') ? EARLY : undefined,
  })
  thread.step(LOADS_MARK, () => {
    if (ring.stampAt(seq()).load() === stampOf(seq(), WRITING)) {
      return waiting !== undefined && ring.is('looks for sleepers before it publishes') ? waiting.looks : COPIES
    }
    outstanding.store(0)
    return past()
  })
  thread.step(EARLY, () => {
    accesses[0]!()
    return casTo('begin')
  })
  const copies = (access: number) => {
    const rest = outstanding.load() & ~(1 << access)
    if (rest === outstanding.load()) return undefined
    if (1 << access === PUBLISH && rest !== 0 && !ring.is('publishes before the second word')) return undefined
    accesses[access]!()
    outstanding.store(rest)
    return rest === 0 ? COUNTS : COPIES
  }
  thread.step(COPIES, copies, ACCESSES)
  thread.step(COUNTS, () => {
    line.written.add(1)
    line.next.add(1)
    left.add(-1)
    return waiting === undefined || ring.is('looks for sleepers before it publishes') ? onward() : waiting.looks
  })
  waiting?.rousing(thread, () => (outstanding.load() === 0 ? onward() : COPIES))
  return begin
}
