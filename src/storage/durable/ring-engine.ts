/**
 * A ring of one thread with its journal written in the same thread.
 *
 * @module
 */

import type { EventInput } from '../../event/types.js'
import { assertSeq } from '../../kernel/ring.js'
import type { StreamParts } from '../../stream/parts.js'
import type { RingParts } from '../../stream/ring-parts.js'
import type { Subscription } from '../../stream/subscription.js'
import type { EventMetadata } from '../cold/cold-storage.js'
import { ringWindow } from '../history/ring-window.js'
import type { HistoryRing } from '../history/tier.js'
import { packMetadata, unpackMetadata } from '../journal/metadata.js'
import type { StreamIdentity } from '../journal/source.js'
import type { JournalWriter } from '../journal/writer.js'
import { Backlog } from './backlog.js'
import { DurableLateWriter } from './durable-late-writer.js'
import type { SubscriptionDesk } from './durable-subscription.js'
import type { DurableEngine, EngineParts } from './engine.js'
import type { JournalHost } from './host.js'
import { JournalPump } from './journal-pump.js'
import { NamedSubscriptions } from './named-subscriptions.js'
import { KeptNames } from './names.js'
import { liveEvents } from './old-events.js'
import type { DurableSubscribeOptions, JournalRetention, JournalStats, RecoveryReport } from './types.js'

/** What an engine is made of. */
export interface RingEngineParts extends EngineParts {
  readonly ring: RingParts
  readonly writer: JournalWriter
}

/** See the module. */
export class RingEngine implements DurableEngine {
  readonly directory: string
  readonly identity: StreamIdentity
  readonly recovery: RecoveryReport
  readonly parts: StreamParts
  readonly host: JournalHost
  readonly window: HistoryRing
  readonly retention: JournalRetention | undefined
  private readonly made: RingEngineParts
  private readonly names: KeptNames
  private readonly backlog: Backlog
  private readonly pump: JournalPump
  private readonly late: DurableLateWriter
  private readonly subscriptions: NamedSubscriptions

  constructor(made: RingEngineParts) {
    const { ring: parts, options, writer, metadata } = made
    const { ring, registry } = parts
    this.made = made
    this.directory = made.directory
    this.identity = writer.identity
    this.recovery = made.recovery
    this.names = new KeptNames(made.state, () => this.pump.touched())
    this.backlog = new Backlog(ring, writer, metadata, this.names)
    this.pump = new JournalPump(ring, this.backlog, writer, { ...options, afterTurn: made.afterTurn })
    this.late = new DurableLateWriter(ring, parts.late, this.backlog, this.pump, {
      firstSeq: this.identity.firstSeq,
      onFull: options.onFull,
    })
    ring.wake = () => {
      registry.wakeAll()
      this.pump.touched()
    }
    ring.waiting = true
    this.parts = { ...parts, late: this.late, stats: () => this.ringStats() }
    this.host = this.makeHost()
    this.retention = options.retention
    this.window = ringWindow(ring, (seq) => metadata.get(seq))
    this.subscriptions = new NamedSubscriptions({
      desk: this.makeDesk(),
      maxLag: options.stream.maxLag,
      plain: (plain) => parts.subscribe(plain),
      left: () => this.closeSource(),
    })
  }

  ready(count: number, signal: AbortSignal | undefined): Promise<void> {
    return this.pump.ready(count, signal)
  }

  async writeWithMetadata(event: EventInput, metadata: EventMetadata): Promise<number> {
    const { ring: parts, metadata: store, options } = this.made
    const packed = packMetadata(metadata, options.maxMetadataBytes)
    parts.ring.assertOpen()
    if (store.isFull(packed.length)) this.makeRoomForMetadata()
    const seq = parts.encoder.write(event)
    store.add(seq, packed, parts.ring.oldest)
    // With 'none' as well: metadata is in the journal before the write is acknowledged.
    await this.pump.flush()
    await this.pump.durable()
    return seq
  }

