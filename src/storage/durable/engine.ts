/**
 * What a durable stream does beyond a stream, by where its journal is written: in its own thread, or in a worker.
 *
 * @module
 */

import type { EventInput } from '../../event/types.js'
import type { StreamParts } from '../../stream/parts.js'
import type { Subscription } from '../../stream/subscription.js'
import type { EventMetadata } from '../cold/cold-storage.js'
import type { HistoryRing } from '../history/tier.js'
import type { JournalSource, StreamIdentity } from '../journal/source.js'
import type { JournalHost } from './host.js'
import type { MetadataStore } from './metadata-store.js'
import type { ResolvedDurable } from './options.js'
import type { DurableSubscribeOptions, JournalRetention, JournalStats, RecoveryReport } from './types.js'

/** A ring with its journal. */
export interface DurableEngine {
  readonly directory: string
  readonly identity: StreamIdentity
  readonly recovery: RecoveryReport
  readonly parts: StreamParts
  readonly host: JournalHost
  /** The live window, as history reads it. */
  readonly window: HistoryRing
  readonly retention: JournalRetention | undefined
  ready(count: number, signal: AbortSignal | undefined): Promise<void>
  /** Writes an event with metadata; resolves with its number once both are as safe as the level says. */
  writeWithMetadata(event: EventInput, metadata: EventMetadata): Promise<number>
  getMetadata(seq: number): EventMetadata | undefined
  subscribe(options: DurableSubscribeOptions): Subscription
  removeSubscription(name: string): boolean
  journalStats(): JournalStats
  /** Called once, after `parts.close`: writes everything out, makes it safe, lets go of the directory. */
  end(): Promise<void>
}

/** What every engine is made of. */
export interface EngineParts {
  readonly directory: string
  readonly options: ResolvedDurable
  readonly recovery: RecoveryReport
  readonly source: JournalSource
  readonly metadata: MetadataStore
  /** The names that the journal holds. */
  readonly state: string | undefined
  /** Calls back once the event loop has turned. */
  readonly afterTurn: (callback: () => void) => void
  /** Lets go of the directory. */
  readonly release: () => void | Promise<void>
}
