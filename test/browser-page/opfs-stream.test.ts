/**
 * A durable stream in a worker of a real Chromium: what was acknowledged is there after a reload, after the end of the
 * tab and of the browser, and where the quota ends.
 */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { JournalStats, RecoveryReport } from '../../src/storage/index.node.js'
import { openExperienceStream } from '../../src/storage/index.node.js'
import { hasChromium, type Site } from '../support/browser.js'
import type { Fault } from './opfs/answer.js'
import { CAPACITY, faultsOf } from './opfs/payload.js'
import { beginEachWithVisit, type Profile, type Tab } from './opfs/visit.js'

interface Opened {
  recovery: RecoveryReport
  totalWritten: number
  oldestSeq: number
}

describe.skipIf(!hasChromium)('a durable stream in a browser', () => {
  let profile: Profile
  let site: Site
  let tab: Tab
  let directory: string

  beginEachWithVisit(
    (visit) => {
      ;({ profile, site, tab, folder: directory } = visit)
    },
    'stream-worker.ts',
    '../../../src/storage/opfs/index.ts',
  )

  const open = (options: object = {}): Promise<Opened> => tab.call('open', { directory, ...options })

  /** Lets the worker write until it has promised some more events; gives the last promise after `end` has ended it. */
  async function endWhileWriting(more: number, end: () => Promise<void>): Promise<number> {
    tab.told.length = 0
    const running = tab.call('run').catch(() => undefined)
    await expect.poll(() => tab.told.length, { interval: 1, timeout: 20_000 }).toBeGreaterThan(more)
    await end()
    await running
    return Number(tab.told.at(-1))
  }

  /** Opens the directory again, sees that everything promised is there, and goes on. */
  async function expectKept(acknowledged: number): Promise<Opened> {
    const opened = await open()
    expect(opened.recovery).toMatchObject({ created: false, damage: [] })
    expect(opened.totalWritten).toBeGreaterThan(acknowledged)
    expect(opened.oldestSeq).toBe(Math.max(0, opened.totalWritten - CAPACITY))
    expect(await tab.call('faults', acknowledged)).toEqual([])
    await tab.call('repair', acknowledged)
    return opened
  }

  test('everything that was acknowledged is there after a reload', async () => {
    await open()
    let acknowledged = await endWhileWriting(20, () => tab.reload())
    await expectKept(acknowledged)
    acknowledged = await endWhileWriting(20, () => tab.reload())
    await expectKept(acknowledged)
  })

  test('everything that was acknowledged is there after the process of the tab has crashed, at any moment', async () => {
    await open()
    for (const more of [1, 9, 40]) {
      const acknowledged = await endWhileWriting(more, () => tab.crash())
      await tab.page.close()
      tab = await profile.visit(site)
      await expectKept(acknowledged)
    }
  })

  test('and after the tab was closed, and after the browser has crashed', async () => {
    await open()
    let acknowledged = await endWhileWriting(5, () => tab.page.close())
    tab = await profile.visit(site)
    await expectKept(acknowledged)
    acknowledged = await endWhileWriting(25, () => tab.crashBrowser())
    await profile.restart()
    tab = await profile.visit(site)
    await expectKept(acknowledged)
    await tab.call('close')
    expect(await tab.call('open', { directory })).toMatchObject({ recovery: { torn: undefined, damage: [] } })
  })

  test('metadata, history and the cursors of named subscriptions are kept as well', async () => {
    await open({ durability: 'power-loss' })
    expect(await tab.call('deliver', 'reader')).toEqual([0, 0])
    await tab.call('write', 50)
    expect(await tab.call('describe', 'explore')).toBe(50)
    await tab.call('write', 1500)
    expect(await tab.call('deliver', 'reader')).toEqual([0, 300])
    expect(await tab.call('journal')).toMatchObject({ written: 1551, durable: 1551, pending: 0 })
    await tab.reload()
    await open()
    const [start, end] = await tab.call<[number, number]>('deliver', 'reader')
    expect([start, end > start]).toEqual([300, true])
    expect((await tab.call<[number, number]>('deliver', 'reader'))[0]).toBe(end)
    expect(await tab.call('recall', 50)).toEqual({ live: false, step: 50, intent: 'explore' })
    expect(await tab.call('recall', 1550)).toEqual({ live: true, step: 1550 })
  })

  test('the writes of one turn share one trip to the disk', async () => {
    await open()
    await tab.call('write', 400)
    await tab.call('write', 400)
    expect(await tab.call('journal')).toMatchObject({ flushes: 2, written: 800, durable: 800 })
  })

  test('a second tab is refused until the first one has closed the stream', async () => {
    await open()
    await tab.call('write', 10)
    const other = await profile.visit(site)
    await expect(other.call('open', { directory, timeoutMs: 50 })).rejects.toMatchObject({
      fault: { name: 'DirectoryLockedError', code: 'DIRECTORY_LOCKED', retryable: true, details: { directory } },
    })
    await tab.call('close')
    expect(await other.call('open', { directory })).toMatchObject({ totalWritten: 10 })
    await other.page.close()
  })

  test('a page and a malformed path are refused with what to do instead', async () => {
    const refusal = `import('/library.js').then(({ openExperienceStream }) => openExperienceStream({ directory: 'a' }))
      .catch(({ name, code, message }) => ({ name, code, message }))`
    expect(await tab.page.evaluate(refusal)).toEqual({
      name: 'WorkerRequiredError',
      code: 'WORKER_REQUIRED',
      message: expect.stringMatching(/^a can be .*dedicated worker.*shared: true.*handle\(\)/u),
    })
    for (const path of ['', '/a', 'a/', 'a/../b', 'a//b']) {
      await expect(open({ directory: path })).rejects.toMatchObject({ fault: { name: 'InvalidArgumentError' } })
    }
    await expect(open({ directori: 'a' })).rejects.toMatchObject({ fault: { name: 'InvalidArgumentError' } })
    await expect(open({ timeoutMs: -1 })).rejects.toMatchObject({ fault: { name: 'InvalidArgumentError' } })
  })

  test('a turn that writes more than the spare files take loses nothing', async () => {
    await open({ maxBacklog: 100 })
    const last = await tab.call<number>('write', 60_000)
    expect(last).toBe(59_999)
    expect(await tab.call('faults', last)).toEqual([])
    const before = (await tab.call<JournalStats>('journal')).segments
    await tab.call('write', 10_000)
    expect((await tab.call<JournalStats>('journal')).segments).toBeGreaterThan(before)
    await tab.call('close')
    const { totalWritten } = await expectKept(69_999)
    expect(totalWritten).toBe(70_000)
  })

  test('where the quota ends the writer is told, and nothing acknowledged is lost', async () => {
    await open()
    await tab.call('write', 2000)
    await tab.limitQuota(site.origin, 3_000_000)
    const { acknowledged, fault } = await tab.call<{ acknowledged: number; fault: Fault }>('writeUntilRefused')
    expect(fault).toMatchObject({ name: 'StorageError', details: { code: 'QuotaExceededError' } })
    expect(fault.message).toMatch(/no more space \(QuotaExceededError\)/u)
    expect(acknowledged).toBeGreaterThan(2000)
    await tab.limitQuota(site.origin)
    const later = await tab.call<number>('write', 500)
    expect(await tab.call('faults', later)).toEqual([])
    await tab.limitQuota(site.origin, 2_000_000)
    const again = await tab.call<{ acknowledged: number }>('writeUntilRefused')
    expect(again.acknowledged).toBeGreaterThan(later)
    await tab.reload()
    await open()
    expect(await tab.call('faults', again.acknowledged)).toEqual([])
    await tab.limitQuota(site.origin)
    await tab.call('repair', again.acknowledged)
    expect(await tab.call('faults', await tab.call('write', 500))).toEqual([])
  })

  test('its files are those of Node: copied to a folder they are opened there', async () => {
    await open()
    const acknowledged = await tab.call<number>('write', 12_000)
    await tab.call('close')
    const files = await tab.call<Record<string, string>>('export', directory)
    expect(Object.keys(files).length).toBeGreaterThan(1)
    const folder = await mkdtemp(join(tmpdir(), 'experience-stream-copy-'))
    try {
      await mkdir(join(folder, 'journal'))
      for (const [name, bytes] of Object.entries(files)) {
        await writeFile(join(folder, 'journal', name), Buffer.from(bytes, 'base64'))
      }
      const stream = await openExperienceStream({ directory: folder })
      expect(stream.recovery).toMatchObject({ created: false, torn: undefined, damage: [] })
      expect(stream.totalWritten).toBe(12_000)
      expect(stream.capacity).toBe(CAPACITY)
      expect(faultsOf(stream.host.source, acknowledged)).toEqual([])
      await stream.close()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
