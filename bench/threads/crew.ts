/**
 * A crew: threads that do the operations of a case together, led by a thread that sleeps meanwhile.
 *
 * @module
 */

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Floor } from '../harness/floors.js'
import type { Case } from '../harness/measure.js'
import type { MemberStart } from './member.js'
import { ARRIVED, DONE, FAILED, GO, Rounds } from './rounds.js'

const PATIENCE_MS = 20_000

/** Threads that are ready for rounds. */
export class Crew {
  private readonly rounds: Rounds
  private readonly workers: Worker[] = []
  private readonly errors: MessagePort[] = []

  private constructor(rounds: Rounds) {
    this.rounds = rounds
  }

  /**
   * Starts one thread for each entry of `data`.
   *
   * @param program name of a file of `members/`, which is told its entry
   */
  static async start(program: string, data: readonly unknown[]): Promise<Crew> {
    const buffer = Rounds.buffer(data.length)
    const crew = new Crew(new Rounds(buffer, data.length))
    const url = new URL(`./members/${program}.js`, import.meta.url)
    await Promise.all(data.map((entry, place) => crew.hire(url, { buffer, place, data: entry })))
    return crew
  }

  /** What one operation of the crew costs: the time of a round, divided by the operations of all its members. */
  case(one: Omit<Case, 'run' | 'elapsed'>): Case {
    return { ...one, run: (n) => this.round(n), elapsed: () => this.rounds.elapsed }
  }

  /** The same as something to compare with. */
  floor(one: Omit<Case, 'run' | 'elapsed'>, reference: number | null, includes?: string): Floor {
    return { case: this.case(one), reference, factor: 1, includes }
  }

  /** Ends the threads. */
  async stop(): Promise<void> {
    for (const port of this.errors) port.close()
    await Promise.all(this.workers.map((worker) => worker.terminate()))
  }

  private hire(program: URL, start: Pick<MemberStart, 'buffer' | 'place' | 'data'>): Promise<void> {
    // The leader, which sleeps during a round, takes what is sent there without an event loop.
    const { port1, port2 } = new MessageChannel()
    port1.unref()
    this.errors.push(port1)
    const workerData: MemberStart = { ...start, size: this.rounds.size, errors: port2 }
    const worker = new Worker(program, { workerData, transferList: [port2] })
    this.workers.push(worker)
    return new Promise((resolve, reject) => {
      worker.once('message', () => {
        // A crew that is stuck does not keep the process alive.
        worker.unref()
        resolve()
      })
      worker.once('error', reject)
    })
  }

  private round(n: number): number {
    const { words, size } = this.rounds
    this.rounds.operations = n
    Atomics.store(words, ARRIVED, 0)
    Atomics.store(words, DONE, 0)
    Atomics.add(words, GO, 1)
    Atomics.notify(words, GO)
    for (let done = 0; done < size; done = Atomics.load(words, DONE)) {
      if (Atomics.wait(words, DONE, done, PATIENCE_MS) === 'timed-out') {
        throw new Error(`${size - done} of ${size} threads did not end their round`)
      }
    }
    if (Atomics.load(words, FAILED) !== 0) {
      const messages = this.errors.map((port) => receiveMessageOnPort(port)?.message).filter((message) => message)
      throw new Error(`a thread failed: ${messages.join('; ')}`)
    }
    return this.rounds.value
  }
}
