/**
 * The conservation audit: what `stats()` must satisfy if no event was lost unseen.
 *
 * @module
 */

import type { StreamStats, SubscriptionStats } from 'experience-stream'
import { APPRAISERS } from './appraisal.js'

/** One law of conservation, with the figures that it was checked on. */
export interface AuditLine {
  /** What must be equal, in words. */
  law: string
  /** The same in figures. */
  figures: string
  holds: boolean
}

/**
 * Checks a stream that nobody but the four appraisers has scored, at a moment when nothing is left to appraise.
 *
 * @param cursors accounts of the appraisers' subscriptions, in the order of their slots
 * @param latePriorities priorities that the learner gave to events which were gone by then
 * @param past events that were there when the run was gone on with
 */
export function audit(
  stats: StreamStats,
  cursors: readonly SubscriptionStats[],
  latePriorities: number,
  past = 0,
): AuditLine[] {
  const { written, readable, evicted, rewards, threads } = stats
  const fresh = written - past
  const since = past === 0 ? '' : ' since the start'
  const lines = [
    line('written = readable + evicted', written, [readable, evicted]),
    line(`written${since} = fully appraised`, fresh, [rewards.fullyAppraised]),
    line(`4 x written${since} = rewards applied`, 4 * fresh, [rewards.applied]),
    line('late writes = late priorities', rewards.evicted, [latePriorities]),
  ]
  if (threads !== undefined) {
    const { claimed, aborted, pending } = threads
    lines.unshift(
      line('claimed = readable + evicted + aborted', claimed, [readable, evicted, aborted]),
      line('pending = 0', pending, [0]),
    )
  }
  cursors.forEach(({ from, position, received, filtered, missed, aborted }, i) => {
    const parts = [received, filtered, missed]
    const shared = threads === undefined ? '' : ' + aborted'
    if (threads !== undefined) parts.push(aborted)
    const law = `${APPRAISERS[i]}: position - from = received + filtered + missed${shared}`
    lines.push(line(law, position - from, parts))
  })
  return lines
}

/** Checks one law. */
export function line(law: string, left: number, right: readonly number[]): AuditLine {
  const figures = `${figure(left)} = ${right.map(figure).join(' + ')}`
  return { law, figures, holds: left === right.reduce((sum, value) => sum + value, 0) }
}

function figure(value: number): string {
  return value.toLocaleString('en-US')
}
