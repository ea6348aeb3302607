/**
 * Subject: finding and counting in the live window.
 *
 * Types are spread evenly over 20 codes, so that one code matches 5 %. In the variant `200th type`, 199 other codes were
 * seen before the one that is asked for, which has 5 % of the events all the same.
 *
 * @module
 */

import type { EventFilter, ExperienceStream } from 'experience-stream'
import { fill, START_US, TYPES, typeAt } from '../fixtures.js'
import { fullStream } from '../fixtures-stream.js'
import type { Subject, Timed } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'

const LATE_TYPE = 0xf0c8
const LATE_GOAL = 700

function counting(stream: ExperienceStream, name: string, filter: EventFilter, goals: Partial<Timed> = {}): Timed {
  return {
    name: `count by ${name}`,
    unit: 'µs',
    includes: 'over the whole live window, columns folded before',
    ...goals,
    run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) sum += stream.count(filter)
      return sum
    },
  }
}

function finding(subject: Subject, stream: ExperienceStream, types: number, goal: number, late: string): Timed[] {
  let into = stream.find({ types })
  const newest = stream.find({ types, limit: 100 })
  const filter = { types }
  const share = ((100 * into.length) / stream.size).toFixed(1)
  return [
    {
      name: `findSeqs by type${late}`,
      unit: 'µs',
      includes: `sequence numbers of the ${share} % that match, ${into.length} of them, in a new Float64Array`,
      goal,
      floor: subject.floors.countColumn(),
      run(n) {
        let sum = 0
        for (let i = 0; i < n; i++) sum += stream.findSeqs(filter).length
        return sum
      },
    },
    {
      name: `find by type${late}, with records`,
      unit: 'µs',
      includes: `the same with their ${into.length} records copied into a reused batch`,
      run(n) {
        let sum = 0
        for (let i = 0; i < n; i++) {
          into = stream.find({ types, into })
          sum += into.length
        }
        return sum
      },
    },
    {
      name: `find by type${late}, newest 100`,
      unit: 'µs',
      includes: 'the newest 100 matches with their records',
      run(n) {
        let sum = 0
        for (let i = 0; i < n; i++) sum += stream.find({ types, order: 'newest', limit: 100, into: newest }).length
        return sum
      },
    },
  ]
}

function byType(subject: Subject): void {
  const stream = fullStream(subject.capacity)
  const type = TYPES[3] ?? 0
  const floor = subject.floors.countColumn()
  subject.time([counting(stream, 'type', { types: type }, { goal: 45, floor })])
  subject.time([counting(stream, 'three types', { types: TYPES.slice(0, 3) }, { floor })])
  for (const one of finding(subject, stream, type, 500, '')) subject.time([one])
}

function byLateType(subject: Subject): void {
  const stream = fullStream(subject.capacity, {}, (i) => (i < 199 ? 0xf001 + i : typeAt(i)))
  const type = (i: number): number => (i % 20 === 3 ? LATE_TYPE : 0xf001 + (i % 199))
  fill(stream, subject.capacity, type)
  const count = counting(stream, 'a 200th type', { types: LATE_TYPE }, { goal: LATE_GOAL })
  subject.time([{ ...count, floor: subject.floors.countColumn() }])
  for (const one of finding(subject, stream, LATE_TYPE, LATE_GOAL, ', a 200th type')) subject.time([one])
}

function byOthers(subject: Subject): void {
  const stream = fullStream(subject.capacity)
  const middle = START_US + 10 * (stream.oldestSeq + Math.floor(stream.size / 2))
  const filters: [string, EventFilter][] = [
    ['flags', { flags: 2 }],
    ['episode', { episodeId: Math.floor(stream.oldestSeq / 256) + 10 }],
    ['time', { from: middle, to: middle + 10 * 50_000 }],
    ['reward', { minReward: 0.5 }],
    ['type and reward', { types: TYPES[3] ?? 0, minReward: 0.5 }],
  ]
  for (const [name, filter] of filters) subject.time([counting(stream, name, filter)])
}

runSubject((subject) => {
  const { variant } = subject.job
  if (variant === 'type') byType(subject)
  else if (variant === 'a 200th type') byLateType(subject)
  else byOthers(subject)
})
