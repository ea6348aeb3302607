/**
 * How values are written for people, in the terminal and in the report.
 *
 * @module
 */

import { APPRAISERS } from './appraisal.js'
import { Outcome } from './environment.js'
import type { RunSettings } from './run.js'

/** An integer with its thousands set off. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** A share of 1 in whole percent. */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}

/** An angle in degrees. */
export function degrees(radians: number): string {
  return ((radians * 180) / Math.PI).toFixed(1)
}

/** A step, or `never`. */
export function stepOrNever(step: number | undefined): string {
  return step === undefined ? 'never' : `step ${count(step)}`
}

/** What tells a run from the others. */
export function runName({ learn, replay }: RunSettings): string {
  return learn ? replay : 'no learning'
}

/** Who shares the work of a run with that many environment threads. */
export function threadNames(environments: number): string {
  const plural = environments === 1 ? 'environment' : 'environments'
  return `${environments} ${plural}, ${APPRAISERS.length} appraisers, and the learner`
}

/** How an outcome is called. */
export function outcomeName(outcome: Outcome): string {
  return outcome === Outcome.Running ? 'running' : outcome === Outcome.Terminated ? 'terminated' : 'truncated'
}
