/**
 * The module of the shared ring: claiming, publishing, validated reading, late writes. The protocol stands in
 * stamps.ts. It allocates nothing and trusts its arguments: the library checks them.
 */

import {
  AREA_BYTES, AREAS, BLOCK_SLOTS, CELL_BYTES, CELL_REWARDS, CHANGE_BYTES, CHUNK, CONTROL, ENTRY_SLOTS, LAYOUT_VERSION,
  LENT, M_LATE, M_SAMPLES, MEMBER_BYTES, MEMBERS, POST_CELLS, RECORD_BYTES, RECORDS, REWARDS, S_CLAIMED, S_CLOSING,
  S_TAKEN, S_TOO_LATE, SHARED_VERSION, STAMP_LATE,
} from '../../src/layout'

import { mix } from '../fingerprint'

export { checkColumns } from '../columns'
export { checkRecords } from '../ring'
export { listChanges, startChanges, startSampling } from './changes'
export { claimExactly, enter, release, reserve, resign, retire, secure, unclaim, vacate } from './claims'
export {
  abortedRun, closeBelow, countPublished, lastPublished, openGate, publishedRun, readMasks, restoreGap, restoreRecords,
  startMarks, takeMarks, writesLateBelow,
} from './journal'
export {
  addReward, checkPriorities, checkRewards, checkSeqs, setMaskBits, setPriorities, setReward, setRewards,
} from './late'
export { join } from './member'
export { endPosts, post, startOutbox, takePosts } from './outbox'
export {
  claimed, countReadable, frontier, isReadable, isSettled, read, readPriorities, readRange, readUnchecked,
} from './read'
export { close } from './waiting'
export { appendColumns, appendRecords, commit } from './write'

/** A hash of the layout that this module was built with; the library has the same list. */
export function layoutFingerprint(): u32 {
  let hash: u32 = 0
  hash = mix(hash, LAYOUT_VERSION)
  hash = mix(hash, SHARED_VERSION)
  hash = mix(hash, RECORD_BYTES)
  hash = mix(hash, REWARDS)
  hash = mix(hash, RECORDS)
  hash = mix(hash, CHUNK)
  hash = mix(hash, CONTROL)
  hash = mix(hash, MEMBERS)
  hash = mix(hash, MEMBER_BYTES)
  hash = mix(hash, M_SAMPLES)
  hash = mix(hash, AREAS)
  hash = mix(hash, AREA_BYTES)
  hash = mix(hash, LENT)
  hash = mix(hash, S_CLAIMED)
  hash = mix(hash, S_TOO_LATE)
  hash = mix(hash, BLOCK_SLOTS)
  hash = mix(hash, STAMP_LATE)
  hash = mix(hash, CELL_BYTES)
  hash = mix(hash, CELL_REWARDS)
  hash = mix(hash, CHANGE_BYTES)
  hash = mix(hash, M_LATE)
  hash = mix(hash, S_CLOSING)
  hash = mix(hash, S_TAKEN)
  hash = mix(hash, POST_CELLS)
  hash = mix(hash, ENTRY_SLOTS)
  return hash
}
