/**
 * A shared stream whose journal is written in the test's own thread, one round at a time: what a worker does, without
 * its timing, on any disk.
 *
 * @module
 */

import { afterEach } from 'vitest'
import type { DurableExperienceStream } from '../../../src/storage/durable/stream.js'
import type { DurableOptions } from '../../../src/storage/durable/types.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'
import type { JournalFolder } from '../../../src/storage/journal/journal-end.js'
import { JournalWriter } from '../../../src/storage/journal/writer.js'
import type { JournalPort } from '../../../src/storage/shared/journal-link.js'
import { JournalThread } from '../../../src/storage/shared/journal-thread.js'
import type { FromJournal, JournalOrders, ToJournal } from '../../../src/storage/shared/messages.js'
import { openShared } from '../../../src/storage/shared/open-shared.js'
import { SharedJournal } from '../../../src/storage/shared/shared-journal.js'
import { enter } from '../../../src/threads/handle.js'
import { FaultyDisk } from '../support/faulty-disk.js'
import { MemoryDisk } from '../support/memory-disk.js'

const open: { stream: DurableExperienceStream; port: StepPort }[] = []

afterEach(async () => {
  for (const { stream, port } of open.splice(0)) {
    port.runs = true
    await stream.close().catch(() => {})
  }
})

/** The journal's thread, if it is this one. */
export class StepPort implements JournalPort {
  /** Whether it does a round at each turn of the event loop. */
  runs = true
  /** How often the next looks for a message find none, as if it were on its way. */
  delay = 0
  /** Called before it lets the event loop turn while it closes. */
  onTurn: () => void = () => {}
  readonly ended: Promise<Error | undefined>
  drain?: () => void
  private readonly thread: JournalThread
  private readonly inbox: ToJournal[] = []
  private listener: (message: FromJournal) => void = () => {}
  private end: (error: Error | undefined) => void = () => {}

  private constructor(make: (port: StepPort) => JournalThread) {
    this.ended = new Promise((resolve) => {
      this.end = resolve
    })
    this.thread = make(this)
  }

  static async start(folder: JournalFolder, orders: JournalOrders): Promise<StepPort> {
    const kernel = await enter(orders.handle)
    const writer = new JournalWriter(folder, orders.end, { segmentBytes: orders.segmentBytes })
    const port = new StepPort((made) => {
      return new JournalThread(kernel, new SharedJournal(kernel, writer, orders.durability), {
        receive: () => (made.delay-- > 0 ? undefined : made.inbox.shift()),
        send: (message) => made.listener(message),
        turn: () => {
          made.onTurn()
          return new Promise((resolve) => setImmediate(resolve))
        },
      })
    })
    void port.run()
    return port
  }

  /** One round. */
  step(): number {
    return this.thread.step()
  }

  /** The thread is gone, as if it had been terminated. */
  die(reason: string): void {
    this.runs = false
    this.end(new Error(reason))
  }

  post(message: ToJournal): void {
    this.inbox.push(message)
  }

  listen(listener: (message: FromJournal) => void): void {
    this.listener = listener
  }

  hold(): void {}

  private async run(): Promise<void> {
    while (!this.thread.isClosing) {
      if (this.runs) this.thread.step()
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await this.thread.end()
    this.end(undefined)
  }
}

export interface Opened {
  stream: DurableExperienceStream
  port: StepPort
  disk: FaultyDisk
  memory: MemoryDisk
  released: () => number
}

/** Opens a stream on a disk in memory. `drains`: its own thread writes the journal out at the gate. */
export async function openHere(
  options: DurableOptions = {},
  memory = new MemoryDisk(),
  drains = false,
  firstSeq = 0,
): Promise<Opened> {
  const disk = new FaultyDisk(memory)
  let releases = 0
  let port: StepPort | undefined
  const platform = {
    directory: 'memory',
    firstSeq,
    disk,
    crc32: nodeCrc32,
    afterTurn: (callback: () => void) => void setImmediate(callback),
    release: () => void releases++,
    start: async (orders: JournalOrders) => {
      const made = await StepPort.start({ disk, crc32: nodeCrc32 }, orders)
      if (drains) made.drain = () => void made.step()
      port = made
      return made
    },
  }
  const stream = await openShared(platform, { shared: true, segmentBytes: 2 ** 20, ...options })
  const opened = { stream, port: port as StepPort, disk, memory, released: () => releases }
  open.push(opened)
  return opened
}
