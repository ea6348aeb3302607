/**
 * A thread whose subscriber sleeps until an event is written, and then notes how long ago that was. Not a member of a
 * crew: it lives by its event loop.
 *
 * @module
 */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { ExperienceStream, type StreamHandle } from 'experience-stream'
import { now } from '../rounds.js'

/** What it is told. */
export interface SleepData {
  handle: StreamHandle
  /** Whether `Atomics.waitAsync` is to be used. */
  waits: boolean
  /** ns at which the writer wrote, one f64. */
  wroteAt: SharedArrayBuffer
}

async function sleep(port: MessagePort, { handle, waits, wroteAt }: SleepData): Promise<void> {
  if (!waits) Object.assign(Atomics, { waitAsync: undefined })
  const stream = await ExperienceStream.attach(handle)
  const subscription = stream.subscribe()
  const time = new Float64Array(wroteAt)
  port.postMessage('ready')
  for await (const batch of subscription) {
    const woken = now()
    if (batch.length > 0) port.postMessage(woken - (time[0] as number))
  }
}

if (parentPort !== null) await sleep(parentPort, workerData as SleepData)
