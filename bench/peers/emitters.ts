/**
 * Peers that are an emitter: the history is a plain array ring beside it.
 *
 * @module
 */

import { EventEmitter } from 'node:events'
import { EventEmitter as EventEmitter3 } from 'eventemitter3'
import mittModule from 'mitt'
import { ArrayRing } from './array-ring.js'
import type { MakePeer, PeerEvent } from './peer.js'

type Events = { event: PeerEvent }

// mitt's types are written for CommonJS, where the function would be a property of the module.
const mitt = mittModule as unknown as typeof mittModule.default

/** Node's EventEmitter. */
export const eventEmitter: MakePeer = (capacity, notify) => {
  const history = new ArrayRing<PeerEvent>(capacity)
  const emitter = new EventEmitter()
  emitter.on('event', notify)
  return {
    append(event) {
      history.push(event)
      emitter.emit('event', event)
    },
    size: () => history.size,
  }
}

/** eventemitter3. */
export const eventEmitter3: MakePeer = (capacity, notify) => {
  const history = new ArrayRing<PeerEvent>(capacity)
  const emitter = new EventEmitter3<{ event: (event: PeerEvent) => void }>()
  emitter.on('event', notify)
  return {
    append(event) {
      history.push(event)
      emitter.emit('event', event)
    },
    size: () => history.size,
  }
}

/** mitt. */
export const mittEmitter: MakePeer = (capacity, notify) => {
  const history = new ArrayRing<PeerEvent>(capacity)
  const emitter = mitt<Events>()
  emitter.on('event', notify)
  return {
    append(event) {
      history.push(event)
      emitter.emit('event', event)
    },
    size: () => history.size,
  }
}
