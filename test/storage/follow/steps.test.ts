/**
 * The steps of a follower: how far one leads, what it brings, and that none is without bounds.
 *
 * @module
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Checkpoint } from '../../../src/storage/cold/cold-storage.js'
import { PendingCorrections } from '../../../src/storage/follow/pending.js'
import { planStep, StepReader, type Stride } from '../../../src/storage/follow/step.js'
import { type CorrectionList, CorrectionMerger } from '../../../src/storage/journal/corrections.js'
import * as F from '../../../src/storage/journal/format.js'
import { corrections } from '../support/journal.js'
import { FakeClock } from './support/fake-clock.js'
import { TestHost } from './support/test-host.js'

function host(capacity = 1e6): TestHost {
  return new TestHost(new FakeClock(), { capacity, segmentBytes: 64 << 20 })
}

function write(to: TestHost, count: number, metadata?: { executorId: string }): void {
  for (let i = 0; i < count; i++) to.write([0, 0, 0, 0], 0, metadata)
  to.flushNow()
}

function endOf({ source }: TestHost): Checkpoint {
  source.refresh()
  return { seq: source.endSeq, position: source.endPosition }
}

function stride(batchSize: number, settleUs = -1, settleEvents = 1e6): Stride {
  return { batchSize, settleUs, settleEvents }
}

/** Kinds of the blocks of a step. */
function kinds({ source }: TestHost, from: Checkpoint, to: Checkpoint): number[] {
  return Array.from(source.blocks(from.position, to.position), ({ kind }) => kind)
}

