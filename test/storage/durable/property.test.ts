/**
 * Random programs against the oracle: events in every form, rewards early, late and after eviction, turns of the event
 * loop, acknowledgements and crashes.
 *
 * @module
 */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openDurable } from '../../../src/storage/durable/open.js'
import type { DurableExperienceStream, DurableOptions } from '../../../src/storage/index.node.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'
import { MemoryDisk } from '../support/memory-disk.js'
import { DurableModel } from './model.js'
import { crashed, openStream, turn } from './support.js'
import { SwitchedDisk } from './switched-disk.js'

type Command =
  | { do: 'write'; count: number; form: 'single' | 'writer' | 'objects' | 'packed' | 'columns'; flags: number }
  | { do: 'reward' | 'add' | 'bit'; back: number; appraiser: 0 | 1 | 2 | 3; reward: number }
  | { do: 'rewards'; backs: number[]; appraiser: 0 | 1 | 2 | 3; reward: number }
  | { do: 'turn' | 'durable' | 'crash' | 'complete'; back: number }

const appraiser = fc.constantFrom(0, 1, 2, 3)
const back = fc.integer({ min: 1, max: 24 })
const reward = fc.integer({ min: -1000, max: 1000 }).map((n) => n / 8)
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      count: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 })),
      form: fc.constantFrom('single', 'writer', 'objects', 'packed', 'columns'),
      flags: fc.constantFrom(0, 0, 3, 16),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('reward', 'add', 'bit'), back, appraiser, reward }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('rewards' as const),
      backs: fc.array(back, { maxLength: 8 }),
      appraiser,
      reward,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('turn', 'durable', 'complete'), back }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), back }) },
) as fc.Arbitrary<Command>

function write(stream: DurableExperienceStream, count: number, form: string, flags: number, step: number): void {
  const steps = Uint32Array.from({ length: count }, (_, i) => step + i)
  const objects = Array.from(steps, (stepNumber) => ({ stepNumber, flags }))
  if (form === 'single') for (const event of objects) stream.writeEvent(event)
  else if (form === 'writer') {
    for (const event of objects) {
      Object.assign(stream.writer, event)
      stream.writer.commit()
    }
  } else if (form === 'objects') stream.writeBatch(objects)
  else if (form === 'columns') stream.writeBatch({ stepNumbers: steps, flags: new Uint16Array(count).fill(flags) })
  else {
    const bytes = new Uint8Array(count * 128)
    const view = new DataView(bytes.buffer)
    objects.forEach((event, i) => {
      view.setUint32(i * 128 + 32, event.stepNumber, true)
      view.setUint16(i * 128 + 38, flags, true)
    })
    stream.writeBatch(bytes)
  }
}

/** One late write to both; what is evicted must be corrected, except that nothing can be added to it. */
function change(stream: DurableExperienceStream, model: DurableModel, each: Command, seq: number): void {
  if (each.do !== 'reward' && each.do !== 'add' && each.do !== 'bit') return
  const live = seq >= stream.oldestSeq
  const slot = each.appraiser
  const expected = live ? 'applied' : 'corrected'
  if (each.do === 'reward') {
    expect(stream.setAppraiserReward(seq, slot, each.reward)).toBe(expected)
    model.change(seq, slot, each.reward, 1 << slot)
  } else if (each.do === 'bit') {
    expect(stream.markAppraised(seq, slot)).toBe(expected)
    model.change(seq, slot, undefined, 1 << slot)
  } else if (!live) {
    expect(() => stream.addReward(seq, slot, each.reward)).toThrow('has been evicted')
  } else {
    expect(stream.addReward(seq, slot, each.reward)).toBe('applied')
    model.change(seq, slot, model.events[seq]!.late.rewards[slot]! + each.reward, 1 << slot)
  }
}

