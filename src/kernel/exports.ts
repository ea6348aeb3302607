/**
 * What the module exports. The exports trust their arguments; `stream/` checks them.
 *
 * @module
 */

/** The exports of the module; see the docstrings in `assembly/`. */
export interface KernelExports {
  layoutFingerprint(): number
  attach(): number
  commit(
    stage: number,
    timestamp: number,
    episode: number,
    step: number,
    typeAndFlags: number,
    adna: number,
    how: number,
    homeostasis: number,
    curiosity: number,
    efficiency: number,
    goal: number,
  ): number
  checkRecords(count: number): number
  appendRecords(count: number): void
  publishRecords(count: number): void
  skipEvents(count: number): void
  checkColumns(count: number, has: number): number
  appendColumns(from: number, count: number, has: number, idMode: number, now: number): void
  setReward(back: number, appraiser: number, value: number): number
  setMaskBits(back: number, bits: number): void
  maskOf(back: number): number
  checkRewards(count: number): number
  setRewards(count: number, appraiser: number): void
  checkPriorities(count: number): number
  setPriorities(count: number): void
  readPriorities(count: number): void
  fold(): void
  foldWeights(source: number, alpha: number, epsilon: number): void
  seed(low: number, high: number): void
  below(limit: number): number
  drawUniform(count: number): void
  drawDistinct(count: number): void
  unmarkDraws(count: number): void
  weightTotal(): number
  drawWeighted(count: number): number
  importanceWeights(count: number, least: number, beta: number): void
  drawRecent(count: number, decay: number): void
  drawMixed(count: number, rewardWeight: number, recencyWeight: number): void
  mixedWeightTotal(rewardWeight: number, recencyWeight: number): number
  recencyProbability(age: number, decay: number): number
  mixedWeightOf(slot: number, rewardWeight: number, recencyWeight: number): number
  gather(count: number): void
  passWindow(from: number, weighing: number, first: number, second: number, bound: number): number
  clearMatches(): void
  matchAll(): void
  countMatches(): number
  drawMatches(count: number, left: number, replacement: number): void
  listMatches(from: number, limit: number, newestFirst: number): number
  markFilter(from: number, to: number): void
  countOfTypes(from: number, to: number): number
  foldRuns(length: number): number
  matchRuns(): number
  drawRuns(count: number, length: number, left: number, replacement: number): number
}
