/**
 * A journal with its host, as a stream in one thread has it, over the real writer and reader; and what the journal is to
 * hold, kept in plain maps. A crash loses what was not flushed.
 *
 * @module
 */

import * as L from '../../../../src/layout.js'
import type { Checkpoint, EventMetadata } from '../../../../src/storage/cold/cold-storage.js'
import type { JournalHost, JournalNames, JournalProgress } from '../../../../src/storage/durable/host.js'
import { CorrectionMerger } from '../../../../src/storage/journal/corrections.js'
import { nodeCrc32 } from '../../../../src/storage/journal/crc32.node.js'
import { newJournal } from '../../../../src/storage/journal/journal-end.js'
import { packMetadata } from '../../../../src/storage/journal/metadata.js'
import { JournalReader } from '../../../../src/storage/journal/reader.js'
import { recoverJournal } from '../../../../src/storage/journal/recover.js'
import { JournalWriter } from '../../../../src/storage/journal/writer.js'
import { IDENTITY, records } from '../../support/journal.js'
import { MemoryDisk } from '../../support/memory-disk.js'
import type { FakeClock } from './fake-clock.js'

/** What is known of an event. */
export interface Truth {
  rewards: [number, number, number, number]
  mask: number
  metadata: EventMetadata | undefined
}

export interface HostOptions {
  capacity?: number
  settleMs?: number
  segmentBytes?: number
  firstSeq?: number
  requiredMask?: number
}

export class TestHost implements JournalHost {
  readonly source: JournalReader
  readonly names: TestNames
  readonly settleMs: number
  readonly holds = new Set<string>()
  closed = false
  /** Events that the journal holds, and those that were accepted. */
  readonly journaled: Map<number, Truth>
  readonly accepted: Map<number, Truth>
  readonly capacity: number
  /** Whether `durable` is behind `written`, as far as `sync` was last called. */
  private synced: { seq: number; position: number } | undefined
  private readonly options: HostOptions
  private readonly clock: FakeClock
  private readonly disk: MemoryDisk
  private readonly writer: JournalWriter
  private pending: { seq: number; bytes: Uint8Array }[] = []
  private dirty = new CorrectionMerger()
  private readonly watchers = new Set<() => void>()
  private readonly rotated: (() => void)[] = []

  constructor(clock: FakeClock, options: HostOptions = {}, before?: TestHost) {
    const { capacity = 1000, settleMs = 5000, segmentBytes = 1 << 20, firstSeq = 0, requiredMask = 15 } = options
    this.options = options
    this.clock = clock
    this.capacity = capacity
    this.settleMs = settleMs
    this.disk = before?.disk ?? new MemoryDisk()
    this.journaled = before?.journaled ?? new Map()
    this.accepted = new Map([...this.journaled].map(([seq, truth]) => [seq, copyOf(truth)]))
    const folder = { disk: this.disk, crc32: nodeCrc32 }
    const found = before && recoverJournal(folder, { mode: 'strict', powerLoss: false })
    const end = found?.end ?? newJournal({ ...IDENTITY, capacity, firstSeq, requiredMask })
    this.writer = new JournalWriter(folder, end, { segmentBytes, nowUs: () => clock.now() })
    this.source = new JournalReader(folder)
    this.names = new TestNames(this.writer.lastState)
  }

  /** The process ends and another one opens the directory. */
  crash(): TestHost {
    this.closed = true
    return new TestHost(this.clock, this.options, this)
  }

  get progress(): JournalProgress {
    const { endSeq, position } = this.writer
    const { seq, position: synced } = this.synced ?? { seq: endSeq, position }
    return { writtenSeq: endSeq, writtenPosition: position, durableSeq: seq, durablePosition: synced }
  }

  get nextSeq(): number {
    return this.writer.endSeq + this.pending.length
  }

  /** From now on what is durable is what was written when `sync` was last called. */
  sync(): void {
    this.synced = { seq: this.writer.endSeq, position: this.writer.position }
    this.changed()
  }

  write(rewards: Truth['rewards'] = [0, 0, 0, 0], mask = 0, metadata?: EventMetadata): number {
    const seq = this.nextSeq
    const bytes = records(seq, 1)
    this.pending.push({ seq, bytes })
    this.accepted.set(seq, { rewards: [...rewards], mask, metadata })
    return seq
  }

  /** Scores an event, wherever it is; as the stream does, a state if it is live and a slot alone if it is not. */
  reward(seq: number, slot: number, reward: number): void {
    const truth = this.accepted.get(seq)
    if (truth === undefined) return
    truth.rewards[slot] = Math.fround(reward)
    truth.mask |= 1 << slot
    if (seq >= this.writer.endSeq) return
    const isLive = seq >= this.nextSeq - this.capacity
    if (isLive) this.dirty.add(seq, 0, truth.mask, 15, truth.rewards)
    else this.dirty.add(seq, 0, 1 << slot, 1 << slot, [reward, reward, reward, reward])
  }

  /** Numbers that a thread claimed and never wrote. */
  abort(count: number): void {
    this.flushNow()
    this.writer.writeGap(this.writer.endSeq, this.writer.endSeq + count, 'aborted')
    this.changed()
  }

