/**
 * What the thread that opened a shared stream and the one that writes its journal send each other. Events and late
 * writes are not among it: they stand in the ring.
 *
 * @module
 */

import type { StreamHandle } from '../../stream/types.js'
import type { Durability } from '../durable/types.js'
import type { JournalEnd } from '../journal/journal-end.js'

/** What the journal's thread is started with. */
export interface JournalOrders {
  readonly handle: StreamHandle
  readonly end: JournalEnd
  readonly segmentBytes: number
  readonly durability: Durability
}

/** To the journal's thread. */
export type ToJournal =
  /** Metadata of event `seq`, which is written only after this was sent. */
  | { readonly kind: 'metadata'; readonly seq: number; readonly bytes: Uint8Array }
  /** Event `seq` was not written after all. */
  | { readonly kind: 'forget'; readonly seq: number }
  /** The names that the journal keeps. */
  | { readonly kind: 'state'; readonly text: string }
  /** Segments that end before `position` may go. */
  | { readonly kind: 'remove'; readonly position: number }
  /** Everything is to be written out and the journal closed. */
  | { readonly kind: 'close' }

/** From the journal's thread. */
export type FromJournal =
  | { readonly kind: 'ready' }
  /** A segment is full. */
  | { readonly kind: 'rotated' }
  /** A write or a sync failed; the text is the one that all threads see. */
  | { readonly kind: 'failed'; readonly message: string }
  /** The journal is closed; with a message if not everything could be written. */
  | { readonly kind: 'closed'; readonly message: string | undefined }
