/**
 * Trajectories as the Python library imitation saves them: `obs`, `acts`, `rews`, `indices` and `terminal` in one
 * `.npz` file, read in lockstep.
 *
 * A trajectory of n actions has n + 1 observations. Each action becomes an event that holds the observation before it,
 * the action and the reward; the final observation becomes an event of its own, whose type says whether the episode
 * really ended there or was cut off. So every observation is in exactly one event, bit for bit where it is `f4`.
 *
 * Arrays of objects (`infos`) would have to be unpickled, which can run any program: they are not read.
 *
 * @module
 */

import { AppraiserType, EventFlags, EventType } from '../../index.js'
import { InputError } from '../errors.js'
import { type EventRows, LARGEST_REWARD, type RowSink, type SourceCounts } from '../rows.js'
import type { NpzFile } from './npz.js'
import type { NpzArray } from './npz-array.js'

/** A final observation after which the environment had nothing more. */
export const TERMINATED = EventType.CustomUserEvent + 1
/** A final observation at which the episode was cut off, such as by a limit of steps. */
export const TRUNCATED = EventType.CustomUserEvent + 2

const SLOTS = 8
const GOAL_GIVEN = 1 << AppraiserType.Goal

interface Arrays {
  obs: NpzArray
  acts: NpzArray
  rews: NpzArray | undefined
  indices: NpzArray
  terminal: NpzArray
}

/** Reads the trajectories of one file. */
export class TrajectorySource {
  readonly #sink: RowSink
  #observations = 0
  #trajectories = 0
  #rounded = 0
  #onProgress: (fraction: number) => void = () => {}

  constructor(sink: RowSink) {
    this.#sink = sink
  }

  get counts(): SourceCounts {
    return { records: this.#observations, blank: 0, episodes: this.#trajectories, forgotten: 0 }
  }

  /**
   * Reads everything, or until aborted.
   *
   * @param onProgress is told now and then which share of the observations has been read
   */
  async read(file: NpzFile, signal: AbortSignal, onProgress: (fraction: number) => void): Promise<void> {
    const arrays = await this.#open(file)
    this.#onProgress = onProgress
    const trajectories = arrays.terminal.rows
    for (let begin = 0; this.#trajectories < trajectories && !signal.aborted; ) {
      const end = this.#trajectories + 1 < trajectories ? await next(arrays.indices) : arrays.acts.rows
      if (!(end >= begin && end <= arrays.acts.rows)) {
        throw new InputError(`indices.npy has ${end} behind ${begin}, expected ascending numbers up to the last action`)
      }
      await this.#trajectory(arrays, end - begin, signal)
      begin = end
    }
    if (signal.aborted) return
    for (const array of Object.values(arrays)) await array?.finish()
    if (this.#rounded > 0) this.#sink.note(`${this.#rounded} values are not exact as f32 and were rounded`)
  }

  async #open(file: NpzFile): Promise<Arrays> {
    const required = async (name: string): Promise<NpzArray> => {
      const array = await file.array(name)
      if (array !== undefined) return array
      const expected = 'expected obs, acts, indices and terminal as the library imitation saves them'
      throw new InputError(`the archive has no array ${name}, only ${file.names.join(', ') || 'nothing'}; ${expected}`)
    }
    const arrays: Arrays = {
      obs: await required('obs'),
      acts: await required('acts'),
      rews: await file.array('rews'),
      indices: await required('indices'),
      terminal: await required('terminal'),
    }
    checkShapes(arrays)
    for (const name of file.names.filter((known) => !Object.hasOwn(arrays, known))) {
      this.#sink.note(`${name}.npy was not read: it is none of the arrays of numbers, and objects are never unpickled`)
    }
    if (arrays.rews === undefined) this.#sink.note('there is no rews.npy: the rewards are those of the appraisers')
    return arrays
  }

  async #trajectory(arrays: Arrays, actions: number, signal: AbortSignal): Promise<void> {
    const { obs, acts, rews } = arrays
    const episodeId = BigInt(this.#trajectories)
    for (let step = 0; step <= actions && !signal.aborted; step++) {
      const isFinal = step === actions
      if (!obs.ready) {
        await obs.fill()
        this.#onProgress(this.#observations / obs.rows)
      }
      if (!isFinal && !acts.ready) await acts.fill()
      if (!isFinal && rews !== undefined && !rews.ready) await rews.fill()
      const type = isFinal ? await this.#finalType(arrays) : EventType.ActionCompleted
      const { rows } = this.#sink
      const row = rows.length
      let finite = this.#copy(obs, rows.states, row)
      if (!isFinal) {
        finite = this.#copy(acts, rows.actions, row) && finite
        if (rews !== undefined) finite = this.#reward(rews, rows, row) && finite
      } else if (rews !== undefined) {
        rows.given[row] = GOAL_GIVEN
      }
      rows.timestamps[row] = this.#observations
      rows.episodeIds[row] = episodeId
      rows.stepNumbers[row] = step
      rows.eventTypes[row] = type
      rows.flags[row] = EventFlags.TRAJECTORY
      this.#observations++
      if (finite) {
        this.#sink.commit()
      } else {
        rows.reset()
        this.#sink.malformed(this.#observations, 'an observation, action or reward is not finite as f32')
      }
    }
    this.#trajectories++
  }

  async #finalType({ terminal }: Arrays): Promise<number> {
    return (await next(terminal)) !== 0 ? TERMINATED : TRUNCATED
  }

