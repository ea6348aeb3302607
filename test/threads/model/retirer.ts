/**
 * A thread that retires a member: `retire` of claims.ts. It shuts the member out of claiming by a CAS on its state, then
 * aborts what is left of its claim. The retiring of a dead member waits for its end, as the host tells of it, and frees
 * its place; any number of threads may do so at once, also where one has ended in the middle of it. What it aborts is counted for all.
 */

import { BUSY, FREE, freeing, type Line, RESERVED, RETIRED, STRAIGHT_FREEING } from './member.js'
import { ABORTED, advance, isPast, type Ring, stampOf, WRITING } from './ring.js'
import { STRAIGHT_ROUSING, type Waiting } from './waiting.js'
import type { Writer } from './writer.js'

export interface RetirerOptions {
  /** The member, or the place that is reserved for one. */
  member: Pick<Writer, 'line'> & Partial<Writer>
  /** Whether it waits for the end of the member's thread, or retires it as it is. */
  dead?: boolean
  /** Whether its own thread can be terminated. */
  dies?: boolean
  waiting?: Waiting
}

const LOADS_STATE = "loads the member's state"
const SHUTS_OUT = "sets the member's state to RETIRED"
const LOADS_NEXT = 'loads the beginning of the claim'
const LOADS_END = 'loads the end of the claim'
const CHECKS_GENERATION = 'looks whether that was the claim of the member'
const ABORTS_BEGUN = 'aborts a number that the dead has begun'

/** Generation of the member that is retired. */
const GENERATION = 0

export function retirer(ring: Ring, name: string, options: RetirerOptions): void {
  const { member, dead, dies, waiting } = options
  const thread = ring.machine.thread(name)
  const { line } = member
  const state = thread.register('state seen')
  const seq = thread.register('number')
  const end = thread.register('end')
  const leaves = () => (ring.is('does not rouse for a dead writer') ? undefined : waiting?.rouses) ?? thread.end()
  const isOver = (number: number) => !ring.isOpen(number) || isPast(ring.stampAt(number).load(), number)
  const retired = (): string => {
    const claim = ring.numbers().filter((number) => number >= line.next.load() && number < line.end.load())
    ring.machine.expect('who is retired has nothing to begin', !line.isOf(GENERATION) || claim.every(isOver))
    const frees = dead || state.load() === RESERVED
    state.store(0)
    return frees ? free : leaves()
  }
  const abortNext = (): string => {
    if (seq.load() < end.load()) return dead && !ring.is('aborts a dead owner without its mark') ? ABORTS_BEGUN : abort
    return retired()
  }
  const next = (): string => {
    seq.add(1)
    return abortNext()
  }
  if (dead) {
    thread.step("waits for the member's end", () => {
      if (member.thread!.isDead()) return LOADS_STATE
      return member.thread!.rests() ? thread.end() : undefined
    })
  }
  thread.step(LOADS_STATE, () => {
    const found = line.state.load()
    if (found === FREE || !line.isOf(GENERATION)) return thread.end()
    if (found === RETIRED && !dead && ring.is('leaves who is retired to another retirer')) return retired()
    if (found === BUSY && !dead && !ring.is('retires who is busy')) return LOADS_STATE
    state.store(found)
    return SHUTS_OUT
  })
  thread.step(SHUTS_OUT, () => {
    if (ring.is('retires by a store')) line.state.store(RETIRED)
    else if (!line.change(GENERATION, state.load(), RETIRED)) {
      state.store(0)
      return LOADS_STATE
    }
    ring.machine.expect('only who was meant is retired', state.load() === RETIRED || line.isOf(GENERATION))
    return LOADS_NEXT
  })
  thread.step(LOADS_NEXT, () => {
    seq.store(line.next.load())
    return LOADS_END
  })
  thread.step(LOADS_END, () => {
    end.store(line.end.load())
    return ring.is('does not look whose claim it was') ? abortNext() : CHECKS_GENERATION
  })
  thread.step(CHECKS_GENERATION, () => (line.isOf(GENERATION) ? abortNext() : thread.end()))
  thread.step(ABORTS_BEGUN, () => {
    const writing = stampOf(seq.load(), WRITING)
    if (ring.stampAt(seq.load()).cas(writing, stampOf(seq.load(), ABORTED)) !== writing) return abort
    ring.resolve(seq.load(), ABORTED)
    ring.common.aborted.add(1)
    return next()
  })
  const abort = advance(ring, 'abort', {
    thread,
    line: ring.common,
    kind: ABORTED,
    seq: () => seq.load(),
    done: next,
    past: next,
  })
  const free = freeing(ring, thread, line, () => GENERATION, leaves)
  waiting?.rousing(thread, () => thread.end())
  if (dies) thread.mayDie([...STRAIGHT_FREEING, ...STRAIGHT_ROUSING])
}

/** The place of a member that is still to come. */
export function reservedPlace(ring: Ring, name: string): { line: Line } {
  return { line: ring.line(name, RESERVED) }
}
