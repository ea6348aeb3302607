/**
 * A process that uses everything of durable memory at once until it is killed, and says line by line what it was promised:
 * only what was accepted before a `durable` that has resolved. With a shared stream a second thread writes too.
 *
 * Its argument is a `Chapter` with the number of the run, as JSON. Its lines:
 * - `{ open: { total, cursor } }` once the stream is open.
 * - `{ delivered: end }`: a subscription with `after: 'durable'` has delivered the events before `end`.
 * - `{ acking: cursor }`: the same one is about to acknowledge the events before `cursor`.
 * - `{ ack: … }`: see `Promised`.
 * - `{ fault: text }`: what is wrong already.
 *
 * @module
 */

import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { Content, randomOf } from './content.mjs'
import { Appraiser, AppraiserType, ExperienceStream, FileColdStorage, openExperienceStream } from './library.mjs'
import { EARLY_EVERY, episodeOf, METADATA_EVERY, optionsOf, STEP_US, storesOf, VERSIONS } from './plan.mjs'

/** Events of a thread in a run; then it only gives rewards. */
const MOST = 4000
/** How far behind its event a reward of its own writer comes. */
const BEHIND = 20
const COMPACT_EVERY = 40

const content = new Content(STEP_US)

/** @param {unknown} line */
function say(line) {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

class Run {
  /** @param {import('./plan.mjs').Chapter & { run: number }} chapter */
  constructor(chapter) {
    this.chapter = chapter
    this.random = randomOf(chapter.seed * 100 + chapter.run)
    this.version = chapter.run * VERSIONS
    this.written = 0
    this.goals = 0
    /** @type {[number, number][]} */
    this.late = []
    /** @type {[number, number][]} */
    this.curious = []
    /** @type {(number | undefined)[]} */
    this.seqs = []
    this.others = new Int32Array(new SharedArrayBuffer(4))
  }

  async play() {
    const { directory, run, shared } = this.chapter
    say({ started: process.pid })
    const stream = await openExperienceStream(optionsOf(this.chapter))
    const seen = stream.subscribe({ name: 'seen', from: 'oldest', after: 'durable' })
    say({ open: { total: stream.totalWritten, cursor: seen.position } })
    const stores = storesOf(FileColdStorage, directory)
    for (const store of stores) stream.follow(store, { batchSize: 400, lingerMs: 5 })
    /** @type {import('../../../src/storage/index.node.js').DurableSubscribeOptions} */
    const named = { name: 'curious', from: 'oldest', maxBatch: 100 }
    const appraiser = new Appraiser(stream, AppraiserType.Curiosity, (event) => this.score(event.seq), named)
    if (shared) {
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { handle: stream.handle(), words: this.others, run },
      })
      worker.on('error', (error) => say({ fault: `the second thread: ${error.stack}` }))
    }
    for (let turn = 1; ; turn++) {
      this.write(stream)
      this.reward(stream)
      if (this.random() < 0.5) appraiser.poll()
      this.look(seen)
      if (turn % COMPACT_EVERY === 0) for (const store of stores) store.compact().catch(() => {})
      await this.promise(stream, seen)
      // Followers and compaction get their turns, and the events of a run last for longer than it takes to kill it.
      if (this.random() < 0.5) await sleep(this.random() * 4)
    }
  }

  /** @param {number} seq */
  score(seq) {
    const version = ++this.version
    this.curious.push([seq, version])
    return version
  }

  /** @param {import('./library.mjs').Durable} stream */
  write(stream) {
    const { run } = this.chapter
    const count = Math.min(MOST - this.written, 1 + Math.floor(this.random() * 60))
    for (let i = 0; i < count; i++, this.written++) {
      const step = this.written
      const input = content.input(episodeOf(run, 0), step)
      if (step % EARLY_EVERY === 0) input.rewardHomeostasis = step
      if (step % METADATA_EVERY !== 0) this.seqs[step] = stream.writeEvent(input)
      else {
        const metadata = { parameters: { episode: episodeOf(run, 0), step } }
        stream.writeEventWithMetadata(input, metadata).then(
          (seq) => {
            this.seqs[step] = seq
          },
          (error) => say({ fault: `metadata: ${error.stack}` }),
        )
      }
    }
  }

  /**
   * Rewards of own events that are in the ring, and of any events, most of which have left it.
   * @param {import('./library.mjs').Durable} stream
   */
  reward(stream) {
    while (this.goals < this.written - BEHIND) {
      const seq = this.seqs[this.goals]
      // That of an event with metadata is told once it is safe.
      if (seq === undefined) break
      stream.setAppraiserReward(seq, AppraiserType.Goal, ++this.goals)
    }
    const total = stream.totalWritten
    for (let i = 0; i < 3 && total > 0; i++) {
      const seq = Math.floor(this.random() * total)
      const version = ++this.version
      if (this.efficiency(stream, seq, version)) this.late.push([seq, version])
    }
  }

  /**
   * Whether event `seq` got the reward. A number of a shared stream may have no event, or none yet: another thread holds it.
   * @param {import('./library.mjs').Durable} stream
   * @param {number} seq
   * @param {number} version
   */
  efficiency(stream, seq, version) {
    try {
      const { applied, corrected } = stream.setAppraiserRewards([seq], AppraiserType.Efficiency, [version])
      return applied + corrected === 1
    } catch (error) {
      const { code } = /** @type {{ code?: string }} */ (error)
      if (this.chapter.shared && code === 'SEQUENCE_NOT_WRITTEN') return false
      throw error
    }
  }

  /** @param {import('./library.mjs').DurableSub} seen */
  look(seen) {
    const before = seen.position
    const batch = seen.poll()
    if (seen.missed > 0) say({ fault: `a named subscription missed ${seen.missed} events before ${before}` })
    if (batch.start !== before) say({ fault: `a named subscription went from ${before} to ${batch.start}` })
    for (const view of batch) {
      const fault = content.faultOf(view)
      if (fault !== undefined) say({ fault: `event ${view.seq} was delivered with a wrong ${fault}` })
    }
    if (batch.end > before) say({ delivered: batch.end })
    const last = seen.position - 1 - Math.floor(this.random() * 3)
    if (this.random() < 0.7 || last < seen.from) return
    say({ acking: last + 1 })
    seen.ack(last)
  }

  /**
   * @param {import('./library.mjs').Durable} stream
   * @param {import('./library.mjs').DurableSub} seen
   */
  async promise(stream, seen) {
    const { late, curious, goals, written } = this
    const cursor = seen.acknowledged
    const counts = [written, Atomics.load(this.others, 0)]
    this.late = []
    this.curious = []
    await stream.durable()
    say({ ack: { counts, goals, late, curious, cursor } })
  }
}

/** What the second thread does. */
async function work() {
  const { handle, words, run } = workerData
  const stream = await ExperienceStream.attach(handle)
  for (let step = 0; step < MOST; ) {
    for (let i = 0; i < 10; i++, step++) {
      content.write(stream, episodeOf(run, 1), step)
      Atomics.store(words, 0, step + 1)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

if (isMainThread) {
  process.on('unhandledRejection', (error) => say({ fault: `not handled: ${/** @type {Error} */ (error).stack}` }))
  await new Run(JSON.parse(/** @type {string} */ (process.argv[2]))).play()
} else await work()
