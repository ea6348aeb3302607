/**
 * Program of a thread that publishes weights as fast as it can: the n-th time all of them are n.
 *
 * @module
 */

import { workerData } from 'node:worker_threads'
import { SharedWeights } from '../../../build/examples/cartpole/threads/shared-weights.js'

/** @type {{ memory: SharedArrayBuffer, length: number, times: number }} */
const { memory, length, times } = workerData
const weights = new SharedWeights(length, memory)
const values = new Float64Array(length)
for (let i = 1; i <= times; i++) weights.publish(values.fill(i))
