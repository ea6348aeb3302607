/**
 * The origin private file system as the disk of a journal, in a worker of a real Chromium.
 */

import { beforeEach, describe, expect, test } from 'vitest'
import { COPY_BYTES } from '../../src/storage/opfs/name-table.js'
import { DISK_CONTRACT } from '../storage/support/disk-contract.js'
import { hasChromium, type Site } from '../support/browser.js'
import { beginEachWithVisit, type Profile, type Tab } from './opfs/visit.js'

const SPARE = 3

describe.skipIf(!hasChromium)('the disk of a browser', () => {
  let profile: Profile
  let site: Site
  let tab: Tab
  let folder: string

  beginEachWithVisit((visit) => {
    ;({ profile, site, tab, folder } = visit)
  }, 'disk-worker.ts')

  const open = (options: object = {}): Promise<string[]> =>
    tab.call('open', folder, { spareFiles: SPARE, timeoutMs: 2000, ...options })
  const filesOf = (): Promise<string[]> => tab.call('files', folder)
  const isPooled = (file: string): boolean => file.startsWith('pool-')

  describe('keeps the contract of every disk:', () => {
    let faults: string[] | undefined

    beforeEach(async () => {
      faults ??= await tab.call<string[]>('contract')
    })

    test.each(DISK_CONTRACT.map(({ sentence }, i) => ({ sentence, i })))('$sentence', ({ i }) => {
      expect(faults?.[i]).toBe('')
    })
  })

  test('makes as many files in one turn as it has spare ones, then says when to try again', async () => {
    await open()
    await expect(tab.call('create', ['a', 'b', 'c', 'd'], 1)).rejects.toMatchObject({
      fault: { name: 'BackpressureError', code: 'BACKPRESSURE', retryable: true },
    })
    expect(await tab.call('list')).toEqual(['a', 'b', 'c'])
    await tab.call('filled')
    await tab.call('create', ['d', 'e', 'f'], 1)
    expect(await tab.call('list')).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  })

  test('uses the files of removed names again and lets go of more than it needs', async () => {
    await open()
    await tab.call('create', ['a', 'b', 'c'], 10)
    await tab.call('filled')
    const before = (await filesOf()).filter(isPooled)
    expect(before).toHaveLength(3 + SPARE)
    await tab.call('remove', ['a', 'b', 'c'])
    await tab.call('filled')
    const after = (await filesOf()).filter(isPooled)
    expect(after).toHaveLength(SPARE)
    expect(before).toEqual(expect.arrayContaining(after))
    await tab.call('create', ['d'], 0)
    expect(await tab.call('bytes', 'd')).toEqual([])
  })

  test('files have the bytes that were written and nothing else', async () => {
    await open({ spareFiles: 1 })
    await tab.call('create', ['a'], 5)
    await tab.call('write', 'a', [2, 1], 1)
    await tab.call('close')
    const raw = await Promise.all((await filesOf()).filter(isPooled).map((file) => tab.call('raw', folder, file, 0, 9)))
    expect(raw).toContainEqual([0, 1, 1, 1, 0])
  })

  test('is opened once at a time, also from another tab', async () => {
    await open()
    const other = await profile.visit(site)
    const refused = { fault: { name: 'StorageError', details: { code: 'NoModificationAllowedError' } } }
    await expect(other.call('open', folder, { timeoutMs: 50 })).rejects.toMatchObject(refused)
    await expect(open({ timeoutMs: 50 })).rejects.toMatchObject(refused)
    await tab.call('create', ['a'], 1)
    const waiting = other.call('open', folder, { timeoutMs: 20_000 })
    // A first try of the other tab has failed by the time that it answers this.
    await other.call('files', folder)
    await tab.call('close')
    expect(await waiting).toEqual(['a'])
    await other.page.close()
  })

  test('names and files agree wherever the process of the tab ended', async () => {
    for (let round = 0; round < 3; round++) {
      await open()
      await tab.call('remove', await tab.call('list'))
      tab.told.length = 0
      const churning = tab.call('churn').catch(() => undefined)
      await expect.poll(() => tab.told.length, { interval: 1, timeout: 20_000 }).toBeGreaterThan(10 + 9 * round)
      await tab.crash()
      const done = Number(tab.told.at(-1))
      await tab.page.close()
      await churning
      tab = await profile.visit(site)
      const names = (await open()).map(Number).sort((a, b) => a - b)
      const first = names[0] ?? -1
      expect(names.at(-1)).toBeGreaterThanOrEqual(done)
      expect(first).toBeGreaterThanOrEqual(Math.max(0, done - 5))
      expect(names).toEqual(Array.from(names, (_, i) => first + i))
      // The last one may have been made and not yet written.
      for (const name of names.slice(0, -1)) expect(await tab.call('bytes', String(name))).toEqual([name % 256])
      await tab.call('close')
    }
  })

  test('a torn copy of the names leaves the ones before', async () => {
    await open()
    await tab.call('create', ['a'], 1)
    await tab.call('create', ['b'], 1)
    await tab.call('close')
    const [, newest] = [1, 0].map((place) => place * COPY_BYTES)
    for (const [at, bytes] of [
      [0, [1]],
      [9, [255]],
      [23, [7]],
      [30, [1]],
    ] as const) {
      const before = await tab.call<number[]>('raw', folder, 'names', Number(newest) + at, Number(newest) + at + 1)
      await tab.call('damage', folder, 'names', Number(newest) + at, bytes)
      expect(await open()).toEqual(['a'])
      await tab.call('close')
      await tab.call('damage', folder, 'names', Number(newest) + at, before)
    }
    expect(await open()).toEqual(['a', 'b'])
  })

  test('a first change of names that was torn never was; two damaged copies are an error', async () => {
    await open()
    await tab.call('create', ['a'], 1)
    await tab.call('close')
    const whole = await tab.call<number[]>('raw', folder, 'names', COPY_BYTES, COPY_BYTES + 60)
    await tab.call('damage', folder, 'names', COPY_BYTES + 40, 'cut')
    expect(await open()).toEqual([])
    await tab.call('close')
    await tab.call('damage', folder, 'names', COPY_BYTES, whole)
    expect(await open()).toEqual(['a'])
    await tab.call('create', ['b'], 1)
    await tab.call('close')
    for (const at of [0, COPY_BYTES]) await tab.call('damage', folder, 'names', at + 29, [0])
    await expect(open()).rejects.toMatchObject({
      fault: { name: 'CorruptSegmentError', details: { file: `${folder}/names`, offset: 0 } },
    })
    await expect(open()).rejects.toMatchObject({ fault: { name: 'CorruptSegmentError' } })
  })

  test('a table without room for another name refuses it and keeps the others', async () => {
    await open({ spareFiles: 1 })
    const [long, longer] = ['a', 'b'].map((letter) => letter.repeat(COPY_BYTES * 0.6)) as [string, string]
    await tab.call('create', [long], 1)
    await tab.call('filled')
    await expect(tab.call('create', [longer], 1)).rejects.toMatchObject({
      fault: { name: 'StorageError', message: `${folder}/names has no room for 2 names` },
    })
    expect(await tab.call('list')).toEqual([long])
    await tab.call('filled')
    expect((await filesOf()).filter(isPooled)).toHaveLength(2)
    await tab.call('create', ['c'], 1)
    await tab.call('close')
    expect(await open()).toEqual([long, 'c'])
  })

  test('a name whose file is lost reads as empty', async () => {
    await open({ spareFiles: 1 })
    await tab.call('create', ['a'], 4)
    await tab.call('close')
    for (const file of (await filesOf()).filter(isPooled)) await tab.call('loseFile', folder, file)
    expect(await open({ spareFiles: 1 })).toEqual(['a'])
    expect(await tab.call('bytes', 'a')).toEqual([])
    await tab.call('create', ['b'], 2)
    expect(await tab.call('bytes', 'a')).toEqual([])
  })

  test('the end of the quota is a StorageError that names it, and what was written is told', async () => {
    await open()
    await tab.call('create', ['a'], 0)
    await tab.limitQuota(site.origin, 3_000_000)
    const spent = {
      fault: {
        name: 'StorageError',
        message: expect.stringMatching(/^cannot \w+ folder-\d+\/a: .*QuotaExceededError/u),
        details: { code: 'QuotaExceededError' },
      },
    }
    await expect(tab.call('write', 'a', [5_000_000], 0)).rejects.toMatchObject(spent)
    await expect(tab.call('reserve', 'a', 5_000_000)).rejects.toMatchObject(spent)
    expect(await tab.call('size', 'a')).toBe(0)
    expect(await tab.call('write', 'a', [1000, 5_000_000], 0)).toEqual([1000, 1000])
    await expect(tab.call('write', 'a', [5_000_000], 1000)).rejects.toMatchObject(spent)
    await tab.call('close')
    await tab.limitQuota(site.origin, 0)
    await open()
    await tab.call('remove', ['a'])
    await tab.call('create', ['b'.repeat(10_000)], 0)
    await tab.limitQuota(site.origin)
    expect(await tab.call('write', 'b'.repeat(10_000), [5_000_000], 0)).toEqual([5_000_000, 5_000_000])
  })

  test('a folder is opened where the quota leaves no room for spare files, and says so when it needs one', async () => {
    await open({ spareFiles: 1 })
    await tab.call('create', ['a'], 3)
    await tab.call('close')
    await tab.limitQuota(site.origin, -100_000)
    expect(await open({ spareFiles: 30 })).toEqual(['a'])
    expect(await tab.call('bytes', 'a')).toEqual([0, 0, 0])
    const names = Array.from({ length: 30 }, (_, i) => String(i))
    await expect(tab.call('create', names, 0)).rejects.toMatchObject({
      fault: { name: 'StorageError', details: { code: 'QuotaExceededError' } },
    })
    await tab.limitQuota(site.origin)
    await tab.call('filled')
    await tab.call('create', ['b'], 3)
  })

  test('the lock of a directory is held by one, and free when its tab has ended', async () => {
    await tab.call('lock', folder, 50)
    const other = await profile.visit(site)
    await expect(other.call('lock', folder, 50)).rejects.toMatchObject({
      fault: { name: 'DirectoryLockedError', retryable: true, details: { directory: folder } },
    })
    await other.call('lock', 'another', 50)
    const waiting = other.call('lock', folder, 20_000)
    await tab.crash()
    await waiting
    await other.call('unlock')
    await other.call('lock', folder, 50)
    await other.page.close()
  })
})
