/**
 * The configurations that are explored: who takes part, on how many slots, and how many states there must be. Each is as
 * small as what it looks for allows; the first two have all kinds of threads but samplers.
 */

import { appraiser } from './appraiser.js'
import { Cells, clearEachLap } from './cells.js'
import { completionReader, finishing } from './completion.js'
import { type Configuration, overRing } from './configuration.js'
import { Frontier, looker } from './frontier.js'
import { JOURNAL_CONFIGURATIONS } from './journal-configurations.js'
import { Machine } from './machine.js'
import { mirror } from './mirror.js'
import type { Mutant } from './mutant.js'
import { reader } from './reader.js'
import { reservedPlace, retirer } from './retirer.js'
import type { RingOptions } from './ring.js'
import { Block, changer, Epoch, sampler } from './sampler.js'
import { sleeper, Waiting } from './waiting.js'
import { type WriterOptions, writer } from './writer.js'

/** Two writers that lap the ring, a reader and an appraiser of any event. */
function laps(atLeast: number, options: RingOptions, writers: WriterOptions): Configuration {
  return overRing(atLeast, options, (ring) => {
    const cells = new Cells(ring)
    writer(ring, 'writer A', writers)
    writer(ring, 'writer B', writers)
    reader(ring, 'reader', cells)
    appraiser(ring, 'appraiser', { cells, amount: 1 })
  })
}

