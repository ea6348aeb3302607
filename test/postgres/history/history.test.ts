/**
 * History of a stream that a database follows: ring, journal, tables and archive as one.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AppraiserType } from '../../../src/event/types.js'
import { PostgresBackend } from '../../../src/postgres/backend.js'
import type { Follower } from '../../../src/storage/follow/follower.js'
import { type DurableExperienceStream, openExperienceStream } from '../../../src/storage/index.node.js'
import { describeServer, serverDatabase } from '../support/databases.js'

const DAY_US = 86_400_000_000
/** 2026-11-21T00:00:00Z in µs. */
const TODAY = 1_795_219_200_000_000
const CAPACITY = 1000
const TOTAL = 16_000
const EPISODES = 40
/** Events of the first of three days, which is the one that is archived; every 50th of those is late by an event or two. */
const FIRST_DAY = 6000

interface Scene {
  readonly stream: DurableExperienceStream
  readonly backend: PostgresBackend
  readonly follower: Follower
}

/** Timestamps ascend, but for every 50th event, which is of the first day. */
function timestampOf(seq: number): number {
  const day = seq % 50 === 0 ? 0 : Math.min(2, Math.floor(seq / FIRST_DAY))
  return TODAY + day * DAY_US + seq
}

/** Rewards as they are in the end: every third event has one, and every 500th got another long afterwards. */
function goalOf(seq: number): number {
  if (seq % 500 === 0 && seq < TOTAL - CAPACITY) return -1
  return seq % 3 === 0 ? (seq % 100) / 128 : 0
}

async function sceneOf(target: string): Promise<Scene> {
  const directory = mkdtempSync(join(tmpdir(), 'experience-stream-history-'))
  const backend = await PostgresBackend.connect(target, { archive: { directory: join(directory, 'archive') } })
  const options = { capacity: CAPACITY, segmentBytes: 2 ** 20, retention: { maxBytes: 1 }, settleMs: 0 }
  const stream = await openExperienceStream({ directory: join(directory, 'stream'), ...options })
  onTestFinished(async () => {
    await stream.close()
    await backend.close()
    rmSync(directory, { recursive: true })
  })
  return { stream, backend, follower: stream.follow(backend, { lingerMs: 0 }) }
}

/** Writes events [from, to). */
async function write(stream: DurableExperienceStream, from: number, to: number): Promise<void> {
  await new Promise(setImmediate)
  for (let seq = from; seq < to; seq++) {
    const rewardGoal = seq % 3 === 0 ? (seq % 100) / 128 : 0
    const event = {
      timestamp: timestampOf(seq),
      stepNumber: seq,
      episodeId: seq % EPISODES,
      rewardGoal,
      eventType: seq % 7,
    }
    if (seq % 1000 === 7) stream.writeEventWithMetadata(event, { intentType: 'seventh', parameters: { seq } })
    else stream.writeEvent(event)
  }
}

async function filled(target: string): Promise<Scene> {
  const scene = await sceneOf(target)
  const { stream, backend, follower } = scene
  for (let seq = 0; seq < TOTAL; seq += 4000) {
    await write(stream, seq, seq + 4000)
    await follower.flush()
  }
  await backend.archiveEvents(TODAY + DAY_US)
  for (let seq = 0; seq < TOTAL - CAPACITY; seq += 500) stream.setAppraiserReward(seq, AppraiserType.Goal, -1)
  return scene
}

