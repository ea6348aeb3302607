/**
 * Events as JSON.
 *
 * @module
 */

import type { ExperienceEvent } from './types.js'

/** An {@link ExperienceEvent} that JSON can hold: the u64 as a string of digits, vectors as arrays. */
export type ExperienceEventJSON = Omit<ExperienceEvent, 'episodeId' | 'state' | 'action'> & {
  episodeId: string
  state: number[]
  action: number[]
}

/**
 * The event as a plain object for `JSON.stringify`. `f32` values are written with all digits of their double.
 *
 * @example
 * ```ts
 * const stream = ExperienceStream.createSync({ capacity: 10 })
 * const seq = stream.writeEvent({ episodeId: 2n ** 64n - 1n, state: [0.5] })
 * const event = stream.getEvent(seq)
 * if (event) console.log(eventToJSON(event).episodeId) // 18446744073709551615
 * ```
 */
export function eventToJSON(event: ExperienceEvent): ExperienceEventJSON {
  return {
    ...event,
    episodeId: event.episodeId.toString(),
    state: Array.from(event.state),
    action: Array.from(event.action),
  }
}
