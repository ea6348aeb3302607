/**
 * One run: act, appraise, learn, and choose the policy that is frozen at the end.
 *
 * Everything but the figures named `timing` depends on the settings alone. The budget of `steps` counts what the agent
 * experiences, all of it through the ring. Ten times during a run the policy of the moment plays twenty validation
 * starts without learning, and the best one so far is kept; those steps are counted apart, never enter the ring, and
 * share no start with the hundred on which the kept policy is finally judged.
 *
 * @module
 */

import { ExperienceStream } from 'experience-stream'
import { Actor } from './actor.js'
import { APPRAISERS, AppraisalPanel } from './appraisal.js'
import { type AuditLine, audit } from './audit.js'
import { evaluate, mean, type Playback, record } from './evaluation.js'
import { Learner, type Replay } from './learner.js'
import { GreedyPolicy } from './policy.js'
import { Random } from './random.js'
import { type Ranking, rank } from './ranking.js'

/** Events that the ring of a run holds: less than a run writes, so that it wraps. */
export const CAPACITY = 6_000

/** Mean return of the frozen policy that counts as solved. */
export const SOLVED = 475

/** Steps of pure exploration before the first update. */
const WARM_UP = 500
/** Steps over which exploration falls to its final value. */
const EXPLORING = 3_000
const FINAL_EXPLORATION = 0.05

const WINDOWS = 40
const WINDOWS_PER_CHECKPOINT = 4
const VALIDATION_STARTS = 20
const FINAL_STARTS = 100
const RECENT_EPISODES = 20
const TOP_EXPERIENCES = 8

/** What a run depends on. */
export interface RunSettings {
  /** An integer in [0, 2^53). */
  seed: number
  /** Steps that the agent takes. */
  steps: number
  /** Without learning the same steps are taken with a network that is never updated. */
  learn: boolean
  replay: Replay
}

/** A part of a run, as progress shows it. */
export interface Window {
  /** Steps taken at its end. */
  step: number
  episodes: number
  /** Mean length of the last 20 episodes. */
  meanReturn: number
  /** Chance of a random push. */
  exploration: number
  /** Mean magnitude of the errors of the last batch. */
  error: number
  /** Mean reward of each appraiser over the window's events. */
  rewards: number[]
  /** Live events. */
  size: number
  evicted: number
  /** Events that an appraiser missed, summed over the four. */
  missed: number
}

/** A validation of the policy during a run. */
export interface Checkpoint {
  step: number
  /** Mean length of the validation episodes. */
  mean: number
}

/** What a run leaves behind. */
export interface RunResult {
  settings: RunSettings
  capacity: number
  /** Length of every episode that ended, and the step at which it did. */
  returns: number[]
  endedAt: number[]
  windows: Window[]
  checkpoints: Checkpoint[]
  /** The checkpoint whose policy was kept. */
  chosen: Checkpoint
  updates: number
  /** Steps played by validations. */
  validationSteps: number
  cellsSeen: number
  /** Lengths of the kept policy's episodes from 100 fresh starts. */
  lengths: number[]
  /** The first of them, for the report. */
  playback: Playback
  ranking: Ranking
  audit: AuditLine[]
  /** Wall-clock time; not part of what a seed replays. */
  timing: { seconds: number; eventsPerSecond: number }
}

/** Told about every window, with the events per second of that window. */
export type ProgressListener = (window: Window, eventsPerSecond: number) => void

/** Runs the example once. */
export async function run(settings: RunSettings, onProgress: ProgressListener = () => {}): Promise<RunResult> {
  const began = performance.now()
  const stream = await ExperienceStream.create({ capacity: CAPACITY, seed: settings.seed, priority: 'explicit' })
  try {
    const panel = new AppraisalPanel(stream)
    const learner = new Learner(stream, settings.replay, new Random(settings.seed, 'network'))
    const actor = new Actor(stream.writer, new GreedyPolicy(learner.online), settings.seed)
    const contest = new Contest(settings.seed)
    const windows: Window[] = []
    const windowSteps = Math.ceil(settings.steps / WINDOWS)
    let windowBegan = began
    while (actor.steps < settings.steps) {
      const exploration = explorationAt(actor.steps)
      actor.step(exploration)
      panel.poll()
      if (settings.learn && actor.steps >= WARM_UP) learner.update(actor.steps / settings.steps)

      const ended = actor.steps === settings.steps
      if (actor.steps % windowSteps !== 0 && !ended) continue
      const previous = windows.at(-1)?.step ?? 0
      windows.push({
        step: actor.steps,
        episodes: actor.returns.length,
        meanReturn: mean(actor.returns.slice(-RECENT_EPISODES)),
        exploration,
        error: learner.lastError,
        rewards: meanRewards(stream, previous),
        size: stream.size,
        evicted: stream.totalWritten - stream.size,
        missed: panel.missed,
      })
      const now = performance.now()
      onProgress(windows[windows.length - 1], ((actor.steps - previous) * 1000) / (now - windowBegan))
      if (windows.length % WINDOWS_PER_CHECKPOINT === 0 || ended) contest.enter(actor.steps, learner.average.parameters)
      windowBegan = performance.now()
    }
    const seconds = (performance.now() - began) / 1000
    const policy = contest.winner
    const lengths = evaluate(policy, FINAL_STARTS, new Random(settings.seed, 'final'))
    return {
      settings,
      capacity: stream.capacity,
      returns: actor.returns,
      endedAt: actor.endedAt,
      windows,
      checkpoints: contest.checkpoints,
      chosen: contest.chosen,
      updates: learner.updates,
      validationSteps: contest.steps,
      cellsSeen: actor.cellsSeen,
      lengths,
      playback: record(policy, new Random(settings.seed, 'final')),
      ranking: rank(stream, learner.draws, TOP_EXPERIENCES),
      audit: audit(stream.stats()),
      timing: { seconds, eventsPerSecond: settings.steps / seconds },
    }
  } finally {
    await stream.close()
  }
}

/** The first step at which a run's policy passed its validation with a mean of at least {@link SOLVED}. */
export function solvedAt(result: RunResult): number | undefined {
  return result.checkpoints.find((checkpoint) => checkpoint.mean >= SOLVED)?.step
}

function explorationAt(step: number): number {
  const gone = Math.max(0, Math.min(1, (step - WARM_UP) / EXPLORING))
  return 1 + (FINAL_EXPLORATION - 1) * gone
}

/** Mean reward per appraiser over what is live of the events from `startSeq` on. */
function meanRewards(stream: ExperienceStream, startSeq: number): number[] {
  const rewards = stream.queryRange(Math.max(startSeq, stream.oldestSeq), stream.totalWritten).rewards()
  const slots = APPRAISERS.length
  return APPRAISERS.map((_, slot) => mean(rewards.filter((_, i) => i % slots === slot)))
}

/** Validates policies on the same starts and keeps the best; of equal ones the latest. */
class Contest {
  readonly checkpoints: Checkpoint[] = []
  chosen: Checkpoint = { step: 0, mean: -1 }
  /** Steps played so far. */
  steps = 0
  winner!: GreedyPolicy
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed
  }

  enter(step: number, parameters: Float64Array): void {
    const policy = GreedyPolicy.frozen(parameters)
    const lengths = evaluate(policy, VALIDATION_STARTS, new Random(this.#seed, 'validation'))
    const checkpoint = { step, mean: mean(lengths) }
    this.checkpoints.push(checkpoint)
    this.steps += lengths.reduce((sum, length) => sum + length, 0)
    if (checkpoint.mean < this.chosen.mean) return
    this.chosen = checkpoint
    this.winner = policy
  }
}
