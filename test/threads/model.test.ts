/**
 * The protocol of assembly/shared/stamps.ts, taken through all interleavings of a few threads: see model/machine.ts for
 * what a step is and model/configurations.ts for who takes part. A checker that finds nothing proves nothing, so each
 * access of the protocol is left out, weakened or moved in turn, and must be missed.
 */

import { describe, expect, test } from 'vitest'
import * as L from '../../src/layout.js'
import { explore, type Violation } from './model/checker.js'
import { CONFIGURATIONS } from './model/configurations.js'
import { ACTIVE, BUSY, FREE, RESERVED, RETIRED } from './model/member.js'
import type { Mutant } from './model/mutant.js'
import { FINDINGS, type Finding } from './model/mutants.js'
import { ABORTED, LATE, PUBLISHED, stampOf, WRITING } from './model/ring.js'

/** For a machine that is busy with other tests; the longest takes a few seconds alone. */
const MOST_MS = 120_000

function told(violation: Violation | undefined): string {
  if (violation === undefined) return 'nothing was found'
  return [`broken: ${violation.invariant}`, ...violation.trace].join('\n  ')
}

test('the model has the stamps and the states of the module', () => {
  expect({ shift: stampOf(1, 0), WRITING, PUBLISHED, ABORTED, LATE }).toEqual({
    shift: 1 << L.STAMP_SHIFT,
    WRITING: L.STAMP_WRITING,
    PUBLISHED: L.STAMP_PUBLISHED,
    ABORTED: L.STAMP_ABORTED,
    LATE: L.STAMP_LATE,
  })
  expect({ FREE, RESERVED, ACTIVE, RETIRED, BUSY }).toEqual({
    FREE: L.MEMBER_FREE,
    RESERVED: L.MEMBER_RESERVED,
    ACTIVE: L.MEMBER_ACTIVE,
    RETIRED: L.MEMBER_RETIRED,
    BUSY: L.MEMBER_BUSY,
  })
})

describe('in every interleaving the protocol holds for', { timeout: MOST_MS }, () => {
  test.each(Object.entries(CONFIGURATIONS))('%s', (_, { atLeast, machine }) => {
    const { states, ends, violation } = explore(machine())
    expect(violation, told(violation)).toBeUndefined()
    expect(ends).toBeGreaterThan(0)
    expect(states).toBeGreaterThanOrEqual(atLeast)
  })
})

describe('the checker finds a thread that', () => {
  test.each(Object.entries(FINDINGS) as [Mutant, Finding][])('%s', (mutant, { configuration, invariant }) => {
    const { violation } = explore(CONFIGURATIONS[configuration].machine(mutant))
    expect(violation?.invariant, told(violation)).toBe(invariant)
  })
})
