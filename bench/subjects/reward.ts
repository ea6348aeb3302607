/**
 * Subject: late rewards and priorities, while a sampling index is in use.
 *
 * @module
 */

import { prioritizedReward } from 'experience-stream'
import { randomPlaces } from '../fixtures.js'
import { fullStream } from '../fixtures-stream.js'
import type { Timed } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'

const NEAR = 1024
const BULK = 256

runSubject(async (subject) => {
  const stream = fullStream(subject.capacity)
  const strategy = prioritizedReward()
  const place = randomPlaces(11)
  const seqs = new Float64Array(BULK)
  const rewards = new Float32Array(BULK).fill(0.5)
  let i = 0
  const fold = (): void => {
    stream.sampleSeqs(1, strategy)
  }
  const draw = 'the mask beside it, the event marked for an index that is in use'
  fold()
  const near: Timed = {
    name: 'reward write, near the head',
    unit: 'ns',
    includes: `one of four slots of one of the newest ${NEAR}; ${draw}`,
    goal: 20,
    floor: subject.floors.call(),
    before: fold,
    run(n) {
      const newest = stream.totalWritten - 1
      for (const end = i + n; i < end; i++) {
        stream.setAppraiserReward(newest - (i & (NEAR - 1)), ((i >> 10) & 3) as 0 | 1 | 2 | 3, (i & 127) / 128)
      }
      return i
    },
  }
  const random: Timed = {
    name: 'reward write, at random',
    unit: 'ns',
    includes: `one of four slots of any event; ${draw}`,
    goal: 40,
    floor: subject.floors.pickRecords(),
    before: fold,
    run(n) {
      const oldest = stream.oldestSeq
      const live = stream.size
      for (const end = i + n; i < end; i++) {
        stream.setAppraiserReward(oldest + place(live), (i & 3) as 0 | 1 | 2 | 3, (i & 127) / 128)
      }
      return i
    },
  }
  const bulk: Timed = {
    name: `${BULK} rewards in bulk, at random`,
    unit: 'µs',
    includes: `setAppraiserRewards on ${BULK} events; their choice; ${draw}`,
    before: fold,
    run(n) {
      let applied = 0
      for (let r = 0; r < n; r++) {
        for (let j = 0; j < BULK; j++) seqs[j] = stream.oldestSeq + place(stream.size)
        applied += stream.setAppraiserRewards(seqs, 2, rewards).applied
      }
      return applied
    },
  }
  const pair: Timed = {
    name: 'reward write and its folding, at random',
    unit: 'ns',
    includes: '4,096 writes at random places, then a prioritized sample of 1, divided by 4,096',
    operations: 4096,
    run(n) {
      const oldest = stream.oldestSeq
      const live = stream.size
      for (const end = i + n; i < end; i++) {
        stream.setAppraiserReward(oldest + place(live), (i & 3) as 0 | 1 | 2 | 3, (i & 127) / 128)
      }
      return stream.sampleSeqs(1, strategy).population
    },
  }
  subject.time([near])
  await subject.garbage(near, { includes: near.includes, bytes: 1 }, false)
  subject.time([random])
  subject.time([pair])
  subject.time([bulk])

  const learned = fullStream(subject.capacity, { priority: 'explicit' })
  learned.sampleSeqs(1, strategy)
  subject.time([
    {
      name: `${BULK} priorities in bulk, at random`,
      unit: 'µs',
      includes: `setPriorities on ${BULK} events; their choice; marked for an index that is in use`,
      before: () => {
        learned.sampleSeqs(1, strategy)
      },
      run(n) {
        let applied = 0
        for (let r = 0; r < n; r++) {
          for (let j = 0; j < BULK; j++) seqs[j] = learned.oldestSeq + place(learned.size)
          applied += learned.setPriorities(seqs, rewards).applied
        }
        return applied
      },
    },
  ])
})
