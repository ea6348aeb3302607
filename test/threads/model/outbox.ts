/**
 * The outbox: outbox.ts of the module. A bounded queue of many threads that post and one that takes; each place has the
 * turn that it waits for. What is taken is in one order, in which a post comes behind all that had returned before it began.
 *
 * Who has posted may ask whether that is taken. A post that is under way holds up those behind it: the thread that takes
 * notes the question, then how many posts have begun, and answers when it has taken as many. It may end posting: it takes
 * what has begun by then, and nothing else begins.
 */

import type { Machine, Thread, Word } from './machine.js'
import type { Mutant } from './mutant.js'

const LOADS_NUMBER = 'loads the number to post'
const LOADS_TURN = 'loads the turn of the place'
const WINS = 'takes the place'
const WRITES = 'writes the entry'
const PUBLISHES = 'gives the entry over'
const LOOKS = 'looks at the turn of its next place'
const READS = 'reads the entry'
const FREES = 'frees the place'
const ASKS = 'asks'
const WAITS = 'waits for the answer'
const NOTES = 'notes the question'
const COUNTS = 'looks how many posts have begun'
const ANSWERS = 'answers'
const ENDS = 'ends posting'
const COUNTS_LAST = 'looks how many posts have begun in the end'

/** In the number to post, once posting has ended. */
const ENDED = 128

export class Outbox {
  readonly machine: Machine
  readonly mutant: Mutant | undefined
  readonly places: number
  readonly number: Word
  readonly turns: Word[]
  readonly entries: Word[]
  /** Posts that have returned. */
  readonly returned: Word
  /** What was taken, as the entries of a set, and the posts in all. */
  readonly taken: Word
  readonly asked: Word
  readonly answered: Word
  total = 0

  constructor(machine: Machine, places: number, mutant: Mutant | undefined) {
    this.machine = machine
    this.mutant = mutant
    this.places = places
    this.number = machine.word('number')
    this.turns = machine.array('turn', places, (i) => i)
    this.entries = machine.array('entry', places)
    this.returned = machine.word('returned')
    this.taken = machine.word('taken')
    this.asked = machine.word('asked')
    this.answered = machine.word('answered')
    machine.atEnd.push(
      { name: 'every post arrives once', holds: () => this.hasEnded() || this.taken.load() === 2 ** this.total - 1 },
      { name: 'what was posted is taken', holds: () => this.taken.load() === this.returned.load() },
    )
  }

  hasEnded(): boolean {
    return this.number.load() >= ENDED
  }

  is(mutant: Mutant): boolean {
    return this.mutant === mutant
  }
}

/** A thread that posts so many entries and waits where there is no room; in the end it may ask whether all are taken. */
export function poster(outbox: Outbox, name: string, posts: number, asks = false): void {
  const thread = outbox.machine.thread(name)
  const first = outbox.total
  outbox.total += posts
  const left = thread.register('posts left', posts)
  const number = thread.register('number')
  const bit = () => 2 ** (first + posts - left.load())
  const place = () => number.load() % outbox.places
  const returns = (): string => {
    outbox.returned.store(outbox.returned.load() | bit())
    number.store(0)
    if (left.add(-1) > 1) return LOADS_NUMBER
    return asks ? ASKS : thread.end()
  }
  thread.step(LOADS_NUMBER, () => {
    if (outbox.hasEnded()) return thread.end()
    number.store(outbox.number.load())
    return LOADS_TURN
  })
  thread.step(LOADS_TURN, () => {
    const turn = outbox.turns[place()]!.load()
    return turn === number.load() ? WINS : LOADS_NUMBER
  })
  thread.step(WINS, () => {
    if (outbox.is('takes a place by load and store')) outbox.number.store(number.load() + 1)
    else if (outbox.number.cas(number.load(), number.load() + 1) !== number.load()) return LOADS_NUMBER
    return outbox.is('gives a place over before its entry') ? PUBLISHES : WRITES
  })
  thread.step(WRITES, () => {
    outbox.entries[place()]!.store(bit())
    return outbox.is('gives a place over before its entry') ? returns() : PUBLISHES
  })
  thread.step(PUBLISHES, () => {
    outbox.turns[place()]!.store(number.load() + 1)
    return outbox.is('gives a place over before its entry') ? WRITES : returns()
  })
  if (asks) asking(outbox, thread, (2 ** posts - 1) << first)
}

/** Adds the steps of asking. */
function asking({ machine, asked, answered, taken }: Outbox, thread: Thread, own: number): void {
  const question = thread.register('question')
  thread.step(ASKS, () => {
    question.store(asked.add(1) + 1)
    return WAITS
  })
  thread.step(WAITS, () => {
    if (answered.load() < question.load()) return undefined
    machine.expect('an answer comes behind what was posted', (taken.load() & own) === own)
    return thread.end()
  })
}

/** The thread that takes all; first it answers so many questions, or it ends posting. */
export function taker(outbox: Outbox, name: string, { questions = 0, ends = false } = {}): void {
  const { asked, answered } = outbox
  const thread = outbox.machine.thread(name)
  const number = thread.register('number')
  const noted = thread.register('noted')
  const begun = thread.register('posts that have begun')
  const place = () => number.load() % outbox.places
  const freesFirst = outbox.is('frees a place before it has read it')
  const onward = (): string => {
    number.add(1)
    return next()
  }
  const next = (): string => {
    if (isAsked() && number.load() >= begun.load()) return ANSWERS
    return number.load() === (ends ? begun.load() : outbox.total) ? thread.end() : LOOKS
  }
  const isAsked = () => answered.load() < questions
  const early = outbox.is('counts posts before it notes the question')
  if (ends) {
    const counts = (): void => begun.store(outbox.number.load() % ENDED)
    const apart = outbox.is('counts the last posts before it ends posting')
    if (apart) {
      thread.step(COUNTS_LAST, () => {
        counts()
        return ENDS
      })
    }
    thread.step(ENDS, () => {
      if (!apart) counts()
      outbox.number.store(ENDED + outbox.number.load())
      return next()
    })
  }
  if (questions > 0) {
    thread.step(NOTES, () => {
      if (early) begun.store(outbox.number.load())
      else if (asked.load() === answered.load()) return undefined
      else noted.store(asked.load())
      return COUNTS
    })
    thread.step(COUNTS, () => {
      if (!early) begun.store(outbox.number.load())
      else if (asked.load() === answered.load()) return undefined
      else noted.store(asked.load())
      return next()
    })
    thread.step(ANSWERS, () => {
      answered.store(noted.load())
      noted.store(0)
      begun.store(0)
      return isAsked() ? NOTES : next()
    })
  }
  thread.step(LOOKS, () => {
    if (outbox.turns[place()]!.load() !== number.load() + 1) {
      return isAsked() && outbox.is('answers behind a post under way') ? ANSWERS : undefined
    }
    return freesFirst ? FREES : READS
  })
  thread.step(READS, () => {
    const entry = outbox.entries[place()]!.load()
    outbox.machine.expect(
      'what is taken was posted, and not taken before',
      entry !== 0 && !(outbox.taken.load() & entry),
    )
    outbox.taken.store(outbox.taken.load() | entry)
    return freesFirst ? onward() : FREES
  })
  thread.step(FREES, () => {
    outbox.turns[place()]!.store(number.load() + outbox.places)
    return freesFirst ? READS : onward()
  })
}
