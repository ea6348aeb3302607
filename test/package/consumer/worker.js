/**
 * The other thread of `threaded.js`: takes part in the stream, writes, and says when it has left.
 */

import { ExperienceStream } from 'experience-stream'

addEventListener('message', async ({ data }) => {
  const stream = await ExperienceStream.attach(data)
  for (let step = 0; step < 5; step++) stream.writeEvent({ stepNumber: step })
  await stream.close()
  postMessage('closed')
})
