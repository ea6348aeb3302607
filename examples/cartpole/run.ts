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
import { type Checkpoint, Contest } from './contest.js'
import type { Crew } from './crew.js'
import { evaluate, mean, type Playback, record } from './evaluation.js'
import { explorationAt, WARM_UP } from './exploration.js'
import { Interrupted, type Keeper } from './keep/keeper.js'
import { recall } from './keep/recall.js'
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

/** What a run leaves behind. */
export interface RunResult {
  settings: RunSettings
  /** Steps that were taken before this start. */
  past: number
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
 * @param keeper keeps the run, and has what came before; the run closes its stream
 * @throws {CrewError} when a thread ends before its work is done
 * @throws {Interrupted} when the keeper is told to stop; everything is kept
 */
export async function run(
  settings: RunSettings,
  onProgress: ProgressListener = () => {},
  scripts: Scripts = SCRIPTS,
  keeper?: Keeper,
): Promise<RunResult> {
  const { seed, steps, threads, learn } = settings
  const began = performance.now()
  const shared = threads > 0
  const stream =
    keeper?.stream ?? (await ExperienceStream.create({ capacity: CAPACITY, seed, priority: 'explicit', shared }))
  const past = keeper?.past ?? 0
  let crew: Crew | undefined
  try {
    const learner = new Learner(stream, settings.replay, new Random(seed, 'network'))
    const chronicle = new Chronicle(stream)
    const contest = new Contest(seed)
    const windows = keeper?.memory?.windows ?? []
    const place = keeper && (await recall(keeper, { chronicle, learner, contest }))
    crew = shared
      ? new ThreadCrew(stream, learner.online.parameters, { seed, steps, environments: threads }, scripts)
      : new SoloCrew(stream, new GreedyPolicy(learner.online), seed, place)
    const save = () => keeper?.save({ seed, learn, windows, learner: learner.save(), contest: contest.save() })
    await save()
    const windowSteps = Math.ceil(steps / WINDOWS)
    let windowBegan = performance.now()
    for (let step = past + 1; step <= steps; step++) {
      await crew.advance(step)
      if (learn && step >= WARM_UP) learner.update(step / steps)

      const ended = step === steps
      const windowEnds = step % windowSteps === 0 || ended
      if (windowEnds || step % READ_EVERY === 0) chronicle.read(step)
      if (windowEnds) {
        const { readable, evicted } = stream.stats()
        const previous = Math.max(past, windows.at(-1)?.step ?? 0)
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
        await save()
        windowBegan = performance.now()
      }
      await keeper?.after(step).catch(async (error) => {
        if (error instanceof Interrupted) await save()
        throw error
      })
    }
    // The last step may have been taken by a start that did not live to see the policy chosen.
    if (contest.checkpoints.at(-1)?.step !== steps) contest.enter(steps, learner.average.parameters)
    const cursors = await crew.end()
    const seconds = (performance.now() - began) / 1000
    const policy = contest.winner
    const lengths = evaluate(policy, FINAL_STARTS, new Random(seed, 'final'))
    return {
      settings,
      past,
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
      audit: [...audit(stream.stats(), cursors, learner.latePriorities, past), ...((await keeper?.audit()) ?? [])],
      timing: { seconds, eventsPerSecond: (steps - past) / seconds },
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
