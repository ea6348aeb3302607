/**
 * What the threads of the CartPole example share beside the ring: their pace, the weights of the policy, the visits that
 * are counted, and how a slice of steps is written.
 */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { ExperienceStream } from 'experience-stream'
import { describe, expect, it, vi } from 'vitest'
import { Actor } from '../../examples/cartpole/actor.js'
import { Chronicle } from '../../examples/cartpole/chronicle.js'
import { MAX_STEPS } from '../../examples/cartpole/environment.js'
import { Network } from '../../examples/cartpole/network.js'
import { CELLS, Novelty } from '../../examples/cartpole/novelty.js'
import { GreedyPolicy, LAYERS } from '../../examples/cartpole/policy.js'
import { Pace } from '../../examples/cartpole/threads/pace.js'
import { SharedWeights } from '../../examples/cartpole/threads/shared-weights.js'
import { SliceWriter } from '../../examples/cartpole/threads/slice-writer.js'

describe('the pace', () => {
  it('hands out every granted step once, in slices, and says when all are taken', () => {
    const learner = new Pace(20)
    learner.grant(1)
    const one = new Pace(20, learner.memory)
    const two = new Pace(20, learner.memory)
    expect([one.take(8), two.take(8), one.take(8)]).toEqual([
      { first: 0, end: 8 },
      { first: 8, end: 16 },
      { first: 16, end: 20 },
    ])
    expect([one.take(8), two.take(8)]).toEqual([undefined, undefined])
  })

  it('grants 64 steps ahead of the learner, in lots of 16, and no more than the run has', () => {
    const learner = new Pace(100)
    const environment = new Pace(100, learner.memory)
    const granted: number[] = []
    const dueAt: number[] = []
    for (let step = 1; step <= 100; step++) {
      if (!learner.isGrantDue(step)) continue
      dueAt.push(step)
      learner.grant(step)
      granted.push(environment.take(100)?.end ?? 0)
    }
    expect(dueAt).toEqual([1, 17, 33, 37])
    expect(granted).toEqual([64, 80, 96, 100])
  })

  it('holds the learner until all four appraisers have passed a step', async () => {
    const learner = new Pace(10)
    const appraisers = new Pace(10, learner.memory)
    const order: string[] = []
    const passed = learner.until(() => learner.isPassed(3)).then(() => order.push('passed'))
    for (let slot = 0; slot < 4; slot++) {
      await new Promise((resolve) => setImmediate(resolve))
      order.push(`report ${slot}`)
      appraisers.report(slot, 3 + slot, slot)
    }
    await passed
    expect(order).toEqual(['report 0', 'report 1', 'report 2', 'report 3', 'passed'])
    expect([learner.isPassed(3), learner.isPassed(4), learner.missed]).toEqual([true, false, 6])
  })
})

