/**
 * One bout of the hammer: threads of all trades work on one ring until they are told to stop, then everything must balance.
 *
 * @module
 */

import { accountFaults, faultsAtRest } from './balance.mjs'
import { Crew, EndedError } from './crew.mjs'
import { Gate } from './gate.mjs'
import { ExperienceStream } from './library.mjs'
import { write } from './payload.mjs'

/** @typedef {import('./crew.mjs').Hand} Hand */
/** @typedef {import('./library.mjs').Stream} Stream */

/** How often something happens to one of the threads. */
const EVENT_MS = 40
/** What each thread does; one of each trade, and two writers. */
const TRADES = ['write', 'batch', 'pause', 'follow', 'iterate', 'read', 'score', 'sample']

/**
 * Whole numbers from a seed, the same in every run (mulberry32).
 * @param {number} seed
 */
function generator(seed) {
  let state = seed >>> 0
  return (/** @type {number} */ below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let h = Math.imul(state ^ (state >>> 15), state | 1)
    h ^= h + Math.imul(h ^ (h >>> 7), h | 61)
    return ((h ^ (h >>> 14)) >>> 0) % below
  }
}

/** A ring, the threads that work on it, and what came of it. */
export class Bout {
  /**
   * @param {number} capacity
   * @param {number} seed
   */
  constructor(capacity, seed) {
    this.capacity = capacity
    this.below = generator(seed)
    this.stop = new Gate()
    this.crew = new Crew()
    this.writers = 0
    /** @type {string[]} */
    this.faults = []
    /** @type {{ hand: Hand, trade: string, work: Promise<void> }[]} */
    this.threads = []
    this.counts = {
      written: 0,
      laps: 0,
      aborted: 0,
      reads: 0,
      torn: 0,
      controlReads: 0,
      controlTorn: 0,
      subscriptions: 0,
      received: 0,
      filtered: 0,
      missed: 0,
      subscriptionAborted: 0,
      rewardsApplied: 0,
      rewardsTooLate: 0,
      samples: 0,
      sampledRows: 0,
      pauses: 0,
      terminations: 0,
      retirements: 0,
    }
  }

