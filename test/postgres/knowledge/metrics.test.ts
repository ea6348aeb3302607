import { beforeAll, expect, test } from 'vitest'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import { PolicyNotFoundError } from '../../../src/postgres/knowledge/errors.js'
import { Metrics } from '../../../src/postgres/knowledge/metrics.js'
import { Policies } from '../../../src/postgres/knowledge/policies.js'
import { UnknownStreamError } from '../../../src/postgres/store/errors.js'
import { Streams } from '../../../src/postgres/store/streams.js'
import { endOf, Place } from '../archive/support.js'
import { insertEvents } from './events.js'
import { HOSTILE_TEXTS, onBoth } from './support.js'

const STREAM = '00000000-0000-4000-8000-000000000001'
const OTHER = '00000000-0000-4000-8000-000000000002'
const DAY = 86_400_000_000

onBoth('metrics', (driver) => {
  const metrics = (streamId = STREAM): Metrics => new Metrics(driver(), new Streams(driver(), streamId))
  const at = (ms: number): Date => new Date(Date.UTC(2026, 0, 1) + ms)

  beforeAll(async () => {
    for (const streamId of [STREAM, OTHER]) {
      const streams = new Streams(driver(), streamId)
      await streams.add({ streamId, capacity: 10, requiredMask: 15, firstSeq: 0 }, 'direct')
    }
  })

  test('a metric is found as it was recorded, with its policy and its event', async () => {
    const policyId = await new Policies(driver()).save('bin', { ruleId: 'r', actionWeights: {} })
    const data = { before: 0.1, after: [0.2, null], note: 'é' }
    const eventId = '0189ABCD-0000-7000-8000-0000000000FF'
    const metricId = await metrics().record({
      type: 'proposal_accepted',
      data,
      timestamp: at(1),
      policyId,
      eventSeq: 2 ** 53 - 1,
      eventId,
    })
    expect(await metrics().query({ type: 'proposal_accepted' })).toEqual([
      {
        metricId,
        type: 'proposal_accepted',
        data,
        timestamp: at(1),
        policyId,
        eventSeq: 2 ** 53 - 1,
        eventId: eventId.toLowerCase(),
      },
    ])
  })

  test('without a time it is now, to the ms, so that a query by the time of a metric finds it', async () => {
    const before = Date.now()
    const metricId = await metrics().record({ type: 'now', data: null })
    const [metric] = await metrics().query({ type: 'now' })
    expect(metric).toMatchObject({ metricId, data: null, policyId: undefined, eventSeq: undefined, eventId: undefined })
    expect(Math.abs((metric?.timestamp.getTime() as number) - before)).toBeLessThan(60_000)
    const { timestamp } = metric as { timestamp: Date }
    expect(await metrics().query({ type: 'now', from: timestamp, to: timestamp })).toHaveLength(1)
  })

  test('a query joins its conditions, both times included, and gives the newest first', async () => {
    const policies = new Policies(driver())
    const ids = [
      await policies.save('of 1', { ruleId: 'r', actionWeights: {} }),
      await policies.save('of 2', { ruleId: 'r', actionWeights: {} }),
    ]
    for (let i = 0; i < 12; i++) {
      await metrics().record({
        type: i % 2 === 0 ? 'reward_trend' : 'policy_performance',
        data: i,
        timestamp: at(Math.floor(i / 2) * 1000),
        policyId: ids[i % 3],
      })
    }
    const found = async (query: Parameters<Metrics['query']>[0]): Promise<unknown[]> =>
      (await metrics().query({ from: at(0), to: at(5000), ...query })).map(({ data }) => data)
    expect(await found({ type: 'reward_trend' })).toEqual([10, 8, 6, 4, 2, 0])
    expect(await found({ policyId: ids[1] as number })).toEqual([10, 7, 4, 1])
    expect(await found({ type: 'reward_trend', policyId: ids[1] as number })).toEqual([10, 4])
    expect(await found({ type: 'reward_trend', from: at(1000), to: at(3000) })).toEqual([6, 4, 2])
    expect(await found({ type: 'reward_trend', from: at(1001), to: at(2999) })).toEqual([4])
    expect(await found({ limit: 5 })).toEqual([11, 10, 9, 8, 7])
    expect(await found({ limit: 0 })).toEqual([])
    expect(await found({ from: at(4000), to: at(1000) })).toEqual([])
  })

  test('an event is named before the database has it, and its id is there as soon as the event is', async () => {
    const earlier = await metrics().record({ type: 'event', data: 1, eventSeq: 7 })
    expect(await metrics().query({ type: 'event' })).toMatchObject([{ eventSeq: 7, eventId: undefined }])
    const sameDay = [5, 7, 11].map((seq) => ({ seq, timestamp: 20_000 * DAY + seq }))
    const [, eventId] = await insertEvents(driver(), STREAM, sameDay)
    await insertEvents(driver(), OTHER, [{ seq: 7, timestamp: 20_000 * DAY + 5 }])
    // Days whose numbers surround it, and one that has left its table.
    const around = [6, 10].map((seq) => ({ seq, timestamp: 20_007 * DAY }))
    const left = [6, 10].map((seq) => ({ seq, timestamp: 19_000 * DAY }))
    await insertEvents(driver(), STREAM, [...around, ...left])
    await driver().query('DROP TABLE experience_events_20220108')
    const later = await metrics().record({ type: 'event', data: 2, eventSeq: 7 })
    expect(await metrics().query({ type: 'event' })).toMatchObject([
      { metricId: later, eventSeq: 7, eventId },
      { metricId: earlier, eventSeq: 7, eventId },
    ])
  })

  test('the id stays when the day of the event leaves the tables', async () => {
    await metrics().record({ type: 'kept', data: 1, eventSeq: 8 })
    await metrics().record({ type: 'kept', data: 2, eventSeq: 9 })
    await metrics(OTHER).record({ type: 'kept', data: 3, eventSeq: 8 })
    const [eventId] = await insertEvents(driver(), STREAM, [{ seq: 8, timestamp: 20_001 * DAY }])
    const ids = async (): Promise<unknown[]> => (await metrics().query({ type: 'kept' })).map((m) => m.eventId)
    expect(await keepReferences(driver(), '2024-10-03')).toBe(0)
    expect(await keepReferences(driver(), '2024-10-05')).toBe(1)
    expect(await keepReferences(driver(), '2024-10-05')).toBe(0)
    await driver().query('DROP TABLE experience_events_20241005')
    expect(await ids()).toEqual([undefined, undefined, eventId])
  })

  test('the archive keeps the ids of events that metrics name', async () => {
    const streamId = '00000000-0000-4000-8000-000000000004'
    const place = await Place.on(driver(), undefined, streamId)
    await metrics(streamId).record({ type: 'archived', data: 1, eventSeq: 3 })
    await place.load(0, 5, -365)
    const [before] = await metrics(streamId).query({ type: 'archived' })
    expect(before?.eventId).toMatch(/^[\da-f]{8}-/)
    expect((await place.archive().archive(endOf(-7))).days).toContain('2025-11-21')
    expect(await metrics(streamId).query({ type: 'archived' })).toEqual([before])
  })

  test('a policy that does not exist is refused', async () => {
    const refused = metrics().record({ type: 't', data: 1, policyId: 2 ** 52 })
    await expect(refused).rejects.toBeInstanceOf(PolicyNotFoundError)
    expect(await metrics().query({ policyId: 2 ** 52 })).toEqual([])
  })

  test('an event of no stream is refused', async () => {
    const none = metrics('00000000-0000-4000-8000-000000000003')
    await expect(none.record({ type: 't', data: 1, eventSeq: 0 })).rejects.toBeInstanceOf(UnknownStreamError)
    expect(await none.record({ type: 'of no stream', data: 1 })).toBeGreaterThan(0)
  })

  test.each(HOSTILE_TEXTS)('text stays text: %j', async (text) => {
    await metrics().record({ type: text, data: { [text]: text } })
    expect(await metrics().query({ type: text })).toMatchObject([{ type: text, data: { [text]: text } }])
  })

  test('a signal ends a call', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(metrics().record({ type: 'aborted', data: 1 }, { signal })).rejects.toThrow('enough')
    await expect(metrics().query({ signal })).rejects.toThrow('enough')
    expect(await metrics().query({ type: 'aborted' })).toEqual([])
  })
})

async function keepReferences(driver: SqlDriver, day: string): Promise<number> {
  const [row] = await driver.query<{ kept: bigint }>('SELECT experience_keep_references($1::date) AS kept', [day])
  return Number(row?.kept)
}
