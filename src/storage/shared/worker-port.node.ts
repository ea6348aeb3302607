/**
 * The thread that writes a journal, as a worker of Node.
 *
 * @module
 */

import { Worker } from 'node:worker_threads'
import type { JournalPort } from './journal-link.js'
import type { FromJournal, JournalOrders, ToJournal } from './messages.js'

/** A worker that has opened its journal. */
export class WorkerPort implements JournalPort {
  readonly ended: Promise<Error | undefined>
  private readonly worker: Worker
  private listener: (message: FromJournal) => void = () => {}

  private constructor(worker: Worker) {
    this.worker = worker
    let closed = false
    let reason: Error | undefined
    this.ended = new Promise((resolve) => {
      worker.on('error', (error) => {
        reason = error
      })
      worker.once('exit', (code) => {
        resolve(closed ? undefined : (reason ?? new Error(`it exited with code ${code}`)))
      })
    })
    worker.on('message', (message: FromJournal) => {
      if (message.kind === 'closed') closed = true
      this.listener(message)
    })
  }

  /**
   * Starts the worker on the journal in `folder` and resolves once it writes.
   * @throws what it could not start for.
   */
  static async start(folder: string, orders: JournalOrders): Promise<WorkerPort> {
    const file = new URL('./journal-worker.node.js', import.meta.url)
    // Flags of the program's own entry, such as --input-type, are none of a worker's.
    const port = new WorkerPort(new Worker(file, { workerData: { ...orders, folder }, execArgv: [] }))
    const ready = new Promise<undefined>((resolve) => {
      port.listen(() => resolve(undefined))
    })
    const error = await Promise.race([ready, port.ended])
    if (error !== undefined) throw error
    return port
  }

  post(message: ToJournal): void {
    this.worker.postMessage(message)
  }

  listen(listener: (message: FromJournal) => void): void {
    this.listener = listener
  }

  hold(alive: boolean): void {
    if (alive) this.worker.ref()
    else this.worker.unref()
  }
}
