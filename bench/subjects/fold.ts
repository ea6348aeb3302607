/**
 * Subject: what a sampler or filter folds in before it answers. Writes and rewards are untimed here; what they leave to
 * be folded is timed alone.
 *
 * @module
 */

import type { SamplingStrategy, StreamOptions } from 'experience-stream'
import { prioritizedReward } from 'experience-stream'
import { packedRecords, randomPlaces } from '../fixtures.js'
import { fullStream } from '../fixtures-stream.js'
import type { Subject, Timed } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'

const CHUNK = 8192
const NEW = 65_536
const CHANGED = 16_384

function folding(subject: Subject, options: StreamOptions, strategy: SamplingStrategy, name: string): void {
  const { capacity } = subject
  const stream = fullStream(capacity, { prefault: true, ...options })
  const packed = packedRecords(0, CHUNK)
  const write = (count: number): void => {
    for (let left = count; left > 0; left -= CHUNK) {
      stream.writeBatch(left < CHUNK ? packed.subarray(0, left * 128) : packed)
    }
  }
  const start = performance.now()
  stream.sampleSeqs(1, strategy)
  const first = performance.now() - start
  subject.figure(
    {
      name: `${name}: very first prioritized sample`,
      unit: 'ms',
      includes: 'the index is built, in memory touched at creation; code never ran before',
    },
    [first],
  )
  const fresh = Math.min(NEW, capacity)
  const perEvent: Timed = {
    name: `${name}: per new event`,
    unit: 'ns',
    includes: `${fresh} new events folded into the index by a prioritized sample of 1`,
    goal: 6,
    floor: subject.floors.scanRecords(),
    operations: fresh,
    before: () => write(fresh),
    run: () => stream.sampleSeqs(1, strategy).population,
  }
  const lap: Timed = {
    name: `${name}: first sample after ${capacity === 2 ** 20 ? '2^20' : capacity} writes`,
    unit: 'ms',
    includes: 'every event is new: all are folded in, 256 are drawn with probabilities',
    goal: 10,
    floor: subject.floors.scanRecords('ms'),
    operations: 1,
    before: () => write(capacity),
    run: () => stream.sampleSeqs(256, strategy).population,
  }
  subject.time([perEvent, lap])
}

function changes(subject: Subject): void {
  const { capacity } = subject
  const stream = fullStream(capacity)
  const strategy = prioritizedReward()
  const place = randomPlaces(5)
  const changed = Math.min(CHANGED, capacity >> 2)
  const seqs = new Float64Array(changed)
  const rewards = new Float32Array(changed)
  const packed = packedRecords(0, Math.min(NEW, capacity))
  let turn = 0
  stream.sampleSeqs(1, strategy)
  subject.time([
    {
      name: 'per changed event',
      unit: 'ns',
      includes: `${changed} events at random places whose reward changed, folded by a prioritized sample of 1`,
      operations: changed,
      before() {
        for (let i = 0; i < changed; i++) {
          seqs[i] = stream.oldestSeq + place(stream.size)
          rewards[i] = place(1000) / 1000
        }
        stream.setAppraiserRewards(seqs, 3, rewards)
      },
      run: () => stream.sampleSeqs(1, strategy).population,
    },
    {
      name: 'columns, per new event',
      unit: 'ns',
      includes: `${packed.length / 128} new events folded by a count of one type over them all`,
      operations: packed.length / 128,
      before: () => {
        stream.writeBatch(packed)
      },
      run: () => stream.count({ types: 1 }),
    },
  ])
  subject.time([
    {
      name: 'rebuild for another α',
      unit: 'ms',
      includes: 'α = 1 and α = 0.6 in turns; 1 drawn',
      operations: 1,
      run: () => stream.sampleSeqs(1, prioritizedReward({ alpha: turn++ & 1 ? 1 : 0.6 })).population,
    },
  ])
}

runSubject((subject) => {
  const { variant } = subject.job
  if (variant === 'changes') changes(subject)
  else if (variant === 'reward, α = 1') folding(subject, {}, prioritizedReward(), variant)
  else if (variant === 'reward, α = 0.6') folding(subject, {}, prioritizedReward({ alpha: 0.6 }), variant)
  else if (variant === 'explicit, α = 1') folding(subject, { priority: 'explicit' }, prioritizedReward(), variant)
  else folding(subject, { priority: 'explicit' }, prioritizedReward({ alpha: 0.6 }), variant ?? '')
})
