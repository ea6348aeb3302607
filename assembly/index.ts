/**
 * The WebAssembly core: the ring in linear memory, late rewards, side columns, indexes and sampling kernels. It
 * allocates nothing, keeps all that changes in memory, and trusts its arguments: the library checks them.
 */

import {
  ACTION, ADNA_VERSION_HASH, BATCH, CHUNK, EPISODE_ID, EVENT_TYPE, FANOUT, FILTER, FLAGS, HEADER, ID_POOL,
  LAYOUT_VERSION, LEVEL_TABLE, MAX_TABLE, OUT_SEQS, RECORDS, RECORD_BYTES, REWARDS, STATE, STEP_NUMBER, TIMESTAMP,
} from '../src/layout'

export { attach } from './state'
export { appendColumns, checkColumns } from './columns'
export {
  drawDistinct, drawMixed, drawRecent, drawUniform, drawWeighted, gather, importanceWeights, mixedWeightOf,
  mixedWeightTotal, recencyProbability, unmarkDraws, weightTotal,
} from './draw'
export { countOfTypes, markFilter } from './filter'
export { fold, foldWeights } from './fold'
export { clearMatches, countMatches, drawMatches, listMatches, matchAll } from './matches'
export { passWindow } from './pass'
export { below, seed } from './random'
export {
  checkPriorities, checkRewards, maskOf, readPriorities, setMaskBits, setPriorities, setReward, setRewards,
} from './rewards'
export { appendRecords, checkRecords, commit, pack, publishRecords, skipEvents } from './ring'
export { drawRuns, foldRuns, matchRuns } from './runs'

/** The values of the layout that this module was built with, in the order of the library's list; then -1. */
export function layoutValue(index: i32): i32 {
  switch (index) {
    case 0: return LAYOUT_VERSION
    case 1: return RECORD_BYTES
    case 2: return TIMESTAMP
    case 3: return EPISODE_ID
    case 4: return STEP_NUMBER
    case 5: return EVENT_TYPE
    case 6: return FLAGS
    case 7: return STATE
    case 8: return ACTION
    case 9: return REWARDS
    case 10: return ADNA_VERSION_HASH
    case 11: return HEADER
    case 12: return FILTER
    case 13: return ID_POOL
    case 14: return OUT_SEQS
    case 15: return BATCH
    case 16: return RECORDS
    case 17: return CHUNK
    case 18: return FANOUT
    case 19: return LEVEL_TABLE
    case 20: return MAX_TABLE
    default: return -1
  }
}