  /**
   * Runs for a while and checks what there is then.
   * @param {number} milliseconds
   */
  async run(milliseconds) {
    const { capacity, below, crew, stop } = this
    const options = { capacity, shared: true, maxThreads: 24, priority: /** @type {const} */ ('explicit') }
    const stream = await ExperienceStream.create({ ...options, seed: below(2 ** 31) })
    await Promise.all(TRADES.map((trade) => this.start(stream, trade)))
    const end = Date.now() + milliseconds
    const calm = end - milliseconds / 3
    while (Date.now() < calm) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(EVENT_MS, milliseconds / 10)))
      await this.disturb(stream)
    }
    // Those who came last count what they do, too.
    await new Promise((resolve) => setTimeout(resolve, Math.max(milliseconds / 3, end - Date.now())))
    stop.open()
    // Who iterates waits for events, which nobody else writes any more.
    let woken = 0
    const waking = setInterval(() => write(stream, 0, woken++), 1)
    await Promise.all(this.threads.map(({ work }) => work))
    clearInterval(waking)
    await Promise.all(this.threads.map(({ hand }) => hand.ask('close')))
    this.check(stream)
    await stream.close()
    await crew.dismiss()
  }

  /**
   * Ends a thread in whatever it does, or retires a writer, which finds out by itself; another one takes over its trade.
   * @param {Stream} stream
   */
  async disturb(stream) {
    const index = this.below(this.threads.length)
    const [thread] = this.threads.splice(index, 1)
    if (thread === undefined) return
    const { hand, trade, work } = thread
    if ((trade === 'write' || trade === 'batch') && this.below(3) === 0) {
      stream.retire(hand.writerId)
      await work
      this.counts.retirements++
    } else this.counts.terminations++
    await hand.end()
    await this.start(stream, trade)
  }

  /**
   * Has a new thread begin a trade.
   * @param {Stream} stream
   * @param {string} trade
   */
  async start(stream, trade) {
    const hand = this.crew.hire()
    await hand.join(stream)
    const work = this.begin(hand, trade).catch((error) => {
      const expected = error instanceof EndedError || error.code === 'WRITER_RETIRED'
      if (!expected) this.faults.push(`${trade}: ${error.message}`)
    })
    this.threads.push({ hand, trade, work })
  }

  /**
   * Has a thread do its work and counts what came of it.
   * @param {Hand} hand
   * @param {string} trade
   */
  async begin(hand, trade) {
    const { words } = this.stop
    const { counts } = this
    const writer = ++this.writers
    if (trade === 'write') await hand.ask('writeUntil', { writer, words, turnEvery: this.below(2) * 500 })
    else if (trade === 'batch' && this.below(2) === 0) await hand.ask('flood', { writer, words })
    else if (trade === 'batch')
      await hand.ask('writeUntil', { writer, words, batch: 1 + this.below(100), turnEvery: 7 })
    else if (trade === 'pause') await this.pause(hand, writer)
    else if (trade === 'follow') {
      const options = [{}, { types: Array.from({ length: 32768 }, (_, i) => 2 * i) }, { maxLag: 1 + this.below(50) }]
      this.account(await hand.ask('follow', { options: options[this.below(3)], words }))
    } else if (trade === 'iterate') {
      for (let level = 0; level === 0; level = this.stop.level) {
        const { stats, faults } = await hand.ask('iterate', { count: 1 + this.below(2000) })
        this.account({ ...stats, faults })
      }
    } else if (trade === 'read') {
      const ways = ['getEvent', 'view', 'queryRange', 'find', 'sampleBatch']
      const { read, faults, control } = await hand.ask('validate', { ways, words })
      counts.reads += Object.values(/** @type {Record<string, number>} */ (read)).reduce((sum, n) => sum + n, 0)
      counts.controlReads += control.reads
      counts.controlTorn += control.torn
      this.torn(faults)
    } else if (trade === 'score') {
      const { lost, vanished } = await hand.ask('chase', { appraiser: this.below(4), words, priorities: true })
      if (lost !== 0) this.faults.push(`${lost} entries of bulk writes are not accounted for`)
      if (vanished !== 0) this.faults.push(`${vanished} rewards vanished that had been applied`)
    } else {
      const { samples, rows, faults } = await hand.ask('sampleUntil', { words, priorities: this.below(2) === 1 })
      counts.samples += samples
      counts.sampledRows += rows
      this.torn(faults)
    }
  }

  /**
   * Stops a writer inside its claims, again and again, for as long as the others take for a few events or some laps.
   * @param {Hand} hand
   * @param {number} writer
   */
  async pause(hand, writer) {
    while (this.stop.level === 0) {
      const gate = new Gate()
      const done = hand.ask('writeAndPause', {
        writer,
        count: 1 + this.below(200),
        more: this.below(5),
        words: gate.words,
      })
      await hand.tells()
      this.counts.pauses++
      await new Promise((resolve) => setTimeout(resolve, this.below(20)))
      gate.open()
      await done
    }
  }

  /** @param {string[]} faults */
  torn(faults) {
    this.counts.torn += faults.length
    this.faults.push(...faults)
  }

  /**
   * @param {import('../../../src/index.js').SubscriptionStats & { faults: string[], disorder?: number }} account
   */
  account(account) {
    const { counts } = this
    counts.subscriptions++
    counts.received += account.received
    counts.filtered += account.filtered
    counts.missed += account.missed
    counts.subscriptionAborted += account.aborted
    this.faults.push(...accountFaults(account))
    if (account.disorder) this.faults.push(`${account.disorder} events came out of order`)
    this.torn(account.faults)
  }

  /** @param {Stream} stream */
  check(stream) {
    const { counts } = this
    this.faults.push(...faultsAtRest(stream, 0, 2 ** 20))
    const { written, rewards, threads } = stream.stats()
    if (threads?.members.length !== 1) this.faults.push(`${threads?.members.length} places are taken, 1 thread is left`)
    counts.written += written
    counts.laps += Math.floor(written / this.capacity)
    counts.aborted += threads?.aborted ?? 0
    counts.rewardsApplied += rewards.applied
    counts.rewardsTooLate += rewards.evicted
  }
}
