/**
 * Program of a thread that acts: takes a slice of the granted steps, plays it with the latest policy, and writes it.
 *
 * @module
 */

import { ExperienceStream } from 'experience-stream'
import { Actor } from '../actor.js'
import { explorationAt } from '../exploration.js'
import { Network } from '../network.js'
import { Novelty } from '../novelty.js'
import { GreedyPolicy, LAYERS } from '../policy.js'
import { leave, started } from './messages.js'
import { Pace } from './pace.js'
import { SharedWeights } from './shared-weights.js'
import { SliceWriter } from './slice-writer.js'

/** Steps that are played with one policy and written as one batch. */
const SLICE = 8

const { handle, seed, steps, index, of, ...memories } = await started()
const stream = await ExperienceStream.attach(handle)
const pace = new Pace(steps, memories.pace)
const network = new Network(LAYERS)
const weights = new SharedWeights(network.parameters.length, memories.weights)
const novelty = new Novelty(new Uint32Array(memories.visits))
const writer = new SliceWriter(stream)
const actor = new Actor(writer, new GreedyPolicy(network), seed, { index, of, novelty })
for (let slice = pace.take(SLICE); slice !== undefined; slice = pace.take(SLICE)) {
  weights.read(network.parameters)
  for (let tick = slice.first; tick < slice.end; tick++) actor.step(explorationAt(tick), tick)
  writer.flush()
}
leave({})
await stream.close()
