/**
 * What a configuration is: who takes part, and how many states there must be.
 */

import { invariants } from './invariants.js'
import { Machine } from './machine.js'
import type { Mutant } from './mutant.js'
import { Ring, type RingOptions } from './ring.js'

export interface Configuration {
  /** Fewer states than this would mean that threads of it do not run. */
  atLeast: number
  machine: (mutant?: Mutant) => Machine
}

/** A configuration of threads over a ring. */
export function overRing(atLeast: number, options: RingOptions, populate: (ring: Ring) => void): Configuration {
  const machine = (mutant?: Mutant) => {
    const made = new Machine()
    const ring = new Ring(made, { ...options, mutant })
    populate(ring)
    invariants(ring)
    return made
  }
  return { atLeast, machine }
}
