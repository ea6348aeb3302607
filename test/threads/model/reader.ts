/**
 * A thread that reads one event, whichever: `read` of read.ts. It loads the stamp, copies both words of the record, lays
 * the reward over them if the stamp says LATE, and keeps the copy if the stamp still says that the event is published.
 * The plain loads of the copy come in any order, before or after the load of the cell, but not after the fence.
 */

import { amountsOf, type Cells, ownerOf, valueIn } from './cells.js'
import type { Thread } from './machine.js'
import { contentOf, isPublished, LATE, type Ring } from './ring.js'

const FIRST_WORD = 1
const SECOND_WORD = 2
const CELL = 4
const STAMP = 8
const LOADS_EARLY = 'loads the first word ahead'
const LOOKS = 'loads the stamp'
const ACCESSES = [
  'loads the first word',
  'loads the second word',
  'loads the reward cell',
  'loads the stamp again, behind a fence',
]

export function reader(ring: Ring, name: string, cells?: Cells): Thread {
  const thread = ring.machine.thread(name)
  const seq = thread.register('number')
  const outstanding = thread.register('outstanding')
  const isTorn = thread.register('has other words')
  const shows = thread.register('has amounts')
  const isForeign = thread.register('has the reward of another event')
  const promised = thread.register('was promised')
  const check = (): string => {
    ring.machine.expect('a read is the whole event', isTorn.load() === 0)
    ring.machine.expect('a late value shows on its own event alone', isForeign.load() === 0)
    ring.machine.expect('an applied reward is read', (promised.load() & ~shows.load()) === 0)
    return thread.end()
  }
  const noteWord = (word: number) => isTorn.store(isTorn.load() | (word === contentOf(seq.load()) ? 0 : 1))
  const accesses = [
    () => noteWord(ring.firstWordAt(seq.load()).load()),
    () => noteWord(ring.secondWordAt(seq.load()).load()),
    () => {
      const cell = cells!.rewardAt(seq.load()).load()
      if (!cells!.belongs(cell, seq.load())) return
      shows.store(amountsOf(valueIn(cell)))
      isForeign.store(ownerOf(valueIn(cell)) === seq.load() ? 0 : 1)
    },
    () => undefined, // The look at the stamp, below.
  ]
  const begins = (choice: number): string => {
    seq.store(ring.first + choice)
    return ring.is('loads a word before the first look at the stamp') ? LOADS_EARLY : LOOKS
  }
  const looks = (): string => {
    const stamp = ring.stampAt(seq.load()).load()
    if (!isPublished(stamp, seq.load())) return thread.end()
    const late = cells !== undefined && (stamp & LATE || ring.is('reads cells whatever their tag')) ? CELL : 0
    const again = ring.is('does not look at the stamp again') ? 0 : STAMP
    const first = ring.is('loads a word before the first look at the stamp') ? 0 : FIRST_WORD
    outstanding.store(first | SECOND_WORD | late | again)
    promised.store(cells === undefined ? 0 : cells.promised[seq.load()]!.load())
    return 'copies'
  }
  const copies = (access: number): string | undefined => {
    const rest = outstanding.load() & ~(1 << access)
    if (rest === outstanding.load()) return undefined
    if (1 << access === STAMP) {
      const late = ring.is('loads words after the second look at the stamp') ? FIRST_WORD | SECOND_WORD : 0
      if (rest & ~late) return undefined
      if (!isPublished(ring.stampAt(seq.load()).load(), seq.load())) return thread.end()
    }
    accesses[access]!()
    outstanding.store(rest)
    return rest === 0 ? check() : 'copies'
  }
  const questions = ring.numbers().map((number) => `is to read event ${number}`)
  thread.step('begins', begins, questions)
  thread.step(LOADS_EARLY, () => {
    accesses[0]!()
    return LOOKS
  })
  thread.step(LOOKS, looks)
  thread.step('copies', copies, ACCESSES)
  return thread
}
