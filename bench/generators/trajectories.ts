/**
 * Real events: the trajectories of an `.npz` file as the command line reads them, with ids of version 7.
 *
 * The readers belong to the command line and are no part of the package's face, so they are loaded from what was built.
 *
 * @module
 */

import { open } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { EventColumns } from 'experience-stream'
import { ExperienceStream } from 'experience-stream'
import type { GeneratedEvents } from './agents.js'

interface Rows {
  length: number
  timestamps: Float64Array
  episodeIds: BigUint64Array
  stepNumbers: Uint32Array
  eventTypes: Uint16Array
  flags: Uint16Array
  states: Float32Array
  actions: Float32Array
  rewards: readonly [Float32Array, Float32Array, Float32Array, Float32Array]
}

interface Readers {
  EventRows: new (capacity: number) => Rows
  NpzFile: { open(file: unknown): Promise<{ close(): void }> }
  TrajectorySource: new (sink: unknown) => { read(file: unknown, signal: AbortSignal, told: () => void): Promise<void> }
}

const MOST_EVENTS = 100_000

/** All events of the file, which has at most 100,000. */
export async function trajectoryEvents(path: string): Promise<GeneratedEvents> {
  const { EventRows, NpzFile, TrajectorySource } = await readers()
  const rows = new EventRows(MOST_EVENTS)
  const refuse = (what: unknown) => {
    throw new Error(`${path}: ${what}`)
  }
  const sink = {
    rows,
    get committed() {
      return rows.length
    },
    commit: () => rows.length++,
    malformed: refuse,
    note: () => {},
  }
  const file = await open(path)
  const archive = await NpzFile.open(file)
  await new TrajectorySource(sink).read(archive, new AbortController().signal, () => {})
  archive.close()
  await file.close()
  const stream = ExperienceStream.createSync({ capacity: rows.length, ids: 'v7', seed: 1 })
  stream.writeBatch(columns(rows))
  const { bytes, seqs } = stream.queryRange(0, rows.length)
  await stream.close()
  return { length: rows.length, seqs, bytes, masks: new Uint8Array(rows.length), metadata: new Map() }
}

async function readers(): Promise<Readers> {
  const library = dirname(createRequire(import.meta.url).resolve('experience-stream'))
  const files = ['rows.js', 'sources/npz.js', 'sources/trajectories.js']
  const modules = await Promise.all(files.map((name) => import(pathToFileURL(join(library, 'cli', name)).href)))
  return Object.assign({}, ...modules) as Readers
}

function columns(rows: Rows): EventColumns {
  const n = rows.length
  const [homeostasis, curiosity, efficiency, goal] = rows.rewards.map((column) => column.subarray(0, n))
  return {
    timestamps: rows.timestamps.subarray(0, n),
    episodeIds: rows.episodeIds.subarray(0, n),
    stepNumbers: rows.stepNumbers.subarray(0, n),
    eventTypes: rows.eventTypes.subarray(0, n),
    flags: rows.flags.subarray(0, n),
    states: rows.states.subarray(0, 8 * n),
    actions: rows.actions.subarray(0, 8 * n),
    rewardsHomeostasis: homeostasis,
    rewardsCuriosity: curiosity,
    rewardsEfficiency: efficiency,
    rewardsGoal: goal,
  }
}
