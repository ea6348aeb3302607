import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as L from '../../../src/layout.js'
import { applyCorrections } from '../../../src/storage/journal/corrections.js'
import { nodeCrc32 } from '../../../src/storage/journal/crc32.node.js'
import { newJournal } from '../../../src/storage/journal/journal-end.js'
import { JournalReader } from '../../../src/storage/journal/reader.js'
import { type RecoveredJournal, recoverJournal } from '../../../src/storage/journal/recover.js'
import type { WindowTarget } from '../../../src/storage/journal/window.js'
import { JournalWriter } from '../../../src/storage/journal/writer.js'
import { type Correction, corrections, IDENTITY, records } from '../support/journal.js'
import { MemoryDisk } from '../support/memory-disk.js'

/** An event as a naive journal keeps it. */
interface Event {
  bytes: Uint8Array
  mask: number
  metadata: string | undefined
}

type Step =
  | { kind: 'records'; count: number; split: number; mask: number | undefined; metadata: number | undefined }
  | { kind: 'corrections'; back: number; every: number; flags: number; mask: number; slots: number; reward: number }
  | { kind: 'gap'; count: number }
  | { kind: 'reopen'; close: boolean; capacity: number }
  | { kind: 'refresh' | 'sync' | 'state' }
  | { kind: 'remove'; keep: number }

const small = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max })
const writes = fc.record({
  kind: fc.constant('records' as const),
  count: fc.integer({ min: 1, max: 40 }),
  split: small(40),
  mask: fc.option(small(14), { nil: undefined }),
  metadata: fc.option(small(255), { nil: undefined }),
})
const lateWrites = fc.record({
  kind: fc.constant('corrections' as const),
  back: small(60),
  every: fc.integer({ min: 1, max: 9 }),
  flags: small(3),
  mask: small(15),
  slots: small(15),
  reward: small(9),
})
const others = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({ kind: fc.constant('gap' as const), count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ kind: fc.constantFrom('refresh' as const, 'sync' as const, 'state' as const) }),
  fc.record({ kind: fc.constant('remove' as const), keep: small(5) }),
)
const reopenings = fc.record({
  kind: fc.constant('reopen' as const),
  close: fc.boolean(),
  capacity: fc.integer({ min: 1, max: 99 }),
})
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { arbitrary: writes, weight: 6 },
    { arbitrary: lateWrites, weight: 4 },
    { arbitrary: others, weight: 2 },
    { arbitrary: reopenings, weight: 2 },
  ),
  { minLength: 10, maxLength: 50, size: 'max' },
)

test('whatever is written, corrected, reopened and removed, files and window say what a naive journal says', () => {
  let windows = 0
  fc.assert(
    fc.property(steps, (script) => {
      const run = new Run()
      try {
        for (const step of script) run.play(step)
        run.compare()
        windows += run.windows
      } finally {
        run.close()
      }
    }),
    { numRuns: 100, seed: 4 },
  )
  expect(windows).toBeGreaterThan(100)
})

/** A journal and its naive twin. */
class Run {
  windows = 0
  private readonly folder = { disk: new MemoryDisk(), crc32: nodeCrc32 }
  private readonly events = new Map<number, Event>()
  private readonly gaps: { start: number; end: number }[] = []
  private writer = new JournalWriter(this.folder, newJournal(IDENTITY), { segmentBytes: 4096 })
  private reader = new JournalReader(this.folder)
  private state = 0

  play(step: Step): void {
    switch (step.kind) {
      case 'records':
        return this.write(step)
      case 'corrections':
        return this.correct(step)
      case 'gap': {
        const start = this.writer.endSeq
        this.writer.writeGap(start, start + step.count, 'aborted')
        this.gaps.push({ start, end: start + step.count })
        return
      }
      case 'reopen':
        return this.reopen(step)
      case 'refresh':
        return this.compare()
      case 'sync':
        return this.writer.sync()
      case 'state':
        return this.writer.writeState(`{"cursors":{"a":${++this.state}},"followers":{}}`)
      case 'remove': {
        const { segments } = this.writer
        const position = (segments.at(-1 - step.keep)?.position ?? 0) - (step.keep % 2)
        const kept = segments.findLast((place) => place.position <= position) ?? segments[0]
        this.writer.removeSegmentsBefore(position)
        expect(this.writer.segments[0]).toBe(kept)
        return
      }
    }
  }

  /** Compares what the files say with the model. */
  compare(): void {
    this.reader.refresh()
    const { startSeq, endSeq, startPosition, endPosition } = this.reader
    expect([endSeq, endPosition]).toEqual([this.writer.endSeq, this.writer.position])
    const expected = [...this.events].filter(([seq]) => seq >= startSeq)
    const found = this.reader.events(startSeq, endSeq)
    expect(Array.from(found.seqs)).toEqual(expected.map(([seq]) => seq))
    for (const [i, [seq, event]] of expected.entries()) {
      const same = Buffer.compare(found.bytes.subarray(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES), event.bytes) === 0
      if (!same || found.masks[i] !== event.mask) expect.fail(`event ${seq} differs`)
    }
    const metadata = [...this.reader.metadata(startSeq, endSeq)].map(([seq, bytes]) => [seq, String(bytes[0])])
    const given = expected.filter(([, event]) => event.metadata !== undefined)
    // That of the first event may have stood in a segment that is gone.
    expect(metadata.filter(([seq]) => seq !== startSeq)).toEqual(
      given.filter(([seq]) => seq !== startSeq).map(([seq, event]) => [seq, event.metadata]),
    )
    const gaps = this.reader.gaps(startSeq, endSeq)
    expect(gaps).toEqual(this.gaps.filter(({ end }) => end > startSeq).map((gap) => ({ ...gap, reason: 'aborted' })))
    expect([...this.reader.blocks(0)].map(({ position }) => position)).toEqual(
      Array.from({ length: endPosition - startPosition }, (_, i) => startPosition + i),
    )
    for (const [seq] of expected.slice(0, 3)) {
      const [block] = this.reader.blocks(this.reader.positionOf(seq))
      expect((block?.seq as number) <= seq && seq < (block?.seq as number) + (block?.span as number)).toBe(true)
    }
  }

