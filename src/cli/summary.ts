/**
 * What is told about an ingestion as plain text, for people.
 *
 * @module
 */

import type { SampleBatch } from '../index.js'
import type { Format } from './detect.js'
import type { KeptReport } from './keeping.js'
import type { Output } from './output.js'
import { type IngestReport, sampleAt } from './report.js'
import { TERMINATED, TRUNCATED } from './sources/trajectories.js'
import { count, counted, decimal, EVENT_COLUMNS, eventRow, isoTime, knownType, Lines, size, tableRow } from './text.js'

/** How a format is spoken of: its own name, that of its records, and that of one of them. */
const WORDS: Readonly<Record<Format, readonly [format: string, records: string, record: string]>> = {
  log: ['access log', 'lines', 'line'],
  ndjson: ['NDJSON', 'lines', 'line'],
  csv: ['CSV', 'records', 'line'],
  msgpack: ['MessagePack', 'values', 'value'],
  npz: ['trajectories', 'observations', 'observation'],
}

/** Writes the summary, and a table of the samples if any were asked for. */
export async function writeSummary(out: Output, report: IngestReport, samples: SampleBatch | undefined): Promise<void> {
  const { totals, counts, format, timing } = report
  const [formatName, records, record] = WORDS[format]
  const interrupted = report.interrupted ? ', interrupted' : ''
  const lines = new Lines(`${report.name}: ${formatName}, ${count(counts.records)} ${records}${interrupted}`)
  const episodes = counts.episodes > 0 ? ` in ${count(counts.episodes)} episodes` : ''
  lines.add('ingested', `${count(totals.ingested)} events${episodes}`)
  lines.add('malformed', count(totals.malformed))
  for (const { line, reason } of totals.malformedLines) lines.detail(`${record} ${line}: ${reason}`)
  if (totals.malformed > totals.malformedLines.length) lines.detail('…')
  if (counts.blank > 0) lines.add('blank', count(counts.blank))
  if (totals.ingested > 0) addContents(report, lines)
  if (counts.forgotten > 0) lines.add('note', `${count(counts.forgotten)} episodes were forgotten to bound memory`)
  for (const note of totals.notes) lines.add('note', note)
  if (report.into !== undefined) addKept(report.into, lines)
  lines.add('took', `${(timing.readMs / 1000).toFixed(2)} s, ${count(timing.eventsPerSecond)} events/s`)
  await out.write(lines.toString())
  if (samples !== undefined) await writeSamples(out, report, samples)
}

function addContents({ format, totals, stream }: IngestReport, lines: Lines): void {
  const { earliest, latest, outOfOrder, types, rewardSums, ingested } = totals
  // trajectories have no times, so their ordinal numbers would only look like some
  if (format !== 'npz') {
    lines.add('time', `${isoTime(earliest)} to ${isoTime(latest)}, ${count(outOfOrder)} out of order`)
  }
  lines.add('types', [...types].map(([code, events]) => `${typeName(code, format)} ${count(events)}`).join(', '))
  const means = [...rewardSums].map(([name, sum]) => `${name} ${decimal(sum / ingested)}`)
  if (means.length > 0) lines.add('rewards', `${means.join(', ')} on average`)
  const { readable, capacity, evicted, rewards } = stream
  const appraised = `${count(rewards.fullyAppraised)} fully appraised`
  lines.add('ring', `${count(readable)} of ${count(capacity)} events held, ${count(evicted)} evicted, ${appraised}`)
}

function addKept(
  { directory, continued, startSeq, endSeq, durability, recovery, journal, store }: KeptReport,
  lines: Lines,
): void {
  const verb = continued ? 'continued' : 'begun'
  const range = startSeq === endSeq ? 'no events' : `events ${startSeq} to ${endSeq - 1}`
  lines.add('kept', `in ${directory}, ${verb} with ${range}, safe against ${SAFE_AGAINST[durability]}`)
  const { torn, damage } = recovery
  if (torn !== null) lines.add('recovered', `${torn.file} was cut at byte ${torn.offset}: ${torn.what}`)
  for (const { file, offset, what } of damage) lines.add('recovered', `${file} at byte ${offset}: ${what}`)
  const { written, durable, segments, bytes, corrections } = journal
  const corrected = corrections === 0 ? '' : `, ${counted(corrections, 'correction')}`
  lines.add(
    'journal',
    `${count(durable)} of ${counted(written, 'event')}, ${counted(segments, 'file')}, ${size(bytes)} written${corrected}`,
  )
  if (store === null) return
  const late = store.corrections === 0 ? '' : `, ${counted(store.corrections, 'correction')}`
  const where = `${counted(store.files, 'file')} of ${counted(store.days, 'day')}`
  lines.add(
    'stored',
    `${counted(store.events, 'event')} in ${where}, ${size(store.bytes)}${late}, ${count(store.pending)} pending`,
  )
}

const SAFE_AGAINST = {
  none: 'nothing before the end',
  'process-crash': 'a crash of the process',
  'power-loss': 'a loss of power',
} as const

async function writeSamples(out: Output, report: IngestReport, samples: SampleBatch): Promise<void> {
  await out.write(`\n${count(samples.length)} samples by ${report.sample?.by}, seed ${report.seed}\n`)
  if (samples.length === 0) return
  await out.write(tableRow(EVENT_COLUMNS))
  for (let i = 0; i < samples.length; i++) {
    const { probability, event } = sampleAt(samples, i)
    await out.write(eventRow(event, probability, (code) => typeName(code, report.format)))
  }
}

function typeName(code: number, format: Format): string {
  if (format === 'npz' && code === TERMINATED) return 'terminated'
  if (format === 'npz' && code === TRUNCATED) return 'truncated'
  return knownType(code)
}
