/**
 * Random commands drive the stream and its model; nothing that can be seen may differ. A failure prints the seed and
 * path of fast-check, with which it can be run again.
 *
 * @module
 */

import fc from 'fast-check'
import { describe, test } from 'vitest'
import { isDurable, isShared } from '../support/streams.js'
import { command } from './arbitraries.js'
import { Duel } from './duel.js'

const cases = [
  { capacity: 1, firstSeq: 0, runs: 60, length: 60 },
  { capacity: 2, firstSeq: 2 ** 32 - 3, runs: 60, length: 60 },
  { capacity: 3, firstSeq: 2 ** 53 - 50, runs: 60, length: 30 },
  { capacity: 10, firstSeq: 0, runs: 150, length: 80 },
  { capacity: 10, firstSeq: 2 ** 32 - 3, runs: 80, length: 80 },
  { capacity: 1000, firstSeq: 2 ** 32 - 3, runs: 20, length: 150 },
  { capacity: 1000, firstSeq: 2 ** 53 - 50, runs: 20, length: 40 },
]

const appraisers = fc.constantFrom<readonly (0 | 1 | 2 | 3)[]>([0, 1, 2, 3], [0], [1, 3])

/** Of one ring; a command goes to any of them. */
const faces = isShared ? fc.constantFrom(1, 2) : fc.constant(1)

describe('the stream does what the model does', () => {
  for (const { capacity, firstSeq, runs, length } of cases) {
    for (const priority of ['reward', 'explicit'] as const) {
      test(`capacity ${capacity} from ${firstSeq}, prioritized by ${priority}`, async () => {
        await fc.assert(
          fc.asyncProperty(
            appraisers,
            faces,
            fc.array(fc.tuple(command, fc.nat(1)), { minLength: 1, maxLength: length, size: 'max' }),
            async (required, count, commands) => {
              const duel = await Duel.make({ capacity, firstSeq, priority, appraisers: required }, count)
              for (const [each, face] of commands) duel.step(each, face)
              await duel.finish()
            },
          ),
          {
            numRuns: isShared || isDurable ? Math.ceil(runs / 3) : runs,
            interruptAfterTimeLimit: 2500,
            endOnFailure: false,
          },
        )
      })
    }
  }
})
