/**
 * A sampler by priority in plain TypeScript, right as it stands and wrong on request.
 *
 * A binary tree of sums over the items, every parent recomputed from its children in f64, descended with 53 random
 * bits. Each bug of {@link Bug} is one that samplers in the field have or had; `reference.test.ts` shows that the
 * checks pass the sampler without a bug and catch it with any of them.
 *
 * @module
 */

import type { PrioritySampler } from '../statistics/checks.js'
import { Random } from './random.js'

/** A deliberate mistake. */
export type Bug =
  /** Sums and the descent are rounded to f32. */
  | 'f32 sums'
  /** 24 random bits choose the item. */
  | '24-bit random numbers'
  /** The neighbour of the drawn item is returned. */
  | 'off by one'
  /** The last item never enters the sums. */
  | 'dropped last item'
  /** Sums are changed by the difference of an update instead of being recomputed. */
  | 'delta-updated sums'
  /** An update changes the item's leaf and its parent but no sum above. */
  | 'stale sums'
  /** Weights below 0.01 count as 0.01, so that an item of weight 0 can be drawn. */
  | 'floored weights'
  /** Reported probabilities belong to the sums before the last update. */
  | 'stale probabilities'

/** A tree of sums with at most one bug. */
export class ReferenceSampler implements PrioritySampler {
  private readonly random: Random
  private readonly leaves: number
  private readonly sums: Float64Array
  private total: number

  constructor(
    private readonly size: number,
    seed: number,
    private readonly bug?: Bug,
  ) {
    this.random = new Random(seed)
    this.leaves = 2 ** Math.ceil(Math.log2(Math.max(2, size)))
    this.sums = new Float64Array(2 * this.leaves)
    for (let i = 0; i < size; i++) this.sums[this.leaves + i] = 1
    if (bug === 'dropped last item') this.sums[this.leaves + size - 1] = 0
    for (let node = this.leaves - 1; node > 0; node--) this.recompute(node)
    this.total = this.sums[1]!
  }

  set(items: ArrayLike<number>, weights: ArrayLike<number>): void {
    this.total = this.sums[1]!
    const floor = this.bug === 'floored weights' ? 0.01 : 0
    for (let i = 0; i < items.length; i++) this.update(items[i]!, Math.max(floor, Math.fround(weights[i]!)))
    if (this.bug !== 'stale probabilities') this.total = this.sums[1]!
  }

  draw(count: number): { items: Uint32Array; probabilities: Float64Array } {
    const items = new Uint32Array(count)
    const probabilities = new Float64Array(count)
    for (let i = 0; i < count; i++) {
      const item = this.total > 0 ? this.descend() : this.random.below(this.size)
      items[i] = this.bug === 'off by one' ? (item + 1) % this.size : item
      probabilities[i] = this.total > 0 ? this.sums[this.leaves + items[i]!]! / this.total : 1 / this.size
    }
    return { items, probabilities }
  }

  private update(item: number, weight: number): void {
    if (this.bug === 'dropped last item' && item === this.size - 1) return
    let node = this.leaves + item
    const difference = weight - this.sums[node]!
    this.sums[node] = weight
    for (node >>= 1; node > 0; node >>= 1) {
      if (this.bug === 'delta-updated sums') this.sums[node]! += difference
      else this.recompute(node)
      if (this.bug === 'stale sums') return
    }
  }

  private recompute(node: number): void {
    const sum = this.sums[2 * node]! + this.sums[2 * node + 1]!
    this.sums[node] = this.bug === 'f32 sums' ? Math.fround(sum) : sum
  }

  private descend(): number {
    const f32 = this.bug === 'f32 sums'
    const fraction = this.bug === '24-bit random numbers' ? (this.random.word() >>> 8) / 2 ** 24 : this.random.unit()
    let target = fraction * this.sums[1]!
    if (f32) target = Math.fround(target)
    let node = 1
    while (node < this.leaves) {
      const left = this.sums[2 * node]!
      // Rounding can leave a target at the very end of a sum; a subtree without weight is never entered.
      if (target < left || this.sums[2 * node + 1] === 0) node = 2 * node
      else {
        target = f32 ? Math.fround(target - left) : target - left
        node = 2 * node + 1
      }
    }
    return Math.min(node - this.leaves, this.size - 1)
  }
}
