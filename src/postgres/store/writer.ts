/**
 * Batches into steps: few days a transaction, the checkpoint of each telling exactly what is there.
 *
 * A batch of few days is one transaction. One of many is several: the events before a cut go with the checkpoint
 * `{ seq: the cut, position: the old one }`, which holds since an event may be newer than its position says. Corrections
 * of many days are applied before, part by part; to apply them again after a crash changes nothing.
 *
 * @module
 */

import type { Checkpoint, ColdBatch } from '../../storage/cold/cold-storage.js'
import { NO_EVENTS } from '../../storage/cold/events.js'
import type { CorrectionList } from '../../storage/journal/corrections.js'
import type { SqlDriver } from '../driver/driver.js'
import { type CorrectedDay, daysOf, entriesOf } from './corrections.js'
import { MOST_DAYS, type Slice, slicesOf } from './days.js'
import { applyStep, claim, type Step, type StepTools } from './step.js'

const NOTHING: Slice = { from: 0, to: 0, days: [] }

/** What a writer tells while it works. */
export interface WriteEvents {
  /** A checkpoint is committed. */
  moved(to: Checkpoint): void
  /** A transaction has its locks and begins to write rows. */
  writing(): void
}

/** See the module. */
export class StepWriter {
  private readonly driver: SqlDriver
  private readonly tools: StepTools

  constructor(driver: SqlDriver, tools: StepTools) {
    this.driver = driver
    this.tools = tools
  }

  /** Writes a batch that leads from `from` to `to`. @throws {CheckpointMovedError} */
  async write(
    streamId: string,
    batch: ColdBatch,
    from: Checkpoint,
    to: Checkpoint,
    told: WriteEvents,
    signal?: AbortSignal,
  ): Promise<void> {
    const days = await this.correctedDays(streamId, batch.corrections)
    let at = from
    let { corrections } = batch
    for (const step of stepsOf(batch, days, from, to)) {
      // What is left may be in files of any day that has such numbers.
      const archived =
        step.archived && days.filter((day) => entriesOf(corrections, day).length > 0).map(({ day }) => day)
      corrections = await this.take(streamId, { ...step, archived, corrections, writing: told.writing }, at, signal)
      at = step.to
      told.moved(at)
    }
  }

  private async correctedDays(streamId: string, corrections: CorrectionList): Promise<CorrectedDay[]> {
    if (corrections.length === 0) return []
    const stream = await this.tools.streams.byId(streamId)
    return stream === undefined ? [] : daysOf(this.driver, stream.key, corrections)
  }

  private async take(
    streamId: string,
    step: Step,
    at: Checkpoint,
    signal: AbortSignal | undefined,
  ): Promise<CorrectionList> {
    const { streams, partitions } = this.tools
    const days = step.slice.days.map(({ day }) => day)
    let { corrected } = step
    const transaction = (): Promise<CorrectionList> => {
      return this.driver.transaction(
        async (session) => {
          const stream = await claim(session, streams, streamId, at)
          return applyStep(session, stream, { ...step, corrected }, this.tools)
        },
        { signal },
      )
    }
    return partitions.with(days, transaction, signal, (gone) => {
      corrected = corrected.filter(({ day }) => !gone.includes(day))
    })
  }
}

function stepsOf(batch: ColdBatch, days: readonly CorrectedDay[], from: Checkpoint, to: Checkpoint): Step[] {
  const { events, corrections, gaps } = batch
  const warm = days.filter(({ isWarm }) => isWarm)
  const nothing = { events: NO_EVENTS, slice: NOTHING, gaps: [], corrections, archived: undefined, to: from }
  const steps: Step[] = []
  while (warm.length > MOST_DAYS) steps.push({ ...nothing, corrected: warm.splice(0, MOST_DAYS) })
  const slices = slicesOf(events)
  let begin = from.seq
  for (const [i, slice] of slices.entries()) {
    const isLast = i === slices.length - 1
    const target = isLast ? to : { seq: (events.seqs[slice.to - 1] as number) + 1, position: from.position }
    steps.push({
      events,
      slice,
      gaps: gaps.filter(({ start }) => start >= begin && start < target.seq),
      corrections,
      corrected: isLast ? warm : [],
      archived: isLast ? [] : undefined,
      to: target,
    })
    begin = target.seq
  }
  return steps
}
