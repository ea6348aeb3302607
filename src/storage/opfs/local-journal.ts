/**
 * The journal of a shared stream, written in the thread that opened it: on the origin private file system only one
 * thread can have the files, and that one reads them too. It takes its turns between those of the worker's own work; at
 * the gate the worker writes the backlog out itself, other threads wait for it or are told to come back.
 *
 * @module
 */

import { enter } from '../../threads/handle.js'
import { CALL } from '../../threads/journal-words.js'
import type { SharedKernel } from '../../threads/shared-kernel.js'
import { nextTurn } from '../history/turn.js'
import type { JournalFolder } from '../journal/journal-end.js'
import { JournalWriter } from '../journal/writer.js'
import type { JournalPort } from '../shared/journal-link.js'
import { JournalThread } from '../shared/journal-thread.js'
import type { FromJournal, JournalOrders, ToJournal } from '../shared/messages.js'
import { SharedJournal } from '../shared/shared-journal.js'

/** Pauses grow from the one to the other while nothing is written. Whoever waits for the journal ends them. */
const SHORTEST_PAUSE_MS = 1
const LONGEST_PAUSE_MS = 64

type WaitAsync = (words: Int32Array, index: number, value: number, ms: number) => { value: unknown }

/** The writing end, as a thread of its own would be: a member of the ring, spoken to by messages. */
export class LocalJournal implements JournalPort {
  readonly ended: Promise<Error | undefined>
  private readonly words: Int32Array
  private readonly thread: JournalThread
  private readonly inbox: ToJournal[] = []
  private listener: (message: FromJournal) => void = () => {}

  private constructor(kernel: SharedKernel, journal: SharedJournal) {
    this.words = kernel.words
    this.thread = new JournalThread(kernel, journal, {
      receive: () => this.inbox.shift(),
      send: (message) => this.listener(message),
      turn: nextTurn,
    })
    this.ended = this.run().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    )
  }

  /** Takes the place of the handle. @throws {StorageError} */
  static async start(folder: JournalFolder, orders: JournalOrders): Promise<LocalJournal> {
    const { handle, end, segmentBytes, durability } = orders
    const writer = new JournalWriter(folder, end, { segmentBytes })
    const kernel = await enter(handle)
    return new LocalJournal(kernel, new SharedJournal(kernel, writer, durability))
  }

  post(message: ToJournal): void {
    this.inbox.push(message)
  }

  listen(listener: (message: FromJournal) => void): void {
    this.listener = listener
  }

  drain(): void {
    this.thread.step()
  }

  /** A worker lives until it is ended. */
  hold(): void {}

  private async run(): Promise<void> {
    const { thread, words } = this
    let pauseMs = SHORTEST_PAUSE_MS
    while (true) {
      const call = Atomics.load(words, CALL)
      const moved = thread.step()
      if (thread.isClosing) break
      pauseMs = moved > 0 ? SHORTEST_PAUSE_MS : Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
      await pause(words, call, pauseMs)
      await nextTurn()
    }
    await thread.end()
  }
}

/** Resolves when the journal is called or the time is over; meanwhile the worker does other things. */
async function pause(words: Int32Array, call: number, ms: number): Promise<void> {
  const waitAsync = (Atomics as unknown as { waitAsync?: WaitAsync }).waitAsync
  if (waitAsync === undefined) await new Promise((resolve) => setTimeout(resolve, SHORTEST_PAUSE_MS))
  else await waitAsync(words, CALL, call, ms).value
}
