/**
 * A run that outlives its process: the stream of a directory has the experience, a file beside it what the learner has
 * made of it.
 *
 * The journal is the truth about what happened: how many steps were taken, which episodes ended, what was rewarded. A
 * crash loses at most the {@link TURN_STEPS} steps since the event loop last turned. The file is younger or older than
 * that by up to a window; a start takes the steps from the journal and the weights from the file, so that a few updates
 * may be made again or not at all. An episode that was cut off is abandoned, and a new one begins. How often events were
 * drawn, and the priorities of those in the ring, start anew. So a run that was interrupted goes on, but does not replay
 * the one that was not.
 *
 * @module
 */

import { setImmediate as turn } from 'node:timers/promises'
import { type DurableExperienceStream, openExperienceStream } from 'experience-stream/node'
import { type AuditLine, line } from '../audit.js'
import type { RunSettings } from '../run.js'
import { type Memory, readMemory, writeMemory } from './memory.js'

/** Steps between two turns of the event loop, after each of which the journal is written. */
export const TURN_STEPS = 64

/** A directory that cannot be kept in, or gone on with; the message is for the user. */
export class KeepError extends Error {}

/** Ctrl-C: everything up to `step` is kept. */
export class Interrupted extends Error {
  readonly step: number

  constructor(step: number) {
    super(`interrupted after ${step} steps`)
    this.step = step
  }
}

/** Keeps one run. */
export class Keeper {
  readonly directory: string
  readonly stream: DurableExperienceStream
  /** Steps that were taken before this start. */
  readonly past: number
  /** What the learner knew when it was last written down; undefined in a new directory. */
  readonly memory: Memory | undefined
  readonly #signal: AbortSignal | undefined

  private constructor(
    directory: string,
    stream: DurableExperienceStream,
    memory: Memory | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.directory = directory
    this.stream = stream
    this.past = stream.totalWritten
    this.memory = memory
    this.#signal = signal
  }

  /**
   * Opens a directory, or makes it.
   *
   * @param signal is asked between steps; its abort ends the run with {@link Interrupted}
   * @throws {KeepError} if it keeps another run
   */
  static async open(
    directory: string,
    settings: RunSettings,
    capacity: number,
    signal: AbortSignal | undefined,
  ): Promise<Keeper> {
    const { seed } = settings
    const stream = await openExperienceStream({ directory, capacity, seed, priority: 'explicit' })
    try {
      const memory = readMemory(directory)
      const keeper = new Keeper(directory, stream, memory, signal)
      keeper.#assertGoesOn(settings)
      return keeper
    } catch (error) {
      await stream.close()
      throw error
    }
  }

  /** To be called after each step. @throws {Interrupted} */
  async after(step: number): Promise<void> {
    if (step % TURN_STEPS === 0) await turn()
    if (this.#signal?.aborted) throw new Interrupted(step)
  }

  /** Writes down what the learner knows, once the steps that it knows it from are safe. */
  async save(memory: Memory): Promise<void> {
    await this.stream.durable()
    writeMemory(this.directory, memory)
  }

  /** Checks that nothing of what was experienced is only in memory. */
  async audit(): Promise<AuditLine[]> {
    await this.stream.durable()
    const { written, durable, pending } = this.stream.stats().journal
    return [
      line('journal: written = durable + pending', written, [durable, pending]),
      line('journal: pending = 0', pending, [0]),
    ]
  }

  #assertGoesOn({ seed, steps, learn }: RunSettings): void {
    const { directory, past, memory } = this
    if (memory === undefined) {
      if (past > 0) throw new KeepError(`${directory} keeps a stream that is no run of this example`)
      return
    }
    if (memory.seed !== seed) throw new KeepError(`${directory} keeps a run with --seed ${memory.seed}, not ${seed}`)
    if (memory.learn !== learn) {
      throw new KeepError(`${directory} keeps a run ${memory.learn ? 'without' : 'with'} --no-learn`)
    }
    if (past > steps) throw new KeepError(`${directory} keeps ${past} steps already, --steps asks for ${steps}`)
  }
}
