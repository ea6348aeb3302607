/**
 * What a sampler folds: changes.ts, and `touch` of late.ts. Who has changed a cell bumps the epoch of its block, if
 * anybody samples; a sampler reads the epoch, and the cells only if it is not the one that it knows. In the model a cell
 * holds the number of its version. A change is finished when the call that made it has returned: a fold that starts
 * after it must end with that version or a later one.
 */

import type { Machine, Thread, Word } from './machine.js'
import type { Mutant } from './mutant.js'

export const NEVER = 255

const LOOKS_FOR_SAMPLERS = 'looks whether anybody samples'
const PUTS = 'puts its priority'
const BUMPS = 'bumps the epoch'
const BEGINS = 'begins to sample'
const LOADS_EPOCH = 'loads the epoch'
const LOADS_CELL = 'loads the cell'

/** What tells samplers that a block has changed. */
export class Epoch {
  readonly samplers: Word
  readonly count: Word

  constructor(machine: Machine) {
    this.samplers = machine.word('samplers')
    this.count = machine.word('epoch')
  }
}

/** A block of one cell. */
export class Block {
  readonly machine: Machine
  readonly mutant: Mutant | undefined
  readonly epoch: Epoch
  readonly version: Word
  /** The newest version whose change is finished. */
  readonly finished: Word

  constructor(machine: Machine, mutant: Mutant | undefined) {
    this.machine = machine
    this.mutant = mutant
    this.epoch = new Epoch(machine)
    this.version = machine.word('version')
    this.finished = machine.word('finished version')
  }

  finish(version: number): void {
    this.finished.store(Math.max(this.finished.load(), version))
  }
}

/** A thread that changes the cell as often as `changes` says. */
export function changer(block: Block, name: string, changes: number): void {
  const thread = block.machine.thread(name)
  const left = thread.register('changes left', changes)
  const own = thread.register('own version')
  const bumpsFirst = block.mutant === 'bumps the epoch before the cell'
  const first = bumpsFirst ? LOOKS_FOR_SAMPLERS : PUTS
  const finish = (): string => {
    block.finish(own.load())
    own.store(0)
    return left.add(-1) === 1 ? thread.end() : first
  }
  const puts = (): string => {
    own.store(block.version.add(1) + 1)
    return bumpsFirst ? finish() : LOOKS_FOR_SAMPLERS
  }
  const afterEpoch = () => (bumpsFirst ? PUTS : finish())
  if (!bumpsFirst) thread.step(PUTS, puts)
  thread.step(LOOKS_FOR_SAMPLERS, () => (block.epoch.samplers.load() ? BUMPS : afterEpoch()))
  thread.step(BUMPS, () => {
    block.epoch.count.add(1)
    return afterEpoch()
  })
  if (bumpsFirst) thread.step(PUTS, puts)
}

/** A thread that samples, folding `folds` times, and changes the cell itself after all folds but the last. */
export function sampler(block: Block, name: string, folds: number, changes: boolean): void {
  const thread = block.machine.thread(name)
  const left = thread.register('folds left', folds)
  const known = thread.register('known epoch')
  const folded = thread.register('folded version')
  const owed = thread.register('finished before')
  const own = thread.register('own version')
  const cellFirst = block.mutant === 'looks at the cells before the epoch'
  const first = cellFirst ? LOADS_CELL : LOADS_EPOCH
  const onward = (): string => {
    block.machine.expect('a finished change is not missed', folded.load() >= owed.load())
    owed.store(0)
    if (left.add(-1) === 1) return thread.end()
    return changes ? PUTS : first
  }
  const owes = () => owed.store(block.finished.load())
  thread.step(BEGINS, () => {
    block.epoch.samplers.add(1)
    known.store(NEVER)
    return first
  })
  thread.step(LOADS_EPOCH, () => {
    if (!cellFirst) owes()
    const epoch = block.epoch.count.load()
    if (epoch === known.load()) return onward()
    known.store(epoch)
    if (!cellFirst) return LOADS_CELL
    folded.store(own.load())
    return onward()
  })
  thread.step(LOADS_CELL, () => {
    if (cellFirst) owes()
    const version = block.version.load()
    ;(cellFirst ? own : folded).store(version)
    return cellFirst ? LOADS_EPOCH : onward()
  })
  touching(block, thread, known, folded, first)
}

/** `touchFolded` of late.ts, behind a change that the sampler folds itself. */
function touching(block: Block, thread: Thread, known: Word, folded: Word, onward: string): void {
  thread.step(PUTS, () => {
    folded.store(block.version.add(1) + 1)
    return BUMPS
  })
  thread.step(BUMPS, () => {
    const found = block.epoch.count.add(1)
    if (known.load() === found || block.mutant === 'notes its own epoch whatever it was') known.store(found + 1)
    block.finish(folded.load())
    return onward
  })
}
