/**
 * Waiting for events and waking: waiting.ts. Who waits takes a ticket, raises the flag, looks once more, and sleeps if
 * nobody has called since the ticket. Who publishes looks at the flag after its store; the first one that finds it
 * raised takes it down, calls, and wakes all. A sleeper that never ends is found as one that waits forever.
 */

import type { Machine, Thread, Word } from './machine.js'
import type { Mutant } from './mutant.js'
import { isSettled, type Ring } from './ring.js'

const LOOKS_FOR_SLEEPERS = 'looks for sleepers'
const LOOKS_TO_CALL = 'looks at the flag to call'
const LOWERS = 'takes the flag down'
const CALLS = 'calls'
const NOTIFIES = 'wakes all sleepers'

const TICKET = 'takes a ticket'
const RAISES = 'raises the flag'
const LOOKS = 'looks for its event'
const LOOKS_CLOSED = 'looks whether the ring is closed'
const FALLS_ASLEEP = 'sleeps if nobody has called'
const SLEEPS = 'sleeps'

export class Waiting {
  /** The first step of who has published. */
  readonly looks = LOOKS_FOR_SLEEPERS
  /** The first step of who has aborted. */
  readonly rouses: string
  readonly flag: Word
  readonly calls: Word
  readonly closed: Word
  readonly asleep: Word[] = []

  private readonly mutant: Mutant | undefined

  constructor({ machine, mutant }: Ring) {
    this.mutant = mutant
    this.rouses = mutant === 'takes the flag down after it has woken' ? LOOKS_TO_CALL : LOWERS
    this.flag = machine.word('flag')
    this.calls = machine.word('calls')
    this.closed = machine.word('closed')
  }

  /** Adds the steps of `rouseIfAny` and `rouse`. */
  rousing(thread: Thread, onward: () => string): void {
    const lowersLast = this.mutant === 'takes the flag down after it has woken'
    const first = this.callsFirst()
    thread.step(LOOKS_FOR_SLEEPERS, () => (this.flag.load() ? this.rouses : onward()))
    thread.step(LOOKS_TO_CALL, () => (this.flag.load() ? first : onward()))
    thread.step(LOWERS, () => (this.flag.exchange(0) && !lowersLast ? first : onward()))
    this.calling(thread, lowersLast ? () => LOWERS : onward)
  }

  private callsFirst(): string {
    return this.mutant === 'wakes before it calls' ? NOTIFIES : CALLS
  }

  private calling(thread: Thread, onward: () => string): void {
    const callsFirst = this.callsFirst() === CALLS
    thread.step(CALLS, () => {
      this.calls.add(1)
      return callsFirst ? NOTIFIES : onward()
    })
    thread.step(NOTIFIES, () => {
      for (const sleeper of this.asleep) sleeper.store(0)
      return callsFirst ? onward() : CALLS
    })
  }

  /** A thread that closes the ring. */
  closer(machine: Machine, name: string): void {
    const thread = machine.thread(name)
    thread.step('closes the ring', () => {
      this.closed.store(1)
      return this.callsFirst()
    })
    this.calling(thread, () => thread.end())
  }
}

/** Follow the step before them in straight-line code: no thread is terminated there. */
export const STRAIGHT_ROUSING = [CALLS, NOTIFIES]

/** A thread that waits until number `seq` has settled, or whatever it is ready for, or the ring is closed. */
export function sleeper(
  ring: Ring,
  name: string,
  waiting: Waiting,
  seq: number,
  isReady = () => isSettled(ring.stampAt(seq).load(), seq),
): void {
  const thread = ring.machine.thread(name)
  const ticket = thread.register('ticket')
  const asleep = thread.register('asleep')
  waiting.asleep.push(asleep)
  thread.step(TICKET, () => {
    ticket.store(waiting.calls.load())
    return next(TICKET)
  })
  thread.step(RAISES, () => {
    waiting.flag.store(1)
    return next(RAISES)
  })
  thread.step(LOOKS, () => (isReady() ? thread.end() : next(LOOKS)))
  thread.step(LOOKS_CLOSED, () => (waiting.closed.load() ? thread.end() : next(LOOKS_CLOSED)))
  thread.step(FALLS_ASLEEP, () => {
    const sleeps = waiting.calls.load() === ticket.load()
    ticket.store(0)
    asleep.store(sleeps ? 1 : 0)
    return sleeps ? SLEEPS : order[0]!
  })
  thread.step(SLEEPS, () => (asleep.load() ? undefined : order[0]!))
  const order = orderOf(ring)
  const next = (label: string) => order[order.indexOf(label) + 1]!
}

function orderOf(ring: Ring): string[] {
  if (ring.is('looks before it raises the flag')) return [TICKET, LOOKS, LOOKS_CLOSED, RAISES, FALLS_ASLEEP]
  if (ring.is('takes its ticket after it has looked')) return [RAISES, LOOKS, LOOKS_CLOSED, TICKET, FALLS_ASLEEP]
  return [TICKET, RAISES, LOOKS, LOOKS_CLOSED, FALLS_ASLEEP]
}
