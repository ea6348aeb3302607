/**
 * What can be seen of a stream, compared with its model.
 *
 * @module
 */

import { expect } from 'vitest'
import { EventBatch, type ExperienceStream } from '../../src/index.js'
import { encode, hex, type ModelEvent, RECORD_SIZE, totalOf } from '../model/record.js'
import { check, sameJson, sameNumbers } from '../model/same.js'
import type { ModelStream } from '../model/stream.js'

/** Compares a stream with its model; reuses the buffers of its reads, so that leftovers would show. */
export class Observer {
  private readonly ranged = new EventBatch()

  constructor(
    private readonly stream: ExperienceStream,
    private readonly model: ModelStream,
  ) {}

  /** Compares the counters, and the newest `depth` events. */
  compare(depth: number, openSubscriptions: number): void {
    const { stream, model } = this
    sameNumbers([stream.totalWritten, stream.size, stream.oldestSeq], [model.nextSeq, model.size, model.oldestSeq])
    const { index: _index, memory: _memory, threads, subscriptions, ...rest } = stream.stats()
    const counters = { ...rest, journal: undefined, followers: undefined }
    sameJson(counters, {
      capacity: model.capacity,
      firstSeq: model.firstSeq,
      written: model.nextSeq - model.firstSeq,
      readable: model.size,
      evicted: model.nextSeq - model.firstSeq - model.size,
      oldestSeq: model.oldestSeq,
      nextSeq: model.nextSeq,
      rewards: { applied: model.applied, evicted: model.lateUpdates, fullyAppraised: model.fullyAppraised },
    })
    const { claimed, aborted, pending, stalled } = threads ?? { claimed: counters.written, aborted: 0, pending: 0 }
    sameJson({ claimed, aborted, pending, stalled }, { claimed: counters.written, aborted: 0, pending: 0 })
    sameNumbers([subscriptions.length], [openSubscriptions])
    for (const { from, position, received, filtered, missed } of subscriptions) {
      check(received + filtered + missed === position - from, () => `a subscription from ${from} does not add up`)
    }
    const start = Math.max(model.oldestSeq, model.nextSeq - depth)
    this.range(start, model.nextSeq)
    if (model.explicit) {
      const seqs = Array.from({ length: model.nextSeq - start }, (_, i) => start + i)
      const expected = seqs.map((seq) => model.events.get(seq)!.priority)
      sameNumbers(stream.getPriorities(seqs), expected)
    }
  }

  /** Compares the live part of a range, copied and in place. */
  range(start: number, end: number): void {
    const range = this.model.range(start, end)
    const batch = this.stream.queryRange(start, end, { into: this.ranged })
    const seqs = Array.from({ length: range.end - range.start }, (_, i) => range.start + i)
    sameNumbers([batch.length], [seqs.length])
    if (seqs.length > 0) sameNumbers([batch.start, batch.end], [range.start, range.end])
    sameNumbers(batch.seqs, seqs)
    this.records(batch.bytes, seqs)
    const pieces = this.stream.segments(start, end)
    check(pieces.length <= 2, () => `${pieces.length} segments`)
    this.records(joined(pieces), seqs)
  }

  /** Compares packed records with the model, which learns here the ids that the stream has drawn. */
  records(bytes: Uint8Array, seqs: readonly number[]): void {
    sameNumbers([bytes.length], [seqs.length * RECORD_SIZE])
    const expected = new Uint8Array(bytes.length)
    seqs.forEach((seq, i) => {
      const event = this.model.events.get(seq)!
      event.id ??= drawnId(bytes.subarray(i * RECORD_SIZE, i * RECORD_SIZE + 16))
      encode(event, expected, i * RECORD_SIZE)
    })
    if (!equalBytes(bytes, expected)) expect(hexRows(bytes)).toEqual(hexRows(expected))
  }

  /** Compares one event: snapshot, view and record. */
  event(seq: number): void {
    const event = this.model.events.get(seq)
    const found = this.stream.getEvent(seq)
    const view = this.stream.view(seq)
    if (event === undefined) {
      expect([found, view]).toEqual([undefined, undefined])
      return
    }
    this.range(seq, seq + 1)
    expect(found).toEqual(snapshot(event))
    const { seq: at, isLive, eventId, timestamp, episodeId, stepNumber, totalReward, state } = view!
    expect({ at, isLive, eventId, timestamp, episodeId, stepNumber, totalReward, state }).toEqual({
      at: seq,
      isLive: true,
      eventId: found!.eventId,
      timestamp: event.timestamp,
      episodeId: event.episodeId,
      stepNumber: event.stepNumber,
      totalReward: totalOf(event),
      state: Float32Array.from(event.state),
    })
  }
}

function drawnId(bytes: Uint8Array): string {
  sameNumbers([bytes[6]! >> 4, bytes[8]! >> 6], [4, 2])
  return hex(bytes)
}

function snapshot(event: ModelEvent): Record<string, unknown> {
  const id = event.id!
  return {
    seq: event.seq,
    eventId: [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join('-'),
    timestamp: event.timestamp,
    episodeId: event.episodeId,
    stepNumber: event.stepNumber,
    eventType: event.eventType,
    flags: event.flags,
    state: Float32Array.from(event.state),
    action: Float32Array.from(event.action),
    rewardHomeostasis: event.rewards[0],
    rewardCuriosity: event.rewards[1],
    rewardEfficiency: event.rewards[2],
    rewardGoal: event.rewards[3],
    adnaVersionHash: event.adnaVersionHash,
    totalReward: totalOf(event),
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return a.length === b.length
}

function hexRows(bytes: Uint8Array): string[] {
  return Array.from({ length: bytes.length / RECORD_SIZE }, (_, i) =>
    hex(bytes.subarray(i * RECORD_SIZE, (i + 1) * RECORD_SIZE)),
  )
}
