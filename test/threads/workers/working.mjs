/**
 * Tasks: doing one thing over and over, to be ended in the middle of it.
 *
 * @module
 */

import { ExperienceStream, prioritizedReward } from '../support/library.mjs'
import { inputOf, lateReward, write } from '../support/payload.mjs'
import { tell } from '../support/serve.mjs'
import { attach, stream } from './membership.mjs'

/**
 * The newest numbers.
 * @param {number} count
 */
function newest(count) {
  const { oldestSeq, totalWritten } = stream()
  const from = Math.max(oldestSeq, totalWritten - count)
  return Array.from({ length: totalWritten - from }, (_, i) => from + i)
}

/**
 * @param {number} writer
 * @param {number} round
 * @param {number} size
 */
function inputs(writer, round, size) {
  return Array.from({ length: size }, (_, i) => inputOf(writer, round * size + i))
}

/** @type {import('../support/library.mjs').Stream | undefined} */
let own

/**
 * Records as they stand in a stream of this thread alone.
 * @param {number} writer
 * @param {number} round
 * @param {number} size
 */
function packed(writer, round, size) {
  own ??= ExperienceStream.createSync({ capacity: size })
  const { start, end } = own.writeBatch(inputs(writer, round, size))
  return own.queryRange(start, end).bytes
}

/** @param {() => unknown} call */
function unlessGone(call) {
  try {
    call()
  } catch (error) {
    const { code = '' } = /** @type {{ code?: string }} */ (error)
    if (!code.startsWith('SEQUENCE_')) throw error
  }
}

/**
 * One round of each kind of work.
 * @type {Record<string, (writer: number, round: number) => unknown>}
 */
const WORK = {
  writer: (writer, round) => write(stream(), writer, round),
  writeEvent: (writer, round) => stream().writeEvent(inputOf(writer, round)),
  writeBatch: (writer, round) => stream().writeBatch(inputs(writer, round, 50)),
  'writeBatch, packed': (writer, round) => stream().writeBatch(packed(writer, round, 40)),
  addReward: () => {
    for (const seq of newest(20)) unlessGone(() => stream().addReward(seq, 1, 0))
  },
  setAppraiserReward: () => {
    for (const seq of newest(20)) unlessGone(() => stream().setAppraiserReward(seq, 0, lateReward(seq, 0)))
  },
  setAppraiserRewards: () => {
    const seqs = newest(200)
    unlessGone(() =>
      stream().setAppraiserRewards(
        seqs,
        2,
        seqs.map((seq) => lateReward(seq, 2)),
      ),
    )
  },
  setPriorities: () => {
    const seqs = newest(200)
    unlessGone(() =>
      stream().setPriorities(
        seqs,
        seqs.map((seq) => (seq % 7) + 1),
      ),
    )
  },
  sampleBatch: () => stream().sampleBatch(64, prioritizedReward()),
  queryRange: () => stream().queryRange(0, Number.MAX_SAFE_INTEGER),
  poll: () => {
    const subscription = stream().subscribe({ from: 'oldest' })
    while (subscription.poll().length > 0);
    subscription.close()
  },
}

/**
 * Works until it is ended; tells when it begins. `'iterate'` waits for events, `'close'` leaves the stream once.
 * @param {{ kind: string, writer: number }} order
 */
export async function work({ kind, writer }) {
  if (kind === 'close') for (let i = 0; i < 4; i++) write(stream(), writer, i)
  tell('begun')
  if (kind === 'close') return stream().close()
  if (kind === 'iterate') {
    for await (const batch of stream().subscribe({ from: 'oldest', maxBatch: 5 })) write(stream(), writer, batch.start)
    return
  }
  for (let round = 0; ; round++) WORK[kind]?.(writer, round)
}

/**
 * Takes part in a stream, and tells when it begins to.
 * @param {import('../support/library.mjs').StreamHandle} handle
 */
export function attachAndTell(handle) {
  tell('begun')
  return attach(handle)
}
