/**
 * The result as one JSON object. Without threads everything but `timing` and `report` depends on seed and steps alone.
 *
 * @module
 */

import { APPRAISERS } from './appraisal.js'
import { mean } from './evaluation.js'
import { outcomeName } from './format.js'
import { type RunResult, solvedAt } from './run.js'

/** What `--json` prints. `other` is the run that sampled uniformly, if there was one. */
export function toJson(result: RunResult, other: RunResult | undefined, report: string): Record<string, unknown> {
  return {
    ...describe(result),
    learningCurve: result.windows.map(({ rewards, ...window }) => ({ ...window, rewards: named(rewards) })),
    episodes: { endedAt: result.endedAt, returns: result.returns },
    top: result.ranking.top.map(({ outcome, rewards, push, ...event }) => ({
      ...event,
      push: push === 1 ? 'right' : 'left',
      outcome: outcomeName(outcome),
      rewards: named(rewards),
    })),
    audit: result.audit,
    comparison: other ? describe(other) : null,
    report,
    timing: { ...result.timing, comparisonSeconds: other ? other.timing.seconds : null },
  }
}

function describe(result: RunResult): Record<string, unknown> {
  return {
    settings: { ...result.settings, capacity: result.capacity },
    final: {
      starts: result.lengths.length,
      mean: mean(result.lengths),
      least: Math.min(...result.lengths),
      most: Math.max(...result.lengths),
      lengths: result.lengths,
    },
    chosen: result.chosen,
    solvedAt: solvedAt(result) ?? null,
    checkpoints: result.checkpoints,
    validationSteps: result.validationSteps,
    updates: result.updates,
    cellsSeen: result.cellsSeen,
    undrawn: result.ranking.undrawn,
  }
}

function named(rewards: readonly number[]): Record<string, number> {
  return Object.fromEntries(APPRAISERS.map((name, i) => [name, rewards[i]]))
}
