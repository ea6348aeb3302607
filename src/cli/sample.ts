/**
 * `experience-stream sample`: draws events of a directory.
 *
 * @module
 */

import { type ExperienceEventJSON, ExperienceStream, eventToJSON, prioritizedReward } from '../index.js'
import type { HistoryBatch } from '../storage/history/batch.js'
import { integer, onlyDirectory, parseWords } from './arguments.js'
import type { Command, CommandContext } from './command.js'
import { type StreamDirectory, withDirectory } from './directory.js'
import { ExitStatus, InputError } from './errors.js'
import { eventAt } from './event-json.js'
import { SAMPLE_HELP } from './sample-help.js'
import { checkSample, SAMPLE_OPTIONS, type SampleRequest } from './sample-request.js'
import { count, counted, EVENT_COLUMNS, eventRow, tableRow } from './text.js'

const { sample: _, ...SHARED } = SAMPLE_OPTIONS
const OPTIONS = { ...SHARED, size: { type: 'string' }, json: { type: 'boolean' } } as const

const DEFAULT_SIZE = '10'
const MOST = 1_000_000
/** Events that go into the ring at once. */
const BATCH = 8192

interface Drawn {
  seq: number
  probability: number
  event: ExperienceEventJSON
}

interface Draw {
  /** Events that the draws were made among, all of [startSeq, endSeq). */
  population: number
  window: { startSeq: number; endSeq: number }
  samples: Iterable<Drawn>
  length: number
}

/** The command. */
export const sample: Command = {
  help: SAMPLE_HELP,
  run: async (args, context) => {
    const { values, positionals } = parseWords(args, OPTIONS)
    const path = onlyDirectory('sample', positionals)
    const size = String(integer('size', values.size ?? DEFAULT_SIZE, 1, MOST))
    const request = checkSample({ ...values, sample: size }) as SampleRequest
    const seed = integer('seed', values.seed ?? '1', 0)
    try {
      return await withDirectory(path, async (directory) => {
        const drawn = await draw(directory, request, seed, context.signal)
        if (drawn.population === 0) throw new InputError(`nothing to draw from: ${path} has no such event`)
        await (values.json === true ? writeJson : writeText)(path, request, seed, drawn, context)
        return ExitStatus.OK
      })
    } catch (error) {
      if (context.signal.aborted) return ExitStatus.INTERRUPTED
      throw error
    }
  },
}

async function draw(
  directory: StreamDirectory,
  request: SampleRequest,
  seed: number,
  signal: AbortSignal,
): Promise<Draw> {
  const { history, journal } = directory
  const { by, size, types, replacement = false } = request
  if (by === 'reward') return directory.steadily(() => drawByReward(directory, request, seed, signal))
  if (by === 'recent') {
    const batch = await history.query({ order: 'newest', limit: size, signal }).toBatch()
    return {
      population: batch.length,
      window: { startSeq: batch.start, endSeq: batch.end },
      samples: eventsOf(batch, true, 1),
      length: batch.length,
    }
  }
  const filter = by === 'type' ? { types } : undefined
  const batch = await history.sample(size, { seed, replacement, filter, signal })
  const window = { startSeq: journal.identity.firstSeq, endSeq: batch.end }
  return {
    population: batch.population,
    window,
    samples: eventsOf(batch, false, 1 / batch.population),
    length: batch.length,
  }
}

function* eventsOf(batch: HistoryBatch, reversed: boolean, probability: number): Generator<Drawn> {
  for (let n = 0; n < batch.length; n++) {
    const i = reversed ? batch.length - 1 - n : n
    yield { seq: batch.seqs[i] as number, probability, event: eventAt(batch, i) }
  }
}

/** Draws from a ring that is filled as opening the directory fills one. */
async function drawByReward(
  { journal, window }: StreamDirectory,
  { size, alpha, epsilon, replacement }: SampleRequest,
  seed: number,
  signal: AbortSignal,
): Promise<Draw> {
  const { startSeq, endSeq } = window
  const capacity = Math.max(1, endSeq - startSeq)
  const stream = await ExperienceStream.create({ capacity, firstSeq: startSeq, seed })
  for (let start = startSeq; start < endSeq; start += BATCH) {
    signal.throwIfAborted()
    stream.writeBatch(journal.events(start, Math.min(endSeq, start + BATCH)).bytes)
  }
  const strategy = prioritizedReward({ alpha, epsilon })
  const batch = stream.sampleBatch(size, strategy, replacement === undefined ? {} : { replacement })
  const { population, length } = batch
  await stream.close()
  const samples = Array.from({ length }, (_, i) => {
    return {
      seq: batch.seqs[i] as number,
      probability: batch.probabilities[i] as number,
      event: eventToJSON(batch.at(i)),
    }
  })
  return { population, window, samples, length }
}

async function writeJson(
  directory: string,
  { by }: SampleRequest,
  seed: number,
  { population, window, samples }: Draw,
  { out }: CommandContext,
): Promise<void> {
  await out.write(`${JSON.stringify({ directory, by, seed, population, window }).slice(0, -1)},"samples":[`)
  let separator = '\n'
  for (const drawn of samples) {
    await out.write(`${separator}${JSON.stringify(drawn)}`)
    separator = ',\n'
  }
  await out.write(']}\n')
}

async function writeText(
  directory: string,
  { by }: SampleRequest,
  seed: number,
  { population, window, samples, length }: Draw,
  { out }: CommandContext,
): Promise<void> {
  const among = by === 'reward' ? `, the newest window, ${window.startSeq} to ${window.endSeq - 1}` : ''
  await out.write(`${directory}: ${count(length)} of ${counted(population, 'event')}${among}, by ${by}, seed ${seed}\n`)
  await out.write(tableRow(EVENT_COLUMNS))
  for (const { probability, event } of samples) await out.write(eventRow(event, probability))
}
