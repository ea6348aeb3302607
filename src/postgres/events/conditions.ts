/**
 * The conditions of a query, checked once: what the database is asked, and the same asked of a record that comes from an
 * archive, so that warm and archived days answer alike.
 *
 * @module
 */

import { SEQ_LIMIT } from '../../kernel/ring.js'
import * as L from '../../layout.js'
import type { StoredEvents } from '../../storage/cold/cold-storage.js'
import { rangeEnd } from '../../stream/matching.js'
import { assertInteger, assertNumber, episodeNumber, typeList } from '../../stream/validate.js'
import type { MetadataConditions } from '../contract.js'
import { MetadataTest } from './metadata-test.js'
import { totalRewardOf } from './order.js'

export const CONDITION_KEYS = [
  'from',
  'to',
  'startSeq',
  'endSeq',
  'types',
  'episodeId',
  'minReward',
  'flags',
  'adnaVersionHash',
]
export const METADATA_KEYS = ['intentType', 'executorId', 'parameters']

/** The last timestamp that there can be. */
export const LAST_TIME = Number.MAX_SAFE_INTEGER
const LARGEST_REAL = 3.4028234663852886e38

/** Conditions joined by AND. All bounds are integers: `from` and `to` inclusive, `endSeq` exclusive. */
export class Conditions {
  readonly from: number
  readonly to: number
  readonly startSeq: number
  readonly endSeq: number
  readonly types: readonly number[] | undefined
  readonly episodeId: bigint | undefined
  /** The least REAL that is enough; undefined if every reward is. */
  readonly minReward: number | undefined
  readonly flags: number
  readonly adnaVersionHash: number | undefined
  /** What is asked of the metadata; undefined if nothing is. */
  readonly metadata: MetadataTest | undefined

  /** @throws {InvalidArgumentError} for a condition that is out of range. Unknown keys are the caller's to refuse. */
  constructor(given: MetadataConditions) {
    const { from, to, startSeq, endSeq, types, episodeId, minReward, flags = 0, adnaVersionHash } = given
    this.from = bound(from, 'from', Math.ceil) ?? 0
    this.to = bound(to, 'to', Math.floor) ?? LAST_TIME
    this.startSeq = startSeq === undefined ? 0 : rangeEnd(startSeq, 'startSeq')
    this.endSeq = endSeq === undefined ? SEQ_LIMIT : rangeEnd(endSeq, 'endSeq')
    this.types = types === undefined ? undefined : typeList(types, 'types')
    this.episodeId = episodeId === undefined ? undefined : episodeNumber(episodeId, 'episodeId')
    if (minReward !== undefined) assertNumber(minReward, 'minReward')
    this.minReward = minReward === undefined || minReward < -LARGEST_REAL ? undefined : leastReal(minReward)
    assertInteger(flags, 'flags', 0, 65535)
    this.flags = flags
    if (adnaVersionHash !== undefined) assertInteger(adnaVersionHash, 'adnaVersionHash', 0, 2 ** 32 - 1)
    this.adnaVersionHash = adnaVersionHash
    this.metadata = MetadataTest.of(given)
  }

  /** Whether no event can meet them. */
  get none(): boolean {
    return this.from > this.to || this.startSeq >= this.endSeq || (this.minReward ?? 0) > LARGEST_REAL
  }

  /** Whether there is a condition on anything but time and number. */
  get selective(): boolean {
    const { types, episodeId, minReward, flags, adnaVersionHash, metadata } = this
    return flags !== 0 || [types, episodeId, minReward, adnaVersionHash, metadata].some((given) => given !== undefined)
  }

  /** Whether event `i` meets the conditions that an archive does not know; it has seen to time, number, type and episode. */
  matches(events: StoredEvents, records: DataView, i: number): boolean {
    const at = i * L.RECORD_BYTES
    if ((records.getUint16(at + L.FLAGS, true) & this.flags) !== this.flags) return false
    if (this.adnaVersionHash !== undefined) {
      if (records.getUint32(at + L.ADNA_VERSION_HASH, true) !== this.adnaVersionHash) return false
    }
    if (this.minReward !== undefined && totalRewardOf(records, at) < this.minReward) return false
    return this.metadata === undefined || this.metadata.matches(events.metadata.get(events.seqs[i] as number))
  }
}

/** A time of the query as the integer that says the same of integers; times that no event can have stay what they are. */
function bound(value: unknown, name: string, round: (value: number) => number): number | undefined {
  if (value === undefined) return undefined
  assertNumber(value, name)
  return Math.min(Math.max(round(value), -1), LAST_TIME + 1)
}

/** The least f32 that is not below `value`; infinite beyond the largest. */
function leastReal(value: number): number {
  const nearest = Math.fround(value)
  if (nearest >= value) return nearest
  const bits = new DataView(new ArrayBuffer(4))
  bits.setFloat32(0, nearest)
  // Towards +∞ the bits of negative numbers descend. The nearest below is never zero: that would not be below.
  bits.setInt32(0, nearest === 0 ? 1 : bits.getInt32(0) + (nearest > 0 ? 1 : -1))
  return bits.getFloat32(0)
}
