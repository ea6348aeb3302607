/**
 * Starts the example page's server as `npm run page` does, on a port that is free.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const script = join(root, 'build', 'examples', 'page', 'serve.js')

/** The server's process, where it listens, and what it printed. */
export interface PageServer {
  process: ChildProcess
  origin: string
  /** Sends Ctrl-C and gives the exit status. */
  stop(): Promise<number | null>
}

/** Starts it and waits for the line with its address. */
export async function startPageServer(): Promise<PageServer> {
  if (!existsSync(script)) throw new Error('build/examples/page is missing: run `npm run build` first')
  const child = spawn(process.execPath, [script, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let printed = ''
  for await (const chunk of child.stdout) {
    printed += chunk
    const [origin] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed) ?? []
    if (origin === undefined) continue
    const stop = async (): Promise<number | null> => {
      child.kill('SIGINT')
      const [status] = await exited
      return status
    }
    return { process: child, origin, stop }
  }
  throw new Error(`the server ended without an address: ${printed}`)
}

/** Runs it with arguments that it refuses; gives what it printed on stderr and the exit status. */
export async function runPageServer(args: string[]): Promise<{ status: number | null; stderr: string }> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const [status] = await once(child, 'close')
  return { status, stderr }
}
