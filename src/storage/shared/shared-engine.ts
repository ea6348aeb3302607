/**
 * A ring that threads share with its journal written by a thread of its own, as the opening thread sees it.
 *
 * @module
 */

import { ClosedError } from '../../errors.js'
import type { EventInput } from '../../event/types.js'
import { assertSeq } from '../../kernel/ring.js'
import type { StreamParts } from '../../stream/parts.js'
import type { Subscription } from '../../stream/subscription.js'
import { assertInteger } from '../../stream/validate.js'
import type { GatedRing } from '../../threads/gated-ring.js'
import * as W from '../../threads/journal-words.js'
import type { SharedParts } from '../../threads/shared-parts.js'
import type { EventMetadata } from '../cold/cold-storage.js'
import type { DurableEngine, EngineParts } from '../durable/engine.js'
import type { JournalHost, JournalProgress } from '../durable/host.js'
import { NamedSubscriptions } from '../durable/named-subscriptions.js'
import { KeptNames } from '../durable/names.js'
import type { DurableSubscribeOptions, JournalRetention, JournalStats, RecoveryReport } from '../durable/types.js'
import { BackpressureError, StorageError } from '../errors.js'
import type { HistoryRing } from '../history/tier.js'
import { packMetadata, unpackMetadata } from '../journal/metadata.js'
import type { StreamIdentity } from '../journal/source.js'
import type { JournalLink } from './journal-link.js'
import { sharedDesk } from './shared-desk.js'
import { sharedWindow } from './shared-window.js'

const RETRY_MS = 10

/** What an engine is made of. */
export interface SharedEngineParts extends EngineParts {
  readonly identity: StreamIdentity
  readonly parts: SharedParts
  readonly link: JournalLink
}

/** See the module. */
export class SharedEngine implements DurableEngine {
  readonly directory: string
  readonly identity: StreamIdentity
  readonly recovery: RecoveryReport
  readonly parts: StreamParts
  readonly host: JournalHost
  readonly window: HistoryRing
  readonly retention: JournalRetention | undefined
  private readonly made: SharedEngineParts
  private readonly ring: GatedRing
  private readonly names: KeptNames
  private readonly subscriptions: NamedSubscriptions
  /** Bytes of metadata that are on their way. */
  private sent = 0
  private scheduled = false

  constructor(made: SharedEngineParts) {
    const { parts, metadata, link, options, source } = made
    this.made = made
    this.directory = made.directory
    this.identity = made.identity
    this.recovery = made.recovery
    this.parts = parts
    this.ring = parts.ring as GatedRing
    this.names = new KeptNames(made.state, () => this.schedule())
    this.window = sharedWindow(parts.ring, (seq) => metadata.get(seq))
    this.host = this.makeHost()
    this.retention = options.retention
    const { durability } = options
    const { maxLag } = options.stream
    // What a turn of the event loop wrote is written out also if nobody waits for it; the process lives until then.
    if (durability !== 'none') this.ring.onRest = () => void this.flush().catch(() => {})
    this.subscriptions = new NamedSubscriptions({
      desk: sharedDesk({ parts, link, names: this.names, source, durability }),
      maxLag,
      plain: (plain) => parts.subscribe(plain),
      left: () => this.closeSource(),
    })
  }

  async ready(count: number, signal: AbortSignal | undefined): Promise<void> {
    const { ring } = this
    const { link } = this.made
    assertInteger(count, 'count', 1, ring.backlog)
    const { words } = link.words
    const hasRoom = (): boolean => ring.gate.number - ring.next >= count && Atomics.load(words, W.REFUSES) === 0
    const failures = link.words.get(W.FAILURES)
    const isOver = (): boolean => ring.closed || hasRoom() || link.words.get(W.FAILURES) > failures
    signal?.throwIfAborted()
    while (true) {
      if (ring.closed) throw new ClosedError('stream')
      if (hasRoom()) return
      if (link.words.get(W.FAILURES) > failures) throw new StorageError(link.words.reason(W.REFUSES_FAILED))
      link.words.call()
      await link.sleep(isOver, RETRY_MS, signal)
      signal?.throwIfAborted()
    }
  }

