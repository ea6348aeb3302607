/**
 * Subject: drawing batches of 256.
 *
 * @module
 */

import type { ExperienceStream, SampleBatch, SampledSeqs, SamplingStrategy } from 'experience-stream'
import {
  filteredByType,
  mixed,
  prioritizedReward,
  recencyWeighted,
  recent,
  sequences,
  uniform,
} from 'experience-stream'
import { fill, TYPES } from '../fixtures.js'
import { fullStream, stage } from '../fixtures-stream.js'
import type { Subject, Timed } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'

const K = 256
const WRITES = 16

interface What {
  name: string
  includes: string
  goal?: number
  floor?: Timed['floor']
  /** Events written before each batch, and timed with it. */
  writes?: number
}

/** A row whose operation is `draw`, after `what.writes` writes. */
function drawing(stream: ExperienceStream, what: What, draw: () => number): Timed {
  const writes = what.writes ?? 0
  const { writer } = stream
  return {
    ...what,
    unit: 'µs',
    run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        for (let w = 0; w < writes; w++) {
          stage(writer, i)
          writer.timestamp = i
          writer.commit()
        }
        sum += draw()
      }
      return sum
    },
  }
}

function drawSeqs(stream: ExperienceStream, strategy: SamplingStrategy, what: What): Timed {
  let into: SampledSeqs = stream.sampleSeqs(K, strategy)
  return drawing(stream, what, () => {
    into = stream.sampleSeqs(K, strategy, { into })
    return (into.seqs[K - 1] ?? 0) + (into.probabilities[0] ?? 0)
  })
}

function drawRecords(stream: ExperienceStream, strategy: SamplingStrategy, what: What): Timed {
  let into: SampleBatch = stream.sampleBatch(K, strategy)
  return drawing(stream, what, () => {
    into = stream.sampleBatch(K, strategy, { into })
    return (into.seqs[K - 1] ?? 0) + (into.bytes[200] ?? 0)
  })
}

const REPLACING = 'into reused buffers'

async function uniformDraws(subject: Subject): Promise<void> {
  const stream = fullStream(subject.capacity)
  const strategy = uniform()
  const floor = subject.floors.gatherRecords(K)
  const includes = `without replacement, probabilities and weights, ${REPLACING}`
  const seqs = drawSeqs(stream, strategy, {
    name: 'uniform 256, sequence numbers',
    includes,
    goal: 2,
    floor: subject.floors.call('µs'),
  })
  const records = drawRecords(stream, strategy, {
    name: 'uniform 256, with records',
    includes: `${includes}, records gathered`,
    goal: 8,
    floor,
  })
  subject.time([seqs])
  subject.time([records])
  await subject.garbage(records, { includes: 'a batch of 256' }, false)
}

async function prioritizedDraws(subject: Subject, alpha: number): Promise<void> {
  const stream = fullStream(subject.capacity)
  const strategy = prioritizedReward({ alpha })
  const includes = `α = ${alpha}, with replacement, probabilities and weights, ${REPLACING}`
  const floor = subject.floors.gatherRecords(K)
  const seqs = (writes: number): Timed =>
    drawSeqs(stream, strategy, {
      name: `prioritized 256, α = ${alpha}, sequence numbers${writes ? `, ${writes} writes between` : ''}`,
      includes: writes ? `${includes}; the writes and their folding` : includes,
      goal: 16,
      floor: subject.floors.pickRecords(K),
      writes,
    })
  const records = (writes: number): Timed =>
    drawRecords(stream, strategy, {
      name: `prioritized 256, α = ${alpha}, with records${writes ? `, ${writes} writes between` : ''}`,
      includes: writes
        ? `${includes}; records gathered; the writes and their folding`
        : `${includes}; records gathered`,
      goal: 24,
      floor,
      writes,
    })
  const still = records(0)
  subject.time([seqs(0)])
  subject.time([seqs(WRITES)])
  subject.time([still])
  subject.time([records(WRITES)])
  await subject.garbage(still, { includes: 'a batch of 256' })
}

function learner(subject: Subject, alpha: number): void {
  const stream = fullStream(subject.capacity, { priority: 'explicit' })
  const strategy = prioritizedReward({ alpha, beta: 0.4, epsilon: 1e-6 })
  const priorities = new Float32Array(K)
  let into = stream.sampleBatch(K, strategy)
  const step =
    (writes: number) =>
    (n: number): number => {
      let sum = 0
      for (let i = 0; i < n; i++) {
        for (let w = 0; w < writes; w++) {
          stage(stream.writer, i)
          stream.writer.timestamp = i
          stream.writer.commit()
        }
        into = stream.sampleBatch(K, strategy, { into })
        const { weights } = into
        for (let j = 0; j < K; j++) priorities[j] = (weights[j] ?? 0) * ((i + j) & 15)
        sum += stream.setPriorities(into.seqs, priorities).applied
      }
      return sum
    }
  const includes = `α = ${alpha}, β = 0.4: 256 draws with records and weights, 256 new priorities set, all folded in`
  const floor = subject.floors.gatherRecords(K)
  const name = `a learner's step, α = ${alpha}`
  subject.time([{ name, unit: 'µs', includes, goal: 36, floor, run: step(0) }])
  const written = `; ${WRITES} events written`
  subject.time([
    { name: `${name}, ${WRITES} writes`, unit: 'µs', includes: includes + written, goal: 36, floor, run: step(WRITES) },
  ])
}

function others(subject: Subject): void {
  const stream = fullStream(subject.capacity)
  fill(stream, 1024)
  const draw = (strategy: SamplingStrategy, name: string, includes: string): Timed =>
    drawRecords(stream, strategy, { name: `${name} 256, with records`, includes: `${includes}; records gathered` })
  subject.time([draw(filteredByType(TYPES[3] ?? 0), 'by type', 'without replacement among the 5 % of one type')])
  subject.time([draw(recencyWeighted({ decay: 0.99999 }), 'recency-weighted', 'with replacement')])
  subject.time([draw(mixed({ rewardWeight: 1, recencyWeight: 1 }), 'mixed', 'with replacement')])
  subject.time([draw(recent(K), 'recent', 'the newest')])
  subject.time([draw(prioritizedReward(), 'prioritized', 'α = 1, with replacement, for comparison')])
  const runs = drawRecords(stream, sequences({ length: 8 }), {
    name: '256 sequences of 8, with records',
    includes: 'runs of one episode, 2,048 records gathered',
  })
  subject.time([runs])
}

runSubject(async (subject) => {
  const { variant } = subject.job
  if (variant === 'uniform') await uniformDraws(subject)
  else if (variant === 'prioritized, α = 1') await prioritizedDraws(subject, 1)
  else if (variant === 'prioritized, α = 0.6') await prioritizedDraws(subject, 0.6)
  else if (variant === 'learner, α = 1') learner(subject, 1)
  else if (variant === 'learner, α = 0.6') learner(subject, 0.6)
  else others(subject)
})
