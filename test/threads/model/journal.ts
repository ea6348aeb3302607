/**
 * The thread that writes the journal, and what it shares with the others: assembly/shared/journal.ts. The ring has slots
 * for a window and a backlog. The journal takes numbers as they settle; behind each it closes the event that leaves the
 * window, waits for those who are writing late to it, takes its mark, keeps its state and moves the gate. It may give up
 * waiting and do other things before it closes the event again: at any time it may take all marks and what was posted.
 * Rewards are those of cells.ts; what was posted is kept in one order, as outbox.ts has it.
 */

import { amountsOf, type Cells, rewardOf, valueIn } from './cells.js'
import type { Thread, Word } from './machine.js'
import { ABORTED, isPublished, kindOf, numberOf, type Ring } from './ring.js'
import type { Waiting } from './waiting.js'

const TURNS = 'goes on'
const READS_SECOND = 'reads the second word of its next event'
const CLOSES = 'closes the event that leaves the window'
const WAITS = 'waits for who writes late to it'
const TAKES_MARK = 'takes the mark of the closed event'
const READS_STATE = 'reads the state of the closed event'
const OPENS = 'moves the gate'
const FLUSHES = 'takes a mark of all'
const KEEPS = 'reads the state of a marked event'
const TAKES_POSTS = 'takes what was posted'

const SEQ_FACTOR = 8
const MOST_POSTS = 4

export class Journal {
  readonly ring: Ring
  readonly cells: Cells
  readonly window: number
  readonly backlog: number
  readonly gate: Word
  readonly closing: Word
  /** The first number whose last state is yet to be kept; that of a closed event while the journal has given up waiting. */
  readonly open: Word
  /** The first number that is not in the journal. */
  readonly next: Word
  /** For each thread that writes late: one more than the number that it writes to, or 0. */
  readonly late: Word[] = []
  /** For each number: one more than the reward that the journal has of it, or 0. */
  readonly kept: Word[]
  /** For each number: the amount of the last call that has set its reward in the ring, and of the last one at all. */
  readonly applied: Word[]
  readonly last: Word[]
  private readonly marks: Word[]
  /** For each number: one more than the reward that was posted before its last state was kept, or 0. */
  private readonly early: Word[]
  private readonly posts: Word[]
  private readonly posted: Word
  readonly taken: Word

  constructor(ring: Ring, cells: Cells, backlog: number) {
    const { machine } = ring
    this.ring = ring
    this.cells = cells
    this.backlog = backlog
    this.window = ring.slots - backlog
    this.gate = machine.word('gate', ring.first + backlog)
    this.closing = machine.word('closing')
    this.open = machine.word('open')
    this.next = machine.word('journal', ring.first)
    this.kept = machine.array('kept', ring.end)
    this.applied = machine.array('applied', ring.end)
    this.last = machine.array('last', ring.end)
    this.marks = machine.array('mark', ring.slots)
    this.early = machine.array('early', ring.end)
    this.posts = machine.array('post', MOST_POSTS)
    this.posted = machine.word('posted')
    this.taken = machine.word('taken')
    ring.journal = this
    machine.always.push({
      name: 'nobody claims past the gate',
      holds: () => ring.counter.load() <= this.gate.load(),
    })
    machine.atEnd.push(
      { name: 'every event is in the journal', holds: () => this.hasEvery() },
      { name: 'the journal has what was applied', holds: () => ring.numbers().every((seq) => this.hasPromised(seq)) },
      {
        name: 'the journal has the newest of two',
        holds: () => this.last.every((last, seq) => this.hasLast(last, seq)),
      },
    )
  }

  /** A word for a thread that writes late. */
  line(name: string): Word {
    const line = this.ring.machine.word(`${name}'s late number`)
    this.late.push(line)
    return line
  }

  markAt(seq: number): Word {
    return this.marks[this.ring.slotOf(seq)]!
  }

  post(seq: number, amount: number): void {
    this.posts[this.posted.add(1)]!.store(seq * SEQ_FACTOR + amount)
  }

