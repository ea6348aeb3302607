/**
 * Memory of what was met lately, with a fixed limit: the episodes of an input whose number of episodes is not known.
 *
 * Two generations: an entry that is used moves to the young one; when that is full, the old one is dropped and the
 * young one becomes old. So at most `2 × limit` entries are held, and the `limit` that were used last are always among
 * them. Amortised O(1) per use. Which entries are dropped depends on nothing but the order of the uses.
 *
 * @module
 */

import { createHmac } from 'node:crypto'

/** Entries per generation, unless said otherwise. */
export const EPISODES_REMEMBERED = 65_536

const LONGEST_REMEMBERED_TEXT = 255

/** A map that forgets what was not used for long. */
export class RecentMap<K, V> {
  /** Entries that were made, counting anew what was forgotten and came back. */
  made = 0
  /** Entries that were dropped. */
  forgotten = 0
  readonly #limit: number
  #young = new Map<K, V>()
  #old = new Map<K, V>()

  constructor(limit: number = EPISODES_REMEMBERED) {
    this.#limit = limit
  }

  /** The entry of the key, made by `make` if there is none, and now the one that was used last. */
  use(key: K, make: (key: K) => V): V {
    const known = this.#young.get(key)
    if (known !== undefined) return known
    let value = this.#old.get(key)
    if (value === undefined) {
      value = make(key)
      this.made++
    } else {
      this.#old.delete(key)
    }
    this.#young.set(key, value)
    if (this.#young.size >= this.#limit) {
      this.forgotten += this.#old.size
      this.#old = this.#young
      this.#young = new Map()
    }
    return value
  }
}

/** Counts the steps of episodes that bring no step numbers, in order of arrival. */
export class StepCounter {
  readonly #episodes: RecentMap<bigint, { next: number }>

  constructor(limit?: number) {
    this.#episodes = new RecentMap(limit)
  }

  get episodes(): number {
    return this.#episodes.made
  }

  get forgotten(): number {
    return this.#episodes.forgotten
  }

  /** The number of the next step of the episode, from 0; wraps after 2^32. */
  next(episodeId: bigint): number {
    const episode = this.#episodes.use(episodeId, () => ({ next: 0 }))
    const step = episode.next
    episode.next = (step + 1) % 2 ** 32
    return step
  }
}

/** Names episodes by keyed hashes of texts, and remembers those of short texts. */
export class HashedEpisodes {
  readonly #salt: Uint8Array | string
  readonly #known = new RecentMap<string, bigint>()

  constructor(salt: Uint8Array | string) {
    this.#salt = salt
  }

  /** See {@link keyedEpisode}. */
  of(text: string): bigint {
    if (text.length > LONGEST_REMEMBERED_TEXT) return keyedEpisode(text, this.#salt)
    return this.#known.use(text, (key) => keyedEpisode(key, this.#salt))
  }
}

/**
 * An episode number for a text that must not be kept: the first 53 bits of its HMAC-SHA256, so that it is exact as a
 * `number`. Without the key nobody can tell which text it was by trying all of them.
 */
export function keyedEpisode(text: Uint8Array | string, salt: Uint8Array | string): bigint {
  const digest = createHmac('sha256', salt).update(text).digest()
  return digest.readBigUInt64BE(0) >> 11n
}
