/**
 * Episode numbers go in as numbers below 2^53 or as bigints below 2^64.
 *
 * @module
 */

import { invalid } from '../errors.js'

const U64_LIMIT = 2n ** 64n

/** @throws {InvalidArgumentError} unless `episodeId` is a bigint in [0, 2^64). */
export function assertU64(episodeId: bigint, name: string): void {
  if (episodeId < 0n || episodeId >= U64_LIMIT) {
    throw invalid(name, 'be an integer in [0, 2^53), or a bigint in [0, 2^64)', episodeId)
  }
}
