/**
 * The classes of errors: one root, stable codes, and `instanceof` across two copies of the package.
 *
 * @module
 */

import { describe, expect, test } from 'vitest'
import * as ours from '../../src/errors.js'

const made = {
  InvalidArgumentError: new ours.InvalidArgumentError('five expected', { value: 5 }),
  SequenceEvictedError: new ours.SequenceEvictedError(3, 10),
  SequenceNotWrittenError: new ours.SequenceNotWrittenError(30, 10),
  SequenceExhaustedError: new ours.SequenceExhaustedError(2, 2 ** 53),
  ClosedError: new ours.ClosedError('stream'),
  LayoutMismatchError: new ours.LayoutMismatchError('RECORD_BYTES', 64, 128),
}

// A query makes the bundler load the module anew, as a second copy in node_modules would.
async function secondCopy(): Promise<typeof ours> {
  const path = '../../src/errors.js?second-copy'
  return import(/* @vite-ignore */ path)
}

describe('errors', () => {
  test('have one root, a name, a stable code and the values behind the message', () => {
    const codes = Object.values(made).map((error) => error.code)
    expect(codes).toEqual([
      'INVALID_ARGUMENT',
      'SEQUENCE_EVICTED',
      'SEQUENCE_NOT_WRITTEN',
      'SEQUENCE_EXHAUSTED',
      'CLOSED',
      'LAYOUT_MISMATCH',
    ])
    for (const [name, error] of Object.entries(made)) {
      expect(error).toBeInstanceOf(ours.ExperienceError)
      expect(error).toBeInstanceOf(Error)
      expect(error.name).toBe(name)
      expect(error.retryable).toBe(false)
    }
    expect(made.SequenceEvictedError.details).toEqual({ seq: 3, oldestSeq: 10 })
    expect(made.LayoutMismatchError.message).toMatch(/RECORD_BYTES.*64.*128/)
  })

  test('are of their own class and of no other', () => {
    const names = Object.keys(made) as (keyof typeof made)[]
    const classes: typeof ours = { ...ours }
    for (const name of names) {
      for (const other of names) expect(made[name] instanceof classes[other]).toBe(name === other)
    }
    for (const stranger of [new Error('x'), {}, null, undefined, 'ClosedError', { code: 'CLOSED' }]) {
      expect((stranger as unknown) instanceof ours.ExperienceError).toBe(false)
      expect((stranger as unknown) instanceof ours.ClosedError).toBe(false)
    }
  })

  test('of one copy of the package are instances of the classes of another', async () => {
    const theirs = await secondCopy()
    expect(theirs.ClosedError).not.toBe(ours.ClosedError)
    const error = new theirs.ClosedError('stream')
    expect(Object.getPrototypeOf(error)).not.toBe(ours.ClosedError.prototype)
    expect(error).toBeInstanceOf(ours.ClosedError)
    expect(error).toBeInstanceOf(ours.ExperienceError)
    expect(error instanceof ours.InvalidArgumentError).toBe(false)
    expect(made.InvalidArgumentError).toBeInstanceOf(theirs.InvalidArgumentError)
  })

  test('of a class that a user derives keep both classes', () => {
    class OwnError extends ours.ClosedError {}
    const own = new OwnError('shop')
    expect(own).toBeInstanceOf(OwnError)
    expect(own).toBeInstanceOf(ours.ClosedError)
    expect(made.ClosedError instanceof OwnError).toBe(false)
  })
})
