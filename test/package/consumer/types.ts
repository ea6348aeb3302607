/**
 * A program of a user, for the compiler alone: every line must type-check, and what is marked must not.
 */

import {
  type Appraiser,
  AppraiserCoordinator,
  AppraiserType,
  ClosedError,
  type EventBatch,
  type EventColumns,
  EventFlags,
  type EventInput,
  EventType,
  type EventView,
  type ExperienceEvent,
  type ExperienceReader,
  ExperienceStream,
  type ExperienceWriter,
  eventToJSON,
  goalAppraiser,
  InvalidArgumentError,
  prioritizedReward,
  runAppraiser,
  type SampleBatch,
  SamplingStrategy,
  type StreamOptions,
  type StreamStats,
  type Subscription,
  sequences,
  uniform,
} from 'experience-stream'
import {
  AuthenticationError,
  type DatabaseTarget,
  type MigrationReport,
  migrate,
  type PersistenceBackend,
  PostgresBackend,
} from 'experience-stream/postgres'

const options: StreamOptions = { capacity: 1000, ids: 'v7', clock: 'amortized', seed: 7n, priority: 'explicit' }

export async function main(signal: AbortSignal, appraiser: Appraiser): Promise<number> {
  const stream: ExperienceStream = await ExperienceStream.create(options)
  const reader: ExperienceReader = stream
  const writer: ExperienceWriter = stream
  const input: EventInput = {
    eventType: EventType.ActionStarted,
    flags: EventFlags.URGENT,
    state: [1, 2, 3],
    episodeId: 1n,
  }
  const seq: number = writer.writeEvent(input)
  const columns: EventColumns = { timestamps: new Float64Array(2), states: new Float32Array(16) }
  const { start, end } = writer.writeBatch(columns)

  const event: ExperienceEvent | undefined = reader.getEvent(seq)
  const episode: bigint | undefined = event?.episodeId
  const view: EventView | undefined = reader.view(seq)
  const batch: EventBatch = reader.queryRange(start, end)
  const matrix: Float32Array = batch.states()
  for (const one of batch) one.totalReward.toFixed(2)

  const sample: SampleBatch = stream.sampleBatch(32, prioritizedReward({ alpha: 0.6, beta: 0.4 }))
  const again: SampleBatch = stream.sampleBatch(32, SamplingStrategy.uniform(), { into: sample, replacement: true })
  const { probabilities, weights } = again
  stream.sampleSeqs(4, sequences({ length: 8 })).population.toFixed()
  stream.sampleSeqs(4, uniform())

  const status: 'applied' | 'corrected' = stream.setAppraiserReward(seq, AppraiserType.Goal, 1)
  const { applied }: { applied: number } = stream.setPriorities(sample.seqs, probabilities)
  new AppraiserCoordinator(stream).notifyAppraiserDone(seq, AppraiserType.Curiosity)
  void runAppraiser(stream, AppraiserType.Goal, goalAppraiser(), { signal })
  appraiser.poll().toFixed()

  const subscription: Subscription = stream.subscribe({ from: 'oldest', types: [EventType.ActionStarted], signal })
  for await (const { missed, length } of subscription) if (missed + length > 0) break

  const stats: StreamStats = stream.stats()
  const json: string = JSON.stringify(event && eventToJSON(event))
  try {
    // @ts-expect-error a capacity is a number
    ExperienceStream.createSync({ capacity: '10' })
    // @ts-expect-error there is no such option
    ExperienceStream.createSync({ capcity: 10 })
    // @ts-expect-error a snapshot's type code is no text
    event?.eventType.toUpperCase()
    // @ts-expect-error there are four appraisers
    stream.setAppraiserReward(seq, 4, 1)
  } catch (error) {
    if (error instanceof InvalidArgumentError || error instanceof ClosedError) return error.code.length
  } finally {
    await stream.close()
  }
  return (
    stats.written +
    matrix.length +
    weights.length +
    applied +
    status.length +
    json.length +
    Number(episode) +
    (view?.seq ?? 0)
  )
}

export async function database(target: DatabaseTarget): Promise<string[]> {
  const report: MigrationReport = await migrate(target, { profile: 'analytics', connection: { tls: 'verify-full' } })
  const backend: PersistenceBackend = await PostgresBackend.connect(target, { poolSize: 2 })
  const health = await backend.healthCheck()
  if (health.error instanceof AuthenticationError) return []
  // @ts-expect-error a profile that there is not
  await migrate(target, { profile: 'fast' })
  return [...report.applied]
}
