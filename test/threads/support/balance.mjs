/**
 * What must hold of a shared stream once its threads rest.
 *
 * @module
 */

import { asScored, faultsOf, inputOf } from './payload.mjs'

/**
 * Writes a lap and returns what is wrong with the totals or the events of a stream in which no other thread works.
 * @param {import('./library.mjs').Stream} stream
 * @param {number} writer
 * @param {number} index
 */
export function faultsAtRest(stream, writer, index) {
  // A batch of its own first: it leaves nothing of a claim, whose numbers would be pending.
  stream.writeBatch([inputOf(writer, index)])
  const faults = totalsAtRest(stream)
  const stood = stream.queryRange(0, Number.MAX_SAFE_INTEGER)
  faults.push(...faultsOf(stood, asScored))
  if (stood.length !== stream.stats().readable)
    faults.push(`${stood.length} events read, ${stream.stats().readable} stand`)

  const lap = Array.from({ length: stream.capacity }, (_, i) => inputOf(writer, index + 1 + i))
  const { start, end } = stream.writeBatch(lap)
  const written = stream.queryRange(start, end)
  faults.push(...faultsOf(written), ...totalsAtRest(stream))
  if (written.length !== lap.length) faults.push(`${written.length} of ${lap.length} events of a lap can be read`)
  return faults
}

/**
 * What is wrong with the totals.
 * @param {import('./library.mjs').Stream} stream
 */
export function totalsAtRest(stream) {
  const { written, readable, evicted, threads } = stream.stats()
  const { claimed = 0, aborted = 0, pending = 0, stalled } = threads ?? {}
  const faults = []
  if (pending !== 0) faults.push(`${pending} numbers are pending`)
  if (claimed !== written + aborted) faults.push(`claimed ${claimed} is not written ${written} + aborted ${aborted}`)
  if (written !== readable + evicted) faults.push(`written ${written} is not readable ${readable} + evicted ${evicted}`)
  if (stalled !== undefined) faults.push(`readers wait for ${stalled.seq} of writer ${stalled.writerId}`)
  return faults
}

/**
 * What is wrong with the account of a subscription.
 * @param {import('../../../src/index.js').SubscriptionStats} account
 */
export function accountFaults({ from, position, received, filtered, missed, aborted }) {
  const sum = received + filtered + missed + aborted
  return sum === position - from ? [] : [`a subscription accounts for ${sum} of ${position - from} numbers`]
}
