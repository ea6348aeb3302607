/**
 * The cells of the slots: rewards that are written late and the status, each a tag and a value in one word. A reward of
 * event s is worth 4·s of its own, which is what the record says, and 1 and 2 on top for who has added to it: so a reader
 * sees whose value it has, and what it lacks. Tags do not wrap; cells are cleared as they are long before they would.
 */

import type { Thread, Word } from './machine.js'
import type { Ring } from './ring.js'

const VALUES = 32
const OWN = 4
export const FULLY = 4
export const REQUIRED = 3

function tell(cell: number): string {
  return cell === 0 ? 'empty' : `${valueIn(cell)} of tag ${Math.floor(cell / VALUES)}`
}

export class Cells {
  readonly ring: Ring
  /** For each number: the amounts that appraisers have been told are applied, and how many have completed its mask. */
  readonly promised: Word[]
  readonly finishers: Word[]
  private readonly rewards: Word[][]
  private readonly statuses: Word[]
  private readonly tagShift: number
  private readonly complete: number | undefined

  /** @param complete the event that is written with a complete mask, if there is one. */
  constructor(ring: Ring, appraisers = 1, complete?: number) {
    this.ring = ring
    this.complete = complete
    this.tagShift = Math.floor(Math.log2(ring.slots))
    this.rewards = Array.from({ length: appraisers }, (_, i) =>
      ring.machine.array(`reward ${i}`, ring.slots, () => 0, tell),
    )
    this.statuses = ring.machine.array('status', ring.slots, () => 0, tell)
    this.promised = ring.machine.array('promised', ring.end)
    this.finishers = ring.machine.array('finishers', ring.end, (seq) => (seq === complete ? 1 : 0))
  }

  rewardAt(seq: number, appraiser = 0): Word {
    return this.rewards[appraiser]![this.ring.slotOf(seq)]!
  }

  statusAt(seq: number): Word {
    return this.statuses[this.ring.slotOf(seq)]!
  }

  /** The status that the record of event `seq` says. */
  flagsOf(seq: number): number {
    return seq === this.complete ? REQUIRED | FULLY : 0
  }

  tagOf(seq: number): number {
    return (seq >> this.tagShift) + 1
  }

  withTag(seq: number, value: number): number {
    return this.tagOf(seq) * VALUES + value
  }

  belongs(cell: number, seq: number): boolean {
    return (
      Math.floor(cell / VALUES) === this.tagOf(seq) || (cell !== 0 && this.ring.is('reads cells whatever their tag'))
    )
  }

  isNewer(cell: number, seq: number): boolean {
    return Math.floor(cell / VALUES) > this.tagOf(seq)
  }
}

/** Lets every lap begin an era: who puts a stamp clears what older events have left in the cells. */
export function clearEachLap(cells: Cells): void {
  cells.ring.clearing = (thread, what, seq, onward) => clearing(cells, thread, what, seq, onward)
}

/** `clearCells` of cells.ts. */
function clearing(cells: Cells, thread: Thread, what: string, seq: () => number, onward: () => string): string {
  const load = `loads the cell to clear, after it could ${what}`
  const clear = `clears the cell, after it could ${what}`
  const seen = thread.register(`cell seen after it could ${what}`)
  const leave = (): string => {
    seen.store(0)
    return onward()
  }
  thread.step(load, () => {
    seen.store(cells.rewardAt(seq()).load())
    const isOlder = seen.load() !== 0 && !cells.belongs(seen.load(), seq()) && !cells.isNewer(seen.load(), seq())
    return isOlder || cells.ring.is('clears cells whatever stands there') ? clear : leave()
  })
  thread.step(clear, () => {
    if (cells.ring.is('clears cells whatever stands there')) cells.rewardAt(seq()).store(0)
    else cells.rewardAt(seq()).cas(seen.load(), 0)
    return leave()
  })
  return load
}

export function valueIn(cell: number): number {
  return cell % VALUES
}

/** The reward that the record of event `seq` has, which stands in its second word. */
export function rewardOf(seq: number): number {
  return OWN * seq
}

/** Which event a reward is of. */
export function ownerOf(reward: number): number {
  return Math.floor(reward / OWN)
}

/** The amounts in a reward. */
export function amountsOf(reward: number): number {
  return reward % OWN
}
