import { type ChildProcess, spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { lockDirectory } from '../../../src/storage/disk/lock.node.js'
import { DirectoryLockedError } from '../../../src/storage/errors.js'
import { temporaryFolder } from '../support/folders.js'

const OWNER = join(import.meta.dirname, 'lock-owner.mjs')
const children: ChildProcess[] = []

afterEach(async () => {
  await Promise.all(children.splice(0).map(killed))
})

test('a directory has one owner in a process, until it lets go', () => {
  const directory = temporaryFolder()
  const lock = lockDirectory(directory)
  expect(lock.previous).toBe('none')
  expect(() => lockDirectory(directory)).toThrow(
    expect.objectContaining({
      code: 'DIRECTORY_LOCKED',
      retryable: true,
      message: `${directory} is in use by another stream`,
    }),
  )
  lock.release()
  lock.release()
  expect(fs.readdirSync(directory)).toEqual([])
  lockDirectory(directory).release()
})

test('letting go twice does not take the directory from the next owner', () => {
  const directory = temporaryFolder()
  const first = lockDirectory(directory)
  first.release()
  const second = lockDirectory(directory)
  first.release()
  expect(() => lockDirectory(directory)).toThrow(DirectoryLockedError)
  second.release()
})

test('another process that lives is not disturbed, and one that let go is not in the way', async () => {
  const directory = temporaryFolder()
  const owner = await start(directory)
  expect(owner.said).toBe('none')
  expect(() => lockDirectory(directory)).toThrow(
    expect.objectContaining({ details: { directory, pid: owner.child.pid, host: hostname() } }),
  )
  expect((await start(directory)).said).toBe('DIRECTORY_LOCKED')
  owner.child.stdin?.write('go')
  await ended(owner.child)
  const lock = lockDirectory(directory)
  expect(lock.previous).toBe('none')
  lock.release()
})

test('a killed owner is followed by exactly one of those who try at once', async () => {
  const directory = temporaryFolder()
  const owner = await start(directory)
  await killed(owner.child)
  const tries = await Promise.all(Array.from({ length: 6 }, () => start(directory)))
  const words = tries.map(({ said }) => said)
  expect(words.filter((word) => word === 'same-boot').length).toBe(fs.existsSync('/proc/self/stat') ? 1 : 0)
  expect(words.filter((word) => word === 'DIRECTORY_LOCKED')).toHaveLength(5)
  expect(fs.readdirSync(directory)).toEqual(['LOCK'])
})

test('a number that belongs to another process by now is no owner', () => {
  const directory = temporaryFolder()
  lockDirectory(directory)
  change(directory, (owner) => ({ ...owner, start: '1' }))
  const lock = lockDirectory(directory)
  expect(lock.previous).toBe('same-boot')
  lock.release()
})

test('an owner of an earlier boot is gone, and power may have been lost', () => {
  const directory = temporaryFolder()
  lockDirectory(directory)
  change(directory, (owner) => ({ ...owner, boot: 'another' }))
  const lock = lockDirectory(directory)
  expect(lock.previous).toBe('other-boot')
  lock.release()
})

test.each(['host', 'namespace'])('an owner of another %s is taken to live', (field) => {
  const directory = temporaryFolder()
  const lock = lockDirectory(directory)
  change(directory, (owner) => ({ ...owner, [field]: 'another', pid: 99_999_999 }))
  expect(() => lockDirectory(directory)).toThrow('is in use by process 99999999')
  lock.release()
})

test('a successor that died before it was done is followed, and nothing of it stays', () => {
  const directory = temporaryFolder()
  lockDirectory(directory)
  change(directory, (owner) => ({ ...owner, start: '1', token: 'first' }))
  fs.copyFileSync(join(directory, 'LOCK'), join(directory, 'LOCK.first'))
  change(directory, (owner) => ({ ...owner, token: 'second' }), 'LOCK.first')
  const lock = lockDirectory(directory)
  expect(fs.readdirSync(directory)).toEqual(['LOCK'])
  lock.release()
  expect(fs.readdirSync(directory)).toEqual([])
})

test('a lock that a loss of power has torn is in nobody’s way', () => {
  const directory = temporaryFolder()
  fs.writeFileSync(join(directory, 'LOCK'), '\0\0\0')
  const lock = lockDirectory(directory)
  expect(lock.previous).toBe('other-boot')
  lock.release()
})

test('a directory that does not exist is a StorageError', () => {
  const directory = join(temporaryFolder(), 'missing')
  expect(() => lockDirectory(directory)).toThrow(`cannot lock ${directory}`)
})

/** Starts a process that takes the directory, and resolves with its word. */
async function start(directory: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [OWNER, directory], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const said = await new Promise<string>((resolve) => {
    child.stdout?.once('data', (data) => resolve(String(data).trim()))
    child.once('exit', () => resolve('ended'))
  })
  return { child, said }
}

function ended(child: ChildProcess): Promise<unknown> {
  return child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', resolve))
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await ended(child)
}

function change(directory: string, to: (owner: object) => object, name = 'LOCK'): void {
  const path = join(directory, name)
  fs.writeFileSync(path, JSON.stringify(to(JSON.parse(fs.readFileSync(path, 'utf8')))))
}
