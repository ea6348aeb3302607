/**
 * Worker threads that do as they are asked: `ask` runs a task of workers/hand.mjs and resolves with what it returns.
 *
 * @module
 */

import { Worker } from 'node:worker_threads'

const SCRIPT = new URL('../workers/hand.mjs', import.meta.url)

/** What a task threw, in another thread. */
export class TaskError extends Error {
  /** @param {{ name: string, code: string | undefined, message: string }} what */
  constructor({ name, code, message }) {
    super(message)
    this.name = name
    this.code = code
  }
}

/** The thread ended before the task did. */
export class EndedError extends Error {}

/** One worker thread. */
export class Hand {
  constructor() {
    this.worker = new Worker(SCRIPT)
    /** @type {Map<number, { resolve(value: any): void, reject(error: Error): void }>} */
    this.open = new Map()
    /** @type {any[]} */
    this.told = []
    /** @type {((value: any) => void)[]} */
    this.listeners = []
    this.asked = 0
    this.writerId = -1
    this.worker.on('message', (message) => this.hear(message))
    this.worker.on('error', (error) => this.fail(error))
    /** Resolves when the thread has ended, and everybody who listens for that has heard it. */
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', () => {
        this.fail(new EndedError('the thread has ended'))
        resolve(undefined)
      })
    })
  }

  /**
   * Runs a task.
   * @param {string} task
   * @param {...any} args
   * @returns {Promise<any>}
   */
  ask(task, ...args) {
    const id = this.asked++
    this.worker.postMessage({ id, task, args })
    const result = new Promise((resolve, reject) => this.open.set(id, { resolve, reject }))
    // A thread that is ended on purpose leaves tasks that nobody waits for.
    result.catch(() => {})
    return result
  }

  /**
   * Lets the thread take part in a stream.
   * @param {import('./library.mjs').Stream} stream
   * @param {import('../../../src/index.js').AttachOptions} [options]
   * @returns {Promise<number>} its writer id
   */
  async join(stream, options = {}) {
    const handle = stream.handle({ worker: this.worker })
    this.writerId = handle.writerId
    await this.ask('attach', handle, options)
    return handle.writerId
  }

  /**
   * The next thing that a task tells before it returns.
   * @returns {Promise<any>}
   */
  tells() {
    if (this.told.length > 0) return Promise.resolve(this.told.shift())
    return new Promise((resolve) => this.listeners.push(resolve))
  }

  /** Ends the thread wherever it is. */
  async end() {
    await this.worker.terminate()
    await this.ended
  }

  /** @param {any} message */
  hear(message) {
    if ('told' in message) {
      const listener = this.listeners.shift()
      if (listener === undefined) this.told.push(message.told)
      else listener(message.told)
      return
    }
    const { id, result, error } = message
    const task = this.open.get(id)
    this.open.delete(id)
    if (error === undefined) task?.resolve(result)
    else task?.reject(new TaskError(error))
  }

  /** @param {Error} error */
  fail(error) {
    const open = [...this.open.values()]
    this.open.clear()
    for (const { reject } of open) reject(error)
  }
}

/** Hands that are hired for one test. */
export class Crew {
  constructor() {
    /** @type {Set<Hand>} */
    this.hands = new Set()
  }

  /** @returns {Hand} */
  hire() {
    const hand = new Hand()
    this.hands.add(hand)
    return hand
  }

  /**
   * Hands that take part in a stream.
   * @param {import('./library.mjs').Stream} stream
   * @param {number} count
   * @param {import('../../../src/index.js').AttachOptions} [options]
   */
  async join(stream, count, options) {
    const hands = Array.from({ length: count }, () => this.hire())
    await Promise.all(hands.map((hand) => hand.join(stream, options)))
    return hands
  }

  /** Ends every thread. */
  async dismiss() {
    const hands = [...this.hands]
    this.hands.clear()
    await Promise.all(hands.map((hand) => hand.end()))
  }
}