  /** Called when event `seq` leaves the ring. */
  evict(seq: number): void {
    const { machine } = this.ring
    machine.expect('an event leaves the ring only once it is in the journal', this.kept[seq]!.load() !== 0)
    machine.expect('an event leaves the ring only with what was written late to it', this.hasPromised(seq))
  }

  /** Keeps the state of a published event. */
  keep(seq: number): void {
    const cell = this.cells.rewardAt(seq).load()
    const state = 1 + (this.cells.belongs(cell, seq) ? valueIn(cell) : rewardOf(seq))
    this.kept[seq]!.store(this.early[seq]!.load() || state)
  }

  /** Whether an event is closed whose last state is not kept. */
  isClosing(): boolean {
    return this.open.load() < this.closing.load()
  }

  /** All closed events have their last states. */
  hasClosed(): void {
    this.open.store(this.closing.load())
    for (const early of this.early) early.store(0)
  }

  /** Takes everything that was posted, in its order. */
  takePosts(): void {
    for (; this.taken.load() < this.posted.load(); this.taken.add(1)) {
      const post = this.posts[this.taken.load()]!.load()
      const seq = Math.floor(post / SEQ_FACTOR)
      const reward = 1 + rewardOf(seq) + (post % SEQ_FACTOR)
      this.kept[seq]!.store(reward)
      if (this.isClosing() && !this.ring.is('forgets what it took before the last state'))
        this.early[seq]!.store(reward)
    }
  }

  /** Whether an event below `end` is marked that may still be written to. */
  isMarked(end = this.next.load()): boolean {
    for (let seq = this.open.load(); seq < end; seq++) if (this.markAt(seq).load()) return true
    return false
  }

  hasPosts(): boolean {
    return this.taken.load() < this.posted.load()
  }

  private hasPromised(seq: number): boolean {
    const kept = this.kept[seq]!.load()
    const amounts = kept === 0 ? 0 : amountsOf(kept - 1)
    const applied = this.applied[seq]!.load()
    // Of two that set, the later one stands; sums have both.
    if (applied === 0) return (this.cells.promised[seq]!.load() & ~amounts) === 0
    return amounts === applied || amounts === this.last[seq]!.load()
  }

  private hasLast(last: Word, seq: number): boolean {
    return last.load() === 0 || amountsOf(this.kept[seq]!.load() - 1) === last.load()
  }

  private hasEvery(): boolean {
    const { ring } = this
    return ring.numbers().every((seq) => !ring.isWritten(seq) || this.kept[seq]!.load() !== 0)
  }
}

