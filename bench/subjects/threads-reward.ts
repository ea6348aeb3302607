/**
 * Subject: `addReward` to a shared ring that no other thread writes to meanwhile.
 *
 * @module
 */

import { uniform } from 'experience-stream'
import { randomPlaces } from '../fixtures.js'
import { fullSharedStream } from '../fixtures-stream.js'
import type { Floor } from '../harness/floors.js'
import type { Subject, Timed } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'
import { layout, ringOf } from '../threads/inner.js'

const NEAR = 1024
const GOAL_NS = 10
/** Small enough that no sum of a run leaves the range of rewards, and each changes its slot. */
const AMOUNT = 0.5

/** Which event and slot the i-th sum goes to. */
type Target = (i: number) => number

interface Place {
  name: string
  includes: string
  seqOf: Target
  floor: Floor
  goal?: number | undefined
}

async function sums(subject: Subject, sampled: boolean): Promise<void> {
  const stream = await fullSharedStream(subject.capacity)
  const { LATE_APPLIED } = await layout()
  const { core } = ringOf(stream).kernel
  const random = randomPlaces(11)
  const { oldestSeq: oldest, size: live, totalWritten: next } = stream
  if (sampled) stream.sampleSeqs(1, uniform())
  const also = sampled ? ', a thread samples' : ''
  const told = sampled ? 'the epoch of its block raised' : 'nobody samples'
  const places: Place[] = [
    {
      name: 'near the head',
      includes: `one of four slots of one of the newest ${NEAR}, over and over; ${told}`,
      seqOf: (i) => next - 1 - (i & (NEAR - 1)),
      floor: subject.floors.call(),
      goal: sampled ? undefined : GOAL_NS,
    },
    {
      name: 'at random',
      includes: `one of four slots of any event; ${told}`,
      seqOf: () => oldest + random(live),
      floor: subject.floors.pickRecords(),
    },
  ]
  const inside = (place: Place): Timed => {
    const { seqOf, floor, goal } = place
    let i = 0
    return {
      name: `addReward, inside the module, ${place.name}${also}`,
      unit: 'ns',
      includes: place.includes,
      goal,
      floor,
      run(n) {
        let failed = 0
        for (const end = i + n; i < end; i++) {
          if (core.addReward(seqOf(i), (i >> 10) & 3, AMOUNT) !== LATE_APPLIED) failed++
        }
        if (failed > 0) throw new Error(`${failed} of ${n} sums were not applied`)
        return i
      },
    }
  }
  const face = (place: Place): Timed => {
    const { seqOf, floor, goal } = place
    let i = 0
    return {
      name: `addReward, ${place.name}${also}`,
      unit: 'ns',
      includes: place.includes,
      goal,
      floor,
      run(n) {
        for (const end = i + n; i < end; i++) stream.addReward(seqOf(i), ((i >> 10) & 3) as 0 | 1 | 2 | 3, AMOUNT)
        return i
      },
    }
  }
  for (const place of places) subject.time([inside(place), face(place)])
}

runSubject(async (subject) => {
  await sums(subject, false)
  await sums(subject, true)
})
