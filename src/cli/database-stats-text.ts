/**
 * What is told about a database as plain text, for people.
 *
 * @module
 */

import type { DatabaseStats, StreamStats } from './database-stats.js'
import { count, counted, Lines, size } from './text.js'

/** Streams and days that are listed one by one. */
const LISTED = 20

/** Everything, the longer lists shortened. */
export function databaseText({ database, schema, bytes, archive, streams, days }: DatabaseStats): string {
  const lines = new Lines(`${database}: ${counted(streams.length, 'stream')}`)
  lines.add('schema', `version ${schema.version}, profile ${schema.profile ?? 'unknown'}`)
  for (const stream of streams.slice(0, LISTED)) addStream(stream, lines)
  if (streams.length > LISTED) lines.add('', `and ${counted(streams.length - LISTED, 'stream')} more`)
  const warm = days.filter((day) => day.warm)
  lines.add(
    'tables',
    `${counted(warm.length, 'day')}, ${size(bytes.events)} of events, ${size(bytes.metadata)} of metadata`,
  )
  for (const day of warm.slice(0, LISTED))
    lines.detail(`${day.day}  ${counted(day.events, 'event')}, ${size(day.bytes)}`)
  if (warm.length > LISTED) lines.detail(`and ${count(warm.length - LISTED)} more`)
  if (archive.files === 0) lines.add('archive', 'none')
  else {
    lines.add(
      'archive',
      `${counted(archive.events, 'event')} in ${counted(archive.files, 'file')}, ${size(archive.bytes)}`,
    )
  }
  return lines.toString()
}

function addStream(stream: StreamStats, lines: Lines): void {
  const { streamId, origin, firstSeq, checkpoint, events, archived, days, gapNumbers, updatedAt } = stream
  lines.add('stream', origin === 'direct' ? `${streamId}, which no journal writes` : streamId)
  const range = firstSeq === checkpoint.seq ? 'none yet' : `${firstSeq} to ${checkpoint.seq - 1}`
  const inFiles = archived === 0 ? '' : `, ${count(archived)} of them in the archive`
  lines.detail(`${counted(events, 'event')} of ${counted(days, 'day')}${inFiles}, numbers ${range}`)
  const gaps = gapNumbers.aborted + gapNumbers.damaged + gapNumbers.missed
  if (gaps > 0) {
    const { aborted, damaged, missed } = gapNumbers
    lines.detail(
      `${count(gaps)} numbers without an event: ${count(aborted)} aborted, ${count(damaged)} damaged, ${count(missed)} missed`,
    )
  }
  lines.detail(`committed ${updatedAt}`)
}
