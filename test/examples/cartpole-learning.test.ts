/**
 * The CartPole example learns, replays exactly, and accounts for every event.
 */

import { AppraiserType, ExperienceStream, prioritizedReward } from 'experience-stream'
import { describe, expect, it } from 'vitest'
import { Actor } from '../../examples/cartpole/actor.js'
import { AppraisalPanel } from '../../examples/cartpole/appraisal.js'
import { audit } from '../../examples/cartpole/audit.js'
import { ANGLE_LIMIT, Outcome, POSITION_LIMIT } from '../../examples/cartpole/environment.js'
import { mean } from '../../examples/cartpole/evaluation.js'
import { BATCH, Learner, PRIORITIZED, type ReplaySource } from '../../examples/cartpole/learner.js'
import { Activations, Network } from '../../examples/cartpole/network.js'
import { GreedyPolicy, LAYERS } from '../../examples/cartpole/policy.js'
import { Random } from '../../examples/cartpole/random.js'
import { rank } from '../../examples/cartpole/ranking.js'
import { CAPACITY, type RunResult, type RunSettings, run } from '../../examples/cartpole/run.js'
import { writeTransition } from '../../examples/cartpole/state.js'

/** Learning takes seconds on an idle machine; this is for a busy one. */
const PATIENCE = 120_000

const SHORT: RunSettings = { seed: 1, steps: 4_000, learn: true, replay: 'prioritized', threads: 0 }

/** What a seed must replay: everything but the times. */
function replayed({ timing: _, ...result }: RunResult): Omit<RunResult, 'timing'> {
  return result
}

describe('the network', () => {
  it('has the gradient that differences of its output show', () => {
    const sizes = [4, 6, 5, 2]
    const network = new Network(sizes)
    const random = new Random(5, 'test')
    for (let i = 0; i < network.parameters.length; i++) network.parameters[i] = random.between(-1, 1)
    const activations = new Activations(sizes, 3)
    for (let i = 0; i < activations.input.length; i++) activations.input[i] = random.between(-1, 1)
    const slopes = Float64Array.from({ length: 6 }, () => random.between(-1, 1))
    const loss = () => {
      network.forward(activations)
      return activations.output.reduce((sum, value, i) => sum + value * slopes[i], 0)
    }
    loss()
    activations.outputGradient.set(slopes)
    const gradient = new Float64Array(network.parameters.length)
    network.backward(activations, gradient)
    for (let i = 0; i < gradient.length; i++) {
      const kept = network.parameters[i]
      network.parameters[i] = kept + 1e-6
      const above = loss()
      network.parameters[i] = kept - 1e-6
      const below = loss()
      network.parameters[i] = kept
      expect(gradient[i]).toBeCloseTo((above - below) / 2e-6, 6)
    }
  })
})

