/**
 * A shared ring whose journal another thread writes, as one thread's part of the library sees it. A number is only given
 * out below the gate: see gate.ts for what a writer meets there, and assembly/shared/journal.ts for how the gate moves.
 *
 * @module
 */

import { invalid } from '../errors.js'
import * as L from '../layout.js'
import { Gate } from './gate.js'
import type { SharedKernel } from './shared-kernel.js'
import { SharedRing } from './shared-ring.js'

/** The window of live events, this thread's claim, and the gate. */
export class GatedRing extends SharedRing {
  readonly gate: Gate
  /** Events that may be claimed before they are written out. */
  readonly backlog: number
  /** Called once this thread has not written for a while. */
  onRest: () => void = () => {}
  private readonly claimNext: number
  private readonly claimEnd: number
  private readonly secure = (): boolean => this.claimed(this.kernel.core.secure(), 1)

  constructor(kernel: SharedKernel, writerId: number) {
    super(kernel, writerId)
    this.gate = new Gate(kernel)
    this.backlog = this.slots - this.capacity
    const line = L.MEMBERS + kernel.index * L.MEMBER_BYTES
    this.claimNext = (line + L.M_CLAIM_NEXT) >>> 2
    this.claimEnd = (line + L.M_CLAIM_END) >>> 2
  }

  /** Makes sure of a number for one event. Of a batch, which claims its own, only that it can have as many. */
  override assertRoom(count: number): void {
    super.assertRoom(count)
    this.gate.assertAdmits()
    if (count > this.backlog) {
      throw invalid('events', `have at most ${this.backlog} events, the maxBacklog of a shared stream`, count)
    }
    if (count !== 1) return
    const { words } = this.kernel
    // Halves of i64, which differ by less than 2^32.
    if (words[this.claimNext] !== words[this.claimEnd]) return
    if (!this.secure()) this.gate.pass('the ring is full of events that are not written out', this.secure)
    // The event may yet be refused.
    this.noteWrite()
  }

  override take(count: number): number {
    const attempt = (): boolean => this.claimed(this.kernel.core.claimExactly(count), count)
    if (!attempt()) this.gate.pass(`there is no room for ${count} events that are not written out`, attempt)
    return this.claimStart
  }

  override hasPassed(seq: number): boolean {
    // What this thread has claimed and not used counts only if it must.
    return seq < this.floor && seq < this.oldest
  }

  /** Corrections to evicted events that were posted, by all threads, and those that wait to be written out. */
  get posted(): number {
    return this.kernel.counter(L.CONTROL + L.S_POSTED) % L.POSTS_ENDED
  }

  get posts(): number {
    return this.posted - this.kernel.counter(L.CONTROL + L.S_TAKEN)
  }

  protected override rest(): void {
    this.onRest()
  }

  /** Whether a claim has succeeded; false if the ring is full. */
  private claimed(refused: number, count: number): boolean {
    if (refused !== 0 && refused !== L.REFUSED_FULL) this.refuse(refused, count)
    return refused === 0
  }
}