describe('the shared weights', () => {
  it('are read when there are newer ones, and else left as they are', () => {
    const learner = new SharedWeights(3)
    const environment = new SharedWeights(3, learner.memory)
    const weights = Float64Array.of(7, 7, 7)
    expect(environment.read(weights)).toBe(false)
    learner.publish(Float64Array.of(1, 2, 3))
    expect([environment.read(weights), Array.from(weights)]).toEqual([true, [1, 2, 3]])
    weights.fill(7)
    expect([environment.read(weights), Array.from(weights)]).toEqual([false, [7, 7, 7]])
    // The learner has begun to publish again.
    Atomics.add(new Int32Array(learner.memory), 0, 1)
    expect([environment.read(weights), Array.from(weights)]).toEqual([false, [7, 7, 7]])
  })

  it('are left as they are when the learner publishes in the middle of the copy', () => {
    const learner = new SharedWeights(2)
    const environment = new SharedWeights(2, learner.memory)
    learner.publish(Float64Array.of(1, 1))
    const set = vi.spyOn(Float64Array.prototype, 'set')
    set.mockImplementationOnce(function (this: Float64Array, source: ArrayLike<number>) {
      set.mockRestore()
      this[0] = source[0]
      learner.publish(Float64Array.of(2, 2))
      this[1] = source[1]
    })
    const weights = Float64Array.of(7, 7)
    expect([environment.read(weights), Array.from(weights)]).toEqual([false, [7, 7]])
    expect([environment.read(weights), Array.from(weights)]).toEqual([true, [2, 2]])
  })

  it('are read whole while another thread publishes', async () => {
    const [length, times] = [1 << 14, 20_000]
    const weights = new SharedWeights(length)
    const worker = new Worker(new URL('threads/publishing.mjs', import.meta.url), {
      workerData: { memory: weights.memory, length, times },
    })
    let running = true
    const ended = once(worker, 'exit').finally(() => {
      running = false
    })
    const out = new Float64Array(length)
    let whole = 0
    let torn = 0
    while (running) {
      for (let i = 0; i < 1000; i++) {
        const last = out[0]
        if (!weights.read(out)) continue
        if (out[0] > last && out.every((value) => value === out[0])) whole++
        else torn++
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await ended).toEqual([0])
    weights.read(out)
    expect(out[length - 1]).toBe(times)
    expect(torn).toBe(0)
    expect(whole).toBeGreaterThan(0)
  }, 120_000)
})

describe('a slice', () => {
  it('is written as one batch that leaves no number claimed', async () => {
    const stream = await ExperienceStream.create({ capacity: 1000, shared: true })
    const other = await ExperienceStream.attach(stream.handle())
    const writer = new SliceWriter(stream)
    const actor = new Actor(writer, new GreedyPolicy(new Network(LAYERS)), 1)
    for (let slice = 0; slice < 5; slice++) {
      for (let i = 0; i < 8; i++) actor.step(1)
      expect(other.totalWritten).toBe(slice * 9)
      writer.flush()
      expect(other.writeEvent({})).toBe(slice * 9 + 8)
      other.writeBatch([])
    }
    expect(stream.stats()).toMatchObject({ written: 45, threads: { claimed: 45, aborted: 0, pending: 0 } })
    await other.close()
    await stream.close()
  })

  it('holds the same events as the same steps written one by one', async () => {
    const [plain, sliced] = [
      await ExperienceStream.create({ capacity: 99 }),
      await ExperienceStream.create({ capacity: 99 }),
    ]
    const policy = new GreedyPolicy(new Network(LAYERS))
    const writer = new SliceWriter(sliced)
    const [one, two] = [new Actor(plain.writer, policy, 3), new Actor(writer, policy, 3)]
    for (let i = 0; i < 60; i++) {
      one.step(1)
      two.step(1)
      if (i % 8 === 7) writer.flush()
    }
    writer.flush()
    for (let seq = 0; seq < 60; seq++) {
      const { eventId: _, ...expected } = plain.getEvent(seq) ?? {}
      expect(sliced.getEvent(seq)).toMatchObject(expected)
    }
    expect(sliced.totalWritten).toBe(60)
  })
})

describe('several actors', () => {
  it('have starts and episodes of their own, and count visits together', async () => {
    const stream = await ExperienceStream.create({ capacity: 1000 })
    const visits = new Uint32Array(new SharedArrayBuffer(CELLS * 4))
    const policy = new GreedyPolicy(new Network(LAYERS))
    const episodes = [0, 1, 2].map((index) => {
      const actor = new Actor(stream.writer, policy, 1, { index, of: 3, novelty: new Novelty(visits) })
      const begin = stream.totalWritten
      for (let i = 0; i < 100; i++) actor.step(1)
      return Array.from(stream.queryRange(begin, begin + 100), ({ episodeIdNumber }) => episodeIdNumber)
    })
    episodes.forEach((ids, index) => {
      expect(ids[0]).toBe(index)
      expect(ids.at(-1)).toBeGreaterThan(index)
      expect(ids.every((id) => id % 3 === index)).toBe(true)
    })
    const starts = [0, 100, 200].map((seq) => stream.getEvent(seq)?.state[0])
    expect(new Set(starts).size).toBe(3)
    expect(visits.reduce((sum, count) => sum + count, 0)).toBe(300)
    expect(new Novelty(visits).cellsSeen).toBe(visits.filter((count) => count > 0).length)
  })
})

describe('the chronicle', () => {
  it('tells the same in pieces as in one, and every episode once', async () => {
    const stream = await ExperienceStream.create({ capacity: 400 })
    const actor = new Actor(stream.writer, new GreedyPolicy(new Network(LAYERS)), 2)
    const [whole, pieces] = [new Chronicle(stream), new Chronicle(stream)]
    for (let step = 1; step <= 400; step++) {
      actor.step(1)
      stream.setAppraiserReward(step - 1, 0, step)
      if (step % 30 === 0) pieces.read(step)
    }
    whole.read(400)
    pieces.read(400)
    expect(whole.takeMeanRewards()).toEqual([200.5, 0, 0, 0])
    expect(pieces.takeMeanRewards()).toEqual([200.5, 0, 0, 0])
    expect(whole.takeMeanRewards()).toEqual([0, 0, 0, 0])
    expect(pieces.returns).toEqual(whole.returns)
    expect(pieces.endedAt).toEqual(whole.endedAt)
    expect(whole.returns.length).toBeGreaterThan(5)
    expect(whole.endedAt).toEqual(whole.returns.map((_, i) => whole.returns.slice(0, i + 1).reduce((a, b) => a + b)))
    expect(Math.max(...whole.returns)).toBeLessThan(MAX_STEPS)
  })
})
