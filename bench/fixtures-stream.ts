/**
 * Streams as the benches use them, and the ways in which an event reaches one.
 *
 * @module
 */

import type { EventInput, EventWriter, StreamOptions } from 'experience-stream'
import { ExperienceStream } from 'experience-stream'
import { fill, START_US } from './fixtures.js'

/** A stream whose ring is full and has wrapped once, so that nothing about it is new. */
export function fullStream(
  capacity: number,
  options: StreamOptions = {},
  type?: (i: number) => number,
): ExperienceStream {
  const stream = ExperienceStream.createSync({ capacity, seed: 1, ...options })
  fill(stream, capacity + Math.min(capacity, 4096), type)
  return stream
}

/** The same of a stream that threads share. */
export async function fullSharedStream(capacity: number, options: StreamOptions = {}): Promise<ExperienceStream> {
  const stream = await ExperienceStream.create({ capacity, seed: 1, shared: true, ...options })
  fill(stream, capacity + Math.min(capacity, 4096))
  return stream
}

/** Sets every field of the writer but id and time. */
export function stage(writer: EventWriter, i: number): void {
  const { state, action } = writer
  const x = i & 1023
  writer.episodeId = i >>> 8
  writer.stepNumber = i & 255
  writer.eventType = i & 15
  writer.flags = 0
  state[0] = x
  state[1] = x + 1
  state[2] = x + 2
  state[3] = x + 3
  state[4] = x + 4
  state[5] = x + 5
  state[6] = x + 6
  state[7] = x + 7
  action[0] = x + 8
  action[1] = x + 9
  action[2] = x + 10
  action[3] = x + 11
  action[4] = x + 12
  action[5] = x + 13
  action[6] = x + 14
  action[7] = x + 15
  writer.rewardHomeostasis = x
  writer.rewardCuriosity = 0.5
  writer.rewardEfficiency = 0.25
  writer.rewardGoal = 0.125
  writer.adnaVersionHash = 7
}

/** An event as an object with all fields but the id. */
export function eventObject(i: number, state: ArrayLike<number>, action: ArrayLike<number>): EventInput {
  return {
    timestamp: START_US + i,
    episodeId: i >>> 8,
    stepNumber: i & 255,
    eventType: i & 15,
    flags: 0,
    state,
    action,
    rewardHomeostasis: i & 1023,
    rewardCuriosity: 0.5,
    rewardEfficiency: 0.25,
    rewardGoal: 0.125,
    adnaVersionHash: 7,
  }
}
