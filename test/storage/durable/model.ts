/**
 * The oracle of durable streams: every event that was ever accepted, with the rewards of all time; and, for what was not
 * acknowledged, every state that a crash may leave.
 *
 * @module
 */

import { expect } from 'vitest'
import * as L from '../../../src/layout.js'
import type { DurableExperienceStream } from '../../../src/storage/index.node.js'

/** The late part of an event. */
interface Late {
  rewards: number[]
  mask: number
}

/** One event: its present state, and all that it had since the last acknowledgement, the first one included. */
interface Entry {
  step: number
  flags: number
  late: Late
  since: Late[]
}

/** What a stream was told. */
export class DurableModel {
  readonly events: Entry[] = []
  /** Events that were acknowledged. */
  safe = 0
  private readonly required: number

  constructor(required: number) {
    this.required = required
  }

  write(step: number, flags: number): void {
    const mask = (flags & L.FULLY_APPRAISED) !== 0 ? this.required : 0
    const late = { rewards: [0, 0, 0, 0], mask }
    this.events.push({ step, flags, late, since: [late] })
  }

  change(seq: number, slot: number, reward: number | undefined, bits: number): void {
    const entry = this.events[seq]!
    const rewards = [...entry.late.rewards]
    if (reward !== undefined) rewards[slot] = Math.fround(reward)
    entry.late = { rewards, mask: entry.late.mask | bits }
    entry.since.push(entry.late)
  }

  /** Everything so far is safe. */
  acknowledge(): void {
    this.safe = this.events.length
    for (const entry of this.events) entry.since = [entry.late]
  }

  /**
   * Compares a reopened stream with what may have been left, and goes on from what was: every acknowledged event and
   * state, or a newer one, in ring and files alike.
   */
  adopt(stream: DurableExperienceStream): void {
    const { source } = stream.host
    const end = stream.totalWritten
    expect(end).toBeGreaterThanOrEqual(this.safe)
    expect(end).toBeLessThanOrEqual(this.events.length)
    this.events.length = end
    source.refresh()
    expect([source.startSeq, source.endSeq]).toEqual([0, end])
    const { length, bytes, masks } = source.events(0, end)
    expect(length).toBe(end)
    for (let seq = 0; seq < end; seq++) {
      const entry = this.events[seq]!
      const found = late(bytes, masks, seq)
      expect(entry.since).toContainEqual(found)
      entry.late = found
    }
    this.acknowledge()
    this.compare(stream)
  }

  /** Compares what is live. */
  compare(stream: DurableExperienceStream): void {
    const next = this.events.length
    expect([stream.totalWritten, stream.size]).toEqual([next, Math.min(next, stream.capacity)])
    const batch = stream.queryRange(stream.oldestSeq, next)
    const rewards = batch.rewards()
    for (let i = 0; i < batch.length; i++) {
      const { step, flags, late } = this.events[batch.start + i]!
      const event = batch.at(i)
      const complete = (late.mask & this.required) === this.required ? L.FULLY_APPRAISED : 0
      expect([event.stepNumber, event.flags]).toEqual([step, flags | complete])
      expect([...rewards.subarray(i * 4, i * 4 + 4)]).toEqual(late.rewards)
    }
    const { written, durable, pending } = stream.stats().journal
    expect(written).toBe(durable + pending)
    expect(written).toBe(next)
  }
}

function late(bytes: Uint8Array, masks: Uint8Array, i: number): Late {
  const view = new DataView(bytes.buffer, bytes.byteOffset + i * L.RECORD_BYTES, L.RECORD_BYTES)
  return {
    rewards: [0, 1, 2, 3].map((slot) => view.getFloat32(L.REWARDS + slot * 4, true)),
    mask: masks[i]!,
  }
}
