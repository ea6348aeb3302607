/**
 * What a process holds, sampled: memory after a collection, open files, handles, bytes on disk. And whether it grows.
 *
 * @module
 */

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const MIB = 2 ** 20
/** A shorter run has not come to rest: stores and journal fill up to their limits first. */
export const FEWEST = 40
/** What the last quarter of a run may have beyond the second: a part of it, and so much besides. */
const BOUNDS = {
  rss: { part: 0.1, beyond: 32 * MIB },
  heap: { part: 0.1, beyond: 4 * MIB },
  external: { part: 0.1, beyond: 8 * MIB },
  buffers: { part: 0.1, beyond: 8 * MIB },
  files: { part: 0, beyond: 8 },
  handles: { part: 0, beyond: 3 },
  disk: { part: 0.25, beyond: 32 * MIB },
}

/** @typedef {{ rss: number, heap: number, external: number, buffers: number, files: number, handles: number, disk: number }} Sample */

setFlagsFromString('--expose-gc')
/** @type {() => void} */
const collect = runInNewContext('gc')

/**
 * What this process holds now. Two collections, as finalizers of the first let go of what the second frees.
 * @param {readonly string[]} directories whose files count as `disk`
 * @returns {Promise<Sample>}
 */
export async function sample(directories) {
  collect()
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  return {
    rss,
    heap: heapUsed,
    external,
    buffers: arrayBuffers,
    files: openFiles(),
    handles: process.getActiveResourcesInfo().length,
    disk: directories.reduce((sum, directory) => sum + bytesOf(directory), 0),
  }
}

/** How many files this process has open; 0 where the system does not tell. */
export function openFiles() {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}

/**
 * What has grown, one sentence each: the median of the last quarter against that of the second; the first warms up.
 * @param {readonly Sample[]} samples
 * @returns {string[]}
 */
export function growthOf(samples) {
  if (samples.length < FEWEST) return []
  const quarter = Math.floor(samples.length / 4)
  const before = samples.slice(quarter, 2 * quarter)
  const after = samples.slice(-quarter)
  /** @type {string[]} */
  const faults = []
  for (const [name, { part, beyond }] of Object.entries(BOUNDS)) {
    const key = /** @type {keyof Sample} */ (name)
    const [was, is] = [before, after].map((some) => median(some.map((one) => one[key])))
    if (was === undefined || is === undefined) continue
    if (is > was * (1 + part) + beyond) faults.push(`${name} grew from ${was} to ${is}`)
  }
  return faults
}

/** The heads of a table of samples. */
export const HEADS = ['time', 'events', 'rss', 'heap', 'external', 'buffers', 'files', 'handles', 'disk']

/**
 * One row of it.
 * @param {number} seconds
 * @param {number} events
 * @param {Sample} taken
 */
export function rowOf(seconds, events, { rss, heap, external, buffers, files, handles, disk }) {
  const sizes = [rss, heap, external, buffers].map((bytes) => `${(bytes / MIB).toFixed(1)} MiB`)
  return [
    `${Math.round(seconds)} s`,
    String(events),
    ...sizes,
    String(files),
    String(handles),
    `${Math.round(disk / MIB)} MiB`,
  ]
}

/** @param {readonly number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

/**
 * @param {string} directory
 * @returns {number}
 */
function bytesOf(directory) {
  let sum = 0
  for (const entry of entriesOf(directory)) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) sum += bytesOf(path)
    else sum += statSync(path, { throwIfNoEntry: false })?.size ?? 0
  }
  return sum
}

/** Nothing of a folder that is gone by now: retention is at work. @param {string} directory */
function entriesOf(directory) {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return []
    throw error
  }
}
