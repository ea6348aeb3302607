/**
 * Appraisal: independent subscribers that read events and write their reward slot.
 *
 * An appraiser that falls behind goes on after the events that it missed; events that are evicted between reading and
 * writing are counted. Rewards are written in bulk, a batch at a time.
 *
 * @module
 */

import { invalid } from '../errors.js'
import type { AppraiserType } from '../event/types.js'
import type { EventView } from '../event/view.js'
import type { EventBatch } from './batch.js'
import { assertAppraiser } from './late-writer.js'
import type { ExperienceStream } from './stream.js'
import type { Subscription } from './subscription.js'

/** What became of the events that an appraiser looked at. */
export interface AppraisalResult {
  /** Rewards that were written. */
  appraised: number
  /** Sequence numbers that were gone before the appraiser saw them. */
  missed: number
  /** Events whose reward came too late: they had been evicted, or the stream was closed. */
  evicted: number
}

/** Tells a stream which appraisers are done with an event, whether or not they wrote a reward. */
export class AppraiserCoordinator {
  private readonly stream: ExperienceStream

  constructor(stream: ExperienceStream) {
    this.stream = stream
  }

  /**
   * Sets the appraiser's bit beside the event. The call that completes the mask sets FULLY_APPRAISED.
   *
   * @throws {SequenceEvictedError} if the event has left the ring.
   * @throws {SequenceNotWrittenError} if it has not been written.
   */
  notifyAppraiserDone(seq: number, appraiser: AppraiserType): 'applied' | 'corrected' {
    return this.stream.markAppraised(seq, appraiser)
  }
}

/**
 * A subscriber that scores every event and writes its slot: step by step with `poll`, or until the stream ends with
 * `run`.
 *
 * @example
 * ```ts
 * const stream = ExperienceStream.createSync({ capacity: 100 })
 * const goal = new Appraiser(stream, AppraiserType.Goal, goalAppraiser())
 * stream.writeEvent({ state: [0, 0, 0, 0, 0, 0, 1] })
 * console.log(goal.poll(), stream.getEvent(0)?.rewardGoal.toFixed(1)) // 1 0.4
 * ```
 */
export class Appraiser<Stream extends ExperienceStream = ExperienceStream> {
  private readonly stream: Stream
  private readonly appraiser: AppraiserType
  private readonly score: (event: EventView) => number
  private readonly subscription: Subscription
  private rewards = new Float32Array(0)
  private appraised = 0
  private evicted = 0

  /**
   * @param score gives the reward of an event from a view that is lent for the call; at most 8·10^37 in magnitude.
   * @param options as of `subscribe`; by default from the next event on.
   */
  constructor(
    stream: Stream,
    appraiser: AppraiserType,
    score: (event: EventView) => number,
    options: Parameters<Stream['subscribe']>[0] = {},
  ) {
    assertAppraiser(appraiser)
    if (typeof score !== 'function') throw invalid('score', 'be a function', score)
    this.stream = stream
    this.appraiser = appraiser
    this.score = score
    this.subscription = stream.subscribe(options)
    this.subscription.scored(appraiser)
  }

  /** Sequence numbers that were gone before the appraiser saw them. */
  get missed(): number {
    return this.subscription.missed
  }

  /**
   * Scores everything that is new and returns how many events that was. What `score` throws comes out; the events of
   * the batch that it threw in stay unscored and count as passed.
   */
  poll(): number {
    let count = 0
    for (let batch = this.subscription.poll(); batch.length > 0; batch = this.subscription.poll()) {
      this.appraise(batch)
      count += batch.length
    }
    return count
  }

  /** Scores events as they come until the subscription ends, and returns what became of them. */
  async run(): Promise<AppraisalResult> {
    for await (const batch of this.subscription) {
      // A closed stream still delivers what was written, but takes no rewards.
      if (this.stream.closed) this.evicted += batch.length
      else this.appraise(batch)
    }
    return { appraised: this.appraised, missed: this.missed, evicted: this.evicted }
  }

  /** Ends the subscription, and `run` with it. */
  close(): void {
    this.subscription.close()
  }

  private appraise(batch: EventBatch): void {
    if (this.rewards.length < batch.length) this.rewards = new Float32Array(batch.length)
    const rewards = this.rewards.subarray(0, batch.length)
    let i = 0
    for (const event of batch) rewards[i++] = this.score(event)
    const { applied, corrected, evicted } = this.stream.setAppraiserRewards(batch.seqs, this.appraiser, rewards)
    this.subscription.scored(this.appraiser)
    this.appraised += applied + corrected
    this.evicted += evicted
  }
}

/**
 * Scores every event as it comes and writes the appraiser's slot, until the signal is aborted or the stream is closed.
 * The promise is rejected with what `score` throws; other subscribers are not affected.
 *
 * @example
 * ```ts
 * const stream = await ExperienceStream.create({ capacity: 1000 })
 * const stop = new AbortController()
 * const done = runAppraiser(stream, AppraiserType.Curiosity, (event) => event.stateAt(0) / 2, { signal: stop.signal })
 * stream.writeEvent({ state: [1] })
 * await new Promise((resolve) => setTimeout(resolve)) // subscribers run when the writer yields
 * stop.abort()
 * console.log(await done) // { appraised: 1, missed: 0, evicted: 0 }
 * ```
 */
export function runAppraiser<Stream extends ExperienceStream>(
  stream: Stream,
  appraiser: AppraiserType,
  score: (event: EventView) => number,
  options: Parameters<Stream['subscribe']>[0] = {},
): Promise<AppraisalResult> {
  return new Appraiser(stream, appraiser, score, options).run()
}
