/**
 * Subject: a sampler's own copy of a shared ring: making it, and catching up with what other threads have written and
 * scored since.
 *
 * Here the sampling thread itself has written; for its copy that is the same as if others had.
 *
 * @module
 */

import type { ExperienceStream } from 'experience-stream'
import { prioritizedReward, uniform } from 'experience-stream'
import { packedRecords } from '../fixtures.js'
import { fullSharedStream } from '../fixtures-stream.js'
import type { Subject, Timed } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'

/** Slots that share an epoch. */
const BLOCK = 64
const BLOCKS = 1024
const NEW = 1000

function once(subject: Subject, name: string, includes: string, sample: () => unknown): void {
  const start = performance.now()
  sample()
  subject.figure({ name, unit: 'ms', includes }, [performance.now() - start])
}

function catchingUp(subject: Subject, stream: ExperienceStream): void {
  const packed = packedRecords(0, NEW)
  const strategy = prioritizedReward()
  const changed = Math.min(BLOCKS, Math.floor(stream.size / BLOCK))
  let round = 0
  const nothingNew: Timed = {
    name: 'nothing new',
    unit: 'µs',
    includes: 'all epochs looked at; 1 drawn',
    run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) sum += stream.sampleSeqs(1, uniform()).population
      return sum
    },
  }
  const newEvents = (name: string, draw: () => number, includes: string): Timed => ({
    name: `${NEW} new events, ${name}`,
    unit: 'µs',
    includes,
    operations: 1,
    before: () => {
      stream.writeBatch(packed)
    },
    run: draw,
  })
  const changes: Timed = {
    name: 'per changed block',
    unit: 'ns',
    includes: `${changed} blocks of ${BLOCK} slots with one changed event each, found, copied and folded; 1 drawn`,
    operations: changed,
    before() {
      round++
      const { oldestSeq } = stream
      for (let i = 0; i < changed; i++) stream.addReward(oldestSeq + i * BLOCK, 3, (round & 1) - 0.5)
    },
    run: () => stream.sampleSeqs(1, strategy).population,
  }
  const copied = 'copied, appended, as many evicted'
  subject.time([nothingNew])
  subject.time([newEvents('uniform', () => stream.sampleSeqs(1, uniform()).population, `${copied}; 1 drawn`)])
  const folded = `${copied}, folded into the index; 1 drawn`
  subject.time([newEvents('prioritized', () => stream.sampleSeqs(1, strategy).population, folded)])
  subject.time([changes])
}

runSubject(async (subject) => {
  const stream = await fullSharedStream(subject.capacity)
  const events = `${subject.capacity.toLocaleString('en-US')} events`
  once(subject, 'first sample, uniform', `the copy of ${events} is made in memory never touched before`, () =>
    stream.sampleSeqs(1, uniform()),
  )
  once(subject, 'first prioritized sample after it', `the index over ${events} is built`, () =>
    stream.sampleSeqs(1, prioritizedReward()),
  )
  catchingUp(subject, stream)
})
