/**
 * The WebAssembly core: the ring in linear memory, late rewards, side columns, indexes and sampling kernels. It
 * allocates nothing, keeps all that changes in memory, and trusts its arguments: the library checks them.
 */

import {
  ACTION, ADNA_VERSION_HASH, BATCH, CHUNK, COLUMN_ADNA, EPISODE_ID, EVENT_TYPE, FANOUT, FILTER, FLAGS, HEADER,
  H_REFUSED_INDEX, H_RUN_ENDS, IN_VALUES, LAYOUT_VERSION, MAX_TABLE, OBJECT_STAGE, OUT_SEQS, RECORDS, RECORD_BYTES,
  REWARDS, STATE, STEP_NUMBER, TIMESTAMP,
} from '../src/layout'
import { mix } from './fingerprint'

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
export { appendRecords, checkRecords, commit, publishRecords, skipEvents } from './ring'
export { drawRuns, foldRuns, matchRuns } from './runs'

/** A hash of the layout that this module was built with; the library has the same list. */
export function layoutFingerprint(): u32 {
  let hash: u32 = 0
  hash = mix(hash, LAYOUT_VERSION)
  hash = mix(hash, RECORD_BYTES)
  hash = mix(hash, TIMESTAMP)
  hash = mix(hash, EPISODE_ID)
  hash = mix(hash, STEP_NUMBER)
  hash = mix(hash, EVENT_TYPE)
  hash = mix(hash, FLAGS)
  hash = mix(hash, STATE)
  hash = mix(hash, ACTION)
  hash = mix(hash, REWARDS)
  hash = mix(hash, ADNA_VERSION_HASH)
  hash = mix(hash, HEADER)
  hash = mix(hash, OBJECT_STAGE)
  hash = mix(hash, FILTER)
  hash = mix(hash, OUT_SEQS)
  hash = mix(hash, IN_VALUES)
  hash = mix(hash, BATCH)
  hash = mix(hash, RECORDS)
  hash = mix(hash, CHUNK)
  hash = mix(hash, H_RUN_ENDS)
  hash = mix(hash, H_REFUSED_INDEX)
  hash = mix(hash, MAX_TABLE)
  hash = mix(hash, FANOUT)
  hash = mix(hash, COLUMN_ADNA)
  return hash
}
