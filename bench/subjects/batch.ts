/**
 * Subject: batches written, per event: packed records, columns and objects.
 *
 * @module
 */

import type { EventColumns, EventInput } from 'experience-stream'
import { noise, packedRecords, START_US } from '../fixtures.js'
import { eventObject, fullStream } from '../fixtures-stream.js'
import type { Timed } from '../harness/subject.js'
import { runSubject } from '../harness/subject.js'

const SIZES = [256, 1024, 8192]
/** Of the floor: what a batch may take whose records are only copied, and what one whose records are checked as well. */
const COPIED = 1.2
const CHECKED = 2

/** The inner part of a stream that copies checked records into the ring. */
interface Copier {
  parts: { batches: { append(bytes: Uint8Array, count: number): void } }
}

function columns(n: number): EventColumns {
  const one = new Float32Array(n).map((_, i) => noise(i))
  return {
    timestamps: new Float64Array(n).map((_, i) => START_US + i),
    episodeIds: new Float64Array(n).map((_, i) => i >> 8),
    stepNumbers: new Uint32Array(n).map((_, i) => i & 255),
    eventTypes: new Uint16Array(n).map((_, i) => i & 15),
    flags: new Uint16Array(n),
    states: new Float32Array(n * 8).map((_, i) => noise(i)),
    actions: new Float32Array(n * 8).map((_, i) => noise(i + 1)),
    rewardsHomeostasis: one,
    rewardsCuriosity: one,
    rewardsEfficiency: one,
    rewardsGoal: one,
    adnaVersionHashes: new Uint32Array(n),
  }
}

runSubject((subject) => {
  const stream = fullStream(subject.capacity)
  for (const size of SIZES) {
    const packed = packedRecords(0, size)
    const floor = subject.floors.copyIn(size)
    const checked: Timed = {
      name: `packed batch of ${size}, all checks`,
      unit: 'ns',
      includes: 'per event; ids and times as given, floats and times checked, then copied from a hot source',
      goal: CHECKED,
      limitKind: 'times floor',
      floor,
      multiple: size,
      run(n) {
        for (let left = n; left > 0; left -= size) stream.writeBatch(packed)
        return stream.totalWritten
      },
    }
    // Not part of the public face: there every record is checked.
    const { batches } = (stream as unknown as Copier).parts
    const copied: Timed = {
      ...checked,
      name: `packed batch of ${size}, copy alone`,
      includes: 'per event; copied from a hot source, masks of the appraisers reset, head moved; nothing checked',
      goal: COPIED,
      run(n) {
        for (let left = n; left > 0; left -= size) batches.append(packed, size)
        return stream.totalWritten
      },
    }
    subject.time([checked, copied])
  }
  for (const size of [256, 1024]) {
    const input = columns(size)
    const floor = subject.floors.copyIn(size)
    subject.time([
      {
        name: `columns of ${size}`,
        unit: 'ns',
        includes: 'per event; id v4 drawn, all other fields from typed arrays, checked and scattered into records',
        floor,
        multiple: size,
        run(n) {
          for (let left = n; left > 0; left -= size) stream.writeBatch(input)
          return stream.totalWritten
        },
      },
    ])
  }
  const state = new Float32Array(8).fill(0.5)
  const objects: EventInput[] = Array.from({ length: 256 }, (_, i) => eventObject(i, state, state))
  subject.time([
    {
      name: 'objects, 256 in a batch',
      unit: 'ns',
      includes: 'per event; objects made before; id v4 drawn, time given, all fields',
      multiple: objects.length,
      run(n) {
        for (let left = n; left > 0; left -= objects.length) stream.writeBatch(objects)
        return stream.totalWritten
      },
    },
  ])
})
