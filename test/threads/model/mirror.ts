/**
 * A thread that keeps a copy of the ring to sample from: `catchUp` of src/threads/mirror.ts with readRange of read.ts and
 * changes.ts. It looks for the frontier and then for what has been claimed again, copies what is new between them with
 * the rewards that stand there, folds the late writes of the block if its epoch has changed, and in the end lets go of
 * what has been claimed again. Its window then begins with its floor and ends before its as-of number: of it the copy
 * must hold every event that still stands, with each reward that was promised before the call. Whether the copied words
 * are whole is asked by the reader; all slots are one block, and the hint of frontiers is left out.
 */

import { amountsOf, type Cells, valueIn } from './cells.js'
import type { Thread, Word } from './machine.js'
import { isPublished, isSettled, kindOf, LATE, numberOf, PUBLISHED, type Ring } from './ring.js'
import { type Epoch, NEVER } from './sampler.js'

export interface MirrorOptions {
  cells: Cells
  epoch: Epoch
  /** How often it catches up. */
  calls: number
}

const BEGINS = 'says that it samples'
const LOADS_COUNTER = 'loads the counter to look for the frontier'
const LOOKS = 'looks whether the next number has settled'
const LOADS_GONE = 'loads the counter to look for what is gone'
const LOADS_STAMP = 'loads the stamp of the next number'
const LOADS_CELL = 'loads the reward of the next number'
const CHECKS_COPY = 'looks whether its copy is whole'
const LOADS_EPOCH = 'loads the epoch'
const LOADS_CHANGED = 'loads the stamp of the next slot'
const LOADS_CHANGE = 'loads the reward of the next slot'
const CHECKS_CHANGE = 'looks whether that was still its reward'
const LETS_GO = 'loads the counter to let go'

/** What the copy holds of a number: nothing, or this and the amounts of its reward. */
const HELD = 4

/** The copy of one thread, the window that it covers, and what it owes to who has written late. */
class Copy {
  readonly asOf: Word
  readonly floor: Word
  private readonly ring: Ring
  private readonly held: Word[]
  private readonly owed: Word[]

  constructor(ring: Ring, thread: Thread) {
    this.ring = ring
    this.asOf = thread.register('as-of number', ring.first)
    this.floor = thread.register('floor', ring.first)
    this.held = ring.numbers().map((seq) => thread.register(`copy of ${seq}`))
    this.owed = ring.numbers().map((seq) => thread.register(`promised of ${seq}`))
  }

  /** What was promised before a call is owed by it. */
  owe({ promised }: Cells): void {
    for (const seq of this.ring.numbers()) this.of(this.owed, seq).store(promised[seq]!.load())
  }

  holds(seq: number): boolean {
    return this.of(this.held, seq).load() !== 0
  }

  hold(seq: number, amounts: number): void {
    this.of(this.held, seq).store(HELD | amounts)
  }

  /** Lets go of what stands before `seq`, and never takes it back. */
  letGo(seq: number): void {
    this.floor.store(Math.max(this.floor.load(), seq))
    for (const number of this.ring.numbers()) if (number < this.floor.load()) this.of(this.held, number).store(0)
  }

  /** Checks the window behind a call. */
  check(): void {
    const { ring, floor, asOf, held, owed } = this
    const window = ring.numbers().filter((seq) => seq >= floor.load() && seq < asOf.load())
    const isMissing = (seq: number) => isPublished(ring.stampAt(seq).load(), seq) && !this.holds(seq)
    const isStale = (seq: number) => this.holds(seq) && (this.of(owed, seq).load() & ~this.of(held, seq).load()) !== 0
    ring.machine.expect('a sampler has every event of its window', !window.some(isMissing))
    ring.machine.expect('a finished change is not missed', !window.some(isStale))
    for (const word of owed) word.store(0)
  }

  private of(words: Word[], seq: number): Word {
    return words[seq - this.ring.first]!
  }
}

