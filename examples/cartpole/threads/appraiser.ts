/**
 * Program of a thread that appraises: a subscriber that scores what comes and writes the slot that it owns.
 *
 * @module
 */

import { ExperienceStream } from 'experience-stream'
import { SCORES } from '../appraisal.js'
import { leave, started } from './messages.js'
import { Pace } from './pace.js'

const { handle, steps, index, pace: memory } = await started()
const stream = await ExperienceStream.attach(handle)
const pace = new Pace(steps, memory)
const { slot, score } = SCORES[index]
const subscription = stream.subscribe({ from: 0 })
for await (const batch of subscription) {
  const rewards = new Float32Array(batch.length)
  let scored = 0
  for (const event of batch) rewards[scored++] = score(event)
  stream.setAppraiserRewards(batch.seqs, slot, rewards)
  const { received, missed } = subscription
  pace.report(slot, received + missed, missed)
  if (received + missed >= steps) break
}
leave({ cursor: subscription.stats() })
await stream.close()
