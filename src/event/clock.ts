/**
 * Clocks: Unix time in whole µs. Ours never go backwards, also when the system's clock is set back; they follow it when
 * it is set forward.
 *
 * @module
 */

import { invalid } from '../errors.js'
import { SEQ_LIMIT } from '../kernel/ring.js'

/** Gives the present Unix time in µs, an integer in [0, 2^53). */
export type ClockFunction = () => number

/** How far the monotonic clock may be from the system's before it is set again, in ms. */
const TOLERANCE_MS = 100
const CHECK_EVERY_MS = 1000
const AMORTIZED_WRITES = 64

/** Reads the clock at every call: about 40 ns. */
export function preciseClock(): ClockFunction {
  let origin = performance.timeOrigin
  let checkAt = 0
  let last = 0
  return () => {
    const now = performance.now()
    if (now >= checkAt) {
      checkAt = now + CHECK_EVERY_MS
      const drift = Date.now() - (origin + now)
      if (Math.abs(drift) > TOLERANCE_MS) origin += drift
    }
    const us = Math.floor((origin + now) * 1000)
    if (us > last) last = us
    return last
  }
}

/** Gives a function that calls back once the event loop has turned, without keeping the process alive. */
function turnWatcher(callback: () => void): () => void {
  if (typeof setImmediate === 'function') return () => setImmediate(callback).unref()
  // Pages throttle timers in the background to one a second, but not messages.
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = callback
  return () => port2.postMessage(0)
}

/**
 * Reads the clock at the first write after the event loop has turned and every 64 writes: events of one burst can share
 * a timestamp.
 */
export function amortizedClock(): ClockFunction {
  const read = preciseClock()
  let us = 0
  let left = 0
  let watching = false
  const watch = turnWatcher(() => {
    watching = false
    left = 0
  })
  return () => {
    if (left === 0) {
      us = read()
      left = AMORTIZED_WRITES
      if (!watching) {
        watching = true
        watch()
      }
    }
    left--
    return us
  }
}

/** The caller's clock, whose every reading is checked. */
export function callerClock(clock: ClockFunction): ClockFunction {
  return () => {
    const us: unknown = clock()
    if (typeof us === 'number' && Number.isInteger(us) && us >= 0 && us < SEQ_LIMIT) return us
    throw invalid('clock', 'return an integer number of µs in [0, 2^53)', us)
  }
}