export function mirror(ring: Ring, name: string, { cells, epoch, calls }: MirrorOptions): void {
  const thread = ring.machine.thread(name)
  const windowFirst = ring.is('looks for what is gone before the frontier')
  const goesFirst = ring.is('lets go before it folds')
  const first = windowFirst ? LOADS_GONE : LOADS_COUNTER
  const left = thread.register('calls left', calls)
  const known = thread.register('known epoch')
  const copy = new Copy(ring, thread)
  const { asOf } = copy
  const start = thread.register('start')
  const claimed = thread.register('claimed')
  const end = thread.register('frontier')
  const at = thread.register('at')
  const amounts = thread.register('amounts')
  const number = thread.register('number of the slot')
  const clear = (...words: Word[]) => {
    for (const word of words) word.store(0)
  }
  const gone = () => Math.max(ring.first, ring.counter.load() - ring.slots)
  const returns = (): string => {
    copy.check()
    clear(start, claimed, end, at, amounts, number)
    return left.add(-1) === 1 ? thread.end() : first
  }
  const look = () => (end.load() < claimed.load() ? LOOKS : found())
  const found = () => (windowFirst ? begin() : LOADS_GONE)
  const begin = (): string => {
    if (start.load() > asOf.load() && !ring.is('keeps its floor where it skips')) copy.letGo(start.load())
    at.store(start.load())
    return copies()
  }
  const copies = (): string => {
    if (at.load() < end.load()) return LOADS_STAMP
    asOf.store(at.load())
    return goesFirst ? LETS_GO : LOADS_EPOCH
  }
  const nextNumber = (): string => {
    at.add(1)
    amounts.store(0)
    return copies()
  }
  const folded = () => (goesFirst ? returns() : LETS_GO)
  const nextSlot = (): string => {
    clear(amounts, number)
    return at.add(1) === ring.slots - 1 ? folded() : LOADS_CHANGED
  }
  thread.step(BEGINS, () => {
    epoch.samplers.add(1)
    known.store(NEVER)
    return first
  })
  thread.step(LOADS_COUNTER, () => {
    if (!windowFirst) copy.owe(cells)
    claimed.store(ring.counter.load())
    end.store(gone())
    return look()
  })
  thread.step(LOOKS, () => {
    if (!isSettled(ring.stampAt(end.load()).load(), end.load())) return found()
    end.add(1)
    return look()
  })
  thread.step(LOADS_GONE, () => {
    if (windowFirst) copy.owe(cells)
    start.store(Math.max(asOf.load(), gone()))
    return windowFirst ? LOADS_COUNTER : begin()
  })
  thread.step(LOADS_STAMP, () => {
    const stamp = ring.stampAt(at.load()).load()
    ring.machine.expect('a sampler waits for no writer', isSettled(stamp, at.load()))
    if (!isPublished(stamp, at.load())) return nextNumber()
    return stamp & LATE ? LOADS_CELL : CHECKS_COPY
  })
  thread.step(LOADS_CELL, () => {
    const cell = cells.rewardAt(at.load()).load()
    if (cells.belongs(cell, at.load())) amounts.store(amountsOf(valueIn(cell)))
    return CHECKS_COPY
  })
  thread.step(CHECKS_COPY, () => {
    if (isPublished(ring.stampAt(at.load()).load(), at.load())) copy.hold(at.load(), amounts.load())
    return nextNumber()
  })
  thread.step(LOADS_EPOCH, () => {
    at.store(0)
    if (epoch.count.load() === known.load()) return folded()
    known.store(epoch.count.load())
    return LOADS_CHANGED
  })
  thread.step(LOADS_CHANGED, () => {
    const stamp = ring.stampAt(at.load()).load()
    if (kindOf(stamp) !== PUBLISHED || !(stamp & LATE)) return nextSlot()
    number.store(numberOf(stamp))
    return LOADS_CHANGE
  })
  thread.step(LOADS_CHANGE, () => {
    const cell = cells.rewardAt(number.load()).load()
    if (cells.belongs(cell, number.load())) amounts.store(amountsOf(valueIn(cell)))
    return CHECKS_CHANGE
  })
  thread.step(CHECKS_CHANGE, () => {
    const stands = isPublished(ring.stampAt(number.load()).load(), number.load())
    if (stands && copy.holds(number.load())) copy.hold(number.load(), amounts.load())
    return nextSlot()
  })
  thread.step(LETS_GO, () => {
    copy.letGo(Math.min(gone(), asOf.load()))
    return goesFirst ? LOADS_EPOCH : returns()
  })
}
