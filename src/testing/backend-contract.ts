/**
 * The contract of `PersistenceBackend` as checks that any backend can be put through, with any test runner. Those of
 * `ColdStorage`, which is part of it, are in `coldStorageContract`.
 *
 * A check that needs more than every database has names it in `needs`; run those that the place has.
 *
 * @module
 */

import { InvalidArgumentError } from '../errors.js'
import type { EventInput, ExperienceEvent } from '../event/types.js'
import type { PersistenceBackend } from '../postgres/contract.js'
import { US_PER_DAY } from '../storage/cold/partition.js'
import type { BackendCheck, BackendCheckBody, BackendPlace } from './backend-place.js'
import { checkOn, rejects, same, truth } from './check.js'
import { SOME_DAY_US } from './events.js'
import { KNOWLEDGE_CHECKS } from './knowledge-contract.js'

/** The checks; each makes a place of its own. */
export function persistenceBackendContract(makePlace: () => BackendPlace | Promise<BackendPlace>): BackendCheck[] {
  return Object.entries({ ...EVENT_CHECKS, ...KNOWLEDGE_CHECKS }).map(([name, { needs = [], run }]) => ({
    ...checkOn(name, makePlace, async (place) => run(await place.backend(), place)),
    needs,
  }))
}

const LEAST_NORMAL = 2 ** -126

