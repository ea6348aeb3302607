/**
 * `experience-stream ingest`: reads an input into a ring, lets the appraisers score it, and shows what is in it.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import {
  ExperienceStream,
  filteredByType,
  prioritizedReward,
  recent,
  type SampleBatch,
  type SamplingStrategy,
  uniform,
} from '../index.js'
import type { Command, CommandContext } from './command.js'
import { ExitStatus, InputError } from './errors.js'
import { INGEST_HELP } from './ingest-help.js'
import { type IngestOptions, parseIngestOptions } from './ingest-options.js'
import { APPRAISERS, type AppraiserName, appraiserType, Ingestion } from './ingestion.js'
import { Input } from './input.js'
import { Keeping } from './keeping.js'
import { Progress } from './progress.js'
import { type IngestReport, writeJson } from './report.js'
import type { SampleRequest } from './sample-request.js'
import { formatOf, readInput } from './source.js'
import { writeSummary } from './summary.js'
import { count } from './text.js'

/** The command. */
export const ingest: Command = {
  help: INGEST_HELP,
  run: async (args, context) => {
    const options = parseIngestOptions(args)
    const input = await Input.open(options.file, context.signal)
    try {
      return await ingestInput(input, options, context)
    } finally {
      await input.close()
    }
  },
}

async function ingestInput(input: Input, options: IngestOptions, context: CommandContext): Promise<number> {
  const started = performance.now()
  const format = formatOf(input, options.format)
  const keeping = options.into === undefined ? undefined : await Keeping.open(options.into, options)
  const stream = keeping?.stream ?? (await createStream(options))
  try {
    const appraisers = options.appraisers ?? keeping?.appraisers ?? [...APPRAISERS]
    const report = await read(input, stream, { ...options, format, appraisers }, context)
    const readMs = performance.now() - started
    const { ingested, malformed, malformedLines } = report.totals
    if (ingested === 0 && !context.signal.aborted)
      throw new InputError(nothing(input.name, malformed, malformedLines[0]))
    const drawn = performance.now()
    const samples = options.sample === undefined ? undefined : draw(stream, options.sample)
    const sampleMs = performance.now() - drawn
    const into = await keeping?.finish()
    const timing = {
      readMs: rounded(readMs),
      sampleMs: rounded(sampleMs),
      eventsPerSecond: Math.round((ingested / readMs) * 1000),
      bytesPerSecond: Math.round((input.bytesRead / readMs) * 1000),
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    }
    const write = options.json ? writeJson : writeSummary
    await write(context.out, { ...report, into, timing }, samples)
    return report.interrupted ? ExitStatus.INTERRUPTED : ExitStatus.OK
  } finally {
    await (keeping ?? stream).close()
  }
}

function createStream(options: IngestOptions): Promise<ExperienceStream> {
  const { capacity, seed, appraisers = APPRAISERS } = options
  // a completion mask cannot be empty; without appraisers no event ever completes it
  const mask = appraisers.length > 0 ? appraisers : APPRAISERS
  return ExperienceStream.create({ capacity, seed, appraisers: mask.map(appraiserType) })
}

async function read(
  input: Input,
  stream: ExperienceStream,
  options: IngestOptions & Pick<IngestReport, 'format'> & { appraisers: AppraiserName[] },
  { signal, err }: CommandContext,
): Promise<Omit<IngestReport, 'into' | 'timing'>> {
  const ingestion = new Ingestion(stream, options.appraisers)
  const progress = new Progress(err, !options.quiet)
  const { format, rules, delimiter, header } = options
  const salt = options.salt ?? randomBytes(32)
  const onProgress = (fraction: number | undefined): void =>
    progress.update(ingestion.committed, ingestion.totals.malformed, fraction)
  try {
    const counts = await readInput(input, ingestion, { format, rules, delimiter, header, salt, signal, onProgress })
    const totals = ingestion.finish()
    const { seed, sample } = options
    return {
      name: input.name,
      format,
      totals,
      counts,
      stream: stream.stats(),
      seed,
      sample,
      interrupted: signal.aborted,
    }
  } finally {
    progress.clear()
  }
}

function draw(stream: ExperienceStream, request: SampleRequest): SampleBatch {
  const { replacement, size } = request
  return stream.sampleBatch(size, strategyOf(request), replacement === undefined ? {} : { replacement })
}

function strategyOf({ by, size, types, alpha, epsilon }: SampleRequest): SamplingStrategy {
  switch (by) {
    case 'uniform':
      return uniform()
    case 'reward':
      return prioritizedReward({ alpha, epsilon })
    case 'recent':
      return recent(size)
    case 'type':
      return filteredByType(types)
  }
}

function nothing(name: string, malformed: number, first: { line: number; reason: string } | undefined): string {
  if (first === undefined) return `nothing was ingested: ${name} holds no records`
  const records = malformed === 1 ? 'the only record' : `all ${count(malformed)} records`
  return `nothing was ingested: ${records} of ${name} ${malformed === 1 ? 'is' : 'are'} malformed, first in line ${first.line}: ${first.reason}`
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}