describe('the learner', () => {
  it('touches nothing of the stream but its capacity, sampleBatch and setPriorities', async () => {
    const stream = await ExperienceStream.create({ capacity: 100, seed: 1, priority: 'explicit' })
    const panel = new AppraisalPanel(stream)
    const touched = new Set<string | symbol>()
    const watched = new Proxy(stream, {
      get(target, name) {
        touched.add(name)
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const learner = new Learner(watched, 'prioritized', new Random(1, 'network'))
    const actor = new Actor(stream.writer, new GreedyPolicy(learner.online), 1)
    for (let i = 0; i < 80; i++) {
      actor.step(1)
      panel.poll()
    }
    learner.update(0)
    expect([...touched].sort()).toEqual(['capacity', 'sampleBatch', 'setPriorities'])
    const seqs = Array.from({ length: 80 }, (_, i) => i)
    expect(new Set(stream.getPriorities(seqs)).size).toBeGreaterThan(10)
    await stream.close()
  })

  it('learns nothing from an event that not all four have scored, and leaves its priority', async () => {
    const stream = await ExperienceStream.create({ capacity: 10, seed: 1, priority: 'explicit' })
    const panel = new AppraisalPanel(stream)
    const learner = new Learner(stream, 'prioritized', new Random(1, 'network'))
    const actor = new Actor(stream.writer, new GreedyPolicy(learner.online), 1)
    const before = learner.online.parameters.slice()
    actor.step(1)
    stream.setAppraiserReward(0, AppraiserType.Goal, 0.25)
    learner.update(0)
    expect(learner.updates).toBe(0)
    expect(learner.online.parameters).toEqual(before)
    panel.poll()
    actor.step(1)
    learner.update(0)
    expect(learner.updates).toBe(1)
    expect(learner.online.parameters).not.toEqual(before)
    const [scored, unscored] = stream.getPriorities([0, 1])
    expect(scored).not.toBe(1)
    expect(unscored).toBe(1)
    await stream.close()
  })

  it('counts the priorities that came too late', async () => {
    const stream = await ExperienceStream.create({ capacity: 4, seed: 1, priority: 'explicit' })
    const panel = new AppraisalPanel(stream)
    const slow: ReplaySource = {
      capacity: 4,
      sampleBatch: (...args) => stream.sampleBatch(...args),
      setPriorities: (seqs, priorities) => {
        for (let i = 0; i < 4; i++) stream.writeEvent({})
        return stream.setPriorities(seqs, priorities)
      },
    }
    const learner = new Learner(slow, 'prioritized', new Random(1, 'network'))
    new Actor(stream.writer, new GreedyPolicy(learner.online), 1).step(1)
    panel.poll()
    learner.update(0)
    expect(learner.latePriorities).toBe(BATCH)
    panel.poll()
    const { subscriptions } = stream.stats()
    expect(audit(stream.stats(), subscriptions, BATCH).filter((line) => !line.holds)).toEqual([])
    expect(audit(stream.stats(), subscriptions, 0).filter((line) => !line.holds)).toHaveLength(1)
    await stream.close()
  })

  it('sees a future behind a truncated step and none behind a terminated one', async () => {
    expect(await valueAfterLearning(Outcome.Terminated)).toBeCloseTo(0.25, 1)
    expect(await valueAfterLearning(Outcome.Truncated)).toBeGreaterThan(0.6)
  })
})

/** What a learner comes to value a push at, of which it knows one experience: reward 0.25, and nothing changes. */
async function valueAfterLearning(outcome: Outcome): Promise<number> {
  const observation = [POSITION_LIMIT / 2, 1, ANGLE_LIMIT / 2, 1]
  const stream = await ExperienceStream.create({ capacity: 1, seed: 1, priority: 'explicit' })
  const step = { episode: 0, step: 0, tick: 0, novelty: 1, push: 1, reversed: false } as const
  writeTransition(stream.writer, { ...step, observation, outcome, next: observation })
  stream.setAppraiserReward(0, AppraiserType.Goal, 0.25)
  stream.markFullyAppraised(0)
  const learner = new Learner(stream, 'prioritized', new Random(1, 'network'))
  for (let i = 0; i < 600; i++) learner.update(0)
  const activations = new Activations(LAYERS, 1)
  activations.input.fill(0.5)
  learner.online.forward(activations)
  await stream.close()
  return activations.output[1]
}

describe('a run', () => {
  it(
    'learns within 4,000 steps what it does not know without learning',
    async () => {
      const learned = await run(SHORT)
      const control = await run({ ...SHORT, learn: false })
      expect(mean(learned.lengths)).toBeGreaterThan(150)
      expect(mean(control.lengths)).toBeLessThan(60)
      expect(mean(control.returns)).toBeLessThan(60)
      expect(control.updates).toBe(0)
      expect(learned.lengths).toHaveLength(100)
    },
    PATIENCE,
  )

  it(
    'replays the same learning curve and result from the same seed, and another from another',
    async () => {
      const settings: RunSettings = { ...SHORT, steps: 900 }
      const first = await run(settings)
      const second = await run(settings)
      expect(replayed(second)).toEqual(replayed(first))
      const other = await run({ ...settings, seed: 2 })
      expect(other.returns).not.toEqual(first.returns)
    },
    PATIENCE,
  )

  it('samples uniformly without touching a priority', async () => {
    const { ranking, updates } = await run({ ...SHORT, steps: 800, replay: 'uniform' })
    expect(updates).toBeGreaterThan(0)
    expect(new Set(ranking.priorities)).toEqual(new Set([1]))
  })

  it('accounts for every event also after the ring has wrapped', async () => {
    const { audit: lines, windows } = await run({ ...SHORT, steps: CAPACITY + 1_234, learn: false })
    expect(lines.filter((line) => !line.holds)).toEqual([])
    expect(lines.map((line) => line.figures)).toContain('7,234 = 6,000 + 1,234')
    expect(lines).toHaveLength(8)
    expect(windows.at(-1)).toMatchObject({ size: CAPACITY, evicted: 1_234, missed: 0 })
  })
})

describe('the audit', () => {
  it('is broken by an event that the appraisers did not see', async () => {
    const stream = await ExperienceStream.create({ capacity: 10, priority: 'explicit' })
    const panel = new AppraisalPanel(stream)
    stream.writeEvent({})
    panel.poll()
    const lines = () => audit(stream.stats(), stream.stats().subscriptions, 0)
    expect(lines().every((line) => line.holds)).toBe(true)
    stream.writeEvent({})
    const broken = lines().filter((line) => !line.holds)
    expect(broken.map((line) => line.law)).toEqual(['written = fully appraised', '4 x written = rewards applied'])
    await stream.close()
  })
})

describe('the ranking', () => {
  it('states the probabilities with which the sampler draws', async () => {
    const stream = await ExperienceStream.create({ capacity: 400, seed: 3, priority: 'explicit' })
    const panel = new AppraisalPanel(stream)
    const learner = new Learner(stream, 'prioritized', new Random(3, 'network'))
    const actor = new Actor(stream.writer, new GreedyPolicy(learner.online), 3)
    for (let i = 0; i < 500; i++) {
      actor.step(1)
      panel.poll()
      if (i >= 100) learner.update(0)
    }
    const { top, population, undrawn } = rank(stream, learner.draws, 5)
    expect(population).toBe(400)
    expect(undrawn).toBeLessThan(50)
    expect(top.map((event) => event.priority)).toEqual(top.map((event) => event.priority).sort((a, b) => b - a))
    const drawn = new Map<number, number>()
    const sample = stream.sampleSeqs(20_000, prioritizedReward(PRIORITIZED))
    for (let i = 0; i < sample.length; i++) drawn.set(sample.seqs[i], sample.probabilities[i])
    for (const event of top) {
      expect(event.drawn).toBeGreaterThan(0)
      expect(drawn.get(event.seq)).toBeCloseTo(event.probability, 9)
    }
    await stream.close()
  })
})
