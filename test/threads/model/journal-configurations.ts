/**
 * The configurations of a ring whose journal a thread writes. See configurations.ts.
 */

import { type AppraiserOptions, appraiser } from './appraiser.js'
import { Cells } from './cells.js'
import { type Configuration, overRing } from './configuration.js'
import { freer, Journal, journalist } from './journal.js'
import { Machine } from './machine.js'
import type { Mutant } from './mutant.js'
import { Outbox, poster, taker } from './outbox.js'
import { answerer, asker, Questions } from './question.js'
import { retirer } from './retirer.js'
import type { Ring, RingOptions } from './ring.js'
import { sleeper, Waiting } from './waiting.js'
import { writer } from './writer.js'

function gated(
  atLeast: number,
  options: RingOptions,
  populate: (ring: Ring, journal: Journal) => void,
  backlog = 1,
  cells = 1,
): Configuration {
  return overRing(atLeast, options, (ring) => {
    const journal = new Journal(ring, new Cells(ring, cells), backlog)
    populate(ring, journal)
    journalist(journal, 'journal')
  })
}

/** A thread that writes late and has the journal keep it. */
function late(journal: Journal, name: string, options: Omit<AppraiserOptions, 'cells'>) {
  const { ring, cells } = journal
  const line = journal.line(name)
  return { line, thread: appraiser(ring, name, { ...options, cells, journal, line }) }
}

/** @param questions how many of those that post ask in the end. @param ends whether posting is ended meanwhile. */
function outbox(
  atLeast: number,
  places: number,
  posts: readonly number[],
  { questions = 0, ends = false } = {},
): Configuration {
  const machine = (mutant?: Mutant) => {
    const made = new Outbox(new Machine(), places, mutant)
    posts.forEach((count, i) => {
      poster(made, `poster ${i}`, count, i < questions)
    })
    taker(made, 'taker', { questions, ends })
    return made.machine
  }
  return { atLeast, machine }
}

export const JOURNAL_CONFIGURATIONS = {
  'a journal, two writers and an appraiser on a window of 1': gated(81_000, { slots: 2, end: 4 }, (ring, journal) => {
    writer(ring, 'writer A', { events: 2 })
    writer(ring, 'writer B', { events: 2 })
    late(journal, 'appraiser', { amount: 1 })
  }),
  'a journal, two writers and an adder on a window of 2': gated(
    570_000,
    { slots: 4, end: 6 },
    (ring, journal) => {
      writer(ring, 'writer A', { events: 3, block: 2, releases: true })
      writer(ring, 'writer B', { events: 3 })
      late(journal, 'adder', { amount: 1, adds: true, seq: 1 })
    },
    2,
  ),
  'a journal and a writer that dies and is retired': gated(10_000, { slots: 3, end: 5 }, (ring) => {
    const member = writer(ring, 'writer A', { events: 2, block: 2, retirable: true, releases: true, dies: true })
    writer(ring, 'writer B', { events: 2 })
    retirer(ring, 'retirer', { member, dead: true })
  }),
  'a journal and writers that hand numbers back': gated(1700, { slots: 2, end: 4 }, (ring) => {
    writer(ring, 'writer A', { events: 1, block: 2, releases: true, rests: true, retirable: true })
    writer(ring, 'writer B', { events: 2, block: 2, releases: true, rests: true, retirable: true })
  }),
  'a journal and two threads that add to an event that leaves': gated(
    17_000,
    { slots: 2, end: 3, published: 1 },
    (ring, journal) => {
      writer(ring, 'writer', { events: 2 })
      late(journal, 'adder A', { amount: 1, adds: true, seq: 0 })
      late(journal, 'adder B', { amount: 2, adds: true, seq: 0 })
    },
  ),
  'a journal and a thread that sets a reward behind another': gated(
    3900,
    { slots: 2, end: 3, published: 1 },
    (ring, journal) => {
      writer(ring, 'writer', { events: 2 })
      const { thread } = late(journal, 'appraiser A', { amount: 1, seq: 0 })
      late(journal, 'appraiser B', { amount: 2, seq: 0, behind: thread })
    },
  ),
  'a journal and a thread that writes another reward beside two that set one': gated(
    47_000,
    { slots: 2, end: 3, published: 1 },
    (ring, journal) => {
      writer(ring, 'writer', { events: 2 })
      const { thread } = late(journal, 'appraiser A', { amount: 1, seq: 0 })
      late(journal, 'appraiser B', { amount: 2, seq: 0, behind: thread })
      late(journal, 'appraiser C', { amount: 1, cell: 1, seq: 0 })
    },
    1,
    2,
  ),
  'a journal and a thread that dies while it writes late': gated(
    2900,
    { slots: 2, end: 3, published: 1 },
    (ring, journal) => {
      writer(ring, 'writer', { events: 2 })
      const { line, thread } = late(journal, 'appraiser', { amount: 1, seq: 0, dies: true })
      freer(journal, 'host', line, thread)
    },
  ),
  'a journal and a writer that sleeps at the gate': overRing(3900, { slots: 2, end: 3 }, (ring) => {
    const journal = new Journal(ring, new Cells(ring), 1)
    const waiting = new Waiting(ring)
    writer(ring, 'writer', { events: 2, waiting })
    sleeper(ring, 'sleeper', waiting, 0, () => journal.gate.load() > 2)
    journalist(journal, 'journal', waiting)
  }),
  'an outbox of 2 places': outbox(3000, 2, [3, 2]),
  'an outbox of 4 places and two that ask whether their posts are taken': outbox(20_000, 4, [2, 1, 1], {
    questions: 2,
  }),
  'an outbox of 2 places in which posting ends': outbox(1400, 2, [2, 2], { ends: true }),
  'two that ask whether the journal has what they wrote': {
    atLeast: 120,
    machine: (mutant?: Mutant) => {
      const questions = new Questions(new Machine(), mutant)
      asker(questions, 'asker A', 1)
      asker(questions, 'asker B', 2)
      answerer(questions, 2)
      return questions.machine
    },
  },
} satisfies Record<string, Configuration>
