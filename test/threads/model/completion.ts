/**
 * A thread that reads whether all have scored event `seq`, and what: the status before the rewards, as `overlay` of
 * read.ts. Where the status is complete, all rewards must be there.
 */

import { amountsOf, type Cells, FULLY, valueIn } from './cells.js'
import { isPublished, LATE, type Ring } from './ring.js'

const LOADS_STATUS = 'loads the status'
const LOADS_REWARDS = ['loads reward 0', 'loads reward 1'] as const
const LOOKS = 'loads the stamp again'

export function completionReader(ring: Ring, name: string, cells: Cells, seq: number): void {
  const thread = ring.machine.thread(name)
  const isComplete = thread.register('is complete')
  const found = thread.register('rewards found')
  const rewardsFirst = ring.is('reads rewards before the status')
  thread.step('loads the stamp', () => {
    const stamp = ring.stampAt(seq).load()
    if (!isPublished(stamp, seq) || !(stamp & LATE)) return thread.end()
    return rewardsFirst ? LOADS_REWARDS[0] : LOADS_STATUS
  })
  thread.step(LOADS_STATUS, () => {
    const status = cells.statusAt(seq).load()
    isComplete.store(cells.belongs(status, seq) && valueIn(status) & FULLY ? 1 : 0)
    return rewardsFirst ? LOOKS : LOADS_REWARDS[0]
  })
  LOADS_REWARDS.forEach((label, appraiser) => {
    thread.step(label, () => {
      const cell = cells.rewardAt(seq, appraiser).load()
      if (cells.belongs(cell, seq)) found.add(amountsOf(valueIn(cell)))
      return LOADS_REWARDS[appraiser + 1] ?? (rewardsFirst ? LOADS_STATUS : LOOKS)
    })
  })
  thread.step(LOOKS, () => {
    const holds = !isPublished(ring.stampAt(seq).load(), seq) || !isComplete.load() || found.load() === 3
    ring.machine.expect('who finds an event complete finds all its rewards', holds)
    return thread.end()
  })
}

/** The invariants of finishing: one thread completes a mask, if all of its bits are promised to be set. */
export function finishing(ring: Ring, cells: Cells): void {
  const { always, atEnd } = ring.machine
  always.push({
    name: 'at most one thread completes a mask',
    holds: () => cells.finishers.every((finishers) => finishers.load() <= 1),
  })
  atEnd.push({
    name: 'a mask with all its bits was completed',
    holds: () => cells.finishers.every((finishers, seq) => cells.promised[seq]!.load() !== 3 || finishers.load() === 1),
  })
}
