/**
 * What the processes of one directory have been promised, and whether what is found there keeps it. A plain list of events
 * is all it knows.
 *
 * @module
 */

import { Content } from './content.mjs'
import { EventFlags } from './library.mjs'
import { EARLY_EVERY, episodeOf, METADATA_EVERY, STEP_US, VERSIONS, writerOf } from './plan.mjs'

/** Bits of the appraisers. */
const CURIOSITY = 1 << 1
const EFFICIENCY = 1 << 2
const GOAL = 1 << 3
/** Those that make an event complete; see `optionsOf`. */
const COMPLETE = CURIOSITY | GOAL
const MOST_FAULTS = 20

const content = new Content(STEP_US)

/**
 * One event as a tier shows it.
 * @typedef {{ view: import('../../../src/index.js').EventView, mask: number, metadata: unknown }} Found
 */

/** See the module. */
export class Promises {
  /** What was wrong, the first of it. */
  faults = /** @type {string[]} */ ([])
  /** What was promised, counted. */
  counts = { acks: 0, events: 0, rewards: 0 }
  /** Events of each episode that are safe. */
  episodes = /** @type {Map<number, number>} */ (new Map())
  /** Of the first thread's episode of each run: events whose reward of the goal is safe. */
  goals = /** @type {Map<number, number>} */ (new Map())
  /** The newest reward that is safe, by event; a later one may have come. */
  late = /** @type {Map<number, number>} */ (new Map())
  /** Rewards that are safe and never given again, by event. */
  curious = /** @type {Map<number, number>} */ (new Map())
  /** Numbers that have been delivered as safe, and the cursor that is. */
  delivered = 0
  cursor = 0
  /** Every cursor that was asked for: the named subscription goes on at one of them. */
  cursors = new Set([0])
  /** Who wrote which number, as found before: `[episode, step]`. */
  known = /** @type {Map<number, readonly [number, number]>} */ (new Map())

  /** @param {string} text */
  fault(text) {
    if (this.faults.length < MOST_FAULTS) this.faults.push(text)
  }

  /**
   * Takes a line that a child said.
   * @param {number} run
   * @param {any} line
   * @param {boolean} binding whether its level promises anything
   */
  take(run, line, binding) {
    if (line.fault !== undefined) this.fault(`run ${run}: ${line.fault}`)
    if (line.open !== undefined) this.checkCursor(`run ${run}`, line.open.cursor)
    if (line.acking !== undefined) this.cursors.add(line.acking)
    if (!binding) return
    if (line.delivered !== undefined) this.delivered = Math.max(this.delivered, line.delivered)
    if (line.ack !== undefined) this.takeAck(run, line.ack)
  }

  /**
   * Compares where the named subscription goes on.
   * @param {string} where
   * @param {number} cursor
   */
  checkCursor(where, cursor) {
    if (cursor >= this.cursor && this.cursors.has(cursor)) return
    this.fault(`${where}: the cursor is ${cursor}, ${this.cursor} was promised`)
  }

  /**
   * @param {number} run
   * @param {{ counts: number[], goals: number, late: [number, number][], curious: [number, number][], cursor: number }} ack
   */
  takeAck(run, { counts, goals, late, curious, cursor }) {
    for (const [writer, count] of counts.entries()) {
      const episode = episodeOf(run, writer)
      this.counts.events += count - (this.episodes.get(episode) ?? 0)
      this.episodes.set(episode, count)
    }
    this.counts.acks++
    this.counts.rewards += goals - (this.goals.get(run) ?? 0) + late.length + curious.length
    this.goals.set(run, goals)
    for (const [seq, version] of late) this.late.set(seq, version)
    for (const [seq, version] of curious) {
      if (this.curious.has(seq)) this.fault(`run ${run}: event ${seq} was scored once more by a named appraiser`)
      this.curious.set(seq, version)
    }
    this.cursor = Math.max(this.cursor, cursor)
  }

