/**
 * Waking threads that wait for events. Who waits raises a flag and then looks once more; who publishes looks at the
 * flag after its store. All of these accesses are sequentially consistent, so that one of the two sees the other. Only
 * a raised flag costs a notification, and the first writer to see it takes it down: a burst wakes once.
 */

import { CONTROL, S_CLOSED, S_WAITING, S_WAKE } from '../../src/layout'

/** Wakes whoever waits. */
export function rouse(): void {
  if (!atomic.xchg<i32>(CONTROL + S_WAITING, 0)) return
  atomic.add<i32>(CONTROL + S_WAKE, 1)
  atomic.notify(CONTROL + S_WAKE, -1)
}

/** The same when it is likely that nobody waits. */
@inline export function rouseIfAny(): void {
  if (atomic.load<i32>(CONTROL + S_WAITING)) rouse()
}

/** Closes the ring for all threads. */
export function close(): void {
  atomic.store<i32>(CONTROL + S_CLOSED, 1)
  atomic.add<i32>(CONTROL + S_WAKE, 1)
  atomic.notify(CONTROL + S_WAKE, -1)
}
