/**
 * A process that writes to the shared stream in its first argument from two threads until it is killed. The second thread
 * counts in shared words what was accepted of it; this one writes too, and after every `durable` says how much of both
 * it had counted before: that is what a crash must not take.
 *
 * @module
 */

import { writeSync } from 'node:fs'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { ExperienceStream } from '../../threads/support/library.mjs'
import { write } from '../../threads/support/payload.mjs'
import { openExperienceStream } from './library.mjs'

/** How far behind its event a reward comes. */
export const BEHIND = 50

/**
 * Writes event `index` of `writer`, and the reward of an earlier one.
 * @param {import('../../threads/support/library.mjs').Stream} stream
 * @param {number} writer
 * @param {number} index
 * @param {number[]} seqs of the events before
 */
function writeAndScore(stream, writer, index, seqs) {
  seqs.push(write(stream, writer, index))
  const scored = index - BEHIND
  if (scored < 0) return
  stream.setAppraiserReward(/** @type {number} */ (seqs[scored]), 3, scored + 1)
}

/**
 * Says a line at once, or, where nobody has read the ones before, not at all.
 * @param {string} line
 */
function promise(line) {
  try {
    writeSync(1, line)
  } catch (error) {
    if (/** @type {{ code?: string }} */ (error).code !== 'EAGAIN') throw error
  }
}

async function main() {
  const [, , directory = ''] = process.argv
  const words = new Int32Array(new SharedArrayBuffer(4))
  const stream = await openExperienceStream({ directory, capacity: 100, maxBacklog: 32, shared: true })
  const worker = new Worker(new URL(import.meta.url), { workerData: { handle: stream.handle(), words } })
  worker.on('error', (error) => writeSync(2, String(error)))
  /** @type {number[]} */
  const seqs = []
  while (true) {
    for (let i = 0; i < 20; i++) writeAndScore(stream, 1, seqs.length, seqs)
    const accepted = [seqs.length, Atomics.load(words, 0)]
    await stream.durable()
    promise(`${accepted.join(' ')}\n`)
  }
}

async function work() {
  const { handle, words } = workerData
  const stream = await ExperienceStream.attach(handle)
  /** @type {number[]} */
  const seqs = []
  while (true) {
    for (let i = 0; i < 10; i++) {
      writeAndScore(stream, 2, seqs.length, seqs)
      Atomics.store(words, 0, seqs.length)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

if (isMainThread) await main()
else await work()
