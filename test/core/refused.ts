/**
 * What every refusal has to show: the class, a message that names the given value and the expectation, and a stream in
 * which nothing changed.
 *
 * @module
 */

import { expect } from 'vitest'
import { ExperienceError, type ExperienceStream, InvalidArgumentError } from '../../src/index.js'

/** Everything that can be seen of a stream, as one comparable value. */
export function fingerprint(stream: ExperienceStream): unknown {
  const seqs = Array.from({ length: stream.size }, (_, i) => stream.oldestSeq + i)
  return {
    window: [stream.oldestSeq, stream.totalWritten, stream.size],
    bytes: Array.from(stream.queryRange(0, Number.MAX_SAFE_INTEGER).bytes),
    priorities: prioritiesOf(stream, seqs),
    sampler: Array.from(stream.saveSamplerState()),
    // A refused write may have written out what was accepted before, where there is a journal.
    stats: { ...stream.stats(), journal: undefined },
  }
}

/** Explicit priorities, of a stream that has them. */
function prioritiesOf(stream: ExperienceStream, seqs: readonly number[]): number[] | undefined {
  try {
    return Array.from(stream.getPriorities(seqs))
  } catch {
    return undefined
  }
}

/** The error that `call` throws. */
export function thrownBy(call: () => unknown): ExperienceError {
  try {
    call()
  } catch (error) {
    if (error instanceof ExperienceError) return error
    throw error
  }
  throw new Error('expected an error, nothing was thrown')
}

type ErrorClass = abstract new (...args: never[]) => ExperienceError

/**
 * @param call What must be refused.
 * @param words Parts of the message: the value that was given, and what was expected.
 */
export function expectRefused(
  stream: ExperienceStream,
  call: () => unknown,
  words: readonly (string | RegExp)[],
  kind: ErrorClass = InvalidArgumentError,
): void {
  const before = fingerprint(stream)
  const error = thrownBy(call)
  expect(error).toBeInstanceOf(kind)
  for (const word of words) expect(error.message).toMatch(word)
  expect(error.name).toBe(kind.name)
  expect(fingerprint(stream)).toEqual(before)
}
