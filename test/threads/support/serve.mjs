/**
 * The worker's side of a crew: runs the tasks that it is asked for, each as its message comes.
 *
 * @module
 */

import { parentPort } from 'node:worker_threads'

/**
 * Runs tasks for the other side.
 * @param {Record<string, (...args: any[]) => unknown>} tasks
 */
export function serve(tasks) {
  parentPort?.on('message', async ({ id, task, args }) => {
    try {
      const run = tasks[task]
      if (run === undefined) throw new Error(`there is no task ${task}`)
      parentPort?.postMessage({ id, result: await run(...args) })
    } catch (error) {
      const { name, message, code } = /** @type {Error & { code?: string }} */ (error)
      parentPort?.postMessage({ id, error: { name, message, code } })
    }
  })
}

/**
 * Tells the other side something while a task is under way.
 * @param {unknown} value
 */
export function tell(value) {
  parentPort?.postMessage({ told: value })
}
