/**
 * What a thread does that has caught up with the other: nothing for about 3 µs. Each look at the other's newest words
 * takes their cache line away from it, so that looking all the time slows both down, whatever the queue.
 *
 * @module
 */

const TURNS = 3000

let sink = 0

/** Stays off shared memory for a while. */
export function rest(): void {
  for (let i = 0; i < TURNS; i++) sink = (sink + i * i) | 0
}