  /** Copies the current row of an array into a record's slots; tells whether all of it is finite. */
  #copy(array: NpzArray, slots: Float32Array, row: number): boolean {
    let finite = true
    for (let i = 0; i < array.width; i++) {
      const value = array.values[array.position + i] as number
      const rounded = Math.fround(value)
      finite &&= Number.isFinite(rounded)
      if (rounded !== value) this.#rounded++
      slots[row * SLOTS + i] = rounded
    }
    array.advance()
    return finite
  }

  #reward(rews: NpzArray, rows: EventRows, row: number): boolean {
    const value = rews.values[rews.position] as number
    const rounded = Math.fround(value)
    rews.advance()
    if (rounded !== value) this.#rounded++
    ;(rows.rewards[AppraiserType.Goal] as Float32Array)[row] = rounded
    rows.given[row] = GOAL_GIVEN
    return Math.abs(rounded) <= LARGEST_REWARD
  }
}

async function next(array: NpzArray): Promise<number> {
  if (!array.ready) await array.fill()
  const value = array.values[array.position] as number
  array.advance()
  return value
}

function checkShapes({ obs, acts, rews, indices, terminal }: Arrays): void {
  for (const array of [obs, acts]) {
    if (array.shape.length === 0 || array.width < 1 || array.width > SLOTS) {
      throw new InputError(`${array.name} has the shape (${array.shape.join(', ')}), expected rows of 1 to 8 values`)
    }
  }
  for (const array of [rews, indices, terminal]) {
    if (array !== undefined && array.shape.length !== 1) {
      throw new InputError(`${array.name} has the shape (${array.shape.join(', ')}), expected one dimension`)
    }
  }
  const trajectories = terminal.rows
  const problems: [boolean, string][] = [
    [trajectories === 0, 'terminal.npy is empty: there are no trajectories'],
    [indices.rows !== trajectories - 1, `${indices.rows} indices for ${trajectories} trajectories, expected one less`],
    [
      obs.rows !== acts.rows + trajectories,
      `${obs.rows} observations, ${acts.rows} actions and ${trajectories} trajectories do not fit: each trajectory has ` +
        'one observation more than actions',
    ],
    [rews !== undefined && rews.rows !== acts.rows, `${rews?.rows} rewards for ${acts.rows} actions`],
  ]
  const problem = problems.find(([wrong]) => wrong)
  if (problem) throw new InputError(problem[1])
}
