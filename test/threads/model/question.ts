/**
 * Asking for what is safe: S_ASKED and S_ANSWERED of the module. Who has changed something marks it and asks; the thread
 * that writes the journal notes the question, then takes all marks and reads what they stand for, and answers what it
 * noted. In the model there is one cell, of which each asker sets a bit.
 */

import type { Machine, Word } from './machine.js'
import type { Mutant } from './mutant.js'

const CHANGES = 'changes the cell'
const MARKS = 'marks it'
const ASKS = 'asks'
const WAITS = 'waits for the answer'
const NOTES = 'notes the question'
const TAKES = 'takes the mark'
const READS = 'reads the cell'
const ANSWERS = 'answers'

export class Questions {
  readonly machine: Machine
  readonly mutant: Mutant | undefined
  readonly asked: Word
  readonly answered: Word
  readonly mark: Word
  readonly cell: Word
  readonly kept: Word

  constructor(machine: Machine, mutant: Mutant | undefined) {
    this.machine = machine
    this.mutant = mutant
    this.asked = machine.word('asked')
    this.answered = machine.word('answered')
    this.mark = machine.word('mark')
    this.cell = machine.word('cell')
    this.kept = machine.word('kept')
  }
}

/** A thread that sets `bit` and waits until the journal has it. */
export function asker(questions: Questions, name: string, bit: number): void {
  const { machine, asked, answered, mark, cell, kept } = questions
  const thread = machine.thread(name)
  const number = thread.register('question')
  thread.step(CHANGES, () => {
    cell.store(cell.load() | bit)
    return MARKS
  })
  thread.step(MARKS, () => {
    mark.store(1)
    return ASKS
  })
  thread.step(ASKS, () => {
    number.store(asked.add(1) + 1)
    return WAITS
  })
  thread.step(WAITS, () => {
    if (answered.load() < number.load()) return undefined
    machine.expect('an answer comes behind what was asked for', (kept.load() & bit) !== 0)
    return thread.end()
  })
}

/** The thread that writes the journal, for so many questions. */
export function answerer({ machine, mutant, asked, answered, mark, cell, kept }: Questions, questions: number): void {
  const thread = machine.thread('journal')
  const noted = thread.register('noted')
  const isLate = mutant === 'notes the question after it has looked'
  const notes = (): void => noted.store(asked.load())
  thread.step(NOTES, () => {
    if (asked.load() === answered.load()) return undefined
    if (!isLate) notes()
    return TAKES
  })
  const looked = (): string => ANSWERS
  thread.step(TAKES, () => (mark.exchange(0) ? READS : looked()))
  thread.step(READS, () => {
    kept.store(kept.load() | cell.load())
    return looked()
  })
  thread.step(ANSWERS, () => {
    if (isLate) notes()
    answered.store(noted.load())
    return noted.load() === questions ? thread.end() : NOTES
  })
}
