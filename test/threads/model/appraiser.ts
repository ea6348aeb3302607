/**
 * A thread that writes late to one event, whichever: `setReward` and `addReward` of late.ts. It sets LATE in the stamp,
 * puts the reward into its cell, then its bit into the status, then tells samplers, and looks at the stamp in the end: if
 * the event is still published, the reward is promised to all later readers and samplers.
 */

import { type Cells, FULLY, REQUIRED, rewardOf, valueIn } from './cells.js'
import type { Journal } from './journal.js'
import type { Thread, Word } from './machine.js'
import { contentOf, isPublished, LATE, type Ring } from './ring.js'
import type { Epoch } from './sampler.js'

export interface AppraiserOptions {
  cells: Cells
  /** 1 or 2: what it adds to the reward. */
  amount: number
  /** Whether it adds to what stands there, or sets the reward to that of the record and its amount. */
  adds?: boolean
  /** The reward cell that it writes to; its bit in the mask is the same. */
  cell?: number
  /** Whether it sets its bit. */
  scores?: boolean
  /** The number that it writes to; without one, all are tried. */
  seq?: number
  /** The epoch by which it tells samplers. */
  epoch?: Epoch
  /** The journal that is to have it, and its word there. */
  journal?: Journal
  line?: Word
  /** A thread that it waits for before it begins. */
  behind?: Thread
  /** Whether it can be terminated. */
  dies?: boolean
}

const OPENS = 'loads the stamp to open the event'
const MARKS = 'puts LATE into the stamp'
const LOADS_CELL = 'loads its reward cell'
const LOADS_RECORD = 'loads the reward of the record'
const CHECKS_RECORD = 'looks whether that was its event'
const PUTS_CELL = 'puts its reward'
const LOADS_STATUS = 'loads the status'
const LOADS_FLAGS = 'loads the flags of the record'
const CHECKS_FLAGS = 'looks whether the flags were of its event'
const PUTS_STATUS = 'puts its bit'
const LOOKS_FOR_SAMPLERS = 'looks whether anybody samples'
const BUMPS = 'bumps the epoch'
const SETTLES = 'looks at the stamp in the end'
const SAYS = 'says what it writes to'
const LOOKS_CLOSED = 'looks whether it is closed'
const POSTS = 'posts a correction'
const MARKS_EVENT = 'marks the event for the journal'
const ENDS = 'says that it has ended'

interface Appraiser extends AppraiserOptions {
  ring: Ring
  thread: Thread
  number: Word
  /** 1 once it has found that its event is gone. */
  gone: Word
  /** The first step of the part of the call that follows the one which begins with `label`. */
  after: (label: string) => string
  /** Ends the call. */
  leave: () => string
}

/** The parts of a call in their order, each by its first step. */
function partsOf(ring: Ring, { scores, epoch, journal }: AppraiserOptions): string[] {
  const told = epoch === undefined ? [] : [LOOKS_FOR_SAMPLERS]
  const scored = scores ? [LOADS_STATUS] : []
  if (journal !== undefined) {
    const says = ring.is('looks what is closed before it says what it writes to')
    const head = says ? [LOOKS_CLOSED, SAYS, OPENS] : [SAYS, LOOKS_CLOSED, OPENS]
    if (ring.is('marks the event before its cell')) return [...head, MARKS_EVENT, LOADS_CELL, SETTLES]
    return [...head, LOADS_CELL, MARKS_EVENT, SETTLES]
  }
  if (ring.is('scores before it writes the reward')) return [OPENS, ...scored, LOADS_CELL, ...told, SETTLES]
  if (ring.is('bumps the epoch before the cell')) return [OPENS, ...told, LOADS_CELL, ...scored, SETTLES]
  if (ring.is('marks the event LATE in the end')) return [LOADS_CELL, ...scored, ...told, OPENS, SETTLES]
  return [OPENS, LOADS_CELL, ...scored, ...told, SETTLES]
}

