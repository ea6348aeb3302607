/**
 * Program of an environment thread that fails in the middle of its work, with sequence numbers claimed and not used.
 *
 * @module
 */

import { once } from 'node:events'
import { parentPort } from 'node:worker_threads'
import { ExperienceStream } from '../../../dist/index.js'

if (parentPort === null) throw new Error('this runs as a worker thread only')
const [{ handle }] = await once(parentPort, 'message')
const stream = await ExperienceStream.attach(handle)
for (let i = 0; i < 4; i++) stream.writer.commit()
throw new Error('the pole broke')