  /** Writes out: metadata, records, corrections, names. */
  flushNow(): void {
    const segments = this.writer.segments.length
    const { pending, dirty } = this
    this.pending = []
    this.dirty = new CorrectionMerger()
    const metadata = pending.flatMap(({ seq }): [number, Uint8Array][] => {
      const given = this.accepted.get(seq)?.metadata
      return given === undefined ? [] : [[seq, packMetadata(given, 65536)]]
    })
    if (metadata.length > 0) this.writer.writeMetadata(metadata)
    if (pending.length > 0) this.writeRecords(pending)
    if (dirty.size > 0) this.writer.writeCorrections(dirty.list())
    if (this.names.text !== this.writer.lastState) this.writer.writeState(this.names.text)
    for (const seq of [...pending.map((event) => event.seq), ...dirty.list().seqs]) {
      this.journaled.set(seq, copyOf(this.accepted.get(seq) as Truth))
    }
    this.changed()
    if (this.writer.segments.length > segments) for (const listener of this.rotated) listener()
  }

  async flush(): Promise<void> {
    this.flushNow()
  }

  async durable(): Promise<void> {
    this.flushNow()
    if (this.synced !== undefined) this.sync()
  }

  wait(after: JournalProgress, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const before = JSON.stringify(after)
    return new Promise((resolve) => {
      const ended = new AbortController()
      const look = (): void => {
        if (!this.closed && !signal?.aborted && JSON.stringify(this.progress) === before) return
        done()
      }
      const done = (): void => {
        this.watchers.delete(look)
        signal?.removeEventListener('abort', look)
        ended.abort()
        resolve()
      }
      this.watchers.add(look)
      signal?.addEventListener('abort', look, { once: true })
      this.clock.sleep(timeoutMs, ended.signal).then(done)
      look()
    })
  }

  close(): void {
    this.closed = true
    this.changed()
  }

  hold(what: string): () => void {
    this.holds.add(what)
    return () => this.holds.delete(what)
  }

  onRotate(listener: () => void): void {
    this.rotated.push(listener)
  }

  removeBefore(position: number): void {
    this.writer.removeSegmentsBefore(position)
    this.source.refresh()
  }

  /** The record that a store is to have of an event, and its mask. */
  expected(seq: number): { bytes: Uint8Array; mask: number; metadata: EventMetadata | undefined } {
    const truth = this.journaled.get(seq) as Truth
    const bytes = records(seq, 1)
    const view = new DataView(bytes.buffer)
    for (let slot = 0; slot < 4; slot++) view.setFloat32(L.REWARDS + slot * 4, truth.rewards[slot] as number, true)
    const required = this.source.identity.requiredMask
    if ((truth.mask & required) === required) view.setUint16(L.FLAGS, L.FULLY_APPRAISED, true)
    return { bytes, mask: truth.mask, metadata: truth.metadata }
  }

  private writeRecords(pending: readonly { seq: number; bytes: Uint8Array }[]): void {
    const required = this.source.identity.requiredMask
    const masks = Uint8Array.from(pending, ({ seq }) => (this.accepted.get(seq) as Truth).mask)
    for (const { seq, bytes } of pending) {
      const view = new DataView(bytes.buffer)
      const { rewards, mask } = this.accepted.get(seq) as Truth
      for (let slot = 0; slot < 4; slot++) view.setFloat32(L.REWARDS + slot * 4, rewards[slot] as number, true)
      if ((mask & required) === required) view.setUint16(L.FLAGS, L.FULLY_APPRAISED, true)
    }
    const pieces = pending.map(({ bytes }) => bytes)
    const isPlain = masks.every((mask) => mask === 0 || mask === required)
    const { seq } = pending[0] as { seq: number }
    this.writer.writeRecords(seq, pending.length, pieces, isPlain ? undefined : [masks])
  }

  private changed(): void {
    for (const watcher of [...this.watchers]) watcher()
  }
}

function copyOf({ rewards, mask, metadata }: Truth): Truth {
  return { rewards: [...rewards], mask, metadata }
}

class TestNames implements JournalNames {
  private readonly kept: { cursors: Record<string, number>; followers: Record<string, Checkpoint> }

  constructor(state: string) {
    this.kept = JSON.parse(state)
  }

  get text(): string {
    return JSON.stringify(this.kept)
  }

  cursor(name: string): number | undefined {
    return this.kept.cursors[name]
  }

  setCursor(name: string, seq: number): void {
    this.kept.cursors[name] = seq
  }

  removeCursor(name: string): void {
    delete this.kept.cursors[name]
  }

  follower(name: string): Checkpoint | undefined {
    return this.kept.followers[name]
  }

  setFollower(name: string, { seq, position }: Checkpoint): void {
    this.kept.followers[name] = { seq, position }
  }

  removeFollower(name: string): void {
    delete this.kept.followers[name]
  }

  followers(): ReadonlyMap<string, Checkpoint> {
    return new Map(Object.entries(this.kept.followers))
  }

  cursors(): ReadonlyMap<string, number> {
    return new Map(Object.entries(this.kept.cursors))
  }
}