async function step(stream: DurableExperienceStream, model: DurableModel, each: Command): Promise<void> {
  const next = model.events.length
  if (each.do === 'write') {
    write(stream, each.count, each.form, each.flags, next)
    for (let i = 0; i < each.count; i++) model.write(next + i, each.flags)
  } else if (each.do === 'turn') await turn()
  else if (each.do === 'durable') {
    await stream.durable()
    if (stream.stats().journal.durability !== 'none') model.acknowledge()
  } else if (each.do === 'rewards') {
    const seqs = each.backs.map((b) => next - b).filter((seq) => seq >= 0)
    const corrected = seqs.filter((seq) => seq < stream.oldestSeq).length
    const result = stream.setAppraiserRewards(seqs, each.appraiser, new Array(seqs.length).fill(each.reward))
    expect(result).toEqual({ applied: seqs.length - corrected, corrected, evicted: 0 })
    for (const seq of seqs) model.change(seq, each.appraiser, each.reward, 1 << each.appraiser)
  } else if (each.do === 'complete') {
    if (each.back > next) return
    stream.markFullyAppraised(next - each.back)
    model.change(next - each.back, 0, undefined, 15)
  } else if (each.do !== 'crash' && each.back <= next) change(stream, model, each, next - each.back)
}

type Chosen = typeof options extends fc.Arbitrary<infer T> ? T : never
const options = fc.record({
  capacity: fc.integer({ min: 1, max: 16 }),
  backlog: fc.double({ min: 0, max: 1, noNaN: true }),
  durability: fc.constantFrom('none' as const, 'process-crash' as const, 'power-loss' as const),
  appraisers: fc.constantFrom<(0 | 1 | 2 | 3)[]>([0, 1, 2, 3], [1], [0, 3]),
})

test('whatever a program does, a crash leaves what was acknowledged, and an orderly close everything', async () => {
  await fc.assert(
    fc.asyncProperty(options, fc.array(command, { maxLength: 50, size: 'max' }), async (chosen, commands) => {
      const settings = settingsOf(chosen)
      const model = modelOf(chosen)
      let stream = await openStream(settings)
      for (const each of commands) {
        if (each.do === 'crash') {
          const next = await crashed(stream, settings)
          await stream.close()
          stream = next
          model.adopt(stream)
        } else await step(stream, model, each)
        model.compare(stream)
      }
      await stream.close()
      model.acknowledge()
      const reopened = await openStream({ directory: stream.directory, capacity: 25 })
      model.adopt(reopened)
      await reopened.close()
    }),
    { numRuns: 60, interruptAfterTimeLimit: 20_000, endOnFailure: false },
  )
}, 60_000)

test("with 'power-loss', what was acknowledged survives also what a loss of power does to the rest", async () => {
  await fc.assert(
    fc.asyncProperty(
      options,
      fc.array(command, { maxLength: 50, size: 'max' }),
      fc.integer({ min: 1, max: 2 ** 31 }),
      async (chosen, commands, seed) => {
        const settings = { ...settingsOf(chosen), durability: 'power-loss' as const }
        const model = modelOf(chosen)
        const random = generator(seed)
        let disk = new MemoryDisk()
        let stream = await openInMemory(disk, settings)
        for (const each of commands) {
          if (each.do === 'crash') {
            disk = disk.afterPowerLoss(random)
            await stream.close()
            stream = await openInMemory(disk, settings)
            model.adopt(stream)
          } else await step(stream, model, each)
          model.compare(stream)
        }
        await stream.close()
        model.acknowledge()
        const reopened = await openInMemory(disk.afterPowerLoss(random), settings)
        model.adopt(reopened)
        await reopened.close()
      },
    ),
    { numRuns: 80, interruptAfterTimeLimit: 20_000, endOnFailure: false },
  )
}, 60_000)

function settingsOf({ capacity, backlog, durability, appraisers }: Chosen) {
  return { capacity, durability, appraisers, maxBacklog: Math.max(1, Math.round(capacity * backlog)) }
}

function modelOf({ appraisers }: Chosen): DurableModel {
  return new DurableModel(appraisers.reduce<number>((mask, each) => mask | (1 << each), 0))
}

function openInMemory(disk: MemoryDisk, settings: DurableOptions): Promise<DurableExperienceStream> {
  const afterTurn = (callback: () => void): void => void setImmediate(callback)
  // Slow, so that a crash often comes before the sync.
  const slow = new SwitchedDisk(disk)
  slow.turns = 3
  return openDurable({ directory: 'memory', disk: slow, crc32: nodeCrc32, afterTurn, release: () => {} }, settings)
}

/** Numbers in [0, 1) that a seed decides. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32
  }
}
