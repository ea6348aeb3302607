/**
 * An application of two threads that bundlers build: the page shares its stream with a module worker.
 */

import { ExperienceStream } from 'experience-stream'

async function run() {
  const stream = await ExperienceStream.create({ capacity: 100, shared: true })
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
  const cursor = stream.subscribe()
  const closed = new Promise((resolve, reject) => {
    worker.onmessage = resolve
    worker.onerror = reject
  })
  worker.postMessage(stream.handle())
  const steps = []
  for await (const batch of cursor) {
    for (const event of batch) steps.push(event.stepNumber)
    if (steps.length === 5) break
  }
  await closed
  const { threads, written } = stream.stats()
  return { steps, written, pending: threads.pending }
}

globalThis.outcome = run()
