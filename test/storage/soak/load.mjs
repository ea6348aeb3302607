/**
 * One durable stream that is written to for the whole of a soak: appraisers that keep up and one that does not, rewards
 * of events that are long gone, metadata, stores in both formats with retention and compaction, and readers of history
 * that check every event which they get.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { Content, randomOf } from '../crash/content.mjs'
import { AppraiserType, FileColdStorage, openExperienceStream, runAppraiser } from '../crash/library.mjs'

const CAPACITY = 65_536
const EPISODE = 1000
const TURN_MS = 10
const MIB = 2 ** 20
/** Rewards given to events that have left the ring, remembered to be looked at again. */
const REMEMBERED = 2000
const LATE_EACH_TURN = 4
/** Events that a store may be behind while events come. */
const MOST_BEHIND = 2 * CAPACITY
const METADATA_EVERY = 500
const SLOW_MS = 5000
const COMPACT_MS = 45_000

/** See the module. */
export class Load {
  /** What was wrong. */
  faults = /** @type {string[]} */ ([])
  /** Events that readers got, rewards given late, events scored by the slow appraiser. */
  counts = { read: 0, late: 0, slowly: 0, compactions: 0 }
  ending = false

  /**
   * @param {string} directory
   * @param {number} seed
   * @param {number} rate events per second
   */
  static async open(directory, seed, rate) {
    const stream = await openExperienceStream({
      directory,
      capacity: CAPACITY,
      maxBacklog: 8192,
      appraisers: [AppraiserType.Goal, AppraiserType.Curiosity],
      segmentBytes: 4 * MIB,
      settleMs: 300,
      retention: { maxBytes: 32 * MIB },
      metadataBytes: MIB,
    })
    const retention = { maxBytes: 24 * MIB }
    const parquet = new FileColdStorage(`${directory}/cold`, { retention })
    const messages = new FileColdStorage(`${directory}/messages`, {
      format: 'messagepack',
      name: 'messages',
      retention,
    })
    return new Load(stream, [parquet, messages], randomOf(seed), rate)
  }

  /**
   * @param {import('../crash/library.mjs').Durable} stream
   * @param {import('../crash/library.mjs').FileStore[]} stores
   * @param {() => number} random
   * @param {number} rate
   */
  constructor(stream, stores, random, rate) {
    this.stream = stream
    this.stores = stores
    this.random = random
    this.rate = rate
    this.content = new Content(400_000)
    /** @type {Map<number, number>} */
    this.given = new Map()
    this.followers = stores.map((store) => stream.follow(store))
    const goal = runAppraiser(stream, AppraiserType.Goal, (event) => event.stepNumber, { name: 'goal' })
    this.tasks = [goal, this.write(), this.read(), this.scoreSlowly(), this.compact()].map((task) => {
      return task.catch((error) => void this.faults.push(`a task ended: ${error.stack}`))
    })
  }

  /** Ends everything, checks the accounts, and closes stream and stores. */
  async close() {
    this.ending = true
    await Promise.all(this.tasks.slice(1))
    for (const follower of this.followers) await follower.flush()
    const { journal } = this.stream.stats()
    if (journal.written !== journal.durable + journal.pending) this.faults.push(`journal: ${JSON.stringify(journal)}`)
    for (const store of this.stores) await this.verify(store, journal.written)
    await this.stream.close()
    await Promise.all(this.tasks)
    for (const store of this.stores) await store.close()
  }

  /**
   * @param {import('../crash/library.mjs').FileStore} store
   * @param {number} written
   */
  async verify(store, written) {
    const { endSeq, events, gaps, skipped, dropped } = store.coverage()
    if (endSeq !== written || events + gaps + skipped + dropped !== written) {
      this.faults.push(`store ${store.name} does not add up to ${written}: ${JSON.stringify(store.coverage())}`)
    }
    const { faults } = await store.verify()
    for (const { file, what } of faults) this.faults.push(`store ${store.name}, ${file}: ${what}`)
    const { lastError } = store.stats()
    if (lastError !== undefined) this.faults.push(`store ${store.name}: ${lastError}`)
  }

  async write() {
    const { stream, content, random } = this
    let due = 0
    for (let before = performance.now(); !this.ending; ) {
      const now = performance.now()
      // On a machine that has other things to do the journal would grow by what the stores are behind.
      if (this.followers.every(({ lag }) => lag.events < MOST_BEHIND)) due += ((now - before) / 1000) * this.rate
      before = now
      for (let step = stream.totalWritten; step < due; step++) this.writeOne(step, content)
      for (let i = 0; i < LATE_EACH_TURN && stream.totalWritten > 0; i++) {
        const seq = Math.floor(stream.totalWritten * (1 - random() ** 4))
        if (seq < stream.totalWritten) this.reward(seq, Math.floor(random() * 1000))
      }
      if (random() < 0.05) await stream.durable()
      await sleep(TURN_MS)
    }
  }

