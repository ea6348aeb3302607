/**
 * The equations, limits and layout of the CartPole example: against steps worked out by hand, and against episodes that
 * another program recorded.
 */

import { existsSync, readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'
import { EventFlags, EventType, ExperienceStream } from 'experience-stream'
import { describe, expect, it } from 'vitest'
import {
  ANGLE_LIMIT,
  CartPole,
  isLost,
  MAX_STEPS,
  Outcome,
  POSITION_LIMIT,
  type Push,
  START_RANGE,
} from '../../examples/cartpole/environment.js'
import { Novelty } from '../../examples/cartpole/novelty.js'
import { Random } from '../../examples/cartpole/random.js'
import {
  readNextObservation,
  readObservation,
  readOutcome,
  readPush,
  type Transition,
  writeTransition,
} from '../../examples/cartpole/state.js'

const RECORDED = '../shared/data/cartpole-expert.npz'
if (!existsSync(RECORDED))
  console.warn(`\nSKIPPED: the equations against recorded episodes, for ${RECORDED} is absent\n`)

function at(...observation: number[]): CartPole {
  const environment = new CartPole()
  environment.observation.set(observation)
  return environment
}

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  expected.forEach((value, i) => {
    expect(Math.abs(actual[i] - value)).toBeLessThanOrEqual(tolerance)
  })
}

describe('the equations', () => {
  it('push a resting cart to the right by 8/41 m/s and its pole to the left by 12/41 rad/s', () => {
    const environment = at(0, 0, 0, 0)
    expect(environment.step(1)).toBe(Outcome.Running)
    expectClose(environment.observation, [0, 8 / 41, 0, -12 / 41], 1e-15)
  })

  it('move by the velocity before the push, so that the opposite push stops what the first began', () => {
    const environment = at(0, 0, 0, 0)
    environment.step(1)
    environment.step(0)
    expectClose(environment.observation, [0.16 / 41, 0, -0.24 / 41, 0], 1e-15)
  })

  it('agree with steps computed with 50 digits where the pole leans and turns', () => {
    const leaning = at(1.5, -0.75, 0.125, 0.5)
    leaning.step(0)
    expectClose(leaning.observation, [1.485, -0.946641959347017, 0.135, 0.82931591163053], 1e-14)
    const turning = at(-2, 1.25, -0.1875, -1.5)
    turning.step(1)
    expectClose(turning.observation, [-1.975, 1.446838771593557, -0.2175, -1.844885829359563], 1e-14)
  })

  it('are mirror images of each other for the two pushes', () => {
    const left = at(0.3, -0.2, 0.1, 0.4)
    const right = at(-0.3, 0.2, -0.1, -0.4)
    for (const push of [1, 1, 0, 1, 0, 0, 0] as Push[]) {
      left.step(push)
      right.step(push === 1 ? 0 : 1)
      expectClose(
        left.observation,
        Array.from(right.observation, (value) => -value),
        1e-14,
      )
    }
  })

  it.skipIf(!existsSync(RECORDED))('reproduce 26,964 recorded transitions and the end of all 57 episodes', () => {
    const archive = readFileSync(RECORDED)
    const observations = new Float32Array(npyOf(archive, 'obs.npy'))
    const pushes = new BigInt64Array(npyOf(archive, 'acts.npy'))
    const boundaries = Array.from(new BigInt64Array(npyOf(archive, 'indices.npy')), Number)
    expect(pushes.length).toBe(26_964)
    const environment = new CartPole()
    let episodes = 0
    let begin = 0
    let worst = 0
    for (const end of [...boundaries, pushes.length]) {
      environment.steps = 0
      for (let i = begin; i < end; i++) {
        const row = (i + episodes) * 4
        environment.observation.set(observations.subarray(row, row + 4))
        environment.step(pushes[i] === 1n ? 1 : 0)
        environment.observation.forEach((value, j) => {
          worst = Math.max(worst, Math.abs(value - observations[row + 4 + j]))
        })
      }
      const final = observations.subarray((end + episodes) * 4, (end + episodes) * 4 + 4)
      expect(isLost(final)).toBe(end - begin < MAX_STEPS)
      episodes++
      begin = end
    }
    expect(episodes).toBe(57)
    expect(worst).toBeLessThan(3e-7)
  })
})

