/**
 * What `import` and `export` tell about a stream that was moved.
 *
 * @module
 */

import type { TransferReport } from '../postgres/transfer/transfer.js'
import type { Output } from './output.js'
import { count, counted, Lines } from './text.js'

/** Between which places. */
export interface Route {
  from: string
  to: string
  json: boolean
}

/** Writes what was moved. */
export async function writeTransfer(out: Output, report: TransferReport, { from, to, json }: Route): Promise<void> {
  if (json)
    return out.write(
      `${JSON.stringify({ from, to, interrupted: false, ...report, contents: report.contents ?? null })}\n`,
    )
  const { identity, origin, startSeq, endSeq, copied, corrected, missing, contents, elapsedMs } = report
  const lines = new Lines(
    `${from}: stream ${identity.streamId}${origin === 'direct' ? ', which no journal writes' : ''}`,
  )
  lines.add('to', to)
  lines.add('numbers', startSeq === endSeq ? 'none' : `${startSeq} to ${endSeq - 1}`)
  lines.add('copied', `${counted(copied, 'event')}, ${counted(corrected, 'correction')} of events that were there`)
  if (missing > 0) lines.add('MISSING', `${counted(missing, 'number')} of which nobody has an event`)
  if (contents === undefined) lines.add('verified', 'no')
  else {
    lines.add('verified', `${counted(contents.events, 'event')}, ${count(contents.metadata)} with metadata, are equal`)
    lines.add('sha256', contents.checksum)
  }
  const seconds = elapsedMs / 1000
  lines.add('took', `${seconds.toFixed(2)} s, ${count(Math.round(copied / Math.max(seconds, 1e-3)))} events/s`)
  return out.write(lines.toString())
}

/** Writes that it was stopped. */
export async function writeInterrupted(out: Output, { from, to, json }: Route): Promise<void> {
  if (json) return out.write(`${JSON.stringify({ from, to, interrupted: true })}\n`)
  return out.write(`${from}: interrupted; run it again to go on\n`)
}
