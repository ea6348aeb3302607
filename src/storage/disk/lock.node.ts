/**
 * One owner at a time for a directory, across processes and within one.
 *
 * The owner is named by a file `LOCK`: process, its start, boot, pid namespace, host, and a token of its own. Files are
 * made whole under another name and then linked, so that there is never half of one. An owner that is gone has one
 * successor: whoever links `LOCK.<token of the dead one>` first. If that one dies too, the chain goes on with its token.
 * The successor makes sure that the chain still leads to itself and then renames its file to `LOCK`; who read an older
 * `LOCK` and comes too late finds that the chain does not lead to it.
 *
 * An owner is gone if it was of an earlier boot of this host, or if its process has ended, which also holds if another
 * process has its number by now. Of another host, or of another pid namespace (a container), nobody can tell: such an
 * owner is taken to live, and the file has to be removed by hand if it does not.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DirectoryLockedError, StorageError } from '../errors.js'

const NAME = 'LOCK'
/** Each round somebody else has changed the chain; more would be no race any more. */
const MOST_ROUNDS = 100

interface Owner {
  readonly pid: number
  /** When the process was started, in ticks since the boot, where the system tells. */
  readonly start: string | undefined
  readonly boot: string | undefined
  readonly namespace: string | undefined
  readonly host: string
  readonly token: string
}

/** A directory that this process owns. */
export interface DirectoryLock {
  /**
   * What became of the owner before: `'none'` left in order or left no trace, `'same-boot'` died, but the machine did
   * not, so that nothing that it wrote can have been lost; `'other-boot'` may have lost power.
   */
  readonly previous: 'none' | 'same-boot' | 'other-boot'
  /** Lets go of the directory. Does nothing the second time. */
  release(): void
}

/**
 * Takes the directory, which must exist.
 * @throws {DirectoryLockedError} if somebody owns it who may be alive.
 * @throws {StorageError} if the lock cannot be written.
 */
export function lockDirectory(directory: string): DirectoryLock {
  const me = self()
  const draft = join(directory, `${NAME}.draft-${me.token}`)
  try {
    fs.writeFileSync(draft, JSON.stringify(me), { flag: 'wx' })
    return acquire(directory, draft, me)
  } catch (error) {
    if (error instanceof DirectoryLockedError) throw error
    throw new StorageError(
      `cannot lock ${directory}: ${error instanceof Error ? error.message : error}`,
      { directory },
      error,
    )
  } finally {
    fs.rmSync(draft, { force: true })
  }
}

function acquire(directory: string, draft: string, me: Owner): DirectoryLock {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const chain = chainOf(directory)
    const last = chain.at(-1)
    if (last !== undefined && isAlive(last.owner, me)) throw locked(directory, last.owner, me)
    const mine = last === undefined ? NAME : `${NAME}.${last.owner.token}`
    if (!link(draft, join(directory, mine))) continue
    const now = chainOf(directory)
    if (now.at(-1)?.owner.token !== me.token) {
      fs.rmSync(join(directory, mine), { force: true })
      continue
    }
    if (mine !== NAME) fs.renameSync(join(directory, mine), join(directory, NAME))
    for (const { name } of chain.slice(1)) fs.rmSync(join(directory, name), { force: true })
    return held(directory, me, last?.owner)
  }
  throw new Error(`${MOST_ROUNDS} others were faster`)
}

function held(directory: string, me: Owner, before: Owner | undefined): DirectoryLock {
  let isHeld = true
  const isSameBoot = before?.boot !== undefined && before.boot === me.boot
  return {
    previous: before === undefined ? 'none' : isSameBoot ? 'same-boot' : 'other-boot',
    release() {
      if (!isHeld) return
      isHeld = false
      // Somebody may have removed the file by hand and taken the directory.
      if (read(directory, NAME)?.token === me.token) fs.rmSync(join(directory, NAME), { force: true })
    },
  }
}

/** The owners from `LOCK` on, each but the last of which was followed by the next. */
function chainOf(directory: string): { name: string; owner: Owner }[] {
  const chain: { name: string; owner: Owner }[] = []
  for (let name = NAME; ; ) {
    const owner = read(directory, name)
    if (owner === undefined || chain.some((link) => link.owner.token === owner.token)) return chain
    chain.push({ name, owner })
    name = `${NAME}.${owner.token}`
  }
}

function read(directory: string, name: string): Owner | undefined {
  const path = join(directory, name)
  let text: string
  try {
    text = fs.readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return parse(text)
}

/** Files are linked whole; one that is not to be read was torn by a loss of power, so its owner is gone. */
function parse(text: string): Owner {
  try {
    const owner: unknown = JSON.parse(text)
    if (typeof owner === 'object' && owner !== null && 'token' in owner && /^[\w-]+$/.test(String(owner.token))) {
      return owner as Owner
    }
  } catch {
    // As below.
  }
  return { pid: -1, start: undefined, boot: undefined, namespace: undefined, host: hostname(), token: 'unreadable' }
}

/** Makes the file unless it exists. */
function link(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function locked(directory: string, owner: Owner, me: Owner): DirectoryLockedError {
  const { pid, host } = owner
  if (isOurs(owner, me)) return new DirectoryLockedError(directory, {})
  return new DirectoryLockedError(directory, { pid, host })
}

function isOurs(owner: Owner, me: Owner): boolean {
  return owner.pid === me.pid && owner.start === me.start && owner.boot === me.boot && owner.namespace === me.namespace
}

function isAlive(owner: Owner, me: Owner): boolean {
  if (owner.pid < 1) return false
  if (owner.boot !== me.boot && owner.host === me.host) return false
  if (owner.host !== me.host || owner.namespace !== me.namespace) return true
  const start = startOf(owner.pid)
  if (start !== undefined || owner.start !== undefined) return start === owner.start
  try {
    process.kill(owner.pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function self(): Owner {
  return {
    pid: process.pid,
    start: startOf(process.pid),
    boot: textOf('/proc/sys/kernel/random/boot_id'),
    namespace: linkOf('/proc/self/ns/pid'),
    host: hostname(),
    token: randomUUID(),
  }
}

/** When a process was started; undefined if there is none, or where the system does not tell. */
function startOf(pid: number): string | undefined {
  // The name of the program stands in parentheses and may hold anything.
  const fields = textOf(`/proc/${pid}/stat`)?.replace(/^.*\)/su, '').trim().split(' ')
  const isEnded = fields?.[0] === 'Z' || fields?.[0] === 'X'
  return isEnded ? undefined : fields?.[19]
}

function textOf(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

function linkOf(path: string): string | undefined {
  try {
    return fs.readlinkSync(path)
  } catch {
    return undefined
  }
}
