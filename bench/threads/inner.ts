/**
 * What stands behind the face of a stream, for figures inside the module: its exports, and where they expect things.
 * Not part of the public face, which checks what it is given.
 *
 * @module
 */

import type { ExperienceStream } from 'experience-stream'
import { START_US } from '../fixtures.js'

/** Exports that the modules of plain and shared rings have in common. */
export interface Core {
  commit(...event: number[]): number
  appendRecords(count: number): void
  claimExactly(numbers: number): number
  read(seq: number, area: number): number
  readRange(from: number, end: number, most: number, area: number): number
  addReward(seq: number, appraiser: number, amount: number): number
}

interface Kernel {
  core: Core
  f32: Float32Array
  /** A number of the thread's line that the module left there. */
  left(offset: number): number
}

interface Ring {
  kernel: Kernel
  head: number
  wrote(count: number): void
}

interface IdPool {
  left: number
  refill(): void
}

/** The ring of a stream. */
export function ringOf(stream: ExperienceStream): Ring {
  return (stream as unknown as { ring: Ring }).ring
}

/** Addresses and codes of the layout that the module was built with. */
export interface Layout {
  WRITER_STAGE: number
  READ_RECORD: number
  LENT: number
  CHUNK: number
  LATE_APPLIED: number
  M_STOPPED: number
}

/** Reads them from the built package: this folder is built apart from it. */
export async function layout(): Promise<Layout> {
  return (await import(new URL('../../../dist/layout.js', import.meta.url).href)) as Layout
}

/** Commits `n` events straight to the module, with ids from the writer's pool, and returns what was refused. */
export type Commits = (n: number) => number

/** Makes that for a stream, plain or shared. */
export function commits(stream: ExperienceStream, { WRITER_STAGE }: Layout): Commits {
  const { core } = ringOf(stream).kernel
  const { ids, idMode } = stream.writer as unknown as { ids: IdPool; idMode: number }
  let i = 0
  return (n) => {
    let refused = 0
    for (const end = i + n; i < end; i++) {
      if (ids.left === 0) ids.refill()
      ids.left--
      refused |= core.commit(
        WRITER_STAGE,
        START_US + i,
        i >>> 8,
        i & 255,
        i & 15,
        7,
        idMode,
        i & 1023,
        0.5,
        0.25,
        0.125,
      )
    }
    return refused
  }
}
