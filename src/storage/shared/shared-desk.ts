/**
 * What durable subscriptions to a shared stream stand on: settled events of the ring, and the files.
 *
 * @module
 */

import type { SharedParts } from '../../threads/shared-parts.js'
import type { SubscriptionDesk } from '../durable/durable-subscription.js'
import type { KeptNames } from '../durable/names.js'
import type { Durability } from '../durable/types.js'
import type { JournalSource } from '../journal/source.js'
import type { JournalLink } from './journal-link.js'
import { copyLive } from './shared-window.js'

/** Where a desk looks. */
export interface DeskGround {
  readonly parts: SharedParts
  readonly link: JournalLink
  readonly names: KeptNames
  readonly source: JournalSource
  readonly durability: Durability
}

/** Sets up a desk. */
export function sharedDesk({ parts, link, names, source, durability }: DeskGround): Omit<SubscriptionDesk, 'left'> {
  const { ring, room } = parts
  const inRing = (after: 'written' | 'durable'): boolean => after === 'written' || durability === 'none'
  const watermark = (after: 'written' | 'durable'): number => {
    return inRing(after) ? ring.upcoming : link.progress.durableSeq
  }
  return {
    ring,
    names,
    open: parts.open,
    watermark,
    files: () => {
      source.refresh()
      return source
    },
    live: (start, end) => copyLive(ring, start, end),
    sleep: (after, position, onRelease) => {
      const isReady = (): boolean => watermark(after) > position || (inRing(after) ? ring.closed : link.ended)
      if (inRing(after)) return room.sleep(isReady, onRelease)
      return link.sleep(isReady, Number.POSITIVE_INFINITY, undefined, onRelease)
    },
    get ended() {
      return link.ended
    },
  }
}
