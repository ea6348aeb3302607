/**
 * Opens what a killed process has left, brings the stores up, and compares every tier with what was promised and with
 * each other.
 *
 * @module
 */

import { FileColdStorage, openExperienceStream, openHistory } from './library.mjs'
import { optionsOf, storesOf } from './plan.mjs'

const RECORD = 128

/**
 * Everything that a tier holds, ascending.
 * @typedef {object} Rows
 * @property {Uint8Array} bytes
 * @property {number[]} seqs
 * @property {number[]} masks
 * @property {Map<number, unknown>} metadata
 */

/** @typedef {import('../../../src/storage/index.node.js').StoredEvents} Stored */

/**
 * Faults go to the promises.
 * @param {import('./plan.mjs').Chapter} chapter
 * @param {number} run the last one
 * @param {import('./promises.mjs').Promises} promises
 * @returns {Promise<boolean>} whether the journal had a torn tail
 */
export async function inspect(chapter, run, promises) {
  const stream = await openExperienceStream(optionsOf(chapter))
  const stores = storesOf(FileColdStorage, chapter.directory)
  try {
    const { damage, torn } = stream.recovery
    if (damage.length > 0) promises.fault(`opening found damage: ${JSON.stringify(damage)}`)
    const total = stream.totalWritten
    const followers = stores.map((store) => stream.follow(store, { onReport: (report) => onReport(report, promises) }))
    await Promise.all(followers.map((follower) => follower.flush()))

    const batch = await stream.history.query().toBatch()
    promises.check(foundIn(batch), run, total)
    const all = rowsIn([batch])
    const gaps = []
    for await (const gap of stream.history.gaps(0, total)) gaps.push(gap)
    const missing = lengthOf(gaps)
    if (all.seqs.length + missing !== total) {
      promises.fault(`history has ${all.seqs.length} events and ${JSON.stringify(gaps)} of ${total} numbers`)
    }
    if (!chapter.shared && missing > 0) promises.fault(`numbers without an event: ${JSON.stringify(gaps)}`)

    compareWindow(stream, all, promises)
    for (const store of stores) {
      compare(`store ${store.name}`, all, await rowsOf(store.query()), promises)
      const { endSeq, events, gaps: holes, skipped, dropped } = store.coverage()
      if (endSeq !== total || events !== all.seqs.length || holes !== missing || skipped + dropped > 0) {
        promises.fault(`store ${store.name} has ${JSON.stringify(store.coverage())} of ${total}`)
      }
      const { faults } = await store.verify()
      if (faults.length > 0) promises.fault(`store ${store.name}: ${JSON.stringify(faults)}`)
    }
    await compareJournal(chapter, all, promises)
    const seen = stream.subscribe({ name: 'seen', from: 'oldest' })
    promises.checkCursor(`after run ${run}`, seen.position)
    seen.close()
    return torn !== undefined
  } finally {
    await stream.close()
    for (const store of stores) await store.close()
  }
}

/**
 * @param {import('../../../src/storage/index.node.js').FollowReport} report
 * @param {import('./promises.mjs').Promises} promises
 */
function onReport(report, promises) {
  const { name, kind } = report
  const reason = 'error' in report ? /** @type {Error} */ (report.error).stack : JSON.stringify(report)
  promises.fault(`follower ${name} ${kind}: ${reason}`)
}

/**
 * The ring has the newest events as everybody else has them.
 * @param {import('./library.mjs').Durable} stream
 * @param {Rows} all
 * @param {import('./promises.mjs').Promises} promises
 */
function compareWindow(stream, all, promises) {
  const { oldestSeq, totalWritten, capacity } = stream
  if (oldestSeq > Math.max(0, totalWritten - capacity)) {
    promises.fault(`the ring begins at ${oldestSeq} of ${totalWritten} with a capacity of ${capacity}`)
  }
  const batch = stream.queryRange(oldestSeq, totalWritten)
  const from = all.seqs.findIndex((seq) => seq >= oldestSeq)
  const expected = from < 0 ? new Uint8Array(0) : all.bytes.subarray(from * RECORD)
  if (!same(batch.bytes.subarray(0, batch.length * RECORD), expected)) {
    promises.fault(`the ring's ${batch.length} events from ${oldestSeq} are not those of history`)
  }
}

