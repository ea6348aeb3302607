/**
 * Reading events at random: each where it stands by now, those that lie close together in one go.
 *
 * @module
 */

import type { Piece } from './batch.js'
import type { TierStack } from './walk.js'

/** The events of the numbers, ascending and without doubles, one piece each; those that nobody holds are left out. */
export async function fetchEvents(
  tiers: TierStack,
  seqs: Float64Array,
  metadata: boolean,
  signal: AbortSignal | undefined,
): Promise<Piece[]> {
  const pieces: Piece[] = []
  for (let i = 0; i < seqs.length; ) {
    signal?.throwIfAborted()
    const start = seqs[i] as number
    const reach = tiers.stretchFrom(start, start + 1).tier?.reach ?? 1
    let next = i + 1
    while (next < seqs.length && isNear(seqs, next, reach) && (seqs[next] as number) - start < tiers.limits.width)
      next++
    const wanted = new Set(seqs.subarray(i, next))
    const end = (seqs[next - 1] as number) + 1
    for await (const { tier, rows } of tiers.walk({ start, end, metadata, signal })) {
      const found = rows.keepWhere((row) => wanted.has(rows.seqs[row] as number))
      for (let first = 0; first < found.length; first++) pieces.push({ tier, rows: found, first, count: 1, step: 1 })
    }
    i = next
  }
  return pieces
}

function isNear(seqs: Float64Array, i: number, reach: number): boolean {
  return (seqs[i] as number) - (seqs[i - 1] as number) <= reach
}