  async writeWithMetadata(event: EventInput, metadata: EventMetadata): Promise<number> {
    const { options, parts, link, metadata: store } = this.made
    const bytes = packMetadata(metadata, options.maxMetadataBytes)
    if (this.sent > 0 && this.sent + bytes.length > options.metadataBytes) {
      throw new BackpressureError('the journal has to write out metadata first', RETRY_MS)
    }
    // Its number is this thread's from here on, and the journal hears of the metadata before it sees the event.
    this.ring.assertRoom(1)
    const seq = this.ring.claimStart
    link.post({ kind: 'metadata', seq, bytes })
    try {
      parts.encoder.write(event)
    } catch (error) {
      link.post({ kind: 'forget', seq })
      throw error
    }
    store.keep(seq, bytes, this.ring.floor)
    this.sent += bytes.length
    try {
      await this.host.durable()
    } finally {
      this.sent -= bytes.length
    }
    return seq
  }

  getMetadata(seq: number): EventMetadata | undefined {
    const { ring } = this
    const { metadata, source } = this.made
    ring.assertOpen()
    assertSeq(seq, 'seq')
    if (!ring.isLive(seq)) return undefined
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
    const { ring, identity } = this
    const { options, link, metadata } = this.made
    const { words } = link
    const { next } = ring
    const durable = words.get(W.DURABLE_SEQ)
    return {
      durability: options.durability,
      written: next - identity.firstSeq,
      durable: durable - identity.firstSeq,
      pending: next - durable,
      backlog: next - words.get(W.WRITTEN_SEQ),
      backlogCorrections: ring.posts,
      segments: words.get(W.SEGMENTS),
      bytes: words.get(W.BYTES),
      corrections: words.get(W.CORRECTIONS),
      corrected: ring.posted,
      flushes: words.get(W.FLUSHES),
      syncs: words.get(W.SYNCS),
      drains: ring.gate.waits,
      backpressure: ring.gate.refusals,
      failures: words.get(W.FAILURES),
      lastError: link.lastError,
      metadata: { events: metadata.size, bytes: metadata.bytes },
    }
  }

  async end(): Promise<void> {
    const { link, release } = this.made
    try {
      this.sendNames()
      await link.close()
    } finally {
      this.closeSource()
      await release()
    }
  }

  /** Subscribers that iterate still read what was written. */
  private closeSource(): void {
    if (this.made.link.ended && this.subscriptions.size === 0) this.made.source.close()
  }

  /** All changes of a turn go in one message. */
  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    this.made.afterTurn(() => {
      this.scheduled = false
      this.sendNames()
    })
  }

  private sendNames(): void {
    if (!this.names.changed || this.made.link.ended) return
    this.names.changed = false
    this.made.link.post({ kind: 'state', text: this.names.text() })
  }

  private flush(signal?: AbortSignal): Promise<void> {
    this.sendNames()
    this.ring.handBack()
    return this.made.link.ask(signal)
  }

  private makeHost(): JournalHost {
    const { link, source, options } = this.made
    const isFailed = (): boolean => link.ended || Atomics.load(link.words.words, W.REFUSES) % 2 !== 0
    return {
      source,
      names: this.names,
      settleMs: options.settleMs,
      get progress(): JournalProgress {
        return link.progress
      },
      get closed() {
        return link.ended
      },
      flush: () => this.flush(),
      durable: async (signal) => {
        signal?.throwIfAborted()
        if (options.durability !== 'none' || isFailed()) await this.flush(signal)
      },
      wait: (after, timeoutMs, signal) => link.sleep(() => link.hasMoved(after), timeoutMs, signal),
      hold: (what) => link.hold(what),
      onRotate: (listener) => link.onRotate(listener),
      removeBefore: (position) => link.post({ kind: 'remove', position }),
    }
  }
}