export function journalist(journal: Journal, name: string, waiting?: Waiting): Thread {
  const { ring } = journal
  const thread = ring.machine.thread(name)
  const closed = thread.register('event that leaves')
  const number = thread.register('number whose mark is looked at')
  const others = () => ring.machine.threads.every((other) => other === thread || other.rests())
  const next = () => journal.next.load()
  const expectWhole = (owner: number) => ring.machine.expect('a journaled event is whole', owner === next())

  /** Behind the closing of an event: the steps in their order, which mutants change. */
  const order = orderOf(ring)
  const after = (label: string): string => {
    const following = order[order.indexOf(label) + 1]
    if (following === TAKES_MARK) number.store(journal.open.load())
    if (following !== undefined) return following
    closed.store(0)
    return waiting !== undefined && !ring.is('moves the gate without a call') ? waiting.rouses : TURNS
  }
  const passed = (): string => {
    const leaving = next() - journal.window
    journal.next.add(1)
    if (leaving < ring.first) {
      journal.gate.store(next() + journal.backlog)
      return waiting === undefined ? TURNS : waiting.rouses
    }
    closed.store(leaving)
    return order[0]!
  }
  const journals = (): string | undefined => {
    const stamp = ring.stampAt(next()).load()
    if (next() === ring.end || numberOf(stamp) !== next()) return undefined
    if (kindOf(stamp) === ABORTED) return passed()
    if (!isPublished(stamp, next()) && !ring.is('journals what is being written')) return undefined
    expectWhole(ring.firstWordAt(next()).load() - 1)
    return READS_SECOND
  }
  const flushes = (): string | undefined => {
    if (!journal.isMarked(flushed()) && !journal.hasPosts()) return undefined
    number.store(journal.open.load())
    return flush()
  }
  const closesAgain = (): string | undefined => {
    if (!journal.isClosing()) return undefined
    closed.store(journal.closing.load() - 1)
    return order[0]!
  }
  // Marks of events that are not in the journal yet stay: their records are written as they were first.
  const flushed = () => (ring.is('takes marks of what is not in the journal') ? ring.counter.load() : next())
  const flush = (): string => {
    if (number.load() < flushed()) return FLUSHES
    number.store(0)
    return TAKES_POSTS
  }
  const ends = (): string | undefined => {
    if (!others() || journal.isMarked() || journal.hasPosts() || journal.isClosing()) return undefined
    return journals() === undefined ? thread.end() : undefined
  }
  thread.step(TURNS, (choice) => [journals, flushes, closesAgain, ends][choice]!(), [
    'journals the next number',
    'flushes',
    'closes what it has given up to wait for',
    'finds everybody at rest',
  ])
  thread.step(READS_SECOND, () => {
    expectWhole(ring.ownerOfSecondWord(next()))
    journal.kept[next()]!.store(1 + rewardOf(next()))
    return passed()
  })
  thread.step(CLOSES, () => {
    journal.closing.store(closed.load() + 1)
    return after(CLOSES)
  })
  const waits = (): string | undefined => {
    const busy = journal.late.some((late) => late.load() !== 0 && late.load() <= closed.load() + 1)
    return busy && !ring.is('does not wait for who writes late') ? undefined : after(WAITS)
  }
  const givesUp = (): string | undefined => {
    if (!journal.isClosing() || waits() !== undefined) return undefined
    closed.store(0)
    return TURNS
  }
  thread.step(WAITS, (choice) => [waits, givesUp][choice]!(), [WAITS, 'gives up to wait'])
  const toNextClosed = (): string => {
    if (number.add(1) < closed.load()) return TAKES_MARK
    number.store(0)
    journal.hasClosed()
    return after(TAKES_MARK)
  }
  thread.step(TAKES_MARK, () => (journal.markAt(number.load()).exchange(0) ? READS_STATE : toNextClosed()))
  thread.step(READS_STATE, () => {
    const seq = number.load()
    if (isPublished(ring.stampAt(seq).load(), seq)) journal.keep(seq)
    return toNextClosed()
  })
  thread.step(OPENS, () => {
    journal.gate.store(next() + journal.backlog)
    return after(OPENS)
  })
  const onward = (): string => {
    number.add(1)
    return flush()
  }
  const keeps = (): void => {
    const seq = number.load()
    if (isPublished(ring.stampAt(seq).load(), seq) && seq < next()) journal.keep(seq)
  }
  thread.step(FLUSHES, () => {
    if (ring.is('reads the state before it takes the mark')) {
      keeps()
      return KEEPS
    }
    return journal.markAt(number.load()).exchange(0) ? KEEPS : onward()
  })
  thread.step(KEEPS, () => {
    if (ring.is('reads the state before it takes the mark')) journal.markAt(number.load()).store(0)
    else keeps()
    return onward()
  })
  thread.step(TAKES_POSTS, () => {
    journal.takePosts()
    return TURNS
  })
  waiting?.rousing(thread, () => TURNS)
  return thread
}

function orderOf(ring: Ring): string[] {
  if (ring.is('moves the gate before it takes the mark')) return [CLOSES, WAITS, OPENS, TAKES_MARK]
  if (ring.is('looks who writes late before it closes')) return [WAITS, CLOSES, TAKES_MARK, OPENS]
  return [CLOSES, WAITS, TAKES_MARK, OPENS]
}

/** A thread that frees the place of one that writes late and has died: `free` of claims.ts. */
export function freer(journal: Journal, name: string, late: Word, dead: Thread): void {
  const thread = journal.ring.machine.thread(name)
  thread.step('waits for the end of who writes late', () => {
    if (!dead.rests()) return undefined
    return dead.isDead() ? 'frees its place' : thread.end()
  })
  thread.step('frees its place', () => {
    if (!journal.ring.is('leaves what a dead thread was writing to')) late.store(0)
    return thread.end()
  })
}
