/**
 * The proof that two places hold the same events: both are read in full, side by side, and their checksums compared.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { DIGEST_NUMBERS, digestsOf, type PieceDigest } from './digest.js'
import { TransferMismatchError } from './errors.js'

/** What both places hold. */
export interface Contents {
  readonly events: number
  /** Events that have metadata. */
  readonly metadata: number
  /** SHA-256 over numbers, records, masks and metadata, in hexadecimal digits. */
  readonly checksum: string
}

/** A place to read. */
export interface Side {
  readonly name: string
  readonly events: AsyncIterable<StoredEvents>
}

/**
 * Reads both sides and compares them. Memory: a batch of each.
 * @param onStep called with the number up to which both are equal.
 * @throws {TransferMismatchError} naming the first numbers in which they differ.
 */
export async function compareContents(a: Side, b: Side, onStep?: (seq: number) => void): Promise<Contents> {
  const [left, right] = [a, b].map(({ events }) => digestsOf(events)[Symbol.asyncIterator]()) as [Digests, Digests]
  const all = createHash('sha256')
  let events = 0
  let metadata = 0
  try {
    for (;;) {
      const [one, other] = await settled([left.next(), right.next()])
      if (one.done && other.done) return { events, metadata, checksum: all.digest('hex') }
      assertEqual(a, one.done ? undefined : one.value, b, other.done ? undefined : other.value)
      const piece = one.value as PieceDigest
      events += piece.events
      metadata += piece.metadata
      all.update(`${piece.start} `).update(piece.digest)
      onStep?.(piece.start + DIGEST_NUMBERS)
    }
  } finally {
    await Promise.all([left.return?.(undefined), right.return?.(undefined)])
  }
}

type Digests = AsyncGenerator<PieceDigest>
type Next = IteratorResult<PieceDigest>

/** Both results once both are there: nobody is left reading when the first error is thrown. */
async function settled(both: [Promise<Next>, Promise<Next>]): Promise<[Next, Next]> {
  await Promise.allSettled(both)
  return Promise.all(both)
}

function assertEqual(a: Side, one: PieceDigest | undefined, b: Side, other: PieceDigest | undefined): void {
  if (one !== undefined && other !== undefined && one.start === other.start && isSame(one.digest, other.digest)) return
  const startSeq = Math.min(one?.start ?? Number.POSITIVE_INFINITY, other?.start ?? Number.POSITIVE_INFINITY)
  const endSeq = startSeq + DIGEST_NUMBERS
  const count = (piece: PieceDigest | undefined): number => (piece?.start === startSeq ? piece.events : 0)
  const [inA, inB] = [count(one), count(other)]
  const what = inA === inB ? `${inA} events in both, with other contents` : `${inA} events and ${inB} events`
  throw new TransferMismatchError(`${a.name} and ${b.name} differ in the numbers [${startSeq}, ${endSeq}): ${what}`, {
    startSeq,
    endSeq,
    events: [inA, inB],
  })
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i])
}
