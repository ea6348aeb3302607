/**
 * The common task of the peers: keep the last `capacity` events and tell one subscriber of every new one.
 *
 * A peer gets a fresh object per event, as its users make it, with plain arrays, which are the cheapest kind. It draws
 * no id, reads no clock, validates nothing and cannot find, sample or score what it holds: what ours does besides is
 * left out of its figures.
 *
 * @module
 */

/** An event as a user of a peer makes it: the fields of a record without its id. */
export interface PeerEvent {
  timestamp: number
  episodeId: number
  stepNumber: number
  eventType: number
  flags: number
  state: number[]
  action: number[]
  rewardHomeostasis: number
  rewardCuriosity: number
  rewardEfficiency: number
  rewardGoal: number
  adnaVersionHash: number
}

/** A history with one subscriber. */
export interface Peer {
  /** Keeps the event and tells the subscriber. */
  append(event: PeerEvent): void
  /** The events that are held. */
  size(): number
}

/** Makes a peer whose subscriber is `notify`. */
export type MakePeer = (capacity: number, notify: (event: PeerEvent) => void) => Peer
