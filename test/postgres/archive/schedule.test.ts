import { expect, onTestFinished, test } from 'vitest'
import { ArchiveBusyError } from '../../../src/postgres/archive/errors.js'
import { FileArchive } from '../../../src/postgres/archive/file-archive.js'
import { Archiving, type ArchivingOptions, type ArchivingTurn } from '../../../src/postgres/archive/schedule.js'
import type { ArchiveReport } from '../../../src/postgres/contract.js'
import type { SqlDriver } from '../../../src/postgres/driver/driver.js'
import type { FollowClock } from '../../../src/storage/follow/clock.js'

const DAY_MS = 86_400_000
const NOTHING: ArchiveReport = {
  days: [],
  events: 0,
  metadata: 0,
  files: 0,
  bytes: 0,
  folded: 0,
  removed: 0,
  setAside: [],
}

/** A clock whose sleeps end at once, and are written down. */
class QuickClock implements FollowClock {
  us = 1_800_000_000_000_000
  readonly sleeps: number[] = []

  now(): number {
    return this.us
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    this.sleeps.push(ms)
    this.us += ms * 1000
    await new Promise((resolve) => setImmediate(resolve))
  }

  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }
}

/** A clock whose sleeps end when they are given up. */
class SleepingClock extends QuickClock {
  override sleep(_: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }
}

test('runs come at intervals with jitter, the first within a minute, and take what is older than so many days', async () => {
  const { clock, ends, turns } = await scheduled({}, 20, async () => NOTHING)
  expect(clock.sleeps[0]).toBeLessThanOrEqual(60_000)
  for (const { kind, nextMs } of turns) {
    expect(kind).toBe('archived')
    expect(nextMs).toBeGreaterThanOrEqual(0.9 * DAY_MS)
    expect(nextMs).toBeLessThanOrEqual(DAY_MS)
  }
  expect(new Set(turns.map(({ nextMs }) => nextMs)).size).toBeGreaterThan(10)
  expect(ends[0]).toBe(1_800_000_000_000_000 + (clock.sleeps[0] as number) * 1000 - 7 * DAY_MS * 1000)
})

test('a turn is skipped while somebody else is at it', async () => {
  const { turns } = await scheduled({ everyMs: 1000, jitter: 0 }, 3, async (n) => {
    if (n === 1) throw new ArchiveBusyError('localhost/db')
    return NOTHING
  })
  expect(turns).toEqual([
    { kind: 'archived', report: NOTHING, nextMs: 1000 },
    { kind: 'skipped', nextMs: 1000 },
    { kind: 'archived', report: NOTHING, nextMs: 1000 },
  ])
})

test('a failure is told and tried again with a growing wait of at most an hour, until it succeeds', async () => {
  const { turns } = await scheduled({ afterDays: 1 }, 14, async (n) => {
    if (n < 12) throw new Error(`no ${n}`)
    return NOTHING
  })
  expect(turns.slice(0, 12).map((turn) => turn.kind === 'failed' && turn.attempt)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
  ])
  const waits = turns.map(({ nextMs }) => nextMs)
  expect(waits[0]).toBeLessThanOrEqual(60_000)
  expect(waits[0]).toBeGreaterThanOrEqual(30_000)
  expect(waits[11]).toBeGreaterThanOrEqual(1_800_000)
  expect(Math.max(...waits.slice(0, 12))).toBeLessThanOrEqual(3_600_000)
  expect(turns[12]?.kind).toBe('archived')
})

test('stopping ends a run that is under way, and nothing comes after', async () => {
  let begun = 0
  const archive = {
    afterDays: 7,
    archive: (_: number, { signal }: { signal?: AbortSignal | undefined }) => {
      begun++
      return new Promise<ArchiveReport>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    },
  }
  const turns: ArchivingTurn[] = []
  const archiving = new Archiving(archive, new QuickClock(), { onReport: (turn) => turns.push(turn) })
  while (begun === 0) await new Promise((resolve) => setImmediate(resolve))
  await archiving.stop()
  await archiving.stop()
  expect(begun).toBe(1)
  expect(turns).toEqual([])
  expect(archiving.last).toBeUndefined()
})

test('an archive has one schedule: another takes its place, and closing the archive ends it', async () => {
  const archive = new FileArchive({} as SqlDriver, { directory: 'never made' })
  const first = archive.start({}, new SleepingClock())
  const second = archive.start({}, new SleepingClock())
  await first.stop()
  await archive.close()
  await second.stop()
  expect(() => archive.start()).toThrow('the archive is closed')
})

test.each([
  [{ everyMs: 999 }, 'everyMs must be a number in [1000, 2147483647], got 999'],
  [{ jitter: 2 }, 'jitter must be a number in [0, 1], got 2'],
  [{ afterDays: -1 }, 'afterDays must be an integer in [0, 36525], got -1'],
  [{ onReport: 1 }, 'onReport must be a function, got 1'],
  [{ often: 1 }, "options has no 'often'"],
])('%j is refused', (options, message) => {
  const archive = { afterDays: 7, archive: async () => NOTHING }
  expect(() => new Archiving(archive, new QuickClock(), options as ArchivingOptions)).toThrow(message)
})

/** Lets so many turns pass. */
async function scheduled(
  options: ArchivingOptions,
  count: number,
  archive: (n: number) => Promise<ArchiveReport>,
): Promise<{ clock: QuickClock; ends: number[]; turns: ArchivingTurn[] }> {
  const clock = new QuickClock()
  const ends: number[] = []
  const turns: ArchivingTurn[] = []
  const run = (endUs: number): Promise<ArchiveReport> => archive(ends.push(endUs) - 1)
  const archiving = new Archiving({ afterDays: 7, archive: run }, clock, {
    ...options,
    onReport: (turn) => turns.push(turn),
  })
  onTestFinished(() => archiving.stop())
  while (turns.length < count) await new Promise((resolve) => setImmediate(resolve))
  await archiving.stop()
  return { clock, ends, turns: turns.slice(0, count) }
}