  getMetadata(seq: number): EventMetadata | undefined {
    const { ring: parts, metadata, source } = this.made
    parts.ring.assertOpen()
    assertSeq(seq, 'seq')
    if (!parts.ring.isLive(seq)) return undefined
    const kept = metadata.get(seq)
    if (kept !== undefined || seq >= metadata.droppedBefore) return kept
    source.refresh()
    const packed = source.metadata(seq, seq + 1).get(seq)
    return packed === undefined ? undefined : unpackMetadata(packed)
  }

  subscribe(options: DurableSubscribeOptions): Subscription {
    return this.subscriptions.subscribe(options)
  }

  removeSubscription(name: string): boolean {
    return this.subscriptions.remove(name)
  }

  journalStats(): JournalStats {
    const { writer, options, metadata } = this.made
    const { pump, backlog, late } = this
    const { ring } = this.made.ring
    const durable = pump.progress.durableSeq
    return {
      durability: options.durability,
      written: ring.next - this.identity.firstSeq,
      durable: durable - this.identity.firstSeq,
      pending: ring.next - durable,
      backlog: backlog.events,
      backlogCorrections: backlog.corrected,
      segments: writer.segments.length,
      bytes: writer.bytesWritten,
      corrections: backlog.corrections,
      corrected: late.corrected,
      flushes: pump.flushes,
      syncs: writer.syncs,
      drains: pump.gate.drains,
      backpressure: pump.gate.refusals,
      failures: pump.failures,
      lastError: pump.lastError,
      metadata: { events: metadata.size, bytes: metadata.bytes },
    }
  }

  async end(): Promise<void> {
    try {
      await this.pump.close()
    } finally {
      this.closeSource()
      await this.made.release()
    }
  }

  /** Subscribers that iterate still read what was written. */
  private closeSource(): void {
    if (this.pump.ended && this.subscriptions.size === 0) this.made.source.close()
  }

  /** The ring began at the oldest event that was restored; the stream began earlier. */
  private ringStats(): ReturnType<StreamParts['stats']> {
    const { firstSeq } = this.identity
    const stats = this.made.ring.stats()
    return {
      ...stats,
      firstSeq,
      written: stats.nextSeq - firstSeq,
      evicted: stats.oldestSeq - firstSeq,
      rewards: { ...stats.rewards, evicted: stats.rewards.evicted - this.late.correctedInBulk },
    }
  }

  private makeRoomForMetadata(): void {
    if (this.made.options.onFull === 'drain') return this.pump.writeOut()
    this.pump.schedule()
    throw this.pump.gate.refusal('the journal has to write out metadata first')
  }

  private makeHost(): JournalHost {
    const { pump, names } = this
    const { source, writer, options } = this.made
    return {
      source,
      names,
      settleMs: options.settleMs,
      get progress() {
        return pump.progress
      },
      get closed() {
        return pump.ended
      },
      flush: () => pump.flush(),
      durable: (signal) => pump.durable(signal),
      wait: (after, timeoutMs, signal) => pump.wait(after, timeoutMs, signal),
      hold: (what) => pump.hold(what),
      onRotate: (listener) => pump.onRotate(listener),
      removeBefore: (position) => writer.removeSegmentsBefore(position),
    }
  }

  private makeDesk(): Omit<SubscriptionDesk, 'left'> {
    const { pump, names, backlog } = this
    const { source, options } = this.made
    const { ring, registry } = this.made.ring
    const isWritten = (after: 'written' | 'durable'): boolean => after === 'written' || options.durability === 'none'
    return {
      ring,
      names,
      open: registry.open,
      watermark: (after) => (isWritten(after) ? ring.next : pump.progress.durableSeq),
      files: () => {
        if (!pump.ended && backlog.corrected > 0) pump.writeOut()
        source.refresh()
        return source
      },
      live: (start, end) => liveEvents(ring, start, end),
      sleep: (after, _position, onRelease) =>
        isWritten(after) ? registry.sleep(onRelease) : pump.watchers.sleep(onRelease),
      get ended() {
        return pump.ended
      },
    }
  }
}
