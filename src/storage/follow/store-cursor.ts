/**
 * A store on its way along the journal: what it has committed, what it was given, what it gets next. Knows nothing of
 * time, retries or limits; see `follower.ts` for these.
 *
 * @module
 */

import type { Checkpoint, ColdStorage } from '../cold/cold-storage.js'
import type { JournalHost } from '../durable/host.js'
import { StorageError } from '../errors.js'
import type { Look } from './look.js'
import type { ResolvedFollow } from './options.js'
import { startOf } from './start.js'
import { isEmpty, planStep, StepReader, type Stride } from './step.js'

/** One store and where it is. */
export class StoreCursor {
  private readonly store: ColdStorage
  private readonly host: JournalHost
  private readonly options: ResolvedFollow
  private readonly stride: Stride
  private reader: StepReader | undefined
  /** What the journal was told to be committed. */
  private told: Checkpoint
  /** What the store was last given. */
  private sent: Checkpoint
  /** The end of what it was told to have missed. */
  private missedTo = 0
  private known = false

  constructor(
    store: ColdStorage,
    host: JournalHost,
    options: ResolvedFollow,
    settleEvents: number,
    registered: Checkpoint,
  ) {
    this.store = store
    this.host = host
    this.options = options
    this.stride = { batchSize: options.batchSize, settleUs: host.settleMs * 1000, settleEvents }
    this.told = registered
    this.sent = registered
  }

  /** What is committed, as far as known; before the store was first asked, its place in the journal. */
  get committed(): Checkpoint {
    return this.known ? (this.store.checkpoint ?? this.told) : this.told
  }

  /** Whether everything that the store was given is committed. */
  get isCommitted(): boolean {
    const { committed, sent } = this
    return committed.seq >= sent.seq && committed.position >= sent.position
  }

  /** Whether the store has ever told where it is. */
  get isKnown(): boolean {
    return this.known
  }

  /** What of the journal is still needed. */
  get needs(): Checkpoint {
    return this.isCommitted ? (this.reader?.at ?? this.committed) : this.committed
  }

  /** Up to where the store has been given everything; undefined while it does not know yet what it will not get. */
  get reached(): Checkpoint | undefined {
    return this.reader?.owes ? undefined : this.reader?.at
  }

  /** Asks the store where it is. @throws {StoreMismatchError} */
  async open(): Promise<Checkpoint | undefined> {
    return this.store.open(this.host.source.identity)
  }

  /** Goes on from what `open` told. @throws {StoreMismatchError} */
  start(committed: Checkpoint | undefined): void {
    const { host } = this
    const { name, from, report } = this.options
    host.source.refresh()
    const { at, gap, lost } = startOf(host, this.store, name, from, committed)
    if (gap !== undefined && gap.end > this.missedTo) {
      this.missedTo = gap.end
      report({ name, kind: 'missed', gap })
    }
    if (lost !== undefined) report({ name, kind: 'missed-corrections', ...lost })
    this.reader = new StepReader(host.source, at, gap)
    this.told = committed ?? at
    this.sent = this.told
    this.known = true
    this.register()
  }

  /** Where the next step leads, or undefined if there is nothing to do. */
  plan({ horizon, settled }: Look, settleTo: number): Checkpoint | undefined {
    const reader = this.reader as StepReader
    const end = Math.max(reader.at.seq, settled, Math.min(settleTo, horizon.seq))
    const to = planStep(this.host.source, reader.at, end, horizon, this.stride)
    return reader.isIdle(to) ? undefined : to
  }

  /** Takes a step. */
  async take(to: Checkpoint, signal: AbortSignal): Promise<void> {
    const batch = (this.reader as StepReader).read(to)
    if (isEmpty(batch)) return
    this.sent = to
    await this.store.write(batch, to, signal)
  }

  /** Waits for what the store has under way, if it has anything. */
  async rest(signal: AbortSignal): Promise<void> {
    if (!this.isCommitted) await this.store.idle?.(signal)
  }

  /** Has the store commit what it was given. */
  async flush(signal: AbortSignal): Promise<void> {
    await this.store.flush(signal)
    const { checkpoint } = this.store
    if (checkpoint !== undefined ? isSame(checkpoint, this.sent) : this.isCommitted) return
    throw new StorageError(`the store '${this.store.name}' has flushed and not committed what it was given`, {
      checkpoint,
      given: this.sent,
    })
  }

  /** Tells the journal what is committed; true if that is news. */
  publish(): boolean {
    const { checkpoint } = this.store
    if (checkpoint === undefined || isSame(checkpoint, this.told)) return false
    this.told = checkpoint
    this.register()
    return true
  }

  /** Keeps the store's place in the journal. */
  private register(): void {
    this.host.names.setFollower(this.options.name, this.told)
  }
}

function isSame(a: Checkpoint, b: Checkpoint): boolean {
  return a.seq === b.seq && a.position === b.position
}
