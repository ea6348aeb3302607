/** The files of Node as cold storage uses them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { NodeColdFiles } from '../../../src/storage/cold/files.node.js'
import { StorageError } from '../../../src/storage/errors.js'
import { useStores } from './support.js'

const stores = useStores()
const bytesOf = (text: string) => Buffer.from(text)

test('a file is made with the folders on its way, read, listed, renamed, and removed with a folder that it leaves empty', async () => {
  const folder = join(stores.folder(), 'a', 'b')
  const files = new NodeColdFiles(folder)
  expect(await files.list()).toEqual([])
  expect(await files.read('x/y')).toBeUndefined()
  await files.prepare()
  await files.create('x/day=1/one.tmp', bytesOf('one'))
  await files.create('x/day=1/two', bytesOf('two'))
  await files.rename('x/day=1/one.tmp', 'x/day=1/one')
  await files.syncNames('x/day=1/one')
  expect((await files.list()).sort()).toEqual(['x/day=1/one', 'x/day=1/two'])
  expect(await files.read('x/day=1/one')).toEqual(bytesOf('one'))
  expect(files.resolve('x/day=1/one')).toBe(join(folder, 'x', 'day=1', 'one'))
  await files.remove('x/day=1/one')
  await files.remove('x/day=1/one')
  expect(existsSync(join(folder, 'x/day=1'))).toBe(true)
  await files.remove('x/day=1/two')
  expect(existsSync(join(folder, 'x/day=1'))).toBe(false)
  expect(existsSync(folder)).toBe(true)
})

test('what is appended begins where it is said to, and what was behind is gone', async () => {
  const folder = stores.folder()
  const files = new NodeColdFiles(folder)
  await files.create('log', bytesOf('one two and a half'))
  await files.append('log', 7, bytesOf(' three'))
  expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('one two three')
  await files.create('log', bytesOf('short'))
  expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('short')
})

test('what cannot be done is a StorageError that names the path and has the cause', async () => {
  const folder = stores.folder()
  const files = new NodeColdFiles(folder)
  writeFileSync(join(folder, 'file'), 'in the way')
  mkdirSync(join(folder, 'folder'))
  const failing: [() => Promise<unknown>, string][] = [
    [() => files.create('file/x', bytesOf('x')), 'file/x could not be written'],
    [() => files.append('nowhere', 0, bytesOf('x')), 'nowhere could not be appended to'],
    [() => files.rename('nowhere', 'else'), 'nowhere could not be renamed to else'],
    [() => files.syncNames('nowhere/x'), 'nowhere/x could not have its folder synced'],
    [() => files.remove('folder'), 'folder could not be removed'],
    [() => files.read('folder'), 'folder could not be read'],
    [() => new NodeColdFiles(join(folder, 'file')).list(), 'file could not be listed'],
    [() => new NodeColdFiles(join(folder, 'file', 'x')).prepare(), 'could not be made'],
  ]
  for (const [work, message] of failing) {
    await expect(work()).rejects.toThrow(StorageError)
    await expect(work()).rejects.toThrow(message)
    await expect(work()).rejects.toHaveProperty('cause', expect.any(Error))
  }
})
