/**
 * Events whose every field follows from who wrote them as which of his events, so that a record that is made of two
 * events does not add up. The timestamp holds both numbers, everything else is computed from it.
 *
 * @module
 */

/** Events of one writer at most. */
const MOST = 2 ** 32
const VECTOR = 8
/** Whole numbers below this are exact as f32, and their sums of four too. */
const FLOATS = 2 ** 20

/**
 * A well mixed whole number in [0, 2^32).
 * @param {number} key
 * @param {number} field
 */
export function mixed(key, field) {
  let h = Math.imul(key % MOST, 0x9e3779b1) ^ Math.imul(Math.floor(key / MOST) + 1, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 15) ^ Math.imul(field + 1, 0xc2b2ae35), 0x27d4eb2f)
  return (h ^ (h >>> 13)) >>> 0
}

/**
 * The timestamp of event `index` of writer `writer`.
 * @param {number} writer in [0, 2^20)
 * @param {number} index in [0, 2^32)
 */
export function keyOf(writer, index) {
  return writer * MOST + index
}

/** @param {number} key */
export function writerOf(key) {
  return Math.floor(key / MOST)
}

/** @param {number} key */
export function indexOf(key) {
  return key % MOST
}

/**
 * The reward that an event is written with.
 * @param {number} key
 * @param {number} slot
 */
export function firstReward(key, slot) {
  return mixed(key, 40 + slot) % FLOATS
}

/**
 * The reward that an appraiser gives to event number `seq` of the ring.
 * @param {number} seq
 * @param {number} slot
 */
export function lateReward(seq, slot) {
  return mixed(seq, 50 + slot) % FLOATS
}

/**
 * @param {number} writer
 * @param {number} index
 * @returns {import('./library.mjs').EventInput}
 */
export function inputOf(writer, index) {
  const key = keyOf(writer, index)
  return {
    timestamp: key,
    episodeId: mixed(key, 30),
    stepNumber: mixed(key, 31),
    eventType: mixed(key, 32) & 0xffff,
    flags: mixed(key, 33) & 0x000f,
    adnaVersionHash: mixed(key, 34),
    state: Array.from({ length: VECTOR }, (_, i) => mixed(key, i) % FLOATS),
    action: Array.from({ length: VECTOR }, (_, i) => mixed(key, VECTOR + i) % FLOATS),
    rewardHomeostasis: firstReward(key, 0),
    rewardCuriosity: firstReward(key, 1),
    rewardEfficiency: firstReward(key, 2),
    rewardGoal: firstReward(key, 3),
  }
}

/**
 * Writes event `index` of `writer` through the stream's writer and returns its sequence number.
 * @param {import('./library.mjs').Stream} stream
 * @param {number} writer
 * @param {number} index
 */
export function write(stream, writer, index) {
  const w = stream.writer
  const key = keyOf(writer, index)
  w.timestamp = key
  w.episodeId = mixed(key, 30)
  w.stepNumber = mixed(key, 31)
  w.eventType = mixed(key, 32) & 0xffff
  w.flags = mixed(key, 33) & 0x000f
  w.adnaVersionHash = mixed(key, 34)
  for (let i = 0; i < VECTOR; i++) {
    w.state[i] = mixed(key, i) % FLOATS
    w.action[i] = mixed(key, VECTOR + i) % FLOATS
  }
  w.rewardHomeostasis = firstReward(key, 0)
  w.rewardCuriosity = firstReward(key, 1)
  w.rewardEfficiency = firstReward(key, 2)
  w.rewardGoal = firstReward(key, 3)
  return w.commit()
}

/**
 * What a reward may be: by default only what the event was written with.
 * @callback RewardRule
 * @param {number} value
 * @param {number} key
 * @param {number} slot
 * @param {number} seq
 * @returns {boolean}
 */

/** @type {RewardRule} */
export const asWritten = (value, key, slot) => value === firstReward(key, slot)

/** @type {RewardRule} */
export const asScored = (value, key, slot, seq) => asWritten(value, key, slot, seq) || value === lateReward(seq, slot)

/**
 * The name of a field of a view that is not as it was written, or undefined.
 * @param {import('../../../src/index.js').EventView} view
 * @param {RewardRule} [isReward]
 */
export function faultOf(view, isReward = asWritten) {
  const key = view.timestamp
  if (view.episodeIdNumber !== mixed(key, 30)) return 'episodeId'
  if (view.stepNumber !== mixed(key, 31)) return 'stepNumber'
  if (view.eventType !== (mixed(key, 32) & 0xffff)) return 'eventType'
  if ((view.flags & 0x000f) !== (mixed(key, 33) & 0x000f)) return 'flags'
  if (view.adnaVersionHash !== mixed(key, 34)) return 'adnaVersionHash'
  for (let i = 0; i < VECTOR; i++) {
    if (view.stateAt(i) !== mixed(key, i) % FLOATS) return `state[${i}]`
    if (view.actionAt(i) !== mixed(key, VECTOR + i) % FLOATS) return `action[${i}]`
  }
  const { seq } = view
  if (!isReward(view.rewardHomeostasis, key, 0, seq)) return 'rewardHomeostasis'
  if (!isReward(view.rewardCuriosity, key, 1, seq)) return 'rewardCuriosity'
  if (!isReward(view.rewardEfficiency, key, 2, seq)) return 'rewardEfficiency'
  if (!isReward(view.rewardGoal, key, 3, seq)) return 'rewardGoal'
  return undefined
}

/**
 * The same of a snapshot.
 * @param {import('./library.mjs').ExperienceEvent} event
 * @param {RewardRule} [isReward]
 */
export function faultOfEvent(event, isReward = asWritten) {
  const { state, action, episodeId } = event
  const view = {
    ...event,
    episodeIdNumber: Number(episodeId),
    stateAt: (/** @type {number} */ i) => state[i],
    actionAt: (/** @type {number} */ i) => action[i],
  }
  return faultOf(/** @type {import('../../../src/index.js').EventView} */ (/** @type {unknown} */ (view)), isReward)
}

/**
 * The faults of a batch, each with the number of its event.
 * @param {import('./library.mjs').EventBatch} batch
 * @param {RewardRule} [isReward]
 */
export function faultsOf(batch, isReward = asWritten) {
  const faults = []
  for (const view of batch) {
    const fault = faultOf(view, isReward)
    if (fault !== undefined) faults.push(`${view.seq}: ${fault}`)
  }
  return faults
}
