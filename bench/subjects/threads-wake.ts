/**
 * Subject: how long a subscriber that sleeps in another thread takes to wake up, from before the commit of the event to
 * its delivery by `for await`, with both threads idle before.
 *
 * @module
 */

import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { ExperienceStream } from 'experience-stream'
import { quantile } from '../harness/spread.js'
import type { Subject } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'
import type { SleepData } from '../threads/members/sleep.js'
import { now } from '../threads/rounds.js'

const GOAL_US = 1000
const WAKES = 1000
const QUICK_WAKES = 10
/** Long enough that the claim of the writer is given back and both threads sleep. */
const IDLE_MS = 4

async function wakes(subject: Subject, name: string, waits: boolean): Promise<void> {
  const stream = await ExperienceStream.create({ capacity: subject.capacity, shared: true, seed: 1 })
  const wroteAt = new SharedArrayBuffer(8)
  const time = new Float64Array(wroteAt)
  const workerData: SleepData = { handle: stream.handle(), waits, wroteAt }
  const worker = new Worker(new URL('../threads/members/sleep.js', import.meta.url), { workerData })
  await once(worker, 'message')
  const { writer } = stream
  const samples: number[] = []
  const count = subject.job.quick ? QUICK_WAKES : WAKES
  for (let i = 0; i < count; i++) {
    await pause(IDLE_MS)
    const woken = once(worker, 'message') as Promise<[number]>
    writer.stepNumber = i
    time[0] = now()
    writer.commit()
    samples.push((await woken)[0] / 1e3)
  }
  await worker.terminate()
  // What ran first compiled first.
  const steady = samples.slice(count >> 3).sort((a, b) => a - b)
  const includes = `${name}; the commit, the notification, the turn of the event loop, the copy of the event`
  subject.figure({ name: `wake-up by ${name}, p50`, unit: 'µs', includes }, steady)
  subject.figure(
    { name: `wake-up by ${name}, p99`, unit: 'µs', includes, goal: waits ? GOAL_US : undefined, limitKind: 'exact' },
    [quantile(steady, 0.99)],
  )
}

runSubject(async (subject) => {
  const name = subject.job.variant ?? ''
  await wakes(subject, name, name === 'Atomics.waitAsync')
})
