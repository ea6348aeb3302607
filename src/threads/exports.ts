/**
 * What the module of the shared ring exports. The exports trust their arguments; this layer checks them. Sequence
 * numbers go in and out as f64.
 *
 * @module
 */

import type { KernelExports } from '../kernel/exports.js'

type Common = Pick<
  KernelExports,
  | 'layoutFingerprint'
  | 'commit'
  | 'checkRecords'
  | 'appendRecords'
  | 'checkColumns'
  | 'appendColumns'
  | 'checkRewards'
  | 'checkPriorities'
>

/** See the docstrings in `assembly/shared/`. */
export interface SharedExports extends Common {
  join(index: number): number
  reserve(members: number): number
  enter(generation: number): number
  resign(): void
  vacate(): void
  close(): void
  retire(index: number, generation: number, dead: number): number
  claimExactly(numbers: number): number
  secure(): number
  unclaim(): number
  release(): void
  claimed(): number
  frontier(): number
  isReadable(seq: number): number
  isSettled(seq: number): number
  countReadable(): number
  read(seq: number, area: number): number
  readUnchecked(seq: number, area: number): number
  readRange(from: number, end: number, most: number, area: number): number
  readPriorities(found: number): void
  setReward(seq: number, appraiser: number, value: number): number
  addReward(seq: number, appraiser: number, amount: number): number
  setMaskBits(seq: number, bits: number): number
  checkSeqs(count: number): number
  setRewards(count: number, appraiser: number): number
  setPriorities(count: number): number
  post(seq: number, bits: number, appraiser: number, value: number): number
  startOutbox(): void
  endPosts(): number
  takePosts(): number
  publishedRun(from: number, most: number): number
  abortedRun(from: number, most: number): number
  countPublished(from: number, end: number): number
  readMasks(found: number): void
  lastPublished(from: number, end: number): number
  closeBelow(below: number): void
  writesLateBelow(below: number): number
  openGate(gate: number): void
  startMarks(from: number, end: number): void
  takeMarks(from: number, end: number): number
  restoreRecords(from: number, count: number): void
  restoreGap(from: number, count: number): void
  startSampling(): void
  startChanges(): void
  listChanges(): number
}

/** What the module of a sampler's copy exports beside everything that the plain module does. */
export interface MirrorExports extends KernelExports {
  evictOldest(count: number): void
  skipSlots(count: number): void
  applyChanges(count: number): void
}
