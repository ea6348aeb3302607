/**
 * Going on with a run: what happened is read from the stream's history, what was learned from the file beside it.
 *
 * @module
 */

import type { EventBatch } from 'experience-stream'
import type { Place } from '../actor.js'
import type { Chronicle } from '../chronicle.js'
import type { Contest } from '../contest.js'
import type { Learner } from '../learner.js'
import { Novelty } from '../novelty.js'
import { readObservation } from '../state.js'
import type { Keeper } from './keeper.js'

/** Those who remember. */
export interface Rememberers {
  chronicle: Chronicle
  learner: Learner
  contest: Contest
}

/** Lets everybody remember, and returns where the actor goes on. */
export async function recall(
  { stream, past, memory }: Keeper,
  { chronicle, learner, contest }: Rememberers,
): Promise<Partial<Place>> {
  const novelty = new Novelty()
  const observation = new Float64Array(4)
  let episodes = 0
  const visit = (batch: EventBatch): void => {
    const states = batch.states()
    for (let i = 0; i < batch.length; i++) {
      readObservation(states, i * 8, observation, 0)
      novelty.visit(observation)
    }
    if (batch.length > 0) episodes = batch.view(batch.length - 1).episodeIdNumber + 1
  }
  if (memory !== undefined) {
    learner.restore(memory.learner)
    contest.restore(memory.contest)
    // The means of the windows that have ended are written down; those of the one that was cut off are not.
    await chronicle.recall(stream.history, Math.min(past, memory.windows.at(-1)?.step ?? 0), visit)
    chronicle.takeMeanRewards()
    await chronicle.recall(stream.history, past, visit)
  }
  return { novelty, past: { steps: past, episodes } }
}
