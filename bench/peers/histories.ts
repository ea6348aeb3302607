/**
 * Peers that are a history: the subscriber is called from a list of callbacks.
 *
 * @module
 */

import Denque from 'denque'
import { CircularBuffer } from 'mnemonist'
import { ReplaySubject } from 'rxjs'
import { ArrayRing } from './array-ring.js'
import type { MakePeer, PeerEvent } from './peer.js'

type Listener = (event: PeerEvent) => void

function tell(listeners: readonly Listener[], event: PeerEvent): void {
  for (const listener of listeners) listener(event)
}

/** A plain array written round and round. */
export const arrayRing: MakePeer = (capacity, notify) => {
  const history = new ArrayRing<PeerEvent>(capacity)
  const listeners = [notify]
  return {
    append(event) {
      history.push(event)
      tell(listeners, event)
    },
    size: () => history.size,
  }
}

/** denque: a push, and a shift when there are too many. */
export const denque: MakePeer = (capacity, notify) => {
  const history = new Denque<PeerEvent>()
  const listeners = [notify]
  return {
    append(event) {
      history.push(event)
      if (history.length > capacity) history.shift()
      tell(listeners, event)
    },
    size: () => history.length,
  }
}

/** mnemonist's CircularBuffer over a plain array. */
export const circularBuffer: MakePeer = (capacity, notify) => {
  const history = new CircularBuffer<PeerEvent>(Array, capacity)
  const listeners = [notify]
  return {
    append(event) {
      history.push(event)
      tell(listeners, event)
    },
    size: () => history.size,
  }
}

/** RxJS's ReplaySubject of `capacity` events. */
export const replaySubject: MakePeer = (capacity, notify) => {
  const subject = new ReplaySubject<PeerEvent>(capacity)
  subject.subscribe(notify)
  let size = 0
  return {
    append(event) {
      subject.next(event)
      size = Math.min(size + 1, capacity)
    },
    size: () => size,
  }
}