const EVENT_CHECKS: Record<string, BackendCheckBody> = {
  'a hundred events of one episode come back in their order, whole': {
    async run(backend) {
      const given = Array.from({ length: 100 }, (_, i) => input(i, { episodeId: 7 }))
      same(await backend.writeBatch(given), { start: 0, end: 100 }, 'the numbers')
      const found = await events(backend, { episodeId: 7, orderBy: 'sequence' })
      same(found.map(fields), given.map(fields), 'the events')
      same(await backend.countEvents({ episodeId: 7n }), 100, 'the count')
      same(await backend.countEvents({ episodeId: 8 }), 0, 'the count of another episode')
    },
  },

  'an event and its metadata are written together and come back together': {
    async run(backend) {
      const metadata = { intentType: 'move', executorId: 'arm', parameters: { to: [1, 2.5, null], fast: true, é: '"' } }
      same(await backend.writeEvent(input(0)), 0, 'the first number')
      same(await backend.writeEventWithMetadata(input(1), metadata), 1, 'the second number')
      const [first, second] = await backend.queryEventsWithMetadata({ orderBy: 'sequence' }).collect()
      same([first?.event.seq, first?.metadata], [0, undefined], 'the one without')
      same([second?.event.seq, second?.metadata], [1, metadata], 'the one with metadata')
      const meets = async (query: object): Promise<number> =>
        (await backend.queryEventsWithMetadata(query).collect()).length
      same(await meets({ intentType: 'move', executorId: 'arm', parameters: { fast: true } }), 1, 'by its metadata')
      same(await meets({ parameters: { fast: false } }), 0, 'by other parameters')
    },
  },

  'every field comes back bit for bit, at both ends of its range': {
    async run(backend) {
      const given = [
        { ...input(0), episodeId: 2n ** 64n - 1n, stepNumber: 2 ** 32 - 1, eventType: 65_535, flags: 65_535 },
        { ...input(1), episodeId: 2n ** 63n, adnaVersionHash: 2 ** 32 - 1, timestamp: 0, rewardGoal: -8e37 },
        {
          ...input(2),
          state: [-0, LEAST_NORMAL, 2 ** -149, 3.4028234663852886e38, -1, 0, 0.1, 1],
          adnaVersionHash: 2 ** 31,
        },
      ]
      await backend.writeBatch(given)
      const found = await events(backend, { orderBy: 'sequence' })
      same(found.map(fields), given.map(fields), 'the events')
      truth(Object.is(found[2]?.state[0], -0), 'a negative zero comes back as one')
      for (const seq of [0, 1, 2]) same((await backend.readEvent(seq))?.seq, seq, 'the event of a number')
      same((await events(backend, { episodeId: 2n ** 64n - 1n })).length, 1, 'the largest episode is found')
      same((await events(backend, { adnaVersionHash: 2 ** 31 })).length, 1, 'a large hash is found')
    },
  },

  'a query finds exactly what meets all its conditions, times inclusive': {
    async run(backend) {
      const given = Array.from({ length: 200 }, (_, i) => input(i))
      await backend.writeBatch(given)
      const at = (i: number): number => given[i]?.timestamp as number
      const cases: [object, (event: EventInput, seq: number) => boolean][] = [
        [{ from: at(20), to: at(40) }, (_, seq) => seq >= 20 && seq <= 40],
        [{ types: [1, 2] }, ({ eventType }) => eventType === 1 || eventType === 2],
        [{ flags: 0b101 }, ({ flags = 0 }) => (flags & 0b101) === 0b101],
        [{ minReward: 0.5 }, (event) => total(event) >= 0.5],
        [{ startSeq: 10, endSeq: 30, episodeId: 3 }, ({ episodeId }, seq) => seq >= 10 && seq < 30 && episodeId === 3],
        [
          { from: at(100), minReward: 0, types: [0] },
          (event, seq) => seq >= 100 && total(event) >= 0 && event.eventType === 0,
        ],
        [{ from: at(40), to: at(20) }, () => false],
      ]
      for (const [query, meets] of cases) {
        const expected = given.flatMap((event, seq) => (meets(event, seq) ? [seq] : []))
        const found = await events(backend, { ...query, orderBy: 'sequence' })
        same(
          found.map(({ seq }) => seq),
          expected,
          `the numbers of ${JSON.stringify(query)}`,
        )
        same(await backend.countEvents(query), expected.length, `the count of ${JSON.stringify(query)}`)
      }
    },
  },

  'pages join to the whole in every order, also where many events are equal': {
    async run(backend) {
      await backend.writeBatch(Array.from({ length: 150 }, (_, i) => input(i, { timestamp: SOME_DAY_US + (i % 3) })))
      for (const orderBy of ['time', 'sequence', 'reward'] as const) {
        for (const direction of ['ascending', 'descending'] as const) {
          const whole = (await events(backend, { orderBy, direction })).map(({ seq }) => seq)
          const joined: number[] = []
          for (let after: string | undefined, more = true; more; ) {
            const page = await backend.queryEvents({ orderBy, direction, limit: 17, after }).page()
            for (const event of page.events.toArray()) joined.push(event.seq)
            after = page.cursor
            more = after !== undefined
          }
          same(joined, whole, `the numbers by ${orderBy}, ${direction}`)
          same(new Set(whole).size, 150, 'how many there are')
        }
      }
      const best = await events(backend, { orderBy: 'reward', direction: 'descending', limit: 10 })
      truth(
        best.every(({ totalReward }, i) => i === 0 || totalReward <= (best[i - 1] as ExperienceEvent).totalReward),
        'the best come first',
      )
    },
  },

  'an event is found by its number and by its id, in text and in bytes': {
    async run(backend) {
      const eventId = '0192f0c1-2b3c-7def-8a12-334455667788'
      await backend.writeBatch([input(0), input(1, { eventId })])
      const bytes = Uint8Array.from(eventId.replaceAll('-', '').match(/../g) as string[], (hex) =>
        Number.parseInt(hex, 16),
      )
      for (const which of [1, eventId, eventId.toUpperCase(), bytes]) {
        same((await backend.readEvent(which))?.eventId, eventId, 'the id')
      }
      same(await backend.readEvent(2), undefined, 'an event that is not there')
      same(await backend.readEvent('0192f0c1-2b3c-7def-8a12-000000000000'), undefined, 'an id that is not there')
    },
  },

  'a batch with a mistake is refused whole': {
    async run(backend) {
      for (const mistake of [
        { rewardGoal: Number.NaN },
        { state: [Number.POSITIVE_INFINITY] },
        { eventType: 65_536 },
      ]) {
        await rejects(backend.writeBatch([input(0), input(1, mistake)]), InvalidArgumentError)
        await rejects(backend.writeEvent(input(1, mistake)), InvalidArgumentError)
      }
      await rejects(backend.writeBatch(new Uint8Array(100)), InvalidArgumentError)
      same(await backend.countEvents(), 0, 'the count')
      same(await backend.writeBatch([]), { start: 0, end: 0 }, 'the numbers of an empty batch')
      same(await backend.writeEvent(input(0)), 0, 'the first number')
    },
  },

  'a query with a mistake is refused': {
    async run(backend) {
      await backend.writeEvent(input(0))
      const mistakes = [
        { from: Number.NaN },
        { startSeq: -1 },
        { types: [65_536] },
        { limit: -1 },
        { orderBy: 'id' },
        { minReward: Number.NaN },
        { after: 'x' },
        { nothing: 1 },
      ]
      for (const mistake of mistakes) {
        await rejects((async () => backend.queryEvents(mistake as object).collect())(), InvalidArgumentError)
      }
      for (const which of [-1, 0.5, 'no id', new Uint8Array(15)]) {
        await rejects((async () => backend.readEvent(which))(), InvalidArgumentError)
      }
    },
  },

  'what one backend has committed another one sees': {
    needs: ['concurrent'],
    async run(backend, place) {
      await backend.writeBatch([input(0), input(1)])
      const other = await place.backend()
      same(await other.countEvents(), 2, 'the count')
      same((await other.stored())?.checkpoint.seq, 2, 'how far the stream is')
    },
  },

  'several writers of one stream get numbers without gaps or doubles': {
    needs: ['concurrent'],
    async run(backend, place) {
      await backend.writeEvent(input(0))
      const writers = [backend, await place.backend(), await place.backend(), await place.backend()]
      const ranges = await Promise.all(
        writers.flatMap((writer) => Array.from({ length: 5 }, () => writer.writeBatch([input(1), input(2), input(3)]))),
      )
      const starts = ranges.map(({ start }) => start).sort((a, b) => a - b)
      same(
        starts,
        Array.from({ length: 20 }, (_, i) => 1 + i * 3),
        'the first numbers',
      )
      same(await backend.countEvents(), 61, 'the count')
    },
  },

  'days that are a year old are archived, and everything still sees them': {
    needs: ['archive'],
    async run(backend) {
      const old = SOME_DAY_US - 365 * US_PER_DAY
      await backend.writeBatch(Array.from({ length: 60 }, (_, i) => input(i, { timestamp: old + i * 3_600_000_000 })))
      await backend.writeEventWithMetadata(input(60, { timestamp: old }), { intentType: 'move', parameters: { x: 1 } })
      await backend.writeBatch(Array.from({ length: 10 }, (_, i) => input(100 + i)))
      const before = (await events(backend, { orderBy: 'sequence' })).map(fields)
      const report = await backend.archiveEvents(new Date((SOME_DAY_US - 7 * US_PER_DAY) / 1000))
      same([report.events, report.metadata, report.days.length], [61, 1, 3], 'events, metadata and days')
      same((await events(backend, { orderBy: 'sequence' })).map(fields), before, 'the events')
      same(await backend.countEvents(), 71, 'the count')
      same((await backend.readEvent(3))?.timestamp, old + 3 * 3_600_000_000, 'an archived event')
      const [kept] = await backend.queryEventsWithMetadata({ intentType: 'move' }).collect()
      same([kept?.event.seq, kept?.metadata?.parameters], [60, { x: 1 }], 'its metadata')
      same(
        (await backend.archiveEvents(new Date((SOME_DAY_US - 7 * US_PER_DAY) / 1000))).events,
        0,
        'what is left to archive',
      )
    },
  },

  'a signal ends a call with its reason': {
    async run(backend) {
      await backend.writeBatch([input(0), input(1)])
      const signal = AbortSignal.abort(new Error('enough'))
      const calls = [
        () => backend.writeEvent(input(2), { signal }),
        () => backend.queryEvents({ signal }).collect(),
        () => backend.countEvents({ signal }),
        () => backend.loadConfig('a', 'b', { signal }),
      ]
      for (const call of calls) {
        const reason = await call().then(
          () => undefined,
          (error: Error) => error.message,
        )
        same(reason, 'enough', 'the reason')
      }
      same(await backend.countEvents(), 2, 'the count')
    },
  },

  'health is told, and nothing works any more once it is closed': {
    async run(backend) {
      const health = await backend.healthCheck()
      same([health.ok, health.schemaVersion], [true, health.expectedVersion], 'the health')
      truth(health.latencyMs !== undefined && health.latencyMs >= 0, 'the latency is told')
      await backend.close()
      await backend.close()
      truth(!(await backend.healthCheck()).ok, 'a closed one is not well')
      const error = await backend.countEvents().catch((error: unknown) => error)
      same((error as { code?: string }).code, 'CLOSED', 'the code')
    },
  },
}