function suite(targetOf: () => Promise<string>): void {
  test('every event comes once from the uppermost place that has it, with its newest reward and its metadata', async () => {
    const { stream, follower } = await filled(await targetOf())
    for (const settled of [false, true]) {
      if (settled) await follower.caughtUp()
      const tiers: Record<string, number> = {}
      const wrong: number[] = []
      let next = 0
      for await (const batch of stream.history.query()) {
        tiers[batch.tier] = (tiers[batch.tier] ?? 0) + batch.length
        for (const { seq, timestamp, rewardGoal } of batch) {
          if (seq !== next || timestamp !== timestampOf(next) || rewardGoal !== goalOf(next)) wrong.push(seq)
          if (next % 1000 === 7) {
            expect(batch.metadata.get(next)).toEqual({ intentType: 'seventh', parameters: { seq: next } })
          }
          next++
        }
      }
      expect(wrong).toEqual([])
      expect(next).toBe(TOTAL)
      expect(Object.keys(tiers).sort()).toEqual(['journal', 'postgres', 'postgres archive', 'ring'])
      expect(tiers.ring).toBe(CAPACITY)
      expect(tiers['postgres archive']).toBeGreaterThan(FIRST_DAY / 2)
    }
    await readEverywhere(stream)
  })

  test('while events and rewards go on, a walk has neither doubles nor gaps and no reward older than its beginning', async () => {
    const { stream, backend, follower } = await sceneOf(await targetOf())
    let written = 0
    for (; written < 12_000; written += 4000) {
      await write(stream, written, written + 4000)
      await follower.flush()
    }
    const tiers = new Set<string>()
    let rewarded = 0
    let walking = true
    const writing = (async () => {
      while (walking && written < 40_000) {
        await write(stream, written, written + 500)
        written += 500
        stream.setAppraiserReward(rewarded, AppraiserType.Curiosity, 0.5)
        rewarded++
      }
    })()
    for (const order of ['oldest', 'newest', 'oldest', 'newest'] as const) {
      const [from, given] = [written, rewarded]
      const archived = backend.archiveEvents(TODAY + DAY_US)
      const seqs = new Set<number>()
      const stale: number[] = []
      let count = 0
      for await (const batch of stream.history.query({ order })) {
        tiers.add(batch.tier)
        for (const event of batch) {
          count++
          seqs.add(event.seq)
          if (event.seq < given && event.rewardCuriosity !== 0.5) stale.push(event.seq)
        }
      }
      await archived
      expect(stale).toEqual([])
      expect(count).toBe(seqs.size)
      expect(Math.max(...seqs)).toBe(count - 1)
      expect(count).toBeGreaterThanOrEqual(from)
    }
    walking = false
    await writing
    expect(rewarded).toBeGreaterThan(0)
    expect([...tiers].sort()).toEqual(['journal', 'postgres', 'postgres archive', 'ring'])
  })
}

/** Each call of history, over all places. */
async function readEverywhere({ history }: DurableExperienceStream): Promise<void> {
  for (const seq of [0, 1, 50, 500, FIRST_DAY - 1, FIRST_DAY, 12_000, TOTAL - CAPACITY - 1, TOTAL - 1]) {
    expect(await history.getEvent(seq)).toMatchObject({ seq, timestamp: timestampOf(seq), rewardGoal: goalOf(seq) })
  }
  expect(await history.getMetadata(2007)).toEqual({ intentType: 'seventh', parameters: { seq: 2007 } })
  expect(await history.getMetadata(2008)).toBeUndefined()
  expect(await history.getEvent(TOTAL)).toBeUndefined()

  const range = await history.queryRange(FIRST_DAY - 700, FIRST_DAY + 700).toBatch()
  expect(Array.from(range.seqs)).toEqual(Array.from({ length: 1400 }, (_, i) => FIRST_DAY - 700 + i))
  expect([range.tierAt(1), range.tier]).toEqual(['postgres archive', 'mixed'])

  const times = await history.queryTimeRange(TODAY + 5000, TODAY + 5100).toBatch()
  expect(Array.from(times.seqs)).toEqual(Array.from({ length: 100 }, (_, i) => 5000 + i))
  const late = await history.queryTimeRange(TODAY + FIRST_DAY, TODAY + DAY_US).toBatch()
  expect(Array.from(late.seqs)).toEqual(Array.from({ length: (TOTAL - FIRST_DAY) / 50 }, (_, i) => FIRST_DAY + i * 50))

  const episode = await history.queryEpisode(7, { order: 'newest' }).toBatch()
  expect(Array.from(episode.seqs)).toEqual(
    Array.from({ length: TOTAL / EPISODES }, (_, i) => TOTAL - 33 - i * EPISODES),
  )
  expect(await history.count({ minReward: 0.7 })).toBe(
    Array.from({ length: TOTAL }, (_, seq) => goalOf(seq)).filter((reward) => reward >= 0.7).length,
  )

  const sample = await history.sample(300, { seed: 5 })
  expect(sample.population).toBe(TOTAL)
  expect(new Set(sample.seqs).size).toBe(300)
  const places = new Set(Array.from({ length: 300 }, (_, i) => sample.tierAt(i)))
  expect([...places].sort()).toEqual(['journal', 'postgres', 'postgres archive', 'ring'])
  for (const event of sample) expect(event.rewardGoal).toBe(goalOf(event.seq))
}

describeServer('on a server', () => suite(serverDatabase))

describe('embedded', () => suite(async () => 'memory://'))
