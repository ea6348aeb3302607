/**
 * What a store has accepted and not committed: while one transaction is under way the next batches are taken in, and all
 * of them are the next transaction. So a follower that is far behind reads its journal while the database writes, and
 * pays for a commit every 65,536 events; one that keeps up has each batch committed at once.
 *
 * Contract:
 * - Batches are copied; groups of them are committed in order, one at a time, each as if it had been one batch.
 * - At most 65,536 events wait, and as many are under way, or one batch if it is larger; the same for corrections.
 * - A failure ends it: what waits is dropped, and every call rejects with the error until `begin`.
 *
 * @module
 */

import type { Checkpoint, ColdBatch } from '../../storage/cold/cold-storage.js'
import { correct, within } from '../../storage/cold/correction-lists.js'
import { Pending } from '../../storage/cold/write/pending.js'

const MOST_ROWS = 65_536
const MOST_METADATA_BYTES = 16 * 1024 * 1024
const NOWHERE: Checkpoint = { seq: 0, position: 0 }

/** Commits a batch that leads from one checkpoint to another; `writing` is called when it begins to write rows. */
export type Commit = (
  batch: ColdBatch,
  from: Checkpoint,
  to: Checkpoint,
  writing: () => void,
  signal: AbortSignal | undefined,
) => Promise<void>

/** See the module. */
export class CommitQueue {
  private readonly commit: Commit
  private requiredMask = 0
  private committed = NOWHERE
  private waiting = new Pending(NOWHERE)
  private underWay: Pending | undefined
  private running: Promise<void> | undefined
  /** Resolves when the transaction under way writes rows, or has ended. */
  private busy: Promise<void> = Promise.resolve()
  private failed: { readonly error: unknown; told: boolean } | undefined
  private signal: AbortSignal | undefined

  constructor(commit: Commit) {
    this.commit = commit
  }

  /** Begins, or begins again, at what is committed; `stop` before. */
  begin(at: Checkpoint, requiredMask: number): void {
    this.committed = at
    this.requiredMask = requiredMask
    this.waiting = new Pending(at)
    this.failed = undefined
  }

  /**
   * Takes a batch; waits while there is no room, and until the transaction under way has come to its rows: the statements
   * before are short, and a thread that reads on meanwhile makes every one of them late.
   * @throws {InvalidArgumentError} if it does not go on where the last one led to.
   */
  async accept(batch: ColdBatch, to: Checkpoint, signal: AbortSignal | undefined): Promise<void> {
    while (!this.hasRoom(batch)) {
      await this.running
      signal?.throwIfAborted()
    }
    this.assertSound()
    if (this.waiting.isEmpty) this.signal = signal
    this.waiting = this.waiting.accept(batch, to, false)
    this.start()
    await this.busy
  }

  /** Waits until everything is committed. Rejects with the failure if it is not. */
  async drain(): Promise<void> {
    await this.settled()
    this.assertSound()
  }

  /** The same, in the end: rejects with a failure only if nobody has been told of it. */
  async end(): Promise<void> {
    await this.settled()
    if (this.failed?.told === false) this.assertSound()
  }

  /**
   * Waits until nothing that has been accepted by now and may concern events before `endSeq` is under way any more,
   * committed or not; not for what is accepted meanwhile.
   */
  async seen(endSeq: number): Promise<void> {
    const all = [this.underWay, this.waiting]
    if (endSeq <= this.committed.seq && !all.some((some) => some && some.correctionCount > 0)) return
    // What waits by now is the next transaction, all of it.
    const transactions = this.waiting.isEmpty ? 1 : 2
    for (let i = 0; i < transactions; i++) await this.running
  }

  /** Drops what waits and lets the transaction under way end. */
  async stop(): Promise<void> {
    this.waiting = new Pending(this.waiting.to)
    await this.settled()
  }

  private async settled(): Promise<void> {
    while (this.running !== undefined) await this.running
  }

  private assertSound(): void {
    const { failed } = this
    if (failed === undefined) return
    failed.told = true
    throw failed.error
  }

  private hasRoom({ events, corrections }: ColdBatch): boolean {
    const { waiting, running } = this
    if (running === undefined || waiting.isEmpty) return true
    return (
      waiting.length + events.length <= MOST_ROWS &&
      waiting.correctionCount + corrections.length <= MOST_ROWS &&
      waiting.metadataBytes < MOST_METADATA_BYTES
    )
  }

  private start(): void {
    const { waiting, committed } = this
    if (this.running !== undefined || waiting.isEmpty) return
    this.underWay = waiting
    this.waiting = new Pending(waiting.to)
    let writing = (): void => {}
    this.busy = new Promise((resolve) => {
      writing = resolve
    })
    this.running = this.take(waiting, committed, writing).then(() => {
      writing()
      this.underWay = undefined
      this.running = undefined
      this.start()
    })
  }

  /** Never rejects. */
  private async take(group: Pending, from: Checkpoint, writing: () => void): Promise<void> {
    try {
      await this.commit(this.batchOf(group, from), from, group.to, writing, this.signal)
      this.committed = group.to
    } catch (error) {
      this.failed = { error, told: false }
      this.waiting = new Pending(from)
    }
  }

  /** One batch: corrections of events that are in the group as well go into these. */
  private batchOf(group: Pending, from: Checkpoint): ColdBatch {
    const { corrections, gaps } = group
    const [only, more] = group.events
    const events = only === undefined || more !== undefined ? group.copyEvents() : only
    correct(events, corrections, this.requiredMask)
    return { events, gaps, corrections: within(corrections, 0, from.seq) }
  }
}