/** An event that differs from those of other numbers in every field. */
function input(i: number, given: EventInput = {}): EventInput {
  const id = i.toString(16).padStart(12, '0')
  return {
    eventId: `0192f0c1-0000-7000-8000-${id}`,
    timestamp: SOME_DAY_US + i * 1000,
    episodeId: i % 5,
    stepNumber: i,
    eventType: i % 4,
    flags: i % 8,
    state: Array.from({ length: 8 }, (_, k) => i + k / 8),
    action: Array.from({ length: 8 }, (_, k) => -i - k / 8),
    rewardHomeostasis: ((i * 37) % 100) / 64 - 0.5,
    rewardCuriosity: (i % 3) / 4,
    rewardEfficiency: -(i % 2) / 8,
    rewardGoal: 0,
    adnaVersionHash: i * 7,
    ...given,
  }
}

function total({
  rewardHomeostasis = 0,
  rewardCuriosity = 0,
  rewardEfficiency = 0,
  rewardGoal = 0,
}: EventInput): number {
  return rewardHomeostasis + rewardCuriosity + rewardEfficiency + rewardGoal
}

/** The fields of an event that was given or found, in one form. */
function fields(event: EventInput | ExperienceEvent): unknown {
  const { eventId, timestamp, episodeId = 0, stepNumber, eventType, flags, adnaVersionHash } = event
  const floats = [...Float32Array.from(event.state ?? []), ...Float32Array.from(event.action ?? [])]
  const rewards = Float32Array.of(
    event.rewardHomeostasis ?? 0,
    event.rewardCuriosity ?? 0,
    event.rewardEfficiency ?? 0,
    event.rewardGoal ?? 0,
  )
  return [eventId, timestamp, String(episodeId), stepNumber, eventType, flags, adnaVersionHash, floats, [...rewards]]
}

async function events(backend: PersistenceBackend, query: object): Promise<ExperienceEvent[]> {
  return (await backend.queryEvents(query).collect()).toArray()
}
