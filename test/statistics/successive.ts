/**
 * Exact probabilities of weighted sampling without replacement for small populations, by enumeration.
 *
 * Successive sampling: each draw takes one of the items that are left with a probability proportional to its weight.
 * The cells are the sets that can come out, so that counted sets can be put to a test of fit. O(2^n · n).
 *
 * @module
 */

/** The sets of `k` items (bit `i` for item `i`) with their exact probabilities. */
export interface SetDistribution {
  sets: number[]
  probabilities: number[]
  /** Cell of each set. */
  cell: Map<number, number>
}

/** Which sets `k` successive draws give; when fewer than `k` items have weight, the sets are that much smaller. */
export function successiveSets(weights: readonly number[], k: number): SetDistribution {
  if (weights.length > 20) throw new RangeError(`${weights.length} items are too many to enumerate`)
  const positive = weights.filter((weight) => weight > 0).length
  let level = new Map<number, number>([[0, 1]])
  for (let step = 0; step < Math.min(k, positive); step++) {
    const next = new Map<number, number>()
    for (const [set, probability] of level) {
      let left = 0
      for (let i = 0; i < weights.length; i++) if (!(set & (1 << i))) left += weights[i]!
      for (let i = 0; i < weights.length; i++) {
        if (set & (1 << i) || weights[i] === 0) continue
        const grown = set | (1 << i)
        next.set(grown, (next.get(grown) ?? 0) + (probability * weights[i]!) / left)
      }
    }
    level = next
  }
  const sets = [...level.keys()].sort((a, b) => a - b)
  return {
    sets,
    probabilities: sets.map((set) => level.get(set)!),
    cell: new Map(sets.map((set, index) => [set, index])),
  }
}

/** The probability of each item to be among `k` successive draws. */
export function inclusionProbabilities(weights: readonly number[], k: number): number[] {
  const { sets, probabilities } = successiveSets(weights, k)
  return weights.map((_, item) => {
    let sum = 0
    for (let i = 0; i < sets.length; i++) if (sets[i]! & (1 << item)) sum += probabilities[i]!
    return sum
  })
}
