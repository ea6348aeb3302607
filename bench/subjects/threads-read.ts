/**
 * Subject: validated reads of a shared ring, inside the module and through the face of the stream.
 *
 * @module
 */

import { EventView } from 'experience-stream'
import { BATCH, randomPlaces } from '../fixtures.js'
import { fullSharedStream } from '../fixtures-stream.js'
import type { Floor } from '../harness/floors.js'
import type { Subject, Timed } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'
import { layout, ringOf } from '../threads/inner.js'

const GOAL_NS = 12
const WHOLE = 'copied and validated'

type Named = Pick<Timed, 'name' | 'includes'>

/** A floor of µs for `n` records as one of ns for each. */
function perRecord(floor: Floor, n: number): Floor {
  return { ...floor, factor: 1000 / n }
}

/** Steps through the live window in pieces of `step`. */
function inOrder(oldest: number, live: number, step: number): () => number {
  let at = 0
  return () => {
    at += step
    if (at > live - step) at = 0
    return oldest + at
  }
}

/** Reads ranges in order; `read` returns how many events of the one from a number on it found. */
function ranges(subject: Subject, next: () => number, what: Named, read: (start: number) => number): Timed {
  return {
    ...what,
    unit: 'ns',
    goal: GOAL_NS,
    floor: perRecord(subject.floors.copyOut(1000), 1000),
    multiple: BATCH,
    run(n) {
      let found = 0
      for (let left = n; left > 0; left -= BATCH) found += read(next())
      if (found !== n) throw new Error(`${found} of ${n} events were read`)
      return found
    },
  }
}

async function insideTheModule(subject: Subject): Promise<void> {
  const stream = await fullSharedStream(subject.capacity)
  const { READ_RECORD, LENT, LATE_APPLIED } = await layout()
  const { core } = ringOf(stream).kernel
  const { oldestSeq: oldest, size: live } = stream
  const place = randomPlaces(7)
  const nextRange = inOrder(oldest, live, BATCH)
  const next = inOrder(oldest, live, 1)
  const what = {
    name: `readRange of ${BATCH}, inside the module, in order`,
    includes: `per event; ${WHOLE} in the thread's area`,
  }
  const reading = (name: string, goal: number | undefined, floor: Floor, seqOf: () => number): Timed => ({
    name: `read, inside the module, ${name}`,
    unit: 'ns',
    includes: `a call for each event; ${WHOLE} in the thread's area`,
    goal,
    floor,
    run(n) {
      let failed = 0
      for (let i = 0; i < n; i++) if (core.read(seqOf(), READ_RECORD) !== LATE_APPLIED) failed++
      if (failed > 0) throw new Error(`${failed} of ${n} events were not read`)
      return n
    },
  })
  const random = (): number => oldest + place(live)
  subject.time([
    ranges(subject, nextRange, what, (start) => core.readRange(start, start + BATCH, BATCH, LENT)),
    reading('in order', GOAL_NS, subject.floors.copyRecords(), next),
    reading('at random', GOAL_NS, perRecord(subject.floors.gatherRecords(256), 256), random),
  ])
}

async function throughTheFace(subject: Subject): Promise<void> {
  const stream = await fullSharedStream(subject.capacity)
  const { oldestSeq: oldest, size: live } = stream
  const place = randomPlaces(7)
  const nextRange = inOrder(oldest, live, BATCH)
  const next = inOrder(oldest, live, 1)
  let into = stream.queryRange(oldest, oldest + BATCH)
  let subscription = stream.subscribe({ from: 'oldest' })
  const what = {
    name: `queryRange of ${BATCH}, in order`,
    includes: `per event; ${WHOLE} into a buffer that is reused`,
  }
  const queries = ranges(subject, nextRange, what, (start) => {
    into = stream.queryRange(start, start + BATCH, { into })
    return into.length
  })
  const polls: Timed = {
    ...queries,
    name: `poll of ${BATCH}`,
    includes: `per event; ${WHOLE} into the batch that is lent; the whole ring, oldest first`,
    operations: Math.floor(live / BATCH) * BATCH,
    before: () => {
      subscription.close()
      subscription = stream.subscribe({ from: 'oldest' })
    },
    run(n) {
      let found = 0
      for (let left = n; left > 0; left -= BATCH) found += subscription.poll().length
      if (found !== n) throw new Error(`${found} of ${n} events were read`)
      return found
    },
  }
  const fields = 'type, step, one float of the state and one reward read'
  const view = new EventView()
  const viewing = (name: string, target: EventView | undefined, seqOf: () => number): Timed => ({
    name: `view, ${name}`,
    unit: 'ns',
    includes: `${WHOLE}; ${fields}`,
    run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        const event = stream.view(seqOf(), target)
        if (event) sum += event.eventType + event.stepNumber + event.stateAt(0) + event.rewardGoal
      }
      return sum
    },
  })
  subject.time([queries, polls])
  subject.time([viewing('in order', undefined, next), viewing('at random', undefined, () => oldest + place(live))])
  subject.time([viewing('into one of its own, in order', view, next)])
}

runSubject(async (subject) => {
  await insideTheModule(subject)
  await throughTheFace(subject)
})
