/**
 * Fingerprints of layouts: a hash over a list of addresses and sizes, which a module makes of the same list as it was
 * built with.
 *
 * @module
 */

import { LayoutMismatchError } from '../errors.js'

/** The hash of a list, 32 bits. */
export function fingerprintOf(layout: readonly number[]): number {
  return layout.reduce((hash, value) => (Math.imul(hash, 31) + value) >>> 0, 0)
}

/** @throws {LayoutMismatchError} if the module was built with another layout. */
export function checkFingerprint(core: { layoutFingerprint(): number }, expected: number): void {
  const found = core.layoutFingerprint() >>> 0
  if (found !== expected) throw new LayoutMismatchError('layout fingerprint', found, expected)
}