  /**
   * @param {number} step
   * @param {Content} content
   */
  writeOne(step, content) {
    const episode = Math.floor(step / EPISODE)
    if (step % METADATA_EVERY !== 0) content.write(this.stream, episode, step % EPISODE)
    else {
      const input = content.input(episode, step % EPISODE)
      this.stream.writeEventWithMetadata(input, { parameters: { step } }).catch((error) => {
        if (!this.ending) this.faults.push(`metadata of ${step}: ${error}`)
      })
    }
  }

  /**
   * @param {number} seq
   * @param {number} value
   */
  reward(seq, value) {
    this.stream.setAppraiserReward(seq, AppraiserType.Homeostasis, value)
    this.counts.late++
    this.given.delete(seq)
    this.given.set(seq, value)
    if (this.given.size > REMEMBERED) this.given.delete(/** @type {number} */ (this.given.keys().next().value))
  }

  /** Scores most events when they have left the ring. */
  async scoreSlowly() {
    const subscription = this.stream.subscribe({ name: 'slow', maxBatch: 4096 })
    while (!this.ending) {
      for (let batch = subscription.poll(); batch.length > 0; batch = subscription.poll()) {
        const rewards = Float32Array.from(batch.seqs, (seq) => seq % 1000)
        this.stream.setAppraiserRewards(batch.seqs, AppraiserType.Curiosity, rewards)
        subscription.ack()
        this.counts.slowly += batch.length
        await sleep(1)
      }
      for (let waited = 0; waited < SLOW_MS && !this.ending; waited += 100) await sleep(100)
    }
    subscription.close()
  }

  async compact() {
    for (let due = performance.now() + COMPACT_MS; !this.ending; ) {
      await sleep(100)
      if (performance.now() < due) continue
      for (const store of this.stores) await store.compact()
      this.counts.compactions++
      due = performance.now() + COMPACT_MS
    }
  }

  async read() {
    const { stream, random } = this
    while (!this.ending) {
      await sleep(100)
      const { history, totalWritten: end } = stream
      if (end === 0) continue
      const at = Math.floor(end * random())
      const from = this.content.timestamp(Math.floor(at / EPISODE), at % EPISODE)
      switch (Math.floor(random() * 6)) {
        case 0:
          await this.check(history.queryRange(at, Math.min(end, at + 5000)), (seq) => seq >= at && seq < at + 5000)
          break
        case 1:
          await this.check(history.queryTimeRange(from, from + 1e8, { limit: 2000 }), () => true)
          break
        case 2:
          await this.check(history.queryEpisode(Math.floor(at / EPISODE)), (seq) => {
            return Math.floor(seq / EPISODE) === Math.floor(at / EPISODE)
          })
          break
        case 3:
          await history.count({ startSeq: at, endSeq: end })
          break
        case 4:
          await this.check([await history.sample(256, { seed: at })], (seq) => seq < stream.totalWritten)
          break
        default:
          await this.recall()
      }
    }
  }

  /** Looks whether an event that was scored late has that reward. */
  async recall() {
    const { given } = this
    for (const [seq, value] of [...given].slice(0, 3)) {
      const event = await this.stream.history.getEvent(seq)
      // Retention may have dropped it; it may have been scored again.
      if (event === undefined || given.get(seq) !== value || event.rewardHomeostasis === value) continue
      this.faults.push(`event ${seq} has reward ${event.rewardHomeostasis}, given was ${value}`)
    }
  }

  /**
   * @param {AsyncIterable<import('../crash/library.mjs').HistoryBatch> | Iterable<import('../crash/library.mjs').HistoryBatch>} batches
   * @param {(seq: number) => boolean} isWanted
   */
  async check(batches, isWanted) {
    for await (const batch of batches) {
      this.counts.read += batch.length
      for (const view of batch) {
        const { seq } = view
        const place = view.episodeIdNumber * EPISODE + view.stepNumber
        const fault = place === seq && isWanted(seq) ? this.content.faultOf(view) : 'seq'
        if (fault !== undefined) this.faults.push(`event ${seq} from the ${batch.tier}: ${fault} is wrong`)
      }
    }
  }
}
