/**
 * Every field goes in by every way of writing and comes out by every way of reading, the ends of its range included.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import { type EventColumns, type EventInput, type ExperienceStream, eventToJSON } from '../../src/index.js'
import { makeStream } from '../support/streams.js'

const ID = '01890a5d-ac96-774b-bcce-b302099a8057'
const U64_MAX = 2n ** 64n - 1n

const full = {
  eventId: ID,
  timestamp: 2 ** 53 - 1,
  episodeId: U64_MAX,
  stepNumber: 2 ** 32 - 1,
  eventType: 65535,
  flags: 0xffef,
  state: [1, -2, 0.1, 3.4028234663852886e38, -0, 1e-45, 7, 8],
  action: [-1, 2, -0.1, -3.4028234663852886e38, 0, -1e-45, -7, -8],
  rewardHomeostasis: -0.3,
  rewardCuriosity: 0.2,
  rewardEfficiency: 8e37,
  rewardGoal: -8e37,
  adnaVersionHash: 2 ** 32 - 1,
} satisfies Required<EventInput>

const columns: EventColumns = {
  eventIds: bytesOfId(),
  timestamps: Float64Array.of(2 ** 53 - 1),
  episodeIds: BigUint64Array.of(U64_MAX),
  stepNumbers: Uint32Array.of(2 ** 32 - 1),
  eventTypes: Uint16Array.of(65535),
  flags: Uint16Array.of(0xffef),
  states: Float32Array.from(full.state),
  actions: Float32Array.from(full.action),
  rewardsHomeostasis: Float32Array.of(-0.3),
  rewardsCuriosity: Float32Array.of(0.2),
  rewardsEfficiency: Float32Array.of(8e37),
  rewardsGoal: Float32Array.of(-8e37),
  adnaVersionHashes: Uint32Array.of(2 ** 32 - 1),
}

function bytesOfId(): Uint8Array {
  const digits = ID.replaceAll('-', '')
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

function writeBy(stream: ExperienceStream, way: string): void {
  if (way === 'writeEvent') stream.writeEvent(full)
  if (way === 'writeEvent with 16 bytes as id') stream.writeEvent({ ...full, eventId: bytesOfId() })
  if (way === 'a batch of objects') stream.writeBatch([full])
  if (way === 'columns') stream.writeBatch(columns)
  if (way === 'a snapshot written again') {
    stream.writeEvent(full)
    stream.writeEvent(stream.getEvent(stream.totalWritten - 1)!)
  }
  if (way === 'packed records') {
    stream.writeEvent(full)
    stream.writeBatch(stream.queryRange(stream.totalWritten - 1, stream.totalWritten).bytes)
  }
  if (way === 'writer') {
    const { writer } = stream
    const { state, action, ...scalars } = full
    writer.state.set(state)
    writer.action.set(action)
    Object.assign(writer, scalars)
    writer.commit()
  }
}

describe('all fields at the ends of their ranges', () => {
  const ways = [
    'writeEvent',
    'writeEvent with 16 bytes as id',
    'a batch of objects',
    'columns',
    'packed records',
    'a snapshot written again',
    'writer',
  ]
  for (const way of ways) {
    test(`survive ${way}`, async () => {
      const stream = await makeStream({ capacity: 3 })
      stream.writeEvent({})
      writeBy(stream, way)
      const seq = stream.totalWritten - 1
      const f32 = (value: number) => Math.fround(value)
      const total = f32(f32(f32(f32(-0.3) + f32(0.2)) + f32(8e37)) + f32(-8e37))
      const expected = {
        seq,
        eventId: ID,
        timestamp: 2 ** 53 - 1,
        episodeId: U64_MAX,
        stepNumber: 2 ** 32 - 1,
        eventType: 65535,
        flags: 0xffef,
        state: Float32Array.from(full.state),
        action: Float32Array.from(full.action),
        rewardHomeostasis: f32(-0.3),
        rewardCuriosity: f32(0.2),
        rewardEfficiency: f32(8e37),
        rewardGoal: f32(-8e37),
        adnaVersionHash: 2 ** 32 - 1,
        totalReward: total,
      }
      expect(stream.getEvent(seq)).toEqual(expected)
      const batch = stream.queryRange(seq, seq + 1)
      expect(batch.at(0)).toEqual(expected)
      expect(batch.toArray()).toEqual([expected])
      expect([...batch.states()]).toEqual([...expected.state])
      expect([...batch.actions()]).toEqual([...expected.action])
      expect([...batch.rewards()]).toEqual([f32(-0.3), f32(0.2), f32(8e37), f32(-8e37)])
      expect([...batch.totalRewards()]).toEqual([total])
      for (const view of [stream.view(seq)!, batch.view(0)]) {
        const { state, action, ...scalars } = expected
        for (const [name, value] of Object.entries(scalars)) {
          expect(Reflect.get(view, name), name).toEqual(value)
        }
        expect(Array.from({ length: 8 }, (_, i) => view.stateAt(i))).toEqual([...state])
        expect(Array.from({ length: 8 }, (_, i) => view.actionAt(i))).toEqual([...action])
        expect([...view.readState(new Float32Array(8))]).toEqual([...state])
        expect([...view.readAction(new Float32Array(8))]).toEqual([...action])
      }
    })
  }

  test('a snapshot can be written again whatever the bits of its id are', async () => {
    const stream = await makeStream({ capacity: 4 })
    for (const byte of [0, 0x11, 0x9f, 0xff]) {
      const seq = stream.writeEvent({ eventId: new Uint8Array(16).fill(byte) })
      const event = stream.getEvent(seq)!
      expect(stream.getEvent(stream.writeEvent(event))).toEqual({ ...event, seq: seq + 1 })
      stream.writer.eventId = event.eventId
      expect(stream.getEvent(stream.writer.commit())?.eventId).toBe(event.eventId)
    }
  })

  test('fields that are left out are 0, the id is drawn, the time is that of the clock', async () => {
    const stream = await makeStream({ capacity: 3, clock: () => 1234 })
    stream.writeEvent({})
    const { eventId, ...rest } = stream.getEvent(0)!
    expect(eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(rest).toEqual({
      seq: 0,
      timestamp: 1234,
      episodeId: 0n,
      stepNumber: 0,
      eventType: 0,
      flags: 0,
      state: new Float32Array(8),
      action: new Float32Array(8),
      rewardHomeostasis: 0,
      rewardCuriosity: 0,
      rewardEfficiency: 0,
      rewardGoal: 0,
      adnaVersionHash: 0,
      totalReward: 0,
    })
  })

  test('nothing of an earlier event shows in the place that it had', async () => {
    const stream = await makeStream({ capacity: 1, clock: () => 0 })
    const empty = new Uint8Array(112)
    for (const write of [() => stream.writeEvent({}), () => stream.writer.commit(), () => stream.writeBatch([{}])]) {
      stream.writeEvent(full)
      write()
      expect(stream.queryRange(0, 99).bytes.subarray(16)).toEqual(empty)
    }
    stream.writeEvent(full)
    stream.writeBatch({ stepNumbers: Uint32Array.of(0) })
    expect(stream.queryRange(0, 99).bytes.subarray(16)).toEqual(empty)
  })

  test('u64 episodes come out as bigint, and as a number from a view', async () => {
    const stream = await makeStream({ capacity: 10 })
    const episodes = [0, 1, 2 ** 32, 2 ** 53 - 1, 2n ** 53n, 2n ** 63n, U64_MAX]
    for (const episodeId of episodes) stream.writeEvent({ episodeId })
    episodes.forEach((episodeId, seq) => {
      expect(stream.getEvent(seq)?.episodeId).toBe(BigInt(episodeId))
      expect(stream.view(seq)?.episodeIdNumber).toBe(Number(episodeId))
      expect([...stream.findSeqs({ episodeId })]).toEqual([seq])
    })
  })

  test('the total is the f32 sum of the rewards from left to right', async () => {
    const stream = await makeStream({ capacity: 2 })
    // 2^24 + 1 is not an f32: from the left the ones are lost, from the right they are not.
    stream.writeEvent({ rewardHomeostasis: 2 ** 24, rewardCuriosity: 1, rewardEfficiency: 1, rewardGoal: 1 })
    stream.writeEvent({ rewardHomeostasis: 1, rewardCuriosity: 1, rewardEfficiency: 1, rewardGoal: 2 ** 24 })
    expect(stream.getEvent(0)?.totalReward).toBe(2 ** 24)
    expect(stream.getEvent(1)?.totalReward).toBe(2 ** 24 + 4)
    expect(stream.count({ minReward: 2 ** 24 + 1 })).toBe(1)
  })

  test('JSON holds an episode as a string of digits and the vectors as arrays', async () => {
    const stream = await makeStream({ capacity: 2 })
    stream.writeEvent({ ...full, state: [1, 2], action: [] })
    const json = JSON.parse(JSON.stringify(eventToJSON(stream.getEvent(0)!)))
    expect(json).toMatchObject({
      eventId: ID,
      episodeId: '18446744073709551615',
      timestamp: 2 ** 53 - 1,
      state: [1, 2, 0, 0, 0, 0, 0, 0],
      action: [0, 0, 0, 0, 0, 0, 0, 0],
    })
  })
})
