/**
 * Subject: the same work by one thread on a plain ring and on a shared one that it has for itself, in turns, each in a
 * thread of its own: what sharing costs.
 *
 * @module
 */

import { BATCH } from '../fixtures.js'
import { TOGETHER } from '../harness/measure.js'
import type { Unit } from '../harness/row.js'
import type { Subject } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'
import { Crew } from '../threads/crew.js'

interface Work {
  name: string
  includes: string
  unit?: Unit
  multiple?: number
}

const ALL_FIELDS = 'id v4 drawn, time given, all fields'
const FOUR_FIELDS = 'type, step, one float of the state and one reward read'
const DRAWS = 'into reused buffers, records gathered; nothing new to take in'

const WORK: Record<string, readonly Work[]> = {
  write: [
    { name: 'writer', includes: ALL_FIELDS },
    { name: 'writer, polled every 64 writes', includes: `${ALL_FIELDS}; one subscription of the same thread` },
    { name: 'object, shared arrays', includes: `a literal with two Float32Arrays that are reused, ${ALL_FIELDS}` },
    { name: `packed batch of ${BATCH}`, includes: 'per event; floats and times checked', multiple: BATCH },
    { name: 'addReward, near the head', includes: 'one of four slots of one of the newest 1024; nobody samples' },
  ],
  read: [
    { name: 'view, in order', includes: FOUR_FIELDS },
    { name: 'view, at random', includes: FOUR_FIELDS },
    { name: `queryRange of ${BATCH}, in order`, includes: 'per event; into a buffer that is reused', multiple: BATCH },
  ],
  sample: [
    { name: 'uniform 256, with records', includes: DRAWS, unit: 'µs' },
    { name: 'prioritized 256, α = 0.6, with records', includes: DRAWS, unit: 'µs' },
  ],
}

async function compare(subject: Subject, { name, includes, unit = 'ns', multiple }: Work): Promise<void> {
  const { capacity, job } = subject
  const crews = await Promise.all([
    Crew.start('single', [{ work: name, capacity, shared: true }]),
    Crew.start('single', [{ work: name, capacity, shared: false }]),
  ])
  const [shared, plain] = crews as [Crew, Crew]
  const floor = plain.floor({ name: `${name}, plain ring`, unit, multiple }, null, includes)
  subject.time(
    [{ ...shared.case({ name: `${name}, shared ring`, unit, multiple }), includes, floor }],
    job.quick ? subject.effort : TOGETHER,
  )
  await Promise.all(crews.map((crew) => crew.stop()))
}

runSubject(async (subject) => {
  for (const work of WORK[subject.job.variant ?? ''] ?? []) await compare(subject, work)
})