export function appraiser(ring: Ring, name: string, options: AppraiserOptions): Thread {
  const thread = ring.machine.thread(name)
  const parts = partsOf(ring, options)
  const number = thread.register('number', options.seq)
  const gone = thread.register('event is gone')
  const after = (label: string) => parts[parts.indexOf(label) + 1]!
  const leave = () => (options.journal === undefined ? thread.end() : ENDS)
  const self: Appraiser = { ...options, ring, thread, number, gone, after, leave }
  choosing(self, parts[0]!)
  closing(self)
  opening(self)
  rewarding(self)
  scoring(self)
  telling(self)
  settling(self)
  return thread
}

function choosing({ ring, thread, number, seq, behind }: Appraiser, onward: string): void {
  if (seq !== undefined) {
    thread.step(`is to write late to event ${seq}`, () => (behind?.rests() === false ? undefined : onward))
    return
  }
  const choose = (choice: number): string => {
    number.store(ring.first + choice)
    return onward
  }
  const choices = ring.numbers().map((choice) => `is to write late to event ${choice}`)
  thread.step('is to write late', choose, choices)
}

/** `isClosed` and `endLate` of member.ts, `mark` and `post`. */
function closing({ thread, number, journal, line, after, leave, adds, cell, amount, dies }: Appraiser): void {
  if (journal === undefined || line === undefined) return
  thread.step(SAYS, () => {
    line.store(number.load() + 1)
    return after(SAYS)
  })
  thread.step(LOOKS_CLOSED, () => {
    if (number.load() >= journal.closing.load()) return after(LOOKS_CLOSED)
    // A sum needs the value; and what the journal has is stated of the first cell.
    return adds || cell !== undefined ? leave() : POSTS
  })
  thread.step(POSTS, () => {
    journal.post(number.load(), amount)
    journal.last[number.load()]!.store(amount)
    return leave()
  })
  thread.step(MARKS_EVENT, () => {
    journal.markAt(number.load()).store(1)
    return after(MARKS_EVENT)
  })
  thread.step(ENDS, () => {
    line.store(0)
    return thread.end()
  })
  if (dies) thread.mayDie([])
}

/** `open` of late.ts. */
function opening({ ring, thread, number, after, leave }: Appraiser): void {
  const seen = thread.register('stamp seen')
  const decide = (stamp: number): string => {
    seen.store(0)
    if (!isPublished(stamp, number.load())) return leave()
    if (stamp & LATE) return after(OPENS)
    seen.store(stamp)
    return MARKS
  }
  thread.step(OPENS, () => decide(ring.stampAt(number.load()).load()))
  thread.step(MARKS, () => {
    const stamp = seen.load()
    const found = ring.stampAt(number.load()).cas(stamp, stamp | LATE)
    return decide(found === stamp ? stamp | LATE : found)
  })
}

/** The event is gone: samplers are told whatever was written, and the call ends. */
function giveUp({ gone, epoch }: Appraiser): string {
  gone.store(1)
  return epoch === undefined ? SETTLES : LOOKS_FOR_SAMPLERS
}

/** `put` of late.ts, or the loop of `addReward`. */
function rewarding(self: Appraiser): void {
  const { ring, thread, number, cells, amount, adds, cell: index, after } = self
  const seen = thread.register('cell seen')
  const before = thread.register('reward before')
  const cellAt = () => cells.rewardAt(number.load(), index)
  const isGone = (): string => {
    seen.store(0)
    before.store(0)
    return adds ? self.leave() : giveUp(self)
  }
  const decide = (cell: number): string => {
    if (cells.isNewer(cell, number.load()) && !ring.is('puts over the cell of a newer event')) return isGone()
    seen.store(cell)
    const own = cells.belongs(cell, number.load())
    before.store(adds && own ? valueIn(cell) : 0)
    if (!adds) before.store(rewardOf(number.load()))
    return adds && !own ? LOADS_RECORD : PUTS_CELL
  }
  thread.step(LOADS_CELL, () => decide(cellAt().load()))
  thread.step(LOADS_RECORD, () => {
    before.store(rewardOf(ring.ownerOfSecondWord(number.load())))
    return CHECKS_RECORD
  })
  thread.step(CHECKS_RECORD, () => {
    return isPublished(ring.stampAt(number.load()).load(), number.load()) ? PUTS_CELL : isGone()
  })
  thread.step(PUTS_CELL, () => {
    if (ring.is('writes rewards into the record')) ring.secondWordAt(number.load()).store(contentOf(number.load()))
    const wanted = cells.withTag(number.load(), before.load() + amount)
    const found = cellAt().cas(seen.load(), wanted)
    const stores = ring.is(adds ? 'adds by load and store' : 'puts cells by load and store')
    if (stores) cellAt().store(wanted)
    else if (found !== seen.load()) return decide(found)
    seen.store(0)
    before.store(0)
    return after(LOADS_CELL)
  })
}

