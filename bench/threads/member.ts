/**
 * The life of a member of a crew: it prepares, says that it is ready, and does rounds until it is terminated.
 *
 * @module
 */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { ARRIVED, DONE, FAILED, GO, now, Rounds } from './rounds.js'

/** Some 100 µs, in which a thread that has a core wakes up. */
const SPINS = 20_000

/** What a member is started with. */
export interface MemberStart {
  buffer: SharedArrayBuffer
  size: number
  place: number
  errors: MessagePort
  data: unknown
}

/** Does its part of a round of `n` operations of the crew and returns a number that depends on what it did. */
export type Part = (n: number) => number

/** Runs this thread as a member whose part `prepare` makes, of what the crew was given and its size. */
export async function serve<Data>(prepare: (data: Data, size: number) => Part | Promise<Part>): Promise<void> {
  const { buffer, size, place, errors, data } = workerData as MemberStart
  const rounds = new Rounds(buffer, size)
  const part = await prepare(data as Data, size)
  parentPort?.postMessage('ready')
  for (let round = 0; ; round++) {
    Atomics.wait(rounds.words, GO, round)
    try {
      takePart(rounds, place, part)
    } catch (error) {
      errors.postMessage(error instanceof Error ? (error.stack ?? error.message) : String(error))
      Atomics.store(rounds.words, FAILED, 1)
    }
    Atomics.add(rounds.words, DONE, 1)
    Atomics.notify(rounds.words, DONE)
  }
}

/** Waits until all members are there. */
function meet(words: Int32Array, size: number): void {
  for (let spins = 0; spins < SPINS; spins++) if (Atomics.load(words, ARRIVED) === size) return
  // Who is missing has no core yet: it gets this one.
  for (let arrived = Atomics.load(words, ARRIVED); arrived < size; arrived = Atomics.load(words, ARRIVED)) {
    Atomics.wait(words, ARRIVED, arrived)
  }
}

function takePart(rounds: Rounds, place: number, part: Part): void {
  const { words, size, operations } = rounds
  Atomics.add(words, ARRIVED, 1)
  Atomics.notify(words, ARRIVED)
  meet(words, size)
  const begin = now()
  const value = part(operations)
  rounds.note(place, begin, now(), value)
}
