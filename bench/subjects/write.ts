/**
 * Subject: one event written, in each of the ways and with each of the clocks and kinds of ids.
 *
 * @module
 */

import type { StreamOptions } from 'experience-stream'
import { ExperienceStream } from 'experience-stream'
import { START_US } from '../fixtures.js'
import { eventObject, fullStream, stage } from '../fixtures-stream.js'
import type { Subject, Timed } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'

const ALL_FIELDS = 'id v4 drawn, time given, all fields'

function writerCase(stream: ExperienceStream, name: string, includes: string): Timed {
  const { writer } = stream
  let i = 0
  return {
    name,
    unit: 'ns',
    includes,
    run(n) {
      for (const end = i + n; i < end; i++) {
        writer.timestamp = START_US + i
        stage(writer, i)
        writer.commit()
      }
      return stream.totalWritten
    },
  }
}

function clockCase(stream: ExperienceStream, name: string, includes: string): Timed {
  const { writer } = stream
  let i = 0
  return {
    name,
    unit: 'ns',
    includes,
    run(n) {
      for (const end = i + n; i < end; i++) {
        stage(writer, i)
        writer.commit()
      }
      return stream.totalWritten
    },
  }
}

async function ways(subject: Subject): Promise<void> {
  const stream = fullStream(subject.capacity)
  const floor = subject.floors.storeRecords()
  const sharedState = new Float32Array(8).fill(0.5)
  const sharedAction = new Float32Array(8).fill(0.25)
  let i = 0
  const writer = { ...writerCase(stream, 'writer', `${ALL_FIELDS}, no subscriber`), goal: 15, floor }
  const shared: Timed = {
    name: 'object, shared arrays',
    unit: 'ns',
    includes: `a literal with two Float32Arrays that are reused, ${ALL_FIELDS}`,
    goal: 40,
    floor,
    run(n) {
      for (const end = i + n; i < end; i++) stream.writeEvent(eventObject(i, sharedState, sharedAction))
      return stream.totalWritten
    },
  }
  const freshTyped: Timed = {
    name: 'object, fresh Float32Arrays',
    unit: 'ns',
    includes: `a literal with two new Float32Array(8), ${ALL_FIELDS}`,
    goal: 60,
    floor,
    run(n) {
      for (const end = i + n; i < end; i++) {
        stream.writeEvent(eventObject(i, new Float32Array(8), new Float32Array(8)))
      }
      return stream.totalWritten
    },
  }
  const freshPlain: Timed = {
    name: 'object, fresh plain arrays',
    unit: 'ns',
    includes: `a literal with two array literals of 8, ${ALL_FIELDS}`,
    floor,
    run(n) {
      for (const end = i + n; i < end; i++) {
        const x = i & 1023
        const state = [x, x + 1, x + 2, x + 3, x + 4, x + 5, x + 6, x + 7]
        const action = [x + 8, x + 9, x + 10, x + 11, x + 12, x + 13, x + 14, x + 15]
        stream.writeEvent(eventObject(i, state, action))
      }
      return stream.totalWritten
    },
  }
  // The writer has its rounds before an object was ever written, so that nothing but itself shapes its code.
  subject.time([writer])
  await subject.garbage(writer, { includes: writer.includes, bytes: 1 })
  subject.time([shared])
  subject.time([freshTyped])
  subject.time([freshPlain])
  await subject.garbage(freshTyped, { includes: freshTyped.includes })
}

const CLOCKS: Record<string, { options: StreamOptions; includes: string }> = {
  'writer, precise clock': { options: {}, includes: 'id v4 drawn, clock read for every event, all other fields' },
  'writer, amortized clock': {
    options: { clock: 'amortized' },
    includes: 'id v4 drawn, clock read every 64 events, all other fields',
  },
}

function firstLap(subject: Subject): void {
  for (const prefault of [false, true]) {
    const name = prefault ? 'writer, prefault' : 'writer'
    const includes = `${ALL_FIELDS}; memory ${prefault ? 'touched at creation' : 'never touched'}, of a new stream, one of several`
    subject.firstLap({ name, unit: 'ns', includes }, (capacity) => {
      const stream = ExperienceStream.createSync({ capacity, prefault, seed: 1 })
      return writerCase(stream, name, includes).run
    })
  }
}

runSubject(async (subject) => {
  const { variant, capacity } = subject.job
  const clock = variant === undefined ? undefined : CLOCKS[variant]
  if (variant === undefined) await ways(subject)
  else if (variant === 'first lap') firstLap(subject)
  else if (clock) subject.time([clockCase(fullStream(capacity, clock.options), variant, clock.includes)])
  else {
    const includes = 'id v7 made from the time given, all other fields'
    subject.time([writerCase(fullStream(capacity, { ids: 'v7' }), variant, includes)])
  }
})
