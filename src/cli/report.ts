/**
 * What is told about an ingestion, and its form as one JSON object.
 *
 * It is written piece by piece, so that a large sample is never one text in memory. All but `timing` depends only on
 * input, options and seed, apart from ids and from hashes under a random salt.
 *
 * @module
 */

import { type ExperienceEventJSON, eventToJSON, type SampleBatch, type StreamStats } from '../index.js'
import type { Format } from './detect.js'
import type { IngestionTotals } from './ingestion.js'
import type { KeptReport } from './keeping.js'
import type { Output } from './output.js'
import type { SourceCounts } from './rows.js'
import type { SampleRequest } from './sample-request.js'

/** Everything that is told about an ingestion, but for the samples. */
export interface IngestReport {
  name: string
  format: Format
  totals: IngestionTotals
  counts: SourceCounts
  stream: StreamStats
  seed: number
  sample: SampleRequest | undefined
  interrupted: boolean
  /** With `--into`. */
  into: KeptReport | undefined
  timing: Timing
}

/** How long it took, and what it took; differs from run to run. */
export interface Timing {
  readMs: number
  sampleMs: number
  eventsPerSecond: number
  bytesPerSecond: number
  peakMemoryBytes: number
}

/** Writes one JSON object and a line end. */
export async function writeJson(out: Output, report: IngestReport, samples: SampleBatch | undefined): Promise<void> {
  const { totals, counts, stream, sample } = report
  const head = {
    ingested: totals.ingested,
    malformed: totals.malformed,
    malformedLines: totals.malformedLines,
    format: report.format,
    records: counts.records,
    blank: counts.blank,
    episodes: counts.episodes,
    episodesForgotten: counts.forgotten,
    outOfOrder: totals.outOfOrder,
    time: totals.ingested === 0 ? null : { earliest: totals.earliest, latest: totals.latest },
    types: Object.fromEntries([...totals.types].map(([code, events]) => [String(code), events])),
    meanRewards: Object.fromEntries(
      [...totals.rewardSums].map(([name, sum]) => [name, totals.ingested === 0 ? 0 : sum / totals.ingested]),
    ),
    ring: {
      capacity: stream.capacity,
      written: stream.written,
      readable: stream.readable,
      evicted: stream.evicted,
      fullyAppraised: stream.rewards.fullyAppraised,
    },
    notes: totals.notes,
    into: report.into ?? null,
    interrupted: report.interrupted,
    seed: report.seed,
    by: sample?.by ?? null,
  }
  await out.write(`${JSON.stringify(head).slice(0, -1)},"samples":[`)
  for (let i = 0; samples !== undefined && i < samples.length; i++) {
    await out.write(`${i === 0 ? '\n' : ',\n'}${JSON.stringify(sampleAt(samples, i))}`)
  }
  await out.write(`],"timing":${JSON.stringify(report.timing)}}\n`)
}

/** One sample, as it is printed. */
export interface Sample {
  seq: number
  probability: number
  event: ExperienceEventJSON
}

/** The sample at a place of the batch. */
export function sampleAt(samples: SampleBatch, i: number): Sample {
  return {
    seq: samples.seqs[i] as number,
    probability: samples.probabilities[i] as number,
    event: eventToJSON(samples.at(i)),
  }
}
