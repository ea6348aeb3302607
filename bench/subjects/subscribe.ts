/**
 * Subject: events written while one subscriber keeps up.
 *
 * @module
 */

import type { ExperienceStream, Subscription } from 'experience-stream'
import { EventView } from 'experience-stream'
import { START_US } from '../fixtures.js'
import { eventObject, fullStream, stage } from '../fixtures-stream.js'
import type { Subject, Timed } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'

const EVERY = 64
const TURN = 1024
const READS = 'one field of each event read by the subscriber'

function polled(stream: ExperienceStream, subscription: Subscription, every: number): Timed {
  const { writer } = stream
  const view = new EventView()
  let i = 0
  return {
    name: every === 1 ? 'writer, polled after every write' : `writer, polled every ${every} writes`,
    unit: 'ns',
    includes: `id v4 drawn, time given, all fields; ${READS}`,
    goal: 22,
    run(n) {
      // A local: a sum that is kept between calls would be a new object for every addition.
      let sum = 0
      for (const end = i + n; i < end; i++) {
        writer.timestamp = START_US + i
        stage(writer, i)
        writer.commit()
        if (i % every === 0) {
          const batch = subscription.poll()
          for (let row = 0; row < batch.length; row++) sum += batch.view(row, view).stepNumber
        }
      }
      return sum + subscription.missed
    },
  }
}

function polledObjects(stream: ExperienceStream, subscription: Subscription): Timed {
  const state = new Float32Array(8).fill(0.5)
  const view = new EventView()
  let i = 0
  return {
    name: 'object, polled after every write',
    unit: 'ns',
    includes: `a literal with two Float32Arrays that are reused, id v4 drawn, time given, all fields; ${READS}`,
    run(n) {
      // A local: a sum that is kept between calls would be a new object for every addition.
      let sum = 0
      for (const end = i + n; i < end; i++) {
        stream.writeEvent(eventObject(i, state, state))
        const batch = subscription.poll()
        for (let row = 0; row < batch.length; row++) sum += batch.view(row, view).stepNumber
      }
      return sum + subscription.missed
    },
  }
}

/** Written 1024 per turn of the event loop and read with `for await`; ns per event. */
async function iterated(subject: Subject): Promise<void> {
  const stream = fullStream(subject.capacity)
  const subscription = stream.subscribe()
  const { writer } = stream
  const samples: number[] = []
  const turns = subject.job.quick ? 16 : 512
  let i = 0
  let sum = 0
  const write = (): void => {
    for (const end = i + TURN; i < end; i++) {
      writer.timestamp = START_US + i
      stage(writer, i)
      writer.commit()
    }
  }
  let start = performance.now()
  write()
  for await (const batch of subscription) {
    for (const view of batch) sum += view.stepNumber
    samples.push(((performance.now() - start) * 1e6) / TURN)
    if (samples.length === turns) break
    start = performance.now()
    write()
  }
  if (sum === 0) throw new Error('the subscriber read nothing')
  subject.figure(
    {
      name: `writer, for await, ${TURN} per turn`,
      unit: 'ns',
      includes: `id v4 drawn, time given, all fields; woken by a promise, owned batches; ${READS}`,
    },
    samples.slice(turns >> 2),
  )
}

runSubject(async (subject) => {
  const { variant, capacity } = subject.job
  if (variant === 'for await') {
    await iterated(subject)
    return
  }
  const stream = fullStream(capacity)
  const subscription = stream.subscribe()
  if (variant === 'object') {
    subject.time([polledObjects(stream, subscription)])
    return
  }
  const floor = subject.floors.storeRecords()
  const one = { ...polled(stream, subscription, variant === 'every 64' ? EVERY : 1), floor }
  subject.time([one])
  await subject.garbage(one, { includes: one.includes, bytes: 1 })
  const account = stream.stats().subscriptions[0]
  if (account?.missed !== 0 || account.received !== account.position - account.from) {
    throw new Error(`the subscriber did not keep up: ${JSON.stringify(account)}`)
  }
})
