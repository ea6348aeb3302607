/**
 * What is told about a directory as plain text, for people.
 *
 * @module
 */

import type { Gap } from '../storage/journal/source.js'
import type { DirectoryStats, FileStats } from './directory-stats.js'
import type { Output } from './output.js'
import { count, counted, isoTime, Lines, size } from './text.js'

/** Gaps, days and names that are listed one by one. */
const LISTED = 20

/** Writes everything, the longer lists shortened. */
export async function writeStats(out: Output, stats: DirectoryStats): Promise<void> {
  const lines = new Lines(`${stats.directory}: stream ${stats.streamId}`)
  const { window, capacity, appraisers, firstSeq, endSeq, files } = stats
  lines.add('events', `${count(endSeq - firstSeq)} written, ${rangeOf(firstSeq, endSeq)}`)
  lines.add('window', `${rangeOf(window.startSeq, window.endSeq)} of a ring of ${count(capacity)}`)
  lines.add('appraisers', appraisers.join(', '))
  addJournal(stats, lines)
  if (files === null) lines.add('files', 'none')
  else addFiles(files, lines)
  await out.write(lines.toString())
}

function addJournal({ journal }: DirectoryStats, lines: Lines): void {
  const { kinds, firstUs, lastUs, lastSalvageUs } = journal
  const { records, corrections, metadata, state, gaps } = kinds
  lines.add(
    'journal',
    `${rangeOf(journal.startSeq, journal.endSeq)} in ${counted(journal.segments, 'file')}, ${size(journal.bytes)}`,
  )
  if (firstUs !== undefined && lastUs !== undefined) lines.detail(`written ${isoTime(firstUs)} to ${isoTime(lastUs)}`)
  const entries = [
    `${counted(records.entries, 'event')} in ${counted(records.blocks, 'block')}, ${size(records.bytes)}`,
    `${counted(corrections.entries, 'correction')} in ${counted(corrections.blocks, 'block')}, ${size(corrections.bytes)}`,
    `metadata of ${counted(metadata.entries, 'event')} in ${counted(metadata.blocks, 'block')}, ${size(metadata.bytes)}`,
    `names in ${counted(state.blocks, 'block')}, gaps in ${count(gaps.blocks)}`,
  ]
  for (const entry of entries) lines.detail(entry)
  addGaps('gaps', journal.gapNumbers.aborted + journal.gapNumbers.damaged, journal.gaps, lines)
  if (lastSalvageUs !== undefined) lines.add('salvaged', `last ${isoTime(lastSalvageUs)}`)
  listed(
    journal.cursors,
    (rest) => lines.add('cursors', rest),
    ({ name, seq, lag }) => {
      lines.add('cursor', `${name}: at ${seq}, ${counted(lag, 'event')} behind`)
    },
  )
  listed(
    journal.followers,
    (rest) => lines.add('followers', rest),
    ({ name, checkpoint, lag }) => {
      lines.add(
        'follower',
        `${name}: at ${checkpoint.seq}, ${counted(lag.events, 'event')} and ${size(lag.bytes)} behind`,
      )
    },
  )
}

function addFiles(files: FileStats, lines: Lines): void {
  const { checkpoint, lag, skipped, dropped, correctionFiles, corrections } = files
  const at = checkpoint === null ? 'nothing committed' : `committed up to ${checkpoint.seq}`
  lines.add(
    'files',
    `${counted(files.events, 'event')} in ${counted(files.files, 'file')}, ${size(files.bytes)}; ${at}, ${counted(lag, 'event')} behind`,
  )
  if (correctionFiles > 0)
    lines.detail(`${counted(corrections, 'correction')} in ${counted(correctionFiles, 'file')}, not folded in`)
  if (skipped > 0) lines.detail(`${counted(skipped, 'event')} without the PERSIST flag left out`)
  if (dropped > 0) lines.detail(`${counted(dropped, 'event')} dropped by retention`)
  listed(
    files.days,
    (rest) => lines.detail(rest),
    ({ day, files: n, events, bytes }) => {
      lines.detail(`${day}  ${counted(events, 'event')} in ${counted(n, 'file')}, ${size(bytes)}`)
    },
  )
  addGaps('file gaps', files.gapNumbers, files.gaps, lines)
}

function addGaps(label: string, numbers: number, gaps: readonly Gap[], lines: Lines): void {
  lines.add(label, numbers === 0 ? 'none' : counted(numbers, 'number'))
  listed(
    gaps,
    (rest) => lines.detail(rest),
    ({ start, end, reason }) => lines.detail(`${rangeOf(start, end)} ${reason}`),
  )
}

function listed<T>(all: readonly T[], tellRest: (text: string) => void, tell: (entry: T) => void): void {
  for (const entry of all.slice(0, LISTED)) tell(entry)
  if (all.length > LISTED) tellRest(`and ${count(all.length - LISTED)} more`)
}

function rangeOf(start: number, end: number): string {
  return start === end ? 'none' : `${start} to ${end - 1}`
}
