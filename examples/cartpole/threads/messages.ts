/**
 * What the learner's thread and the others tell each other: one message to begin, one when the work is done. Everything in
 * between goes through shared memory.
 *
 * @module
 */

import { once } from 'node:events'
import { parentPort } from 'node:worker_threads'
import type { StreamHandle, SubscriptionStats } from 'experience-stream'

/** Tells a thread where its work is. */
export interface Start {
  handle: StreamHandle
  seed: number
  steps: number
  /** Memory of the `Pace`, of the `SharedWeights`, and of the visits that `Novelty` counts. */
  pace: SharedArrayBuffer
  weights: SharedArrayBuffer
  visits: SharedArrayBuffer
  /** Which environment or appraiser the thread is, from 0, and of how many. */
  index: number
  of: number
}

/** What a thread leaves when its work is done. */
export interface Farewell {
  /** The account of an appraiser's subscription. */
  cursor?: SubscriptionStats
}

/** For a thread: waits for its start. */
export async function started(): Promise<Start> {
  const [start] = await once(port(), 'message')
  return start
}

/** For a thread: says goodbye. */
export function leave(farewell: Farewell): void {
  port().postMessage(farewell)
}

function port(): NonNullable<typeof parentPort> {
  if (parentPort === null) throw new Error('this program runs as a worker thread of the example only')
  return parentPort
}
