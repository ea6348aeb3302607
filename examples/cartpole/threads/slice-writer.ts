/**
 * Writes the steps of a slice as one batch.
 *
 * A batch claims exactly the sequence numbers that it fills. The stream's single-event writer claims numbers ahead, and a
 * thread that then sleeps for its next slice would keep readers waiting for those that it has not used.
 *
 * @module
 */

import type { EventInput, ExperienceStream } from 'experience-stream'
import type { TransitionWriter } from '../state.js'

/** Takes transitions as a stream's writer does, and keeps them until they are flushed. */
export class SliceWriter implements TransitionWriter {
  timestamp = 0
  episodeId: number | bigint = 0
  stepNumber = 0
  eventType = 0
  flags = 0
  readonly state = new Float32Array(8)
  readonly action = new Float32Array(8)
  readonly #stream: Pick<ExperienceStream, 'writeBatch'>
  #events: EventInput[] = []

  constructor(stream: Pick<ExperienceStream, 'writeBatch'>) {
    this.#stream = stream
  }

  /** Keeps the event and returns its place in the slice. */
  commit(): number {
    const { timestamp, episodeId, stepNumber, eventType, flags, state, action } = this
    const event = { timestamp, episodeId, stepNumber, eventType, flags, state: state.slice(), action: action.slice() }
    state.fill(0)
    action.fill(0)
    return this.#events.push(event) - 1
  }

  /** Writes what was kept. */
  flush(): void {
    this.#stream.writeBatch(this.#events)
    this.#events = []
  }
}
