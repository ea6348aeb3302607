/**
 * Late writes to the events of a durable stream. What changes an event that is written out marks it for a correction;
 * what comes for an event that has left the ring becomes a correction right away.
 *
 * @module
 */

import { SequenceEvictedError } from '../../errors.js'
import { rewardError } from '../../event/refusal.js'
import type { AppraiserType } from '../../event/types.js'
import { assertSeq, type Ring } from '../../kernel/ring.js'
import * as L from '../../layout.js'
import { assertAppraiser, type LateWriter } from '../../stream/late-writer.js'
import type { LatePart } from '../../stream/parts.js'
import type { BulkResult } from '../../stream/types.js'
import type { Backlog } from './backlog.js'
import type { JournalPump } from './journal-pump.js'

/** Writes to live events through the ring's own late writer, and to evicted ones through the journal. */
export class DurableLateWriter implements LatePart {
  /** Late writes that became corrections of evicted events. */
  corrected = 0
  /** Those of them that came in bulk, which the ring's writer has counted as evicted. */
  correctedInBulk = 0
  private readonly ring: Ring
  private readonly inner: LateWriter
  private readonly backlog: Backlog
  private readonly pump: JournalPump
  private readonly firstSeq: number
  private readonly throws: boolean

  constructor(
    ring: Ring,
    inner: LateWriter,
    backlog: Backlog,
    pump: JournalPump,
    { firstSeq, onFull }: { firstSeq: number; onFull: 'drain' | 'throw' },
  ) {
    this.ring = ring
    this.inner = inner
    this.backlog = backlog
    this.pump = pump
    this.firstSeq = firstSeq
    this.throws = onFull === 'throw'
  }

  setReward(seq: number, appraiser: AppraiserType, reward: number): 'applied' | 'corrected' {
    this.pass()
    if (!this.isGone(seq)) {
      this.inner.setReward(seq, appraiser, reward)
      return this.changed(seq)
    }
    assertAppraiser(appraiser)
    this.assertReward(reward)
    return this.correct(seq, appraiser, Math.fround(reward), 1 << appraiser)
  }

  /** To an evicted event nothing can be added: a correction is a state, and the sum needs the value. */
  addReward(seq: number, appraiser: AppraiserType, amount: number): 'applied' | 'corrected' {
    this.pass()
    this.inner.addReward(seq, appraiser, amount)
    return this.changed(seq)
  }

  setBits(seq: number, bits: number): 'applied' | 'corrected' {
    this.pass()
    if (this.isGone(seq)) return this.correct(seq, -1, 0, bits)
    this.inner.setBits(seq, bits)
    return this.changed(seq)
  }

  setRewards(seqs: ArrayLike<number>, appraiser: AppraiserType, rewards: ArrayLike<number>): BulkResult {
    this.pass()
    this.makeRoomForEvicted(seqs)
    const { applied, evicted } = this.inner.setRewards(seqs, appraiser, rewards)
    for (let i = 0; i < seqs.length; i++) {
      const seq = seqs[i] as number
      if (seq >= this.ring.oldest) this.changed(seq)
      else if (seq >= this.firstSeq) this.correct(seq, appraiser, Math.fround(rewards[i] as number), 1 << appraiser)
    }
    const corrected = this.countOfGone(seqs)
    this.correctedInBulk += corrected
    return { applied, corrected, evicted: evicted - corrected }
  }

  setPriorities(seqs: ArrayLike<number>, priorities: ArrayLike<number>): BulkResult {
    this.pass()
    return this.inner.setPriorities(seqs, priorities)
  }

  getPriorities(seqs: ArrayLike<number>): Float32Array {
    return this.inner.getPriorities(seqs)
  }

  private pass(): void {
    if (this.pump.gate.blocked && !this.ring.closed) this.pump.gate.pass()
  }

  /** Whether an event was written and has left the ring. */
  private isGone(seq: number): boolean {
    if (!(seq < this.ring.oldest)) return false
    this.ring.assertOpen()
    assertSeq(seq, 'seq')
    if (seq < this.firstSeq) throw new SequenceEvictedError(seq, this.ring.oldest)
    return true
  }

  private assertReward(reward: number): void {
    const { core, f32 } = this.ring.kernel
    if (typeof reward !== 'number') throw rewardError(reward, 'reward')
    f32[L.IN_VALUES / 4] = reward
    if (core.checkRewards(1) >= 0) throw rewardError(reward, 'reward')
  }

  /** Follows a change of a live event. */
  private changed(seq: number): 'applied' {
    const { backlog, pump } = this
    if (seq >= backlog.written) {
      backlog.hasMasks = true
      return 'applied'
    }
    backlog.mark(seq)
    pump.gate.marked(seq)
    pump.touched()
    return 'applied'
  }

  private correct(seq: number, slot: number, reward: number, mask: number): 'corrected' {
    const { backlog, pump } = this
    if (backlog.roomForEvicted === 0) {
      if (this.throws) throw this.refusal(1)
      pump.writeOut()
    }
    backlog.correct(seq, slot, reward, mask)
    this.corrected++
    pump.touched()
    return 'corrected'
  }

  /** Before anything is changed: what fails, fails here. */
  private makeRoomForEvicted(seqs: ArrayLike<number>): void {
    const gone = this.countOfGone(seqs)
    if (gone <= this.backlog.roomForEvicted) return
    if (this.throws) throw this.refusal(gone)
    this.pump.writeOut()
  }

  private refusal(count: number): Error {
    this.pump.schedule()
    return this.pump.gate.refusal(`the journal has to write out corrections before it takes ${count} more`)
  }

  private countOfGone(seqs: ArrayLike<number>): number {
    const length = typeof seqs === 'object' && seqs !== null ? seqs.length : 0
    let count = 0
    for (let i = 0; i < length; i++) {
      const seq = seqs[i] as number
      if (seq >= this.firstSeq && seq < this.ring.oldest) count++
    }
    return count
  }
}
