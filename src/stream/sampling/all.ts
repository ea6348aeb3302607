/**
 * The name that holds all strategies.
 *
 * @module
 */

import { custom, filteredByType } from './filtered.js'
import { mixed } from './mixed.js'
import { prioritizedReward } from './prioritized.js'
import { recencyWeighted } from './recency.js'
import { recent } from './recent.js'
import { sequences } from './sequences.js'
import type { SamplingStrategy as Strategy } from './strategy.js'
import { uniform } from './uniform.js'

/** What `sampleBatch` draws by; made by `uniform()`, `prioritizedReward()` and the other functions. */
export type SamplingStrategy = Strategy

/** All strategies under one name. A bundle that uses it holds all of them. */
export const SamplingStrategy = /* @__PURE__ */ Object.freeze({
  uniform,
  prioritizedReward,
  recencyWeighted,
  mixed,
  recent,
  filteredByType,
  custom,
  sequences,
})