/**
 * The files alone, read as one does beside the owner.
 * @param {import('./plan.mjs').Chapter} chapter
 * @param {Rows} all
 * @param {import('./promises.mjs').Promises} promises
 */
async function compareJournal({ directory, keeps }, all, promises) {
  const journal = await openHistory(directory)
  try {
    const rows = await rowsOf(journal.query())
    const first = keeps ? 0 : all.seqs.indexOf(/** @type {number} */ (rows.seqs[0]))
    const tail = {
      ...all,
      seqs: all.seqs.slice(first),
      masks: all.masks.slice(first),
      bytes: all.bytes.subarray(first * RECORD),
      metadata: new Map([...all.metadata].filter(([seq]) => seq >= /** @type {number} */ (all.seqs[first]))),
    }
    compare('journal', tail, rows, promises)
  } finally {
    await journal.close()
  }
}

/**
 * @param {string} name
 * @param {Rows} expected
 * @param {Rows} rows
 * @param {import('./promises.mjs').Promises} promises
 */
function compare(name, expected, rows, promises) {
  if (rows.seqs.length !== expected.seqs.length || rows.seqs.some((seq, i) => seq !== expected.seqs[i])) {
    return promises.fault(`the ${name} has ${rows.seqs.length} events, history ${expected.seqs.length}`)
  }
  const differs = rows.seqs.findIndex((_, i) => {
    const at = i * RECORD
    const isSame = same(rows.bytes.subarray(at, at + RECORD), expected.bytes.subarray(at, at + RECORD))
    return !isSame || rows.masks[i] !== expected.masks[i]
  })
  if (differs >= 0) {
    const [is, was] = [rows, expected].map(({ bytes, masks }) => {
      const hex = Buffer.from(bytes.subarray(differs * RECORD, (differs + 1) * RECORD)).toString('hex')
      return `${hex} mask ${masks[differs]}`
    })
    promises.fault(`event ${rows.seqs[differs]} in the ${name}: ${is}, in history: ${was}`)
  }
  if (JSON.stringify([...rows.metadata]) !== JSON.stringify([...expected.metadata])) {
    promises.fault(`metadata of ${rows.metadata.size} events in the ${name}, of ${expected.metadata.size} in history`)
  }
}

/**
 * @param {AsyncIterable<Stored>} batches
 * @returns {Promise<Rows>}
 */
async function rowsOf(batches) {
  /** @type {Stored[]} */
  const kept = []
  for await (const batch of batches) kept.push(batch)
  return rowsIn(kept)
}

/**
 * @param {readonly Stored[]} kept
 * @returns {Rows}
 */
function rowsIn(kept) {
  return {
    bytes: Buffer.concat(kept.map(({ bytes, length }) => bytes.subarray(0, length * RECORD))),
    seqs: kept.flatMap(({ seqs, length }) => Array.from(seqs.subarray(0, length))),
    masks: kept.flatMap(({ masks, length }) => Array.from(masks.subarray(0, length))),
    metadata: new Map(kept.flatMap(({ metadata }) => [...metadata]).sort(([a], [b]) => a - b)),
  }
}

/**
 * The events of history one by one.
 * @param {import('./library.mjs').HistoryBatch} batch
 * @returns {Iterable<import('./promises.mjs').Found>}
 */
function* foundIn(batch) {
  for (let i = 0; i < batch.length; i++) {
    const view = batch.view(i)
    yield { view, mask: /** @type {number} */ (batch.masks[i]), metadata: batch.metadata.get(view.seq) }
  }
}

/** @param {readonly { start: number, end: number }[]} gaps */
function lengthOf(gaps) {
  return gaps.reduce((sum, { start, end }) => sum + end - start, 0)
}

/**
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 */
function same(a, b) {
  return Buffer.compare(a, b) === 0
}