  close(): void {
    this.writer.close()
    this.reader.close()
  }

  private write({ count, split, mask, metadata }: Extract<Step, { kind: 'records' }>): void {
    const seq = this.writer.endSeq
    const bytes = records(seq, count)
    const cut = Math.min(split, count)
    if (metadata !== undefined) this.writer.writeMetadata([[seq, Uint8Array.of(metadata)]])
    const masks = mask === undefined ? undefined : new Uint8Array(count).fill(mask)
    const pieces = [bytes.subarray(0, cut * L.RECORD_BYTES), bytes.subarray(cut * L.RECORD_BYTES)]
    this.writer.writeRecords(seq, count, pieces, masks && [masks.subarray(0, cut), masks.subarray(cut)])
    for (let i = 0; i < count; i++) {
      this.events.set(seq + i, {
        bytes: bytes.slice(i * L.RECORD_BYTES, (i + 1) * L.RECORD_BYTES),
        mask: mask ?? 0,
        metadata: i === 0 && metadata !== undefined ? String(metadata) : undefined,
      })
    }
  }

  private correct({ back, every, flags, mask, slots, reward }: Extract<Step, { kind: 'corrections' }>): void {
    const entries: Correction[] = []
    for (const [seq, event] of this.events) {
      if (seq < this.writer.endSeq - back || seq % every !== 0) continue
      const rewards = [0, 1, 2, 3].map((slot) => ((slots >> slot) & 1 ? reward + slot : undefined))
      entries.push({ seq, flags, mask, rewards })
      const view = new DataView(event.bytes.buffer)
      for (const [slot, value] of rewards.entries()) {
        if (value !== undefined) view.setFloat32(L.REWARDS + slot * 4, value, true)
      }
      event.mask |= mask
      const complete = event.mask === IDENTITY.requiredMask ? L.FULLY_APPRAISED : 0
      view.setUint16(L.FLAGS, view.getUint16(L.FLAGS, true) | flags | complete, true)
    }
    this.writer.writeCorrections(corrections(...entries))
  }

  private reopen({ close, capacity }: Extract<Step, { kind: 'reopen' }>): void {
    if (close) {
      this.writer.sync()
      this.writer.close()
    }
    const recovered = recoverJournal(this.folder, { mode: 'strict', capacity, powerLoss: close }) as RecoveredJournal
    expect([recovered.torn, recovered.damage, recovered.end.nextSeq]).toEqual([undefined, [], this.writer.endSeq])
    expect(JSON.parse(recovered.end.state ?? '').cursors.a ?? 0).toBe(this.state)
    this.compareWindow(recovered, capacity)
    this.writer = new JournalWriter(this.folder, recovered.end, { segmentBytes: 4096 })
  }

  private compareWindow(recovered: RecoveredJournal, capacity: number): void {
    const { startSeq, endSeq } = recovered.window()
    const lastGap = this.gaps.at(-1)?.end ?? 0
    expect([startSeq, endSeq]).toEqual([
      Math.max(recovered.end.segments[0]?.nextSeq as number, lastGap, endSeq - capacity),
      this.writer.endSeq,
    ])
    const target = new Restored(startSeq, endSeq - startSeq)
    recovered.restore({ startSeq, endSeq }, target)
    expect(target.next).toBe(endSeq)
    for (let seq = startSeq; seq < endSeq; seq++) {
      const event = this.events.get(seq) as Event
      expect([Buffer.compare(target.bytesOf(seq), event.bytes), target.masks[seq - startSeq]]).toEqual([0, event.mask])
      if (event.metadata !== undefined && seq > startSeq) expect(target.known.get(seq)).toBe(event.metadata)
    }
    this.windows += endSeq > startSeq ? 1 : 0
  }
}

class Restored implements WindowTarget {
  next: number
  readonly masks: Uint8Array
  readonly known = new Map<number, string>()
  private readonly start: number
  private readonly bytes: Uint8Array
  private readonly seqs: Float64Array

  constructor(start: number, length: number) {
    this.start = start
    this.next = start
    this.bytes = new Uint8Array(length * L.RECORD_BYTES)
    this.masks = new Uint8Array(length)
    this.seqs = Float64Array.from({ length }, (_, i) => start + i)
  }

  bytesOf(seq: number): Uint8Array {
    const at = (seq - this.start) * L.RECORD_BYTES
    return this.bytes.subarray(at, at + L.RECORD_BYTES)
  }

  records(seq: number, count: number, bytes: Uint8Array, masks: Uint8Array | undefined): void {
    expect([seq, bytes.length, masks?.length ?? count]).toEqual([this.next, count * L.RECORD_BYTES, count])
    this.bytes.set(bytes, (seq - this.start) * L.RECORD_BYTES)
    if (masks !== undefined) this.masks.set(masks, seq - this.start)
    this.next = seq + count
  }

  corrections(list: Parameters<WindowTarget['corrections']>[0]): void {
    const { seqs, bytes, masks } = this
    expect(applyCorrections(list, { length: seqs.length, seqs, bytes, masks }, IDENTITY.requiredMask)).toBe(list.length)
  }

  metadata(seq: number, bytes: Uint8Array): void {
    this.known.set(seq, String(bytes[0]))
  }
}
