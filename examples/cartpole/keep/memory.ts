/**
 * What a learner remembers between two starts, and the file that it is in.
 *
 * The file is replaced as a whole: written under another name, synced, renamed. After a crash it is the one before or the
 * one after.
 *
 * @module
 */

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContestMemory } from '../contest.js'
import type { LearnerMemory } from '../learner.js'
import type { Window } from '../run.js'

const NAME = 'learner.json'
const UNFINISHED = 'learner.json.tmp'
const VERSION = 1

/** Everything but what the stream holds. Arrays of numbers keep every bit. */
export interface Memory {
  seed: number
  learn: boolean
  windows: Window[]
  learner: LearnerMemory
  contest: ContestMemory
}

/** The memory of a directory; undefined if there is none yet. @throws {Error} if the file is none of this program. */
export function readMemory(directory: string): Memory | undefined {
  const path = join(directory, NAME)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const { version, memory } = JSON.parse(text, revive)
  if (version !== VERSION) throw new Error(`${path} is of version ${version}, expected ${VERSION}`)
  return memory
}

/** Replaces the memory of a directory. */
export function writeMemory(directory: string, memory: Memory): void {
  const unfinished = join(directory, UNFINISHED)
  writeFileSync(unfinished, JSON.stringify({ version: VERSION, memory }, pack), { flush: true })
  renameSync(unfinished, join(directory, NAME))
  const folder = openSync(directory, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function pack(_key: string, value: unknown): unknown {
  if (!(value instanceof Float64Array)) return value
  return { f64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') }
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('f64' in value)) return value
  return new Float64Array(Uint8Array.from(Buffer.from(String(value.f64), 'base64')).buffer)
}
