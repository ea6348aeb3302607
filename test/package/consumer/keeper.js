/**
 * The worker of `durable.js`: writes, closes, opens again, and says what is there.
 */

import { openExperienceStream } from 'experience-stream/opfs'

async function run() {
  const directory = 'kept/by-worker'
  const first = await openExperienceStream({ directory, capacity: 10 })
  for (let step = 0; step < 15; step++) first.writeEvent({ stepNumber: step })
  await first.close()
  const second = await openExperienceStream({ directory })
  const steps = second
    .queryRange(0, 15)
    .toArray()
    .map(({ stepNumber }) => stepNumber)
  const total = second.totalWritten
  await second.close()
  return { created: [first.recovery.created, second.recovery.created], total, steps }
}

run().then(postMessage, (error) => postMessage(String(error)))
