/**
 * A process that writes a stream which a database follows, until it is killed: `crash-child.mjs DIRECTORY URL SEED`. Says a
 * line for each round.
 *
 * @module
 */

import { argv, stdout } from 'node:process'
import { setTimeout } from 'node:timers/promises'
import * as builtPostgres from '../../../dist/postgres/index.js'
import * as builtNode from '../../../dist/storage/index.node.js'

const { openExperienceStream } = /** @type {typeof import('../../../src/storage/index.node.js')} */ (
  /** @type {unknown} */ (builtNode)
)
const { PostgresBackend } = /** @type {typeof import('../../../src/postgres/index.js')} */ (
  /** @type {unknown} */ (builtPostgres)
)

const HOUR_US = 3_600_000_000
const SOME_DAY_US = 1_795_219_200_000_000
const [, , directory = '', url = '', seed = '1'] = argv

const stream = await openExperienceStream({ directory, capacity: 100_000, settleMs: 0 })
const backend = await PostgresBackend.connect(url, { poolSize: 2 })
stream.follow(backend, { lingerMs: 0, batchSize: 100, retry: { initialMs: 5, maxMs: 50 } })

let state = Number(seed)
/** @param {number} sides */
function roll(sides) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * sides)
}

for (let round = 0; stream.totalWritten < 90_000; round++) {
  for (let i = 0; i < 40; i++) {
    const seq = stream.totalWritten
    const event = { timestamp: SOME_DAY_US + (seq % 60) * HOUR_US, stepNumber: seq, rewardGoal: roll(100) / 7 }
    if (roll(10) === 0) await stream.writeEventWithMetadata(event, { intentType: `intent ${seq}` })
    else stream.writeEvent(event)
  }
  for (let i = 0; i < 30; i++) {
    const slot = /** @type {0 | 1 | 2 | 3} */ (roll(4))
    stream.setAppraiserReward(roll(stream.totalWritten), slot, roll(1000) / 3)
  }
  stdout.write(`${round}\n`)
  await setTimeout(1)
}
