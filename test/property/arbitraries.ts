/**
 * Random events, filters, strategies and commands. Values come from small domains, so that episodes continue, types
 * repeat and filters match, with the ends of every range mixed in.
 *
 * @module
 */

import fc from 'fast-check'
import type { EventInput, FindOptions } from '../../src/index.js'
import type { ModelStrategy } from '../model/sampling.js'

const TWO_53 = 2 ** 53

const float = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.1, 3.4028234663852886e38, -3.4028234663852886e38, 1e-45, 5e-39),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
)
const vector = fc.oneof(
  fc.array(float, { maxLength: 8 }),
  fc.array(float, { minLength: 8, maxLength: 8 }).map((values) => Float32Array.from(values)),
)
/** Rewards as events and appraisers give them. */
export const reward = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 2.5, 0.001, -0.25, 8e37, -8e37, 1e-40),
  fc.double({ min: -100, max: 100, noNaN: true }),
)
const timestamp = fc.oneof(fc.nat(60), fc.constantFrom(0, TWO_53 - 1, 1_700_000_000_000_000))
const episode = fc.oneof(
  { weight: 5, arbitrary: fc.nat(2) },
  { weight: 1, arbitrary: fc.constantFrom(1n, 2n ** 64n - 1n, 2n ** 53n + 1n, TWO_53 - 1) },
)
const type = fc.oneof({ weight: 5, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.constantFrom(0x200, 65535) })
const flags = fc.oneof({ weight: 5, arbitrary: fc.nat(31) }, { weight: 1, arbitrary: fc.constantFrom(65535, 0x8000) })
const u32 = fc.oneof(
  { weight: 4, arbitrary: fc.nat(6) },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 32 - 1, 2 ** 31) },
)
const id = fc.oneof(
  fc.uuid(),
  fc.uuid().map((text) => text.toUpperCase()),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
)

/** An event that is in order. */
export const eventInput: fc.Arbitrary<EventInput> = fc.record(
  {
    eventId: id,
    timestamp,
    episodeId: episode,
    stepNumber: u32,
    eventType: type,
    flags,
    state: vector,
    action: vector,
    rewardHomeostasis: reward,
    rewardCuriosity: reward,
    rewardEfficiency: reward,
    rewardGoal: reward,
    adnaVersionHash: u32,
  },
  { requiredKeys: [] },
)

const bad: readonly (readonly [keyof EventInput, unknown])[] = [
  ['eventId', 'not-a-uuid'],
  ['eventId', new Uint8Array(15)],
  ['timestamp', -1],
  ['timestamp', TWO_53],
  ['timestamp', 0.5],
  ['episodeId', -1],
  ['episodeId', TWO_53],
  ['episodeId', 2n ** 64n],
  ['episodeId', -1n],
  ['stepNumber', 2 ** 32],
  ['stepNumber', 1.5],
  ['eventType', 65536],
  ['flags', -1],
  ['state', [1, 2, Number.NaN]],
  ['state', new Array<number>(9).fill(0)],
  ['action', [3.5e38]],
  ['rewardGoal', 8.1e37],
  ['rewardHomeostasis', Number.NaN],
  ['rewardEfficiency', Number.POSITIVE_INFINITY],
  ['adnaVersionHash', 2 ** 32],
]

/** An event with one field out of order. */
export const badInput: fc.Arbitrary<EventInput> = fc
  .tuple(eventInput, fc.constantFrom(...bad))
  .map(([input, [field, value]]) => ({ ...input, [field]: value }))

/** A filter with each condition present half of the time at most. */
export const findOptions: fc.Arbitrary<FindOptions> = fc
  .record(
    {
      types: fc.oneof(
        type,
        fc.array(type, { minLength: 1, maxLength: 4 }),
        fc.constant([0, 1, 2, 3, 4, 5, 6, 7, 8, 65535]),
      ),
      flags: fc.constantFrom(0, 1, 3, 0x10, 0x11),
      episodeId: episode,
      from: timestamp,
      to: timestamp,
      minReward: reward,
      maxReward: reward,
      order: fc.constantFrom('oldest' as const, 'newest' as const),
      limit: fc.nat(20),
    },
    { requiredKeys: [] },
  )
  .filter(({ from, to, minReward, maxReward }) => !(from! > to!) && !(minReward! > maxReward!))

