/**
 * Moving a stream from a source into a store, from where the store is: run again it goes on, and nothing comes twice.
 *
 * Contract:
 * - Events come with what has become of them by the end of the source, so the store's checkpoint names that end from the
 *   first batch on, and what has changed since of events that the store has already comes first, as corrections.
 * - Each batch moves the checkpoint in the same commit as its rows. Numbers without an event become gaps.
 * - The next batch is read while one is written. Memory: these two, and the corrections of one piece of the journal.
 *
 * @module
 */

import { FLAGS, RECORD_BYTES, REWARD_SLOTS, REWARDS } from '../../layout.js'
import type { Checkpoint, ColdStorage, StoredEvents } from '../../storage/cold/cold-storage.js'
import { NO_CORRECTIONS } from '../../storage/cold/correction-lists.js'
import { NO_EVENTS, recordsOf } from '../../storage/cold/events.js'
import { StoreMismatchError } from '../../storage/errors.js'
import type { CorrectionList } from '../../storage/journal/corrections.js'
import type { Gap, StreamIdentity } from '../../storage/journal/source.js'
import type { LateRewards, StreamSource } from './source.js'

/** How much was moved. */
export interface CopyReport {
  /** Events that the store got now, corrections of those that it had, and numbers that nobody has an event of. */
  copied: number
  corrected: number
  missing: number
}

/** What a stream is moved into. */
export interface CopyTarget extends Omit<ColdStorage, 'open'> {
  /** As that of every store; one that keeps several streams also learns who writes this one. */
  open(identity: StreamIdentity, origin?: StreamSource['origin']): Promise<Checkpoint | undefined>
}

/** How to move. */
export interface CopyOptions {
  readonly batchSize: number
  readonly signal?: AbortSignal | undefined
  /** Called behind each batch with the number behind its last event. */
  readonly onStep?: ((seq: number) => void) | undefined
}

const ALL_SLOTS = 2 ** REWARD_SLOTS - 1

/**
 * Moves everything that the store does not have, and commits it.
 * @throws {StoreMismatchError} if the store holds another stream, or has more of this one than the source.
 */
export async function copyStream(source: StreamSource, store: CopyTarget, options: CopyOptions): Promise<CopyReport> {
  const { identity, origin, end } = source
  const { batchSize, signal, onStep } = options
  const report: CopyReport = { copied: 0, corrected: 0, missing: 0 }
  signal?.throwIfAborted()
  const committed = await store.open(identity, origin)
  let at = committed ?? { seq: identity.firstSeq, position: 0 }
  assertNotAhead(store, source, at)
  if (at.seq > identity.firstSeq && at.position < end.position) {
    for await (const { corrections, position } of late(source, at, options)) {
      at = { seq: at.seq, position }
      await store.write({ events: NO_EVENTS, corrections, gaps: [] }, at, signal)
      report.corrected += corrections.length
    }
  }
  for await (const events of readAhead(source.query(at.seq, end.seq, { batchSize, signal }))) {
    signal?.throwIfAborted()
    const to = { seq: (events.seqs[events.length - 1] as number) + 1, position: end.position }
    const gaps = await gapsOf(source, events, at.seq, to.seq)
    await store.write({ events, corrections: NO_CORRECTIONS, gaps }, to, signal)
    report.copied += events.length
    report.missing += to.seq - at.seq - events.length
    at = to
    onStep?.(at.seq)
  }
  if (committed === undefined || at.seq < end.seq || at.position < end.position) {
    const gaps = await gapsOf(source, NO_EVENTS, at.seq, end.seq)
    await store.write({ events: NO_EVENTS, corrections: NO_CORRECTIONS, gaps }, end, signal)
    report.missing += end.seq - at.seq
  }
  await store.flush(signal)
  return report
}

/** The same batches, each asked for before the one before it is done with. */
async function* readAhead(batches: AsyncIterable<StoredEvents>): AsyncGenerator<StoredEvents> {
  const iterator = batches[Symbol.asyncIterator]()
  let next = iterator.next()
  try {
    for (;;) {
      const { value, done } = await next
      if (done) return
      next = iterator.next()
      // Who has ended before never asks what became of it.
      next.catch(() => {})
      yield value
    }
  } finally {
    await next.catch(() => {})
    await iterator.return?.()
  }
}

function assertNotAhead(store: CopyTarget, { name, end }: StreamSource, at: Checkpoint): void {
  if (at.seq <= end.seq && at.position <= end.position) return
  throw new StoreMismatchError(
    store.name,
    `it is at event ${at.seq} and block ${at.position}, ${name} ends before event ${end.seq} and block ${end.position}`,
    { ...at, endSeq: end.seq, endPosition: end.position },
  )
}

/** What has become of the events that the store has since it got them. */
async function* late(source: StreamSource, at: Checkpoint, options: CopyOptions): AsyncGenerator<LateRewards> {
  const pieces = source.late(at.position, at.seq)
  if (pieces !== undefined) return yield* pieces
  for await (const events of source.query(source.identity.firstSeq, at.seq, options)) {
    yield { corrections: stateOf(events), position: at.position }
  }
  yield { corrections: NO_CORRECTIONS, position: source.end.position }
}

/** Everything about events that can have changed. */
function stateOf(events: StoredEvents): CorrectionList {
  const { length, seqs, masks } = events
  const records = recordsOf(events)
  const flags = new Uint16Array(length)
  const rewards = new Float32Array(length * REWARD_SLOTS)
  for (let i = 0, at = 0; i < length; i++, at += RECORD_BYTES) {
    flags[i] = records.getUint16(at + FLAGS, true)
    for (let slot = 0; slot < REWARD_SLOTS; slot++) {
      rewards[i * REWARD_SLOTS + slot] = records.getFloat32(at + REWARDS + slot * 4, true)
    }
  }
  return { length, seqs, flags, masks, slots: new Uint8Array(length).fill(ALL_SLOTS), rewards }
}

/** The numbers of [start, end) that no event has, with the reasons that the source knows. */
async function gapsOf(source: StreamSource, events: StoredEvents, start: number, end: number): Promise<Gap[]> {
  if (end - start === events.length) return []
  const known = await source.gaps(start, end)
  const gaps: Gap[] = []
  const fill = (from: number, to: number): void => {
    let next = from
    for (const gap of known) {
      const begin = Math.max(gap.start, next)
      const until = Math.min(gap.end, to)
      if (begin >= until) continue
      if (begin > next) gaps.push({ start: next, end: begin, reason: 'missed' })
      gaps.push({ start: begin, end: until, reason: gap.reason })
      next = until
    }
    if (next < to) gaps.push({ start: next, end: to, reason: 'missed' })
  }
  let next = start
  for (let i = 0; i < events.length; i++) {
    const seq = events.seqs[i] as number
    if (seq > next) fill(next, seq)
    next = seq + 1
  }
  if (next < end) fill(next, end)
  return gaps
}
