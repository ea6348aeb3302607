import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { NodeDisk } from '../../../src/storage/disk/node-disk.node.js'
import { StorageError } from '../../../src/storage/errors.js'
import { DISK_CONTRACT } from '../support/disk-contract.js'
import { temporaryFolder } from '../support/folders.js'

test.each(DISK_CONTRACT)('a folder of Node $sentence', async ({ check }) => {
  const directory = temporaryFolder()
  expect(await check(new NodeDisk(directory), async () => new NodeDisk(directory))).toBeUndefined()
})

test('a folder is made with those above it, unless it is only to be read', () => {
  const parent = temporaryFolder()
  const disk = new NodeDisk(join(parent, 'a', 'b'))
  expect(fs.statSync(disk.name).isDirectory()).toBe(true)
  const missing = new NodeDisk(join(parent, 'c'), { create: false })
  expect(() => missing.list()).toThrow(StorageError)
  expect(fs.existsSync(missing.name)).toBe(false)
})

test('folders beside the files are not listed', () => {
  const directory = temporaryFolder()
  fs.mkdirSync(join(directory, 'folder'))
  expect(new NodeDisk(directory).list()).toEqual([])
})

test('an error names the operation, the path and the code of the system', () => {
  const directory = temporaryFolder()
  const path = join(directory, 'missing')
  expect(() => new NodeDisk(directory).open('missing', 'read')).toThrow(
    expect.objectContaining({
      code: 'STORAGE',
      message: `cannot open ${path}: it does not exist (ENOENT)`,
      details: { operation: 'open', path, code: 'ENOENT' },
      cause: expect.objectContaining({ code: 'ENOENT' }),
    }),
  )
})

test('a file that is closed while it is being synced is let go of when that is done', async () => {
  const disk = new NodeDisk(temporaryFolder())
  const file = disk.open('a', 'create')
  file.write([Uint8Array.of(1)], 0)
  const synced = file.syncLater()
  file.close()
  await expect(synced).resolves.toBeUndefined()
  expect(() => file.size()).toThrow('it is closed')
})
