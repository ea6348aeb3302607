/**
 * A program that does nothing but wait for a follower whose store fails at first. Its argument is the directory.
 *
 * @module
 */

import { FileColdStorage, openExperienceStream } from '../../../dist/storage/index.node.js'

class FailingStorage extends FileColdStorage {
  failures = 2

  /**
   * @override
   * @param {Parameters<FileColdStorage['write']>} step
   */
  async write(...step) {
    if (this.failures-- > 0) throw new Error('not yet')
    return super.write(...step)
  }
}

const directory = /** @type {string} */ (process.argv[2])
const stream = await openExperienceStream({ directory, capacity: 100, settleMs: 0 })
const store = new FailingStorage(`${directory}/cold`, { format: 'messagepack' })
const follower = stream.follow(store, { retry: { initialMs: 50 } })
stream.writeEvent({})
await follower.caughtUp()
console.log(store.checkpoint?.seq, follower.attempts)
await stream.close()
await store.close()
