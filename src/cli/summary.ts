/**
 * What is told about an ingestion as plain text, for people.
 *
 * @module
 */

import { EventType, type SampleBatch } from '../index.js'
import type { Format } from './detect.js'
import type { Output } from './output.js'
import { count } from './progress.js'
import { type IngestReport, type Sample, sampleAt } from './report.js'
import { TERMINATED, TRUNCATED } from './sources/trajectories.js'

/** How a format is spoken of: its own name, that of its records, and that of one of them. */
const WORDS: Readonly<Record<Format, readonly [format: string, records: string, record: string]>> = {
  log: ['access log', 'lines', 'line'],
  ndjson: ['NDJSON', 'lines', 'line'],
  csv: ['CSV', 'records', 'line'],
  msgpack: ['MessagePack', 'values', 'value'],
  npz: ['trajectories', 'observations', 'observation'],
}

const LABEL_WIDTH = 11

/** Widths of the columns of samples; the last one is as wide as it gets. Negative ones are padded on the right. */
const WIDTHS = [9, 11, -27, -15, 6, 10, 0]

/** Writes the summary, and a table of the samples if any were asked for. */
export async function writeSummary(out: Output, report: IngestReport, samples: SampleBatch | undefined): Promise<void> {
  const { totals, counts, format, timing } = report
  const [formatName, records, record] = WORDS[format]
  const interrupted = report.interrupted ? ', interrupted' : ''
  const lines = [`${report.name}: ${formatName}, ${count(counts.records)} ${records}${interrupted}`]
  const add = (label: string, text: string): number => lines.push(`  ${label.padEnd(LABEL_WIDTH)}${text}`)
  const episodes = counts.episodes > 0 ? ` in ${count(counts.episodes)} episodes` : ''
  add('ingested', `${count(totals.ingested)} events${episodes}`)
  add('malformed', count(totals.malformed))
  for (const { line, reason } of totals.malformedLines) lines.push(`    ${record} ${line}: ${reason}`)
  if (totals.malformed > totals.malformedLines.length) lines.push('    …')
  if (counts.blank > 0) add('blank', count(counts.blank))
  if (totals.ingested > 0) addContents(report, add)
  if (counts.forgotten > 0) add('note', `${count(counts.forgotten)} episodes were forgotten to bound memory`)
  for (const note of totals.notes) add('note', note)
  add('took', `${(timing.readMs / 1000).toFixed(2)} s, ${count(timing.eventsPerSecond)} events/s`)
  await out.write(`${lines.join('\n')}\n`)
  if (samples !== undefined) await writeSamples(out, report, samples)
}

function addContents({ format, totals, stream }: IngestReport, add: (label: string, text: string) => void): void {
  const { earliest, latest, outOfOrder, types, rewardSums, ingested } = totals
  // trajectories have no times, so their ordinal numbers would only look like some
  if (format !== 'npz') add('time', `${isoTime(earliest)} to ${isoTime(latest)}, ${count(outOfOrder)} out of order`)
  add('types', [...types].map(([code, events]) => `${typeName(code, format)} ${count(events)}`).join(', '))
  const means = [...rewardSums].map(([name, sum]) => `${name} ${decimal(sum / ingested)}`)
  if (means.length > 0) add('rewards', `${means.join(', ')} on average`)
  const { readable, capacity, evicted, rewards } = stream
  const appraised = `${count(rewards.fullyAppraised)} fully appraised`
  add('ring', `${count(readable)} of ${count(capacity)} events held, ${count(evicted)} evicted, ${appraised}`)
}

async function writeSamples(out: Output, report: IngestReport, samples: SampleBatch): Promise<void> {
  await out.write(`\n${count(samples.length)} samples by ${report.sample?.by}, seed ${report.seed}\n`)
  if (samples.length === 0) return
  await out.write(row(['seq', 'probability', 'time', 'type', 'step', 'reward', 'episode']))
  for (let i = 0; i < samples.length; i++) await out.write(row(cellsOf(sampleAt(samples, i), report.format)))
}

function cellsOf({ seq, probability, event }: Sample, format: Format): string[] {
  return [
    String(seq),
    probability.toExponential(3),
    isoTime(event.timestamp),
    typeName(event.eventType, format),
    String(event.stepNumber),
    decimal(event.totalReward),
    event.episodeId,
  ]
}

function row(cells: string[]): string {
  const padded = cells.map((cell, i) => {
    const width = WIDTHS[i] as number
    return width < 0 ? cell.padEnd(-width) : cell.padStart(width)
  })
  return `  ${padded.join('  ')}\n`
}

function typeName(code: number, format: Format): string {
  if (format === 'npz' && code === TERMINATED) return 'terminated'
  if (format === 'npz' && code === TRUNCATED) return 'truncated'
  const known = Object.entries(EventType).find(([, value]) => value === code)
  return known?.[0] ?? `0x${code.toString(16).padStart(4, '0')}`
}

/** Whole seconds without a fraction, otherwise with all six digits of it. */
function isoTime(micros: number): string {
  const fraction = micros % 1e6
  const seconds = new Date((micros - fraction) / 1000).toISOString().slice(0, 19)
  return fraction === 0 ? `${seconds}Z` : `${seconds}.${String(fraction).padStart(6, '0')}Z`
}

function decimal(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(4) : String(value)
}