/** A strategy with parameters from ends and middle. */
export const strategy: fc.Arbitrary<ModelStrategy> = fc.oneof(
  fc.constant<ModelStrategy>({ kind: 'uniform' }),
  fc.record({
    kind: fc.constant('types' as const),
    types: fc.array(type, { minLength: 1, maxLength: 3 }),
    take: fc.constantFrom('random' as const, 'oldest' as const, 'newest' as const),
  }),
  fc.record({
    kind: fc.constant('prioritized' as const),
    alpha: fc.constantFrom(1, 0, 0.5, 0.6, 2),
    beta: fc.constantFrom(1, 0, 0.4),
    epsilon: fc.constantFrom(0, 0.01, 1e-6),
  }),
  fc.record({ kind: fc.constant('recency' as const), decay: fc.constantFrom(1, 0.999, 0.5, 0.9) }),
  fc.record({
    kind: fc.constant('mixed' as const),
    rewardWeight: fc.constantFrom(0, 1, 0.3),
    recencyWeight: fc.constantFrom(1, 0.7),
  }),
  fc.record({ kind: fc.constant('recent' as const), n: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ kind: fc.constant('custom' as const), modulus: fc.constantFrom(1, 2, 3) }),
  fc.record({ kind: fc.constant('sequences' as const), length: fc.integer({ min: 1, max: 4 }) }),
)

/** A distance from the head: 1 is the newest event, 0 and less are in the future, large ones are evicted. */
const back = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 12 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 1500 }) },
  { weight: 1, arbitrary: fc.integer({ min: -2, max: 0 }) },
)
const past = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 12 }) }, fc.integer({ min: 1, max: 1500 }))

/** One step of a test: what is done to the stream and to the model. */
export type Command =
  | { do: 'write' | 'commit'; input: EventInput }
  | { do: 'writeBad' | 'commitBad'; input: EventInput }
  | { do: 'batch'; form: 'objects' | 'packed' | 'columns'; inputs: EventInput[]; spoil: number }
  | { do: 'walk'; episode: number; steps: number }
  | { do: 'reward'; back: number; appraiser: number; reward: number }
  | { do: 'rewards'; backs: number[]; appraiser: number; rewards: number[] }
  | { do: 'priorities'; backs: number[]; priorities: number[] }
  | { do: 'done' | 'complete'; back: number; appraiser: number }
  | { do: 'find'; options: FindOptions; startBack: number | undefined; endBack: number | undefined }
  | { do: 'range'; startBack: number; endBack: number }
  | { do: 'event'; back: number }
  | { do: 'sample'; strategy: ModelStrategy; size: number; replacement: boolean | undefined }
  | {
      do: 'subscribe'
      from: 'next' | 'oldest' | number
      types: number[] | undefined
      maxBatch: number
      maxLag: number | undefined
    }
  | { do: 'poll' | 'unsubscribe'; which: number }
  | { do: 'clock'; now: number }

const pairs = fc.array(fc.tuple(past, reward), { maxLength: 8 })
const appraiser = fc.nat(3)

/** All commands; writes and rewards come most often. */
export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('write' as const, 'commit' as const), input: eventInput }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('writeBad' as const, 'commitBad' as const), input: badInput }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('batch' as const),
      form: fc.constantFrom('objects' as const, 'packed' as const, 'columns' as const),
      inputs: fc.array(eventInput, { maxLength: 14 }),
      spoil: fc.constantFrom(-1, -1, -1, 0, 3),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('walk' as const),
      episode: fc.nat(2),
      steps: fc.integer({ min: 1, max: 30 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('reward' as const), back, appraiser, reward }) },
  {
    weight: 3,
    arbitrary: fc
      .record({ do: fc.constant('rewards' as const), pairs, appraiser, future: fc.boolean() })
      .map((given) => ({
        do: 'rewards' as const,
        appraiser: given.appraiser,
        backs: given.pairs.map(([at], i) => (given.future && i === given.pairs.length - 1 && at > 10 ? 0 : at)),
        rewards: given.pairs.map(([, value]) => value),
      })),
  },
  {
    weight: 3,
    arbitrary: pairs.map((given) => ({
      do: 'priorities' as const,
      backs: given.map(([at]) => at),
      priorities: given.map(([, value]) => Math.abs(value)),
    })),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('done' as const, 'complete' as const), back, appraiser }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('find' as const),
      options: findOptions,
      startBack: fc.option(past, { nil: undefined }),
      endBack: fc.option(past, { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('range' as const), startBack: back, endBack: back }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('event' as const), back }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('sample' as const),
      strategy,
      size: fc.oneof(fc.nat(8), fc.constantFrom(40)),
      replacement: fc.constantFrom(undefined, undefined, true, false),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('subscribe' as const),
      from: fc.oneof(fc.constantFrom('next' as const, 'oldest' as const), past),
      types: fc.option(fc.array(type, { minLength: 1, maxLength: 3 }), { nil: undefined }),
      maxBatch: fc.constantFrom(1, 2, 5, 1024),
      maxLag: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('poll' as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clock' as const), now: timestamp }) },
)