export const CONFIGURATIONS = {
  ...JOURNAL_CONFIGURATIONS,
  'two writers, a reader and an appraiser on 2 slots': laps(
    1_000_000,
    { slots: 2, end: 5 },
    { events: 3, block: 2, releases: true },
  ),
  'two writers, a reader and an appraiser on 3 slots': laps(
    1_700_000,
    { slots: 3, end: 7, published: 2 },
    { events: 3, block: 2 },
  ),
  'two writers and a reader that begin with an empty ring': overRing(33_000, { slots: 2, end: 5 }, (ring) => {
    writer(ring, 'writer A', { events: 3 })
    writer(ring, 'writer B', { events: 2 })
    reader(ring, 'reader')
  }),
  'a ring whose first number is not 0': overRing(2300, { slots: 3, first: 2, end: 8 }, (ring) => {
    writer(ring, 'writer A', { events: 3 })
    writer(ring, 'writer B', { events: 3, block: 2, releases: true })
  }),
  'three writers that hand numbers back': overRing(56_000, { slots: 2, end: 5 }, (ring) => {
    for (const name of ['writer A', 'writer B', 'writer C']) {
      writer(ring, name, { events: 1, block: 2, releases: true, retirable: true })
    }
  }),
  'writers that give up what they have claimed and go on': overRing(30_000, { slots: 2, end: 6 }, (ring) => {
    writer(ring, 'writer A', { events: 2, block: 2, rests: true, releases: true, retirable: true })
    writer(ring, 'writer B', { events: 2, block: 2, rests: true, releases: true, retirable: true })
  }),
  'a writer that is retired while it lives': overRing(420_000, { slots: 2, end: 6 }, (ring) => {
    const member = writer(ring, 'writer A', { events: 2, block: 2, retirable: true, releases: true })
    writer(ring, 'writer B', { events: 2, block: 2, releases: true })
    retirer(ring, 'retirer A', { member, dies: true })
    retirer(ring, 'retirer B', { member })
  }),
  'a writer that dies and is retired': overRing(17_000, { slots: 2, end: 6 }, (ring) => {
    const member = writer(ring, 'writer A', { events: 3, block: 2, retirable: true, releases: true, dies: true })
    writer(ring, 'writer B', { events: 2 })
    retirer(ring, 'retirer', { member, dead: true })
  }),
  'a writer that dies in the middle of a copy and is retired': overRing(170_000, { slots: 2, end: 5 }, (ring) => {
    const member = writer(ring, 'writer A', { events: 2, block: 2, retirable: true, releases: true, dies: 'anywhere' })
    writer(ring, 'writer B', { events: 2 })
    reader(ring, 'reader')
    retirer(ring, 'retirer', { member, dead: true })
  }),
  'a writer that is retired alive and dead at once': overRing(31_000, { slots: 2, end: 5 }, (ring) => {
    const member = writer(ring, 'writer A', { events: 2, block: 2, retirable: true, releases: true, dies: true })
    writer(ring, 'writer B', { events: 1 })
    retirer(ring, 'retirer', { member })
    retirer(ring, 'host', { member, dead: true })
  }),
  'a dead writer that two retire while another takes its place': overRing(7900, { slots: 2, end: 4 }, (ring) => {
    const member = writer(ring, 'writer A', { events: 2, block: 2, retirable: true, dies: true })
    retirer(ring, 'retirer A', { member, dead: true, dies: true })
    retirer(ring, 'retirer B', { member, dead: true })
    ring.machine.atEnd.push({
      name: 'a dead member leaves its place',
      holds: () => !member.thread.isDead() || !member.line.isOf(0),
    })
    writer(ring, 'writer B', { events: 1, block: 2, retirable: true, releases: true, leaves: true, place: member.line })
  }),
  'a place whose reservation is given up while another takes it': overRing(17_000, { slots: 2, end: 4 }, (ring) => {
    const member = reservedPlace(ring, 'place')
    const comer = { events: 1, retirable: true, releases: true, leaves: true, place: member.line }
    writer(ring, 'writer A', { ...comer, isExpected: true })
    writer(ring, 'writer B', comer)
    retirer(ring, 'retirer A', { member })
    retirer(ring, 'retirer B', { member })
  }),
  'an appraiser of an event and one of its successor': overRing(4700, { slots: 1, end: 2, published: 1 }, (ring) => {
    const cells = new Cells(ring)
    writer(ring, 'writer', { events: 1 })
    appraiser(ring, 'appraiser A', { cells, amount: 1, seq: 0 })
    appraiser(ring, 'appraiser B', { cells, amount: 2, seq: 1 })
    reader(ring, 'reader', cells)
  }),
  'two threads that add to one reward while it is evicted': overRing(
    32_000,
    { slots: 1, end: 2, published: 1 },
    (ring) => {
      const cells = new Cells(ring)
      writer(ring, 'writer', { events: 1 })
      appraiser(ring, 'adder A', { cells, amount: 1, adds: true })
      appraiser(ring, 'adder B', { cells, amount: 2, adds: true })
      reader(ring, 'reader', cells)
    },
  ),
  'a slot whose cells are cleared while others abort and write late': overRing(56_000, { slots: 1, end: 4 }, (ring) => {
    const cells = new Cells(ring)
    clearEachLap(cells)
    writer(ring, 'writer A', { events: 1, block: 2, releases: true })
    writer(ring, 'writer B', { events: 1 })
    appraiser(ring, 'appraiser', { cells, amount: 1, adds: true })
    reader(ring, 'reader', cells)
  }),
  'two appraisers that complete a mask while it is evicted': overRing(
    13_000,
    { slots: 1, end: 2, published: 1 },
    (ring) => {
      const cells = new Cells(ring, 2)
      writer(ring, 'writer', { events: 1 })
      appraiser(ring, 'appraiser A', { cells, amount: 1, cell: 0, scores: true, seq: 0 })
      appraiser(ring, 'appraiser B', { cells, amount: 2, cell: 1, scores: true, seq: 0 })
      completionReader(ring, 'reader', cells, 0)
      finishing(ring, cells)
    },
  ),
  'two appraisers of an event that is complete from the start': overRing(
    1600,
    { slots: 1, end: 2, published: 1 },
    (ring) => {
      const cells = new Cells(ring, 2, 0)
      writer(ring, 'writer', { events: 1 })
      appraiser(ring, 'appraiser A', { cells, amount: 1, cell: 0, scores: true, seq: 0 })
      appraiser(ring, 'appraiser B', { cells, amount: 2, cell: 1, scores: true, seq: 0 })
      finishing(ring, cells)
    },
  ),
  'a sampler, an appraiser and a writer that evicts': overRing(87_000, { slots: 2, end: 4, published: 2 }, (ring) => {
    const cells = new Cells(ring)
    const epoch = new Epoch(ring.machine)
    writer(ring, 'writer', { events: 2 })
    appraiser(ring, 'appraiser', { cells, amount: 1, epoch })
    mirror(ring, 'sampler', { cells, epoch, calls: 2 })
  }),
  'a sampler and two writers': overRing(310_000, { slots: 1, end: 3 }, (ring) => {
    const cells = new Cells(ring)
    const epoch = new Epoch(ring.machine)
    writer(ring, 'writer A', { events: 1 })
    writer(ring, 'writer B', { events: 2 })
    appraiser(ring, 'appraiser', { cells, amount: 1, epoch, seq: 1 })
    mirror(ring, 'sampler', { cells, epoch, calls: 2 })
  }),
  'a sampler and a writer that hands numbers back': overRing(3000, { slots: 2, end: 5, published: 2 }, (ring) => {
    const cells = new Cells(ring)
    writer(ring, 'writer', { events: 2, block: 2, rests: true, releases: true })
    mirror(ring, 'sampler', { cells, epoch: new Epoch(ring.machine), calls: 2 })
  }),
  'a sampler and two appraisers of one event': overRing(220_000, { slots: 1, end: 2, published: 1 }, (ring) => {
    const cells = new Cells(ring)
    const epoch = new Epoch(ring.machine)
    writer(ring, 'writer', { events: 1 })
    appraiser(ring, 'appraiser A', { cells, amount: 1, adds: true, epoch, seq: 0 })
    appraiser(ring, 'appraiser B', { cells, amount: 2, adds: true, epoch })
    mirror(ring, 'sampler', { cells, epoch, calls: 2 })
  }),
  'two sleepers and two writers': overRing(23_000, { slots: 2, end: 3 }, (ring) => {
    const waiting = new Waiting(ring)
    writer(ring, 'writer A', { events: 1, waiting })
    writer(ring, 'writer B', { events: 1, waiting })
    sleeper(ring, 'sleeper A', waiting, 0)
    sleeper(ring, 'sleeper B', waiting, 1)
  }),
  'a sleeper, a writer that aborts and one that dies': overRing(32_000, { slots: 4, end: 4 }, (ring) => {
    const waiting = new Waiting(ring)
    const member = writer(ring, 'writer A', {
      events: 1,
      block: 2,
      waiting,
      retirable: true,
      releases: true,
      dies: true,
    })
    writer(ring, 'writer B', { events: 1, waiting })
    sleeper(ring, 'sleeper', waiting, 0)
    retirer(ring, 'retirer', { member, dead: true, waiting })
  }),
  'a sleeper and a ring that is closed': overRing(5000, { slots: 2, end: 3 }, (ring) => {
    const waiting = new Waiting(ring)
    writer(ring, 'writer', { events: 1, waiting })
    waiting.closer(ring.machine, 'closer')
    sleeper(ring, 'sleeper A', waiting, 0)
    sleeper(ring, 'sleeper B', waiting, 1)
  }),
  'a frontier that two threads look for': overRing(410_000, { slots: 2, end: 5 }, (ring) => {
    const frontier = new Frontier(ring)
    writer(ring, 'writer A', { events: 2, block: 2, releases: true })
    writer(ring, 'writer B', { events: 3, block: 2, releases: true })
    looker(ring, 'looker A', frontier, 1)
    looker(ring, 'looker B', frontier, 1)
  }),
  'a frontier behind claims that are taken back': overRing(33_000, { slots: 2, end: 4 }, (ring) => {
    const frontier = new Frontier(ring)
    writer(ring, 'writer A', { events: 1 })
    writer(ring, 'writer B', { events: 2, block: 2, rests: true, releases: true })
    looker(ring, 'looker', frontier, 2)
  }),
  'a sampler that folds what two threads change': {
    atLeast: 7100,
    machine: (mutant?: Mutant) => {
      const block = new Block(new Machine(), mutant)
      changer(block, 'changer A', 2)
      changer(block, 'changer B', 2)
      sampler(block, 'sampler', 4, false)
      return block.machine
    },
  },
  'a sampler that makes changes itself': {
    atLeast: 6100,
    machine: (mutant?: Mutant) => {
      const block = new Block(new Machine(), mutant)
      changer(block, 'changer A', 2)
      changer(block, 'changer B', 1)
      sampler(block, 'sampler', 4, true)
      return block.machine
    },
  },
} satisfies Record<string, Configuration>
