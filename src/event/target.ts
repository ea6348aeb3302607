/**
 * Where events are written to, as far as writers need to know: a ring that gives numbers and a module that checks and
 * copies.
 *
 * @module
 */

import type { KernelExports } from '../kernel/exports.js'
import type { Lanes } from './lanes.js'

/** Views of the memory that holds the stages and the pool of ids, at the addresses of the layout. */
export interface StageKernel extends Lanes {
  readonly core: Pick<KernelExports, 'commit'>
}

/** A ring that takes events one by one. */
export interface EventTarget {
  readonly kernel: StageKernel
  /** Makes sure that `count` more events can be written. */
  assertRoom(count: number): void
  /** Throws the error for a write that found no number, if the module says that this is the reason. */
  refuse(reason: number, count: number): void
  /** Follows the module, which has written one event, and returns its sequence number. */
  wroteOne(): number
}
