/**
 * The course of a run as the ring tells it: which episodes ended, and what the appraisers gave.
 *
 * @module
 */

import type { EventBatch, ExperienceStream } from 'experience-stream'
import type { History } from 'experience-stream/node'
import { APPRAISERS } from './appraisal.js'
import { Outcome } from './environment.js'
import { readOutcome, readTick } from './state.js'

/** Reads every event of a run once, after it was appraised and before it is evicted. */
export class Chronicle {
  /** Lengths of the episodes that have ended. */
  readonly returns: number[] = []
  /** Steps that the run had taken when each of them ended. */
  readonly endedAt: number[] = []
  readonly #stream: ExperienceStream
  readonly #sums = new Float64Array(APPRAISERS.length)
  #events = 0
  #position = 0
  #batch: EventBatch | undefined

  constructor(stream: ExperienceStream) {
    this.#stream = stream
  }

  /** Reads on up to the event number `end`. */
  read(end: number): void {
    const batch = this.#stream.queryRange(this.#position, end, { into: this.#batch })
    this.#batch = batch
    this.#position = end
    this.#take(batch)
  }

  /** Reads what happened before this start, up to the event number `end`, from wherever it is kept. */
  async recall(history: History, end: number, onBatch: (batch: EventBatch) => void): Promise<void> {
    for await (const batch of history.queryRange(this.#position, end, { metadata: false })) {
      this.#take(batch)
      onBatch(batch)
    }
    this.#position = end
  }

  /** Mean reward per appraiser over what was read since the last call. */
  takeMeanRewards(): number[] {
    const means = Array.from(this.#sums, (sum) => (this.#events > 0 ? sum / this.#events : 0))
    this.#sums.fill(0)
    this.#events = 0
    return means
  }

  #take(batch: EventBatch): void {
    this.#events += batch.length
    const actions = batch.actions()
    const rewards = batch.rewards()
    for (let i = 0; i < batch.length; i++) {
      for (let slot = 0; slot < APPRAISERS.length; slot++) this.#sums[slot] += rewards[i * APPRAISERS.length + slot]
      if (readOutcome(actions, i * 8) === Outcome.Running) continue
      const { stepNumber, timestamp } = batch.view(i)
      this.returns.push(stepNumber + 1)
      this.endedAt.push(readTick(timestamp) + 1)
    }
  }
}
