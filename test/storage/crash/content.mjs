/**
 * Events whose every field follows from their episode and their step, so that a damaged or a mixed-up record does not add
 * up, whatever tier it comes from. Their days go by fast, and some come a day late.
 *
 * @module
 */

import { mixed } from '../../threads/support/payload.mjs'

/** 2026-11-21T00:00:00Z in µs. */
const FIRST_DAY_US = 1_795_219_200_000_000
const DAY_US = 86_400_000_000
/** Steps of an episode that its events' time allows for. */
const STEPS = 1000
const LATE_EVERY = 97
const VECTOR = 8
const FLOATS = 2 ** 20
/** Two types of which both are common. */
const TYPES = [0x0200, 0x0301, 0xfff0]

/** What events of this kind hold. */
export class Content {
  /** @param {number} stepUs time between two events */
  constructor(stepUs) {
    this.stepUs = stepUs
  }

  /**
   * The timestamp of an event in µs.
   * @param {number} episode
   * @param {number} step
   */
  timestamp(episode, step) {
    const late = mixed(step, episode) % LATE_EVERY === 0 ? DAY_US : 0
    return FIRST_DAY_US + (episode * STEPS + step) * this.stepUs - late
  }

  /**
   * @param {number} episode
   * @param {number} step
   * @returns {import('../../threads/support/library.mjs').EventInput}
   */
  input(episode, step) {
    const key = keyOf(episode, step)
    return {
      timestamp: this.timestamp(episode, step),
      episodeId: episode,
      stepNumber: step,
      eventType: typeOf(key),
      adnaVersionHash: mixed(key, 1),
      state: Array.from({ length: VECTOR }, (_, i) => mixed(key, 10 + i) % FLOATS),
      action: Array.from({ length: VECTOR }, (_, i) => mixed(key, 20 + i) % FLOATS),
    }
  }

  /**
   * Writes an event through the stream's writer and returns its number.
   * @param {import('../../threads/support/library.mjs').Stream} stream
   * @param {number} episode
   * @param {number} step
   */
  write({ writer }, episode, step) {
    const key = keyOf(episode, step)
    writer.timestamp = this.timestamp(episode, step)
    writer.episodeId = episode
    writer.stepNumber = step
    writer.eventType = typeOf(key)
    writer.adnaVersionHash = mixed(key, 1)
    for (let i = 0; i < VECTOR; i++) {
      writer.state[i] = mixed(key, 10 + i) % FLOATS
      writer.action[i] = mixed(key, 20 + i) % FLOATS
    }
    return writer.commit()
  }

  /**
   * The name of a field that is not as it was written, or undefined. Rewards and flags are not looked at.
   * @param {import('../../../src/index.js').EventView} view
   */
  faultOf(view) {
    const { episodeIdNumber: episode, stepNumber: step } = view
    const key = keyOf(episode, step)
    if (view.timestamp !== this.timestamp(episode, step)) return 'timestamp'
    if (view.eventType !== typeOf(key)) return 'eventType'
    if (view.adnaVersionHash !== mixed(key, 1)) return 'adnaVersionHash'
    for (let i = 0; i < VECTOR; i++) {
      if (view.stateAt(i) !== mixed(key, 10 + i) % FLOATS) return `state[${i}]`
      if (view.actionAt(i) !== mixed(key, 20 + i) % FLOATS) return `action[${i}]`
    }
    return undefined
  }
}

/**
 * @param {number} episode
 * @param {number} step
 */
function keyOf(episode, step) {
  return episode * 2 ** 20 + step
}

/** @param {number} key */
function typeOf(key) {
  return /** @type {number} */ (TYPES[mixed(key, 2) % TYPES.length])
}

/**
 * Numbers in [0, 1) that a seed decides.
 * @param {number} seed
 * @returns {() => number}
 */
export function randomOf(seed) {
  let drawn = 0
  return () => mixed(seed * 2 ** 20 + drawn++, 77) / 2 ** 32
}
