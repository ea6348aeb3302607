/**
 * The shared memory of the ring in the model, what the protocol does with stamps, and the bookkeeping of the model by
 * which its invariants are stated: the fate of each number and what has been promised of each event.
 */

import type { Journal } from './journal.js'
import type { Machine, Thread, Word } from './machine.js'
import { ACTIVE, type Counters, countersOf, Line } from './member.js'
import type { Mutant } from './mutant.js'

export const WRITING = 1
export const PUBLISHED = 2
export const ABORTED = 3
const KIND = 3
export const LATE = 4

const OPEN = 0

export interface RingOptions {
  slots: number
  /** There are the numbers [first, end) in the world; who needs another one has come to its end. */
  first?: number
  end: number
  /** The first ones of them are published from the start. */
  published?: number
  mutant?: Mutant | undefined
}

const KINDS = ['EMPTY', 'WRITING', 'PUBLISHED', 'ABORTED']

function tellStamp(stamp: number): string {
  const kind = KINDS[kindOf(stamp)]!
  return stamp === 0 ? kind : `${kind}(${numberOf(stamp)})${stamp & LATE ? ' + LATE' : ''}`
}

export function stampOf(seq: number, kind: number): number {
  return (seq << 3) | kind
}

export function numberOf(stamp: number): number {
  return stamp >> 3
}

export function kindOf(stamp: number): number {
  return stamp & KIND
}

export function isPublished(stamp: number, seq: number): boolean {
  return numberOf(stamp) === seq && kindOf(stamp) === PUBLISHED
}

export function isPast(stamp: number, seq: number): boolean {
  return numberOf(stamp) > seq || (numberOf(stamp) === seq && kindOf(stamp) !== 0)
}

/** Whether `seq` is published, aborted or overtaken: `isSettled` of read.ts. */
export function isSettled(stamp: number, seq: number): boolean {
  return numberOf(stamp) > seq || (numberOf(stamp) === seq && kindOf(stamp) >= PUBLISHED)
}

export class Ring {
  readonly machine: Machine
  readonly slots: number
  readonly first: number
  readonly end: number
  readonly published: number
  readonly mutant: Mutant | undefined
  readonly counter: Word
  /** What members have left behind. */
  readonly common: Counters
  readonly lines: Line[] = []
  /** Per thread that writes: not 0 while it writes to the record of the slot of its next number. */
  readonly copies: { line: Line; outstanding: Word }[] = []
  private readonly stamps: Word[]
  private readonly firstWords: Word[]
  private readonly secondWords: Word[]
  /** Where the model looks at the ends of eras, every lap is one. */
  clearing: Clearing | undefined
  /** Where a journal gates the ring. */
  journal: Journal | undefined
  private readonly fates: Word[]

  constructor(machine: Machine, { slots, first = 0, end, published = 0, mutant }: RingOptions) {
    this.machine = machine
    this.slots = slots
    this.first = first
    this.end = end
    this.published = published
    this.mutant = mutant
    const lastOf = (slot: number) => this.lastPublished(slot)
    const wordOf = (slot: number) => (lastOf(slot) < 0 ? 0 : contentOf(lastOf(slot)))
    this.counter = machine.word('counter', first + published)
    this.common = countersOf(machine, 'all')
    const stampIn = (slot: number) => (lastOf(slot) < 0 ? 0 : stampOf(lastOf(slot), PUBLISHED))
    this.stamps = machine.array('stamp', slots, stampIn, tellStamp)
    this.firstWords = machine.array('first word', slots, wordOf)
    this.secondWords = machine.array('second word', slots, wordOf)
    this.fates = machine.array('fate', end, (seq) => (this.isFromStart(seq) ? PUBLISHED : OPEN))
  }

  private isFromStart(seq: number): boolean {
    return seq >= this.first && seq < this.first + this.published
  }

  /** The last number of `slot` that is published from the start, or −1. */
  private lastPublished(slot: number): number {
    for (let seq = this.first + this.published - 1; seq >= this.first; seq--) if (this.slotOf(seq) === slot) return seq
    return -1
  }

  is(mutant: Mutant): boolean {
    return this.mutant === mutant
  }

  /** A new member's line. */
  line(name: string, state = ACTIVE): Line {
    const line = new Line(this, name, state)
    this.lines.push(line)
    return line
  }

  slotOf(seq: number): number {
    return seq % this.slots
  }

  stampAt(seq: number): Word {
    return this.stamps[this.slotOf(seq)]!
  }

  firstWordAt(seq: number): Word {
    return this.firstWords[this.slotOf(seq)]!
  }

  secondWordAt(seq: number): Word {
    return this.secondWords[this.slotOf(seq)]!
  }

  /** The event whose second word stands in the slot of `seq`. */
  ownerOfSecondWord(seq: number): number {
    return this.secondWordAt(seq).load() - contentOf(0)
  }