describe('an episode', () => {
  it('terminates beyond 2.4 m and beyond 12°, on both sides, and not before', () => {
    expect(POSITION_LIMIT).toBe(2.4)
    expect(ANGLE_LIMIT).toBeCloseTo((12 * Math.PI) / 180, 15)
    for (const side of [-1, 1]) {
      expect(at(side * 2.39, side * 0.49, 0, 0).step(1)).toBe(Outcome.Running)
      expect(at(side * 2.39, side * 0.51, 0, 0).step(1)).toBe(Outcome.Terminated)
      expect(at(0, 0, side * (ANGLE_LIMIT - 0.01), side * 0.49).step(1)).toBe(Outcome.Running)
      expect(at(0, 0, side * (ANGLE_LIMIT - 0.01), side * 0.51).step(1)).toBe(Outcome.Terminated)
    }
  })

  it('is truncated at step 500 where the pole stands, and terminated where it falls at that very step', () => {
    const standing = at(0, 0, 0, 0)
    standing.steps = 498
    expect(standing.step(1)).toBe(Outcome.Running)
    expect(standing.step(0)).toBe(Outcome.Truncated)
    const falling = at(0, 0, ANGLE_LIMIT, 1)
    falling.steps = 499
    expect(falling.step(1)).toBe(Outcome.Terminated)
  })

  it('starts within ±0.05 in all four components, at the same place for the same seed', () => {
    const one = new CartPole()
    const two = new CartPole()
    const random = new Random(7, 'starts')
    const again = new Random(7, 'starts')
    const least = new Float64Array(4).fill(1)
    const most = new Float64Array(4).fill(-1)
    for (let i = 0; i < 2000; i++) {
      one.reset(random)
      two.reset(again)
      expect(two.observation).toEqual(one.observation)
      one.observation.forEach((value, j) => {
        least[j] = Math.min(least[j], value)
        most[j] = Math.max(most[j], value)
      })
    }
    for (let j = 0; j < 4; j++) {
      expect(least[j]).toBeGreaterThanOrEqual(-START_RANGE)
      expect(least[j]).toBeLessThan(-START_RANGE * 0.99)
      expect(most[j]).toBeLessThan(START_RANGE)
      expect(most[j]).toBeGreaterThan(START_RANGE * 0.99)
    }
  })
})

describe('random streams', () => {
  it('differ by seed, also above 2^32, and by name', () => {
    const firsts = [
      new Random(1, 'starts'),
      new Random(2, 'starts'),
      new Random(1, 'exploration'),
      new Random(2 ** 32 + 1, 'starts'),
    ].map((random) => random.uniform())
    expect(new Set(firsts).size).toBe(firsts.length)
  })

  it('have the mean and variance of a uniform distribution', () => {
    const random = new Random(3, 'test')
    const values = Array.from({ length: 100_000 }, () => random.uniform())
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.005)
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.002)
  })
})

describe('the layout of a step', () => {
  const transition: Transition = {
    episode: 12,
    step: 34,
    tick: 1000,
    observation: [0.5, -0.25, 0.0625, 0.5],
    novelty: 0.5,
    push: 1,
    reversed: true,
    outcome: Outcome.Truncated,
    next: [0.75, -0.5, 0.125, 1],
  }

  it('puts into the state what the four appraisers read', async () => {
    const stream = await ExperienceStream.create({ capacity: 4 })
    const event = stream.getEvent(writeTransition(stream.writer, transition))
    const lean = 0.0625 / ANGLE_LIMIT
    expectClose(
      event?.state ?? [],
      [0.5, 0.5, -0.25, 0.0625, 0.2 + 0.8 * lean, 0.9 * (1 - 0.5 / 2.4), 1 - 2 * lean, 0.8125],
      1e-6,
    )
    expect(event).toMatchObject({ timestamp: 20_000_000, episodeId: 12n, stepNumber: 34, flags: EventFlags.TRAJECTORY })
    await stream.close()
  })

  it('gives back the whole transition from the event alone', async () => {
    const stream = await ExperienceStream.create({ capacity: 4 })
    writeTransition(stream.writer, transition)
    writeTransition(stream.writer, { ...transition, push: 0, outcome: Outcome.Terminated })
    const batch = stream.queryRange(0, 2)
    const found = new Float64Array(8)
    readObservation(batch.states(), 8, found, 0)
    readNextObservation(batch.actions(), 8, found, 4)
    expect(Array.from(found)).toEqual([0.5, -0.25, 0.0625, 0.5, 0.75, -0.5, 0.125, 1])
    expect([readPush(batch.actions(), 0), readPush(batch.actions(), 8)]).toEqual([1, 0])
    expect(readOutcome(batch.actions(), 0)).toBe(Outcome.Truncated)
    expect(readOutcome(batch.actions(), 8)).toBe(Outcome.Terminated)
    expect([batch.at(0).eventType, batch.at(1).eventType]).toEqual([EventType.ActionCompleted, EventType.ActionFailed])
    await stream.close()
  })

  it('calls an observation less new with every visit of its cell', () => {
    const novelty = new Novelty()
    expect(novelty.visit([0, 0, 0, 0])).toBe(1)
    expect(novelty.visit([0.01, 0.01, 0.001, 0.01])).toBeCloseTo(Math.SQRT1_2, 15)
    expect(novelty.visit([2, 0, 0, 0])).toBe(1)
    expect(novelty.visit([99, 99, 99, 99])).toBe(1)
    expect(novelty.cellsSeen).toBe(3)
  })
})

/** The data of one array in an `.npz` archive, found through the archive's central directory. */
function npyOf(archive: Buffer, name: string): ArrayBuffer {
  const end = archive.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  let entry = archive.readUInt32LE(end + 16)
  while (archive.readUInt32LE(entry) === 0x02014b50) {
    const nameLength = archive.readUInt16LE(entry + 28)
    if (archive.toString('latin1', entry + 46, entry + 46 + nameLength) === name) {
      const local = archive.readUInt32LE(entry + 42)
      const begin = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
      const array = inflateRawSync(archive.subarray(begin, begin + archive.readUInt32LE(entry + 20)))
      const header = 10 + array.readUInt16LE(8)
      return array.buffer.slice(array.byteOffset + header, array.byteOffset + array.length) as ArrayBuffer
    }
    entry += 46 + nameLength + archive.readUInt16LE(entry + 30) + archive.readUInt16LE(entry + 32)
  }
  throw new Error(`the archive has no ${name}`)
}
