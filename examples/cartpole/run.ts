/**
 * One run: act, appraise, learn, and choose the policy that is frozen at the end.
 *
 * In one thread everything but the figures named `timing` depends on the settings alone; with threads of their own for
 * acting and appraising the order of their work does too, and nothing replays. The budget of `steps` counts what the agent
 * experiences, all of it through the ring. Ten times during a run the policy of the moment plays twenty validation
 * starts without learning, and the best one so far is kept; those steps are counted apart, never enter the ring, and
 * share no start with the hundred on which the kept policy is finally judged.
 *
 * @module
 */

import { ExperienceStream } from 'experience-stream'
import { type AuditLine, audit } from './audit.js'
import { Chronicle } from './chronicle.js'
import type { Crew } from './crew.js'
import { evaluate, mean, type Playback, record } from './evaluation.js'
import { explorationAt, WARM_UP } from './exploration.js'
import { Learner, type Replay } from './learner.js'
import { GreedyPolicy } from './policy.js'
import { Random } from './random.js'
import { type Ranking, rank } from './ranking.js'
import { SoloCrew } from './solo.js'
import { ThreadCrew } from './threads/crew.js'
import { SCRIPTS, type Scripts } from './threads/scripts.js'

/** Events that the ring of a run holds: less than a run writes, so that it wraps. */
export const CAPACITY = 6_000

/** Mean return of the frozen policy that counts as solved. */
export const SOLVED = 475

const WINDOWS = 40
const WINDOWS_PER_CHECKPOINT = 4
const VALIDATION_STARTS = 20
const FINAL_STARTS = 100
const RECENT_EPISODES = 20
const TOP_EXPERIENCES = 8
/** Steps after which the chronicle reads at the latest, long before the events of that time are evicted. */
const READ_EVERY = CAPACITY / 2

/** What a run depends on. */
export interface RunSettings {
  /** An integer in [0, 2^53). */
  seed: number
  /** Steps that the agent takes. */
  steps: number
  /** Without learning the same steps are taken with a network that is never updated. */
  learn: boolean
  replay: Replay
  /** Environments with a thread each, beside one for each appraiser; 0 has everything happen in one thread. */
  threads: number
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

/**
 * Runs the example once.
 *
 * @param scripts files of the threads' programs, if there are threads
 * @throws {CrewError} when a thread ends before its work is done
 */
export async function run(
  settings: RunSettings,
  onProgress: ProgressListener = () => {},
  scripts: Scripts = SCRIPTS,
): Promise<RunResult> {
  const { seed, steps, threads } = settings
  const began = performance.now()
  const shared = threads > 0
  const stream = await ExperienceStream.create({ capacity: CAPACITY, seed, priority: 'explicit', shared })
  let crew: Crew | undefined
  try {
    const learner = new Learner(stream, settings.replay, new Random(seed, 'network'))
    crew = shared
      ? new ThreadCrew(stream, learner.online.parameters, { seed, steps, environments: threads }, scripts)
      : new SoloCrew(stream, new GreedyPolicy(learner.online), seed)
    const chronicle = new Chronicle(stream)
    const contest = new Contest(seed)
    const windows: Window[] = []
    const windowSteps = Math.ceil(steps / WINDOWS)
    let windowBegan = began
    for (let step = 1; step <= steps; step++) {
      await crew.advance(step)
      if (settings.learn && step >= WARM_UP) learner.update(step / steps)

      const ended = step === steps
      const windowEnds = step % windowSteps === 0 || ended
      if (windowEnds || step % READ_EVERY === 0) chronicle.read(step)
      if (!windowEnds) continue
      const { readable, evicted } = stream.stats()
      const previous = windows.at(-1)?.step ?? 0
      windows.push({
        step,
        episodes: chronicle.returns.length,
        meanReturn: mean(chronicle.returns.slice(-RECENT_EPISODES)),
        exploration: explorationAt(step - 1),
        error: learner.lastError,
        rewards: chronicle.takeMeanRewards(),
        size: readable,
        evicted,
        missed: crew.missed,
      })
      const now = performance.now()
      onProgress(windows[windows.length - 1], ((step - previous) * 1000) / (now - windowBegan))
      if (windows.length % WINDOWS_PER_CHECKPOINT === 0 || ended) contest.enter(step, learner.average.parameters)
      windowBegan = performance.now()
    }
    const cursors = await crew.end()
    const seconds = (performance.now() - began) / 1000
    const policy = contest.winner
    const lengths = evaluate(policy, FINAL_STARTS, new Random(seed, 'final'))
    return {
      settings,
      capacity: stream.capacity,
      returns: chronicle.returns,
      endedAt: chronicle.endedAt,
      windows,
      checkpoints: contest.checkpoints,
      chosen: contest.chosen,
      updates: learner.updates,
      validationSteps: contest.steps,
      cellsSeen: crew.cellsSeen,
      lengths,
      playback: record(policy, new Random(seed, 'final')),
      ranking: rank(stream, learner.draws, TOP_EXPERIENCES),
      audit: audit(stream.stats(), cursors, learner.latePriorities),
      timing: { seconds, eventsPerSecond: steps / seconds },
    }
  } finally {
    await crew?.close()
    await stream.close()
  }
}

/** The first step at which a run's policy passed its validation with a mean of at least {@link SOLVED}. */
export function solvedAt(result: RunResult): number | undefined {
  return result.checkpoints.find((checkpoint) => checkpoint.mean >= SOLVED)?.step
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
