/**
 * A thread that looks for the first number that may yet become an event: `frontier` of read.ts. Readers take a number
 * for gone once it has been claimed again a lap later. So of the last lap no number before a frontier that was returned,
 * or left as a hint for others, may become an event, whoever hands numbers back: none of it is open.
 */

import type { Word } from './machine.js'
import { isSettled, type Ring } from './ring.js'

const LOADS_COUNTER = 'loads the counter'
const LOADS_HINT = 'loads the hint'
const LOADS_STAMP = 'loads the next stamp'
const LEAVES_HINT = 'leaves a hint'

/** What those who look share. */
export class Frontier {
  readonly hint: Word
  /** The largest frontier that was returned. */
  readonly passed: Word

  constructor(ring: Ring) {
    this.hint = ring.machine.word('hint')
    this.passed = ring.machine.word('frontier', ring.first)
    const isOver = (seq: number) => !ring.isOpen(seq) || seq < ring.counter.load() - ring.slots
    ring.machine.always.push({
      name: 'no number before a frontier is still to come',
      holds: () => ring.numbers().every((seq) => seq >= this.passed.load() || isOver(seq)),
    })
  }
}

export function looker(ring: Ring, name: string, { hint, passed }: Frontier, looks: number): void {
  const thread = ring.machine.thread(name)
  const left = thread.register('looks left', looks)
  const claimed = thread.register('claimed')
  const noted = thread.register('noted')
  const seq = thread.register('number')
  const returns = (): string => {
    passed.store(Math.max(passed.load(), seq.load()))
    if (left.add(-1) === 1) return thread.end()
    for (const register of [claimed, noted, seq]) register.store(0)
    return LOADS_COUNTER
  }
  const stops = () => (seq.load() > noted.load() ? LEAVES_HINT : returns())
  const onward = () => (seq.load() < claimed.load() ? LOADS_STAMP : stops())
  thread.step(LOADS_COUNTER, () => {
    claimed.store(ring.counter.load())
    return LOADS_HINT
  })
  thread.step(LOADS_HINT, () => {
    noted.store(hint.load())
    seq.store(Math.max(noted.load(), ring.first, claimed.load() - ring.slots))
    return onward()
  })
  thread.step(LOADS_STAMP, () => {
    if (!isSettled(ring.stampAt(seq.load()).load(), seq.load())) return stops()
    seq.add(1)
    return onward()
  })
  thread.step(LEAVES_HINT, () => {
    hint.store(seq.load())
    return returns()
  })
}
