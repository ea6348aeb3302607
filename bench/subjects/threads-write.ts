/**
 * Subject: two threads write to one shared ring, beside two that write each to a plain ring of its own, beside what two
 * threads can store.
 *
 * Figures are per event of both together: 90 million events a second are 11.1 ns.
 *
 * @module
 */

import { BATCH } from '../fixtures.js'
import { fullSharedStream } from '../fixtures-stream.js'
import { TOGETHER } from '../harness/measure.js'
import type { Subject, Timed } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'
import { Crew } from '../threads/crew.js'

const WRITERS = 2
const GOAL_NS = 1000 / 90
/** Two threads, each at the speed of one where the goals were set. */
const STORES_NS = 5.3 / WRITERS

const WAYS: Record<string, { way: string; includes: string }> = {
  'inside the module': {
    way: 'commit',
    includes: 'a call into the module with its arguments, id v4 drawn, all checks',
  },
  'batches inside the module': {
    way: 'append',
    includes: `batches of ${BATCH} that the thread has staged, claimed and copied; nothing checked`,
  },
  writer: { way: 'writer', includes: 'id v4 drawn, time given, all fields, all checks' },
  'packed batches': {
    way: 'packed',
    includes: `batches of ${BATCH}; ids and times as given, floats and times checked, copied from a hot source`,
  },
}

async function twoWriters(subject: Subject, name: string, way: string, includes: string): Promise<void> {
  const { capacity, job } = subject
  const stream = await fullSharedStream(capacity)
  const both = <T>(make: () => T): T[] => Array.from({ length: WRITERS }, make)
  const crews = await Promise.all([
    Crew.start(
      'write',
      both(() => ({ way, ring: stream.handle() })),
    ),
    Crew.start(
      'write',
      both(() => ({ way, ring: capacity })),
    ),
    Crew.start('write', [{ way, ring: stream.handle() }]),
    Crew.start(
      'store',
      both(() => ({ floors: job.floors, capacity })),
    ),
  ])
  const [shared, own, alone, stores] = crews as [Crew, Crew, Crew, Crew]
  const common = { unit: 'ns' as const, multiple: WRITERS * BATCH }
  const floor = stores.floor({ ...common, name: 'loop of stores, two threads' }, STORES_NS)
  const cases: Timed[] = [
    {
      ...shared.case({ ...common, name: `two writers, ${name}` }),
      includes: `per event of both together; ${includes}`,
      goal: GOAL_NS,
      floor,
    },
    {
      ...own.case({ ...common, name: `two writers, each its own plain ring, ${name}` }),
      includes: `per event of both together; ${includes}`,
      floor,
    },
    { ...alone.case({ ...common, name: `one writer, ${name}` }), includes: `the shared ring for itself; ${includes}` },
  ]
  subject.time(cases, job.quick ? subject.effort : TOGETHER)
  await Promise.all(crews.map((crew) => crew.stop()))
}

runSubject(async (subject) => {
  const name = subject.job.variant ?? ''
  const one = WAYS[name]
  if (one === undefined) throw new Error(`there is no variant ${name}`)
  await twoWriters(subject, name, one.way, one.includes)
})
