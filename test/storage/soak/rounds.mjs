/**
 * A durable stream that is opened, used and closed over and over during a soak, each time in another way: whatever one
 * opening leaves behind adds up.
 *
 * @module
 */

import { Content } from '../crash/content.mjs'
import { AppraiserType, FileColdStorage, openExperienceStream } from '../crash/library.mjs'

/** @type {readonly { durability: 'none' | 'process-crash' | 'power-loss', shared: boolean }[]} */
const MODES = [
  { durability: 'process-crash', shared: false },
  { durability: 'process-crash', shared: true },
  { durability: 'power-loss', shared: false },
  { durability: 'power-loss', shared: true },
  { durability: 'none', shared: false },
]
const EVENTS = 10_000
/** Episodes between those of two rounds: as many as the time of a round's events is worth. */
const EPISODES = 10
const MIB = 2 ** 20
const content = new Content(20_000_000)

/**
 * Opens, uses and closes the stream of a directory.
 * @param {string} directory
 * @param {number} round counts from 0
 * @returns {Promise<string[]>} what was wrong
 */
export async function playRound(directory, round) {
  const mode = /** @type {typeof MODES[number]} */ (MODES[round % MODES.length])
  const stream = await openExperienceStream({
    directory,
    ...mode,
    capacity: 4096,
    segmentBytes: MIB,
    settleMs: 0,
    retention: { maxBytes: 2 * MIB },
  })
  const format = round % 2 === 0 ? 'parquet' : 'messagepack'
  const store = new FileColdStorage(`${directory}/cold`, {
    format,
    // Some rounds' worth, so that nothing of this round goes.
    retention: { maxBytes: 8 * MIB },
  })
  /** @type {string[]} */
  const faults = []
  try {
    const follower = stream.follow(store)
    const seen = stream.subscribe({ name: 'seen', after: 'durable' })
    const before = stream.totalWritten
    for (let step = 0; step < EVENTS; step++) {
      const seq = content.write(stream, round * EPISODES, step)
      if (step % 10 === 0) stream.setAppraiserReward(Math.max(0, seq - 3000), AppraiserType.Goal, step)
    }
    await stream.durable()
    while (seen.poll().length > 0) seen.ack()
    await follower.flush()
    const { events, gaps, skipped, dropped } = store.coverage()
    const count = await stream.history.count({ episodeId: round * EPISODES })
    if (count !== EVENTS) faults.push(`round ${round}: ${count} of ${EVENTS} events in history`)
    const total = events + gaps + skipped + dropped
    if (total !== stream.totalWritten) faults.push(`round ${round}: the store has ${total} of ${stream.totalWritten}`)
    if (stream.totalWritten - before < EVENTS) faults.push(`round ${round}: ${stream.totalWritten} after ${before}`)
    if (seen.acknowledged !== stream.totalWritten) faults.push(`round ${round}: seen up to ${seen.acknowledged}`)
    seen.close()
  } finally {
    await stream.close()
    await store.close()
  }
  return faults
}
