/**
 * Subject: one thread writes and another reads every event, end to end, beside two threads that copy the same bytes and
 * beside ringbuf.js.
 *
 * @module
 */

import { RingBuffer } from 'ringbuf.js'
import { BATCH, RECORD_BYTES } from '../fixtures.js'
import { fullSharedStream } from '../fixtures-stream.js'
import type { Floor } from '../harness/floors.js'
import { TOGETHER } from '../harness/measure.js'
import type { Subject } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'
import { SharedCopies } from '../threads/copies.js'
import { Crew } from '../threads/crew.js'
import { Progress } from '../threads/progress.js'

/** Of the time that the two copies take. */
const OF_MEMCPY = 1 / 0.5
/** Of the time that ringbuf.js takes. */
const OF_RINGBUF = 1 / 4

const WAYS: Record<string, { way: string; includes: string }> = {
  'inside the module': {
    way: 'commit',
    includes: `commit with an id v4 and all checks; readRange of at most ${BATCH}`,
  },
  writer: { way: 'writer', includes: 'writer with an id v4, all fields, all checks; subscription polled' },
  'packed batches': { way: 'packed', includes: `writeBatch of ${BATCH} with all checks; subscription polled` },
}

/** Records that the queue of ringbuf.js holds: few enough for the cache of two cores, enough to even out the threads. */
const QUEUE = 65_536

const ROLES = ['write', 'read']
const COMMON = { unit: 'ns' as const, multiple: BATCH }

async function copying(subject: Subject): Promise<[Crew, Floor]> {
  const { capacity, job } = subject
  const memory = SharedCopies.memory(capacity)
  const crew = await Crew.start(
    'copy',
    ROLES.map((role) => ({ role, memory, floors: job.sharedFloors, capacity })),
  )
  const includes = `memory.copy of ${BATCH} records a time, each thread those that it moves, without waiting`
  return [crew, crew.floor({ ...COMMON, name: 'memory.copy by two threads' }, null, includes)]
}

async function queueing(batch: number): Promise<[Crew, Floor]> {
  const storage = RingBuffer.getStorageForCapacity(QUEUE * RECORD_BYTES, Uint8Array)
  const crew = await Crew.start(
    'ringbuf',
    ROLES.map((role) => ({ role, storage, batch })),
  )
  const name = `ringbuf.js, ${batch === 1 ? 'one record' : `${batch} records`} a call`
  const includes = 'records of 128 bytes pushed and popped; no id, no checks, no history'
  return [crew, crew.floor({ ...COMMON, name }, null, includes)]
}

async function endToEnd(subject: Subject, name: string, way: string, includes: string): Promise<void> {
  const stream = await fullSharedStream(subject.capacity)
  const progress = Progress.buffer()
  const ours = await Crew.start(
    'pair',
    ROLES.map((role) => ({ role, way, handle: stream.handle(), progress })),
  )
  const [copies, memcpy] = await copying(subject)
  const [singles, one] = await queueing(1)
  const [batches, many] = await queueing(BATCH)
  const pair = (against: string, floor: Floor, goal?: number) => ({
    ...ours.case({ ...COMMON, name: `${name}, beside ${against}` }),
    includes: `per event; ${includes}; no event missed`,
    floor,
    goal,
    limitKind: 'times floor' as const,
  })
  subject.time(
    [
      pair('memory.copy', memcpy, OF_MEMCPY),
      pair('ringbuf.js', one, OF_RINGBUF),
      pair(`ringbuf.js with ${BATCH} a call`, many),
    ],
    subject.job.quick ? subject.effort : TOGETHER,
  )
  await Promise.all([ours, copies, singles, batches].map((crew) => crew.stop()))
}

runSubject(async (subject) => {
  const name = subject.job.variant ?? ''
  const one = WAYS[name]
  if (one === undefined) throw new Error(`there is no variant ${name}`)
  await endToEnd(subject, name, one.way, one.includes)
})