/** `score` of late.ts. */
function scoring(self: Appraiser): void {
  const { ring, thread, number, cells, cell: index = 0, after } = self
  const seen = thread.register('status seen')
  const flags = thread.register('flags of the record')
  const leave = (onward: string): string => {
    seen.store(0)
    flags.store(0)
    return onward
  }
  const put = (status: number): string => {
    const changed = status | (1 << index)
    const completes = (changed & REQUIRED) === REQUIRED && (status & REQUIRED) !== REQUIRED
    if (changed === status) return leave(after(LOADS_STATUS))
    const wanted = cells.withTag(number.load(), completes ? changed | FULLY : changed)
    const at = cells.statusAt(number.load())
    const found = at.cas(seen.load(), wanted)
    if (ring.is('scores by load and store')) at.store(wanted)
    else if (found !== seen.load()) return decide(found)
    if (completes || ring.is('counts itself as finisher with each bit')) cells.finishers[number.load()]!.add(1)
    return leave(after(LOADS_STATUS))
  }
  const decide = (cell: number): string => {
    seen.store(cell)
    flags.store(0)
    if (cells.belongs(cell, number.load())) return PUTS_STATUS
    return cells.isNewer(cell, number.load()) ? leave(giveUp(self)) : LOADS_FLAGS
  }
  thread.step(LOADS_STATUS, () => decide(cells.statusAt(number.load()).load()))
  thread.step(LOADS_FLAGS, () => {
    flags.store(cells.flagsOf(ring.ownerOfSecondWord(number.load())))
    return ring.is('takes the flags of whatever event stands there') ? PUTS_STATUS : CHECKS_FLAGS
  })
  thread.step(CHECKS_FLAGS, () => {
    return isPublished(ring.stampAt(number.load()).load(), number.load()) ? PUTS_STATUS : leave(giveUp(self))
  })
  thread.step(PUTS_STATUS, () => put(cells.belongs(seen.load(), number.load()) ? valueIn(seen.load()) : flags.load()))
}

/** `touch` of late.ts. */
function telling({ thread, gone, epoch, after }: Appraiser): void {
  if (epoch === undefined) return
  const onward = () => (gone.load() ? SETTLES : after(LOOKS_FOR_SAMPLERS))
  thread.step(LOOKS_FOR_SAMPLERS, () => (epoch.samplers.load() ? BUMPS : onward()))
  thread.step(BUMPS, () => {
    epoch.count.add(1)
    return onward()
  })
}

/** `settle` of late.ts. */
function settling({ ring, thread, number, gone, cells, cell, amount, adds, journal, leave }: Appraiser): void {
  thread.step(SETTLES, () => {
    const seq = number.load()
    if (gone.load()) return leave()
    const stands = isPublished(ring.stampAt(seq).load(), seq)
    if (!stands && !ring.is('promises without a look in the end')) return leave()
    const isThere = stands && cells.belongs(cells.rewardAt(seq, cell).load(), seq)
    ring.machine.expect('an applied reward stands in the ring', isThere)
    if (journal !== undefined && cell !== undefined) return leave()
    cells.promised[seq]!.store(cells.promised[seq]!.load() | amount)
    if (!adds && journal !== undefined) {
      journal.applied[seq]!.store(amount)
      journal.last[seq]!.store(amount)
    }
    return leave()
  })
}
