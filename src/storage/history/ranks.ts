/**
 * Draws of ranks: which of `population` events a sample takes.
 *
 * @module
 */

import type { Random } from './random.js'

/** `size` ranks below `population`, each drawn from all, in the order of the draws. */
export function ranksWithReplacement(random: Random, size: number, population: number): Float64Array {
  const ranks = new Float64Array(population === 0 ? 0 : size)
  for (let i = 0; i < ranks.length; i++) ranks[i] = random.below(population)
  return ranks
}

/** `min(size, population)` different ranks; each set and each order of it as likely as any other. R. W. Floyd's method. */
export function ranksWithoutReplacement(random: Random, size: number, population: number): Float64Array {
  const count = Math.min(size, population)
  const taken = new Set<number>()
  for (let limit = population - count + 1; limit <= population; limit++) {
    const rank = random.below(limit)
    taken.add(taken.has(rank) ? limit - 1 : rank)
  }
  return shuffle(random, Float64Array.from(taken))
}

/** Puts the entries into a random order, in place. */
export function shuffle(random: Random, entries: Float64Array): Float64Array {
  for (let i = entries.length - 1; i > 0; i--) {
    const other = random.below(i + 1)
    const entry = entries[i] as number
    entries[i] = entries[other] as number
    entries[other] = entry
  }
  return entries
}

/**
 * Makes draws with replacement of draws without: each draw repeats an earlier one with the probability that a draw from
 * the whole population would, else it takes the next one that is new. Returns places in `distinct` draws.
 *
 * @param distinct how many different ones there are, at least `min(size, population)`, in random order.
 */
export function withRepeats(random: Random, size: number, distinct: number, population: number): Float64Array {
  const places = new Float64Array(distinct === 0 ? 0 : size)
  let used = 0
  for (let i = 0; i < places.length; i++) {
    const rank = random.below(population)
    places[i] = rank < used ? rank : used++
  }
  return places
}
