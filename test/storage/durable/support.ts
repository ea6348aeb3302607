/**
 * What the tests of durable streams share.
 *
 * @module
 */

import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect } from 'vitest'
import { NodeDisk } from '../../../src/storage/disk/node-disk.node.js'
import { openDurable } from '../../../src/storage/durable/open.js'
import type { DurableOptions } from '../../../src/storage/durable/types.js'
import {
  type DurableExperienceStream,
  type NodeDurableOptions,
  openExperienceStream,
} from '../../../src/storage/index.node.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'
import { temporaryFolder } from '../support/folders.js'
import { SwitchedDisk } from './switched-disk.js'

const open: DurableExperienceStream[] = []

afterEach(async () => {
  for (const stream of open.splice(0)) await stream.close().catch(() => {})
})

/** Opens a stream in a new folder, or in `directory`; it is closed after the test. */
export async function openStream(options: Partial<NodeDurableOptions> = {}): Promise<DurableExperienceStream> {
  const stream = await openExperienceStream({ directory: temporaryFolder(), segmentBytes: 2 ** 20, ...options })
  open.push(stream)
  return stream
}

/** A stream on a disk with switches; `released` tells whether it has let go of its directory. */
export interface SwitchedStream {
  stream: DurableExperienceStream
  disk: SwitchedDisk
  released: () => number
}

/** Opens one, in a new folder or in `directory`. */
export async function openSwitched(
  options: DurableOptions = {},
  directory = temporaryFolder(),
): Promise<SwitchedStream> {
  const disk = new SwitchedDisk(new NodeDisk(join(directory, 'journal')))
  let releases = 0
  const platform = {
    directory,
    disk,
    crc32: nodeCrc32,
    afterTurn: (callback: () => void) => void setImmediate(callback),
    release: () => void releases++,
  }
  const stream = await openDurable(platform, { segmentBytes: 2 ** 20, ...options })
  open.push(stream)
  return { stream, disk, released: () => releases }
}

/**
 * What the end of the process at this moment leaves, opened anew: the files as they are are copied to another folder,
 * since the stream that is still there owns its own.
 */
export async function crashed(
  stream: DurableExperienceStream,
  options: Partial<NodeDurableOptions> = {},
): Promise<DurableExperienceStream> {
  const directory = temporaryFolder()
  cpSync(stream.directory, directory, { recursive: true })
  rmSync(join(directory, 'LOCK'), { recursive: true, force: true })
  return openStream({ directory, ...options })
}

/** Resolves once the event loop has turned: what was scheduled before has run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The error that a call throws, which must be of this class. */
export function refusal<T extends Error>(call: () => unknown, type: abstract new (...args: never[]) => T): T {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(type)
    return error as T
  }
  throw new Error(`nothing was thrown, ${type.name} was expected`)
}
