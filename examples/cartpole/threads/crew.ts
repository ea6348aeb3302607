/**
 * The crew of a run with threads: several environments and four appraisers, each a worker thread that takes part in the
 * learner's stream. The learner's thread starts them, keeps them in pace, publishes its policy, and hears of it when one
 * of them fails.
 *
 * @module
 */

import { Worker } from 'node:worker_threads'
import type { ExperienceStream, SubscriptionStats } from 'experience-stream'
import { APPRAISERS } from '../appraisal.js'
import { type Crew, CrewError } from '../crew.js'
import { CELLS, Novelty } from '../novelty.js'
import type { Farewell, Start } from './messages.js'
import { Pace } from './pace.js'
import type { Scripts } from './scripts.js'
import { SharedWeights } from './shared-weights.js'

/** What the threads need to know. */
export interface Task {
  seed: number
  steps: number
  /** Environments, each with a thread. */
  environments: number
}

/** One worker thread. */
interface Hand {
  worker: Worker
  exited: Promise<void>
  farewell: Farewell | undefined
}

/** Has others act and appraise. */
export class ThreadCrew implements Crew {
  readonly #stream: ExperienceStream
  readonly #parameters: Float64Array
  readonly #pace: Pace
  readonly #weights: SharedWeights
  readonly #visits = new SharedArrayBuffer(CELLS * 4)
  readonly #appraisers: Hand[]
  readonly #environments: Hand[]
  #failure: CrewError | undefined

  /**
   * Starts the threads.
   *
   * @param stream is shared; the threads are its writers and appraisers
   * @param parameters of the policy, which change while the learner learns
   */
  constructor(stream: ExperienceStream, parameters: Float64Array, task: Task, scripts: Scripts) {
    const { seed, steps, environments } = task
    this.#stream = stream
    this.#parameters = parameters
    this.#pace = new Pace(steps)
    this.#weights = new SharedWeights(parameters.length)
    const memories = { pace: this.#pace.memory, weights: this.#weights.memory, visits: this.#visits }
    const common = { seed, steps, ...memories }
    this.#appraisers = APPRAISERS.map((name, index) =>
      this.#start(scripts.appraiser, `${name} appraiser`, { ...common, index, of: APPRAISERS.length }),
    )
    this.#environments = Array.from({ length: environments }, (_, index) =>
      this.#start(scripts.environment, `environment ${index + 1}`, { ...common, index, of: environments }),
    )
  }

  get missed(): number {
    return this.#pace.missed
  }

  get cellsSeen(): number {
    return new Novelty(new Uint32Array(this.#visits)).cellsSeen
  }

  advance(step: number): Promise<void> | undefined {
    if (this.#pace.isGrantDue(step)) {
      this.#weights.publish(this.#parameters)
      this.#pace.grant(step)
    }
    return this.#pace.isPassed(step) ? undefined : this.#wait(step)
  }

  async end(): Promise<SubscriptionStats[]> {
    await this.#exits()
    if (this.#failure !== undefined) throw this.#failure
    return this.#appraisers.flatMap(({ farewell }) => farewell?.cursor ?? [])
  }

  async close(): Promise<void> {
    for (const { worker } of this.#hands) void worker.terminate()
    await this.#exits()
  }

  get #hands(): Hand[] {
    return [...this.#appraisers, ...this.#environments]
  }

  async #wait(step: number): Promise<void> {
    await this.#pace.until(() => this.#failure !== undefined || this.#pace.isPassed(step))
    if (this.#failure !== undefined) throw this.#failure
  }

  async #exits(): Promise<void> {
    for (const { exited } of this.#hands) await exited
  }

  #start(script: URL, name: string, start: Omit<Start, 'handle'>): Hand {
    const worker = new Worker(script, { name })
    const hand: Hand = {
      worker,
      exited: new Promise((resolve) => {
        worker.once('exit', (status) => {
          if (hand.farewell === undefined) this.#fail(`${name} ended before its work was done, with status ${status}`)
          resolve()
        })
      }),
      farewell: undefined,
    }
    worker.once('message', (farewell: Farewell) => {
      hand.farewell = farewell
    })
    worker.once('error', (error) => this.#fail(`${name} failed: ${error.message}`))
    worker.postMessage({ ...start, handle: this.#stream.handle({ worker }) } satisfies Start)
    return hand
  }

  /** Of several failures the first counts: others may follow from it. */
  #fail(message: string): void {
    this.#failure ??= new CrewError(message)
    this.#pace.wake()
  }
}