  /**
   * Compares everything that is found, ascending, with what was promised.
   * @param {Iterable<Found>} events
   * @param {number} run the last one
   * @param {number} total numbers that have been given
   */
  check(events, run, total) {
    /** @type {Map<number, number>} */
    const found = new Map()
    let before = -1
    for (const event of events) {
      const { seq, episodeIdNumber: episode, stepNumber: step } = event.view
      if (seq <= before) this.fault(`event ${seq} comes after ${before}`)
      before = seq
      const next = found.get(episode) ?? 0
      if (step !== next) this.fault(`event ${seq}: step ${step} of episode ${episode} where ${next} was next`)
      found.set(episode, step + 1)
      this.checkEvent(event, run)
    }
    for (const [episode, count] of this.episodes) {
      const has = found.get(episode) ?? 0
      if (has < count) this.fault(`${has} events of episode ${episode} are there, ${count} were promised`)
    }
    for (const seq of this.known.keys()) {
      if (seq > before) this.fault(`event ${seq} had been found before and is gone`)
    }
    if (before >= total) this.fault(`event ${before} of ${total}`)
    if (total < this.delivered) this.fault(`${total} events are there, ${this.delivered} had been delivered as safe`)
  }

  /**
   * @param {Found} found
   * @param {number} run
   */
  checkEvent({ view, mask, metadata }, run) {
    const { seq, episodeIdNumber: episode, stepNumber: step } = view
    const wrong = content.faultOf(view)
    if (wrong !== undefined) this.fault(`event ${seq}: ${wrong} is wrong`)
    const was = this.known.get(seq)
    if (was !== undefined && (was[0] !== episode || was[1] !== step)) {
      this.fault(`event ${seq} was step ${was[1]} of episode ${was[0]}, now it is step ${step} of ${episode}`)
    }
    this.known.set(seq, [episode, step])
    for (const fault of this.rewardFaults(view, mask, (run + 1) * VERSIONS)) this.fault(`event ${seq}: ${fault}`)
    const isComplete = (mask & COMPLETE) === COMPLETE
    if (isComplete !== ((view.flags & EventFlags.FULLY_APPRAISED) !== 0)) {
      this.fault(`event ${seq}: mask ${mask} with flags ${view.flags}`)
    }
    const isFirst = writerOf(episode).writer === 0
    const expected = isFirst && step % METADATA_EVERY === 0 ? { parameters: { episode, step } } : undefined
    if (JSON.stringify(metadata) !== JSON.stringify(expected)) {
      this.fault(`event ${seq}: metadata ${JSON.stringify(metadata)}`)
    }
  }

  /**
   * @param {import('../../../src/index.js').EventView} view
   * @param {number} mask
   * @param {number} limit above every number of a reward
   */
  *rewardFaults(view, mask, limit) {
    const { seq, episodeIdNumber: episode, stepNumber: step } = view
    const { run, writer } = writerOf(episode)
    const early = writer === 0 && step % EARLY_EVERY === 0 ? step : 0
    if (view.rewardHomeostasis !== early) yield `homeostasis ${view.rewardHomeostasis}, written with ${early}`

    const isGoal = writer === 0 && (this.goals.get(run) ?? 0) > step
    const goals = (mask & GOAL) === 0 ? [0] : [step + 1]
    if ((isGoal && (mask & GOAL) === 0) || !goals.includes(view.rewardGoal) || (writer !== 0 && mask & GOAL)) {
      yield `goal ${view.rewardGoal} with mask ${mask}, ${isGoal ? '' : 'not '}promised`
    }

    const curious = this.curious.get(seq)
    const given = view.rewardCuriosity
    if (curious !== undefined ? given !== curious : !isNumbered(given, mask & CURIOSITY, limit)) {
      yield `curiosity ${given} with mask ${mask}, promised was ${curious}`
    }
    const late = this.late.get(seq) ?? 0
    const last = view.rewardEfficiency
    if (last < late || !isNumbered(last, mask & EFFICIENCY, limit)) {
      yield `efficiency ${last} with mask ${mask}, promised was ${late}`
    }
  }
}

/**
 * Whether a reward is one that a run has numbered, if the event has its bit, and none else.
 * @param {number} reward
 * @param {number} bit
 * @param {number} limit
 */
function isNumbered(reward, bit, limit) {
  return bit === 0 ? reward === 0 : Number.isInteger(reward) && reward > 0 && reward <= limit
}
