/**
 * The conservation audit: what `stats()` must satisfy if no event was lost unseen.
 *
 * @module
 */

import type { StreamStats } from 'experience-stream'
import { APPRAISERS } from './appraisal.js'

/** One law of conservation, with the figures that it was checked on. */
export interface AuditLine {
  /** What must be equal, in words. */
  law: string
  /** The same in figures. */
  figures: string
  holds: boolean
}

/** Checks a stream with the four appraisers as its only subscribers, at a moment when nothing is left to appraise. */
export function audit(stats: StreamStats): AuditLine[] {
  const { written, readable, evicted, rewards } = stats
  const lines = [
    line('written = readable + evicted', written, [readable, evicted]),
    line('written = fully appraised', written, [rewards.fullyAppraised]),
    line('4 x written = rewards applied', 4 * written, [rewards.applied]),
    line('late writes = 0', rewards.evicted, [0]),
  ]
  stats.subscriptions.forEach((cursor, i) => {
    const law = `${APPRAISERS[i] ?? `subscriber ${i}`}: position - from = received + filtered + missed`
    lines.push(line(law, cursor.position - cursor.from, [cursor.received, cursor.filtered, cursor.missed]))
  })
  return lines
}

function line(law: string, left: number, right: readonly number[]): AuditLine {
  const figures = `${figure(left)} = ${right.map(figure).join(' + ')}`
  return { law, figures, holds: left === right.reduce((sum, value) => sum + value, 0) }
}

function figure(value: number): string {
  return value.toLocaleString('en-US')
}
