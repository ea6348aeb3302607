/**
 * Member: one thread alone with a plain or a shared ring, doing one kind of work: what sharing costs it.
 *
 * @module
 */

import { type ExperienceStream, prioritizedReward, type SamplingStrategy, uniform } from 'experience-stream'
import { BATCH, packedRecords, randomPlaces, START_US } from '../../fixtures.js'
import { eventObject, fullSharedStream, fullStream, stage } from '../../fixtures-stream.js'
import { type Part, serve } from '../member.js'

/** What it is told. */
export interface SingleData {
  work: string
  capacity: number
  shared: boolean
}

const DRAWN = 256
const NEAR = 1024

function drawing(stream: ExperienceStream, strategy: SamplingStrategy): Part {
  let into = stream.sampleBatch(DRAWN, strategy)
  return (n) => {
    let sum = 0
    for (let i = 0; i < n; i++) {
      into = stream.sampleBatch(DRAWN, strategy, { into })
      sum += into.seqs[0] ?? 0
    }
    return sum
  }
}

function viewing(stream: ExperienceStream, seqOf: (i: number) => number): Part {
  let i = 0
  return (n) => {
    let sum = 0
    for (const end = i + n; i < end; i++) {
      const view = stream.view(seqOf(i))
      if (view) sum += view.eventType + view.stepNumber + view.stateAt(0) + view.rewardGoal
    }
    return sum
  }
}

/** What a thread can do with a stream, by name. */
const WORK: Record<string, (stream: ExperienceStream) => Part> = {
  writer(stream) {
    const { writer } = stream
    let i = 0
    return (n) => {
      for (const end = i + n; i < end; i++) {
        writer.timestamp = START_US + i
        stage(writer, i)
        writer.commit()
      }
      return i
    }
  },
  'writer, polled every 64 writes'(stream) {
    const { writer } = stream
    const subscription = stream.subscribe()
    let i = 0
    return (n) => {
      let heard = 0
      for (const end = i + n; i < end; i++) {
        writer.timestamp = START_US + i
        stage(writer, i)
        writer.commit()
        if ((i & 63) === 0) heard += subscription.poll().length
      }
      return heard
    }
  },
  'object, shared arrays'(stream) {
    const state = new Float32Array(8).fill(0.5)
    let i = 0
    return (n) => {
      for (const end = i + n; i < end; i++) stream.writeEvent(eventObject(i, state, state))
      return i
    }
  },
  [`packed batch of ${BATCH}`](stream) {
    const packed = packedRecords(0, BATCH)
    return (n) => {
      for (let left = n; left > 0; left -= BATCH) stream.writeBatch(packed)
      return n
    }
  },
  'addReward, near the head'(stream) {
    const newest = stream.totalWritten - 1
    let i = 0
    return (n) => {
      for (const end = i + n; i < end; i++) stream.addReward(newest - (i & (NEAR - 1)), ((i >> 10) & 3) as 0, 0.5)
      return i
    }
  },
  'view, in order'(stream) {
    const { oldestSeq, size } = stream
    return viewing(stream, (i) => oldestSeq + (i % size))
  },
  'view, at random'(stream) {
    const { oldestSeq, size } = stream
    const place = randomPlaces(7)
    return viewing(stream, () => oldestSeq + place(size))
  },
  [`queryRange of ${BATCH}, in order`](stream) {
    const { oldestSeq, size } = stream
    const ranges = Math.floor(size / BATCH)
    let into = stream.queryRange(oldestSeq, oldestSeq + BATCH)
    let range = 0
    return (n) => {
      for (let left = n; left > 0; left -= BATCH) {
        const start = oldestSeq + (range++ % ranges) * BATCH
        into = stream.queryRange(start, start + BATCH, { into })
      }
      return into.start
    }
  },
  'uniform 256, with records': (stream) => drawing(stream, uniform()),
  'prioritized 256, α = 0.6, with records': (stream) => drawing(stream, prioritizedReward({ alpha: 0.6 })),
}

serve(async ({ work, capacity, shared }: SingleData) => {
  const prepare = WORK[work]
  if (prepare === undefined) throw new Error(`there is no work ${work}`)
  return prepare(shared ? await fullSharedStream(capacity) : fullStream(capacity))
})
