/**
 * Subject: reading single events and ranges.
 *
 * @module
 */

import type { EventBatch } from 'experience-stream'
import { randomPlaces } from '../fixtures.js'
import { fullStream } from '../fixtures-stream.js'
import type { Timed } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'

const RANGE = 1000
const FOUR_FIELDS = 'type, step, one float of the state and one reward read'

runSubject(async (subject) => {
  const stream = fullStream(subject.capacity)
  const place = randomPlaces(7)
  const oldest = stream.oldestSeq
  const live = stream.size
  const places = live - RANGE
  let at = 0
  let into: EventBatch = stream.queryRange(oldest, oldest + RANGE)
  const next = (): number => {
    at += RANGE
    if (at > places) at -= places
    return oldest + at
  }
  const scan = subject.floors.scanRecords()
  const pick = subject.floors.pickRecords()

  const viewInOrder: Timed = {
    name: 'view, in order',
    unit: 'ns',
    includes: `one moving view, ${FOUR_FIELDS}`,
    goal: 8,
    floor: scan,
    run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        at = at + 1 < live ? at + 1 : 0
        const view = stream.view(oldest + at)
        if (view) sum += view.eventType + view.stepNumber + view.stateAt(0) + view.rewardGoal
      }
      return sum
    },
  }
  const viewAtRandom: Timed = {
    name: 'view, at random',
    unit: 'ns',
    includes: `one moving view, ${FOUR_FIELDS}`,
    goal: 110,
    floor: pick,
    run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        const view = stream.view(oldest + place(live))
        if (view) sum += view.eventType + view.stepNumber + view.stateAt(0) + view.rewardGoal
      }
      return sum
    },
  }
  const eventInOrder: Timed = {
    name: 'getEvent, in order',
    unit: 'ns',
    includes: 'a snapshot with all fields, the id as a string, two new Float32Arrays and a bigint',
    run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        at = at + 1 < live ? at + 1 : 0
        sum += stream.getEvent(oldest + at)?.stepNumber ?? 0
      }
      return sum
    },
  }
  const eventAtRandom: Timed = {
    name: 'getEvent, at random',
    unit: 'ns',
    includes: eventInOrder.includes,
    run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) sum += stream.getEvent(oldest + place(live))?.stepNumber ?? 0
      return sum
    },
  }
  const rangeInto: Timed = {
    name: 'range of 1000 into a buffer, in order',
    unit: 'µs',
    includes: 'ranges one after the other, as a replay reads them; records copied',
    goal: 6,
    floor: subject.floors.copyOut(RANGE),
    run(n) {
      for (let i = 0; i < n; i++) {
        const start = next()
        into = stream.queryRange(start, start + RANGE, { into })
      }
      return into.start + (into.bytes[RANGE] ?? 0)
    },
  }
  const rangeIntoRandom: Timed = {
    name: 'range of 1000 into a buffer, at random',
    unit: 'µs',
    includes: 'each range at a random place; records copied',
    floor: subject.floors.copyOut(RANGE, true),
    run(n) {
      for (let i = 0; i < n; i++) {
        const start = oldest + place(places)
        into = stream.queryRange(start, start + RANGE, { into })
      }
      return into.start + (into.bytes[RANGE] ?? 0)
    },
  }
  const rangeFresh: Timed = {
    name: 'range of 1000, fresh',
    unit: 'µs',
    includes: 'ranges one after the other into new memory',
    run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        const start = next()
        sum += stream.queryRange(start, start + RANGE).bytes[RANGE] ?? 0
      }
      return sum
    },
  }
  const segments: Timed = {
    name: 'segments of 1000',
    unit: 'µs',
    includes: 'the list of pieces and their Uint8Arrays; nothing copied, nothing read',
    goal: 0.2,
    limitKind: 'exact',
    run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        const start = next()
        sum += stream.segments(start, start + RANGE).length
      }
      return sum
    },
  }
  const iterate: Timed = {
    name: 'iteration of a batch, per event',
    unit: 'ns',
    includes: `one moving view over a range of 1000 that was copied before, ${FOUR_FIELDS}`,
    multiple: RANGE,
    run(n) {
      let sum = 0
      for (let i = 0; i < n; i += RANGE) {
        for (const view of into) sum += view.eventType + view.stepNumber + view.stateAt(0) + view.rewardGoal
      }
      return sum
    },
  }
  subject.time([viewInOrder, viewAtRandom])
  subject.time([rangeInto, rangeIntoRandom])
  subject.time([segments])
  subject.time([iterate])
  await subject.garbage(viewInOrder, { includes: viewInOrder.includes, bytes: 1 }, false)
  await subject.garbage(rangeInto, { includes: rangeInto.includes }, false)
  subject.time([rangeFresh, eventInOrder, eventAtRandom])
})