  /** Every number that a thread could ask for. */
  numbers(): number[] {
    return Array.from({ length: this.end - this.first }, (_, i) => this.first + i)
  }

  /** Counts at `line` what the CAS from `stamp` to number `seq` has ended: as `account` of stamps.ts. */
  account(line: Counters, stamp: number, seq: number): void {
    if (kindOf(stamp) === PUBLISHED) {
      line.evicted.add(1)
      this.journal?.evict(numberOf(stamp))
    }
    const number = this.numberBefore(stamp, seq)
    line.aborted.add((seq - number) / this.slots - 1)
    for (let overtaken = seq - this.slots; overtaken >= this.first; overtaken -= this.slots) {
      if (!isPast(stamp, overtaken)) this.resolve(overtaken, ABORTED)
    }
  }

  /** The number of a stamp; of an empty one the slot's first, less one lap. */
  private numberBefore(stamp: number, seq: number): number {
    const empty = kindOf(stamp) === 0
    if (!empty || (this.is('takes an empty stamp for that of number 0') && seq === this.slots)) return numberOf(stamp)
    const offset = this.slotOf(seq) - this.slotOf(this.first)
    return this.first + (offset < 0 ? offset + this.slots : offset) - this.slots
  }

  /** Notes that `seq` has been published or aborted. */
  resolve(seq: number, fate: number): void {
    this.machine.expect('each number is resolved once', this.fates[seq]!.load() === OPEN)
    this.fates[seq]!.store(fate)
  }

  isOpen(seq: number): boolean {
    return this.fates[seq]!.load() === OPEN
  }

  isWritten(seq: number): boolean {
    return this.fates[seq]!.load() === PUBLISHED
  }

  isPending(seq: number): boolean {
    return seq < this.counter.load() && this.isOpen(seq)
  }

  stampsNeverFall(): boolean {
    return this.stamps.every((stamp) => numberOf(stamp.load()) >= numberOf(stamp.was()))
  }

  readable(): number {
    return this.stamps.filter((stamp) => kindOf(stamp.load()) === PUBLISHED).length
  }
}

/** What both words of event `seq` hold. */
export function contentOf(seq: number): number {
  return seq + 1
}

export interface Advance {
  thread: Thread
  /** Where what is evicted and aborted is counted. */
  line: Counters
  kind: number
  /** The number that is to be put into the stamp of its slot. */
  seq: () => number
  /** The step after it was put. */
  done: () => string
  /** The step if the number is past. */
  past: () => string
  /** A step between the load and the CAS, which only a mutant has. */
  early?: string | undefined
}

/** Adds the steps that clear the cells of a number; goes on to `onward`. Returns the first. */
export type Clearing = (thread: Thread, what: string, seq: () => number, onward: () => string) => string

/** The label of the CAS of `advance`. */
export function casTo(what: string): string {
  return `puts the stamp to ${what}`
}

/**
 * The steps of `advance` of stamps.ts: puts the stamp of a number from whatever is older to `kind`. The load waits for
 * the end of a copy. A CAS that succeeds and the counting after it are straight-line code over words of the thread's
 * own, hence one step. Returns the label of the first.
 */
export function advance(ring: Ring, what: string, options: Advance): string {
  const { thread, line, kind, seq, done, past, early } = options
  const load = `loads the stamp to ${what}`
  const cas = casTo(what)
  const seen = thread.register(`stamp seen to ${what}`)
  const clear = ring.clearing?.(thread, what, seq, done)
  const decide = (stamp: number): string => {
    const isGone = isPast(stamp, seq())
    const waits = !isGone && kindOf(stamp) === WRITING && !ring.is('begins over a copy under way')
    seen.store(isGone || waits ? 0 : stamp)
    if (isGone) return past()
    return waits ? load : (early ?? cas)
  }
  thread.step(load, () => decide(ring.stampAt(seq()).load()))
  thread.step(cas, () => {
    const stamp = seen.load()
    const wanted = stampOf(seq(), kind)
    const found = put(ring, ring.stampAt(seq()), stamp, wanted, kind)
    if (found !== stamp) return decide(found)
    ring.account(line, stamp, seq())
    if (kind === ABORTED) {
      ring.resolve(seq(), ABORTED)
      line.aborted.add(1)
    }
    seen.store(0)
    return clear ?? done()
  })
  return load
}

/** The CAS of a stamp, or what a mutant does instead. */
function put(ring: Ring, at: Word, stamp: number, wanted: number, kind: number): number {
  if (kind === WRITING && ring.is('writes without the mark WRITING')) return at.load()
  if (ring.is(kind === ABORTED ? 'aborts by a store' : 'begins by a store')) {
    at.store(wanted)
    return stamp
  }
  return at.cas(stamp, wanted)
}