describe('a step', () => {
  test('leads to the end of the journal if all of it is settled and fits a batch', () => {
    const journal = host()
    write(journal, 5)
    journal.reward(1, 0, 1)
    journal.flushNow()
    const end = endOf(journal)
    expect(planStep(journal.source, { seq: 0, position: 0 }, 5, end, stride(5))).toEqual(end)
    expect(planStep(journal.source, end, 5, end, stride(5))).toEqual(end)
  })

  test('stays behind its last event while there is a way to go, and at the end for what has not settled', () => {
    const journal = host()
    const start = { seq: 0, position: 0 }
    for (let i = 0; i < 5; i++) {
      write(journal, 10)
      journal.reward(i * 10, 0, 1)
      journal.flushNow()
    }
    const end = endOf(journal)
    const first = planStep(journal.source, start, 40, end, stride(10))
    expect([first.seq, kinds(journal, start, first)]).toEqual([10, [F.STATE, F.RECORDS]])
    const second = planStep(journal.source, first, 40, end, stride(15))
    expect([second.seq, kinds(journal, first, second)]).toEqual([
      25,
      [F.CORRECTIONS, F.RECORDS, F.CORRECTIONS, F.RECORDS],
    ])
    expect(planStep(journal.source, second, 40, end, stride(15))).toEqual({ seq: 40, position: end.position })
    expect(planStep(journal.source, end, 40, end, stride(15))).toEqual(end)
  })

  test('reads corrections ahead of its events by the time in which they settle, or the events', () => {
    const clock = new FakeClock()
    const journal = new TestHost(clock, { capacity: 1e6 })
    write(journal, 10)
    for (let i = 0; i < 6; i++) {
      clock.us += 1e6
      journal.reward(5, 0, i)
      journal.flushNow()
      write(journal, 10)
    }
    const end = endOf(journal)
    const start = { seq: 0, position: 0 }
    const upTo = (settleMs: number, settleEvents: number): number => {
      const to = planStep(journal.source, start, end.seq, end, stride(10, settleMs * 1000, settleEvents))
      return kinds(journal, start, to).filter((kind) => kind === F.CORRECTIONS).length
    }
    expect([999, 1000, 3500, 1e6].map((settleMs) => upTo(settleMs, 1e6))).toEqual([0, 1, 3, 6])
    expect([10, 11, 20, 21, 1000].map((settleEvents) => upTo(1e6, settleEvents))).toEqual([1, 2, 2, 3, 6])
  })

  test('is cut where it would bring too many corrections, between two blocks', () => {
    const journal = host()
    write(journal, 40_000)
    for (let i = 0; i < 3; i++) {
      for (let seq = 0; seq < 40_000; seq++) journal.reward(seq, i, i + 1)
      journal.flushNow()
      write(journal, 1)
    }
    const end = endOf(journal)
    const reader = new StepReader(journal.source, { seq: 0, position: 0 })
    const steps: Checkpoint[] = []
    let applied = 0
    for (;;) {
      const to = planStep(journal.source, reader.at, 40_003, end, stride(1e6))
      if (reader.isIdle(to)) break
      const batch = reader.read(to)
      steps.push(to)
      applied += batch.corrections.length
      expect(batch.corrections.length).toBeLessThanOrEqual(65_536)
    }
    expect(steps.at(-1)).toEqual(end)
    expect(steps.map(({ seq }) => seq)).toEqual([0, 40_003])
    expect(applied).toBe(0)
  })

  test('is cut where it would bring too much metadata', () => {
    const journal = host()
    for (let i = 0; i < 12; i++) write(journal, 33, { executorId: 'x'.repeat(60_000) })
    const end = endOf(journal)
    let at: Checkpoint = { seq: 0, position: 0 }
    const lengths: number[] = []
    while (at.seq < end.seq) {
      const to = planStep(journal.source, at, end.seq, end, stride(1e6))
      lengths.push(to.seq - at.seq)
      at = to
    }
    expect(lengths.length).toBeGreaterThan(1)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(330)
    expect(at).toEqual(end)
  })

  test('brings what was read ahead also to one who begins anew', () => {
    const journal = host()
    write(journal, 20)
    for (let seq = 0; seq < 20; seq++) journal.reward(seq, 1, seq + 1)
    journal.flushNow()
    const end = endOf(journal)
    const reader = new StepReader(journal.source, { seq: 10, position: end.position })
    const batch = reader.read(end)
    expect(batch.corrections.length).toBe(0)
    expect(Array.from(batch.events.seqs)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
    expect(Array.from(batch.events.masks)).toEqual(new Array(10).fill(2))
  })
})

describe('pending corrections', () => {
  test('are those of a merger, taken by ranges, whatever the order', () => {
    const entry = fc.record({
      seq: fc.integer({ min: 0, max: 5000 }),
      flags: fc.constantFrom(0, 16, 1 << 8),
      mask: fc.nat(15),
      rewards: fc.array(fc.option(fc.integer({ min: -9, max: 9 }), { nil: undefined }), { maxLength: 4 }),
    })
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), fc.array(fc.nat(5100), { maxLength: 5 }), (entries, cuts) => {
        const pending = new PendingCorrections()
        const merger = new CorrectionMerger()
        for (const one of entries) {
          const list = corrections(one)
          addTo(pending, list)
          if (one.flags || one.mask || (list.slots[0] as number)) merger.addList(list)
        }
        const taken = new CorrectionMerger()
        let start = 0
        for (const end of [...cuts.sort((a, b) => a - b), 5001]) {
          taken.addList(pending.take(start, Math.max(start, end)))
          start = Math.max(start, end)
        }
        expect(plain(taken.list())).toEqual(plain(merger.list()))
        expect(plain(pending.take(start, 6000)).seqs).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  test('take memory by pages of what is corrected, and give it back', () => {
    const pending = new PendingCorrections()
    for (const seq of [5, 2 ** 40, 2 ** 40 + 1, 2 ** 50]) addTo(pending, corrections({ seq, mask: 1 }))
    expect(pending.size).toBe(3 * 1024)
    expect(Array.from(pending.take(2 ** 40 - 2048, 2 ** 40 + 1).seqs)).toEqual([2 ** 40])
    expect(Array.from(pending.take(2 ** 40 + 1, 2 ** 40 + 1024).seqs)).toEqual([2 ** 40 + 1])
    expect(pending.size).toBe(2 * 1024)
  })
})

/** Adds one entry as it stands in a block. */
function addTo(pending: PendingCorrections, list: CorrectionList): void {
  const view = new DataView(new ArrayBuffer(F.CORRECTION_BYTES))
  view.setUint16(F.C_FLAGS, list.flags[0] as number, true)
  view.setUint8(F.C_MASK, list.masks[0] as number)
  view.setUint8(F.C_SLOTS, list.slots[0] as number)
  for (let slot = 0; slot < 4; slot++) view.setFloat32(F.C_REWARDS + slot * 4, list.rewards[slot] as number, true)
  pending.add(list.seqs[0] as number, view, 0)
}

function plain({ seqs, flags, masks, slots, rewards }: CorrectionList): Record<string, number[]> {
  return {
    seqs: [...seqs],
    flags: [...flags],
    masks: [...masks],
    slots: [...slots],
    rewards: [...rewards],
  }
}
