/**
 * When the backlog is written out, and what is known to be safe.
 *
 * The first write after a quiet time has the backlog written out once the event loop has turned: all writes of a turn
 * share one trip to the system, all callers of `durable` one sync. A writer at the gate writes it out itself. Nothing
 * runs, and no timer is set, while nothing is written; what is scheduled keeps the process alive until it is done.
 *
 * A write that fails leaves the backlog as it was: those who wait for it are rejected, writers meet the error at the
 * gate, the next call tries again. A sync that fails is final: see `JournalWriter`.
 *
 * @module
 */

import { ClosedError } from '../../errors.js'
import type { Ring } from '../../kernel/ring.js'
import { assertInteger } from '../../stream/validate.js'
import type { JournalWriter } from '../journal/writer.js'
import type { Backlog } from './backlog.js'
import { Gate, type GateKeeper } from './gate.js'
import type { JournalProgress } from './host.js'
import type { Durability } from './types.js'
import { keptAlive, unlessAborted, Watchers } from './watchers.js'

/** How a pump works. */
export interface PumpOptions {
  readonly durability: Durability
  readonly maxBacklog: number
  readonly onFull: 'drain' | 'throw'
  /** Calls back once the event loop has turned. */
  readonly afterTurn: (callback: () => void) => void
  readonly onError: ((error: Error) => void) | undefined
}

interface Waiter {
  resolve(): void
  reject(error: unknown): void
}

/** Moves the backlog to the journal. */
export class JournalPump implements GateKeeper {
  readonly gate: Gate
  /** Wakes at every progress, when a hold ends, and at the end. */
  readonly watchers = new Watchers()
  /** Times that something was written out. */
  flushes = 0
  /** Attempts to write out or to sync that failed, and the last reason. */
  failures = 0
  lastError: Error | undefined
  /** Whether the journal is closed. */
  ended = false
  private readonly ring: Ring
  private readonly backlog: Backlog
  private readonly writer: JournalWriter
  private readonly options: PumpOptions
  private present: JournalProgress
  private scheduled = false
  private syncing: Promise<void> | undefined
  private waiters: Waiter[] = []
  private readonly rotations: (() => void)[] = []
  private segment: number
  private msPerEvent = 0

  constructor(ring: Ring, backlog: Backlog, writer: JournalWriter, options: PumpOptions) {
    this.ring = ring
    this.backlog = backlog
    this.writer = writer
    this.options = options
    const lazy = options.durability === 'none'
    this.gate = new Gate(ring, backlog.written, this, { ...options, lazy })
    this.segment = this.lastSegment
    this.present = this.look()
    if (options.durability === 'power-loss' && writer.syncedPosition < writer.position) this.sync().catch(() => {})
  }

  /** How far the journal is; a new object whenever it moves. */
  get progress(): JournalProgress {
    return this.present
  }

  get failure(): Error | undefined {
    return this.writer.failure
  }

  /** Something waits: has it written out soon, unless the level leaves that to the gate. */
  touched(): void {
    if (this.options.durability !== 'none') this.schedule()
  }

  schedule(): void {
    if (this.scheduled || this.ended) return
    this.scheduled = true
    this.options.afterTurn(() => this.turn())
  }

  expectedMs(): number {
    return Math.max(1, Math.ceil(this.msPerEvent * this.backlog.events))
  }

  writeOut(): void {
    if (this.ended) throw new ClosedError('stream')
    if (this.failure !== undefined) throw this.failure
    const { backlog } = this
    const { events } = backlog
    const start = performance.now()
    try {
      backlog.writeOut()
    } catch (error) {
      this.fail(error)
      throw error
    }
    if (events > 0) this.msPerEvent = (performance.now() - start) / events
    this.flushes++
    this.gate.caughtUp(backlog.written)
    this.advance()
    this.settle((waiter) => waiter.resolve())
    if (this.options.durability === 'power-loss') this.sync().catch(() => {})
  }

  /** Resolves when everything accepted before the call is written out. @throws {StorageError} */
  async flush(): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    if (this.ended) throw new ClosedError('stream')
    if (this.backlog.isEmpty) return
    this.schedule()
    await new Promise<void>((resolve, reject) => this.waiters.push({ resolve, reject }))
  }

  /** Resolves when everything accepted before the call is as safe as the level says. @throws {StorageError} */
  async durable(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const { durability } = this.options
    if (durability === 'none' && this.failure === undefined && !this.ended) return
    await unlessAborted(this.flush(), signal)
    if (durability === 'power-loss') await unlessAborted(this.sync(), signal)
  }

  /** Resolves when `count` events can be written without a wait. */
  async ready(count: number, signal?: AbortSignal): Promise<void> {
    assertInteger(count, 'count', 1, this.options.maxBacklog)
    signal?.throwIfAborted()
    for (;;) {
      if (this.failure !== undefined) throw this.failure
      if (this.ring.closed) throw new ClosedError('stream')
      if (this.gate.hasRoom(count)) return
      if (this.backlog.isEmpty) await keptAlive(this.watchers.wait(Number.POSITIVE_INFINITY, signal))
      else await unlessAborted(this.flush(), signal)
      signal?.throwIfAborted()
    }
  }

  /** See `JournalHost.wait`. */
  async wait(after: JournalProgress, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (!isSame(after, this.present) || this.ended) return
    await this.watchers.wait(timeoutMs, signal)
  }

  /** See `JournalHost.hold`. */
  hold(what: string): () => void {
    const release = this.gate.hold(what)
    return () => {
      release()
      this.watchers.wake()
    }
  }

  onRotate(listener: () => void): void {
    this.rotations.push(listener)
  }

  /** Writes everything out, syncs unless the level is 'none', and closes the journal whatever comes of that. */
  async close(): Promise<void> {
    try {
      if (!this.backlog.isEmpty || this.failure !== undefined) this.writeOut()
      // Also with 'process-crash': damage that is found later is then known to be no torn tail.
      if (this.options.durability !== 'none') await this.sync()
    } finally {
      this.ended = true
      this.writer.close()
      this.settle((waiter) => waiter.reject(this.lastError ?? new ClosedError('stream')))
      this.watchers.wake()
    }
  }

  private turn(): void {
    this.scheduled = false
    if (this.ended || this.backlog.isEmpty) return
    try {
      this.writeOut()
    } catch {
      // Kept by `fail`: those who wait know, the next writer is told.
    }
  }

  /** Resolves when everything that is written out now has survived a sync: one that is under way may not be enough. */
  private async sync(): Promise<void> {
    const { writer } = this
    const { position } = writer
    if (this.failure !== undefined) throw this.failure
    while (writer.syncedPosition < position) {
      this.syncing ??= this.syncOnce()
      await this.syncing
    }
  }

  private async syncOnce(): Promise<void> {
    try {
      await this.writer.syncLater()
    } catch (error) {
      this.fail(error)
      throw error
    } finally {
      this.syncing = undefined
    }
    this.advance()
  }

  private fail(error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error))
    this.gate.failed(this.backlog.written, reason)
    this.settle((waiter) => waiter.reject(reason))
    // Several may wait for one sync.
    if (this.lastError === reason) return
    this.note(reason)
    this.advance()
  }

  private advance(): void {
    this.present = this.look()
    if (this.options.durability !== 'none') this.ring.waiting = true
    const segment = this.lastSegment
    if (segment !== this.segment) {
      this.segment = segment
      this.rotated()
    }
    this.watchers.wake()
  }

  /** What comes of a listener's failure, such as a segment that cannot be removed, is no matter of the write. */
  private rotated(): void {
    for (const listener of this.rotations) {
      try {
        listener()
      } catch (error) {
        this.note(error instanceof Error ? error : new Error(String(error)))
      }
    }
  }

  private note(reason: Error): void {
    this.failures++
    this.lastError = reason
    this.options.onError?.(reason)
  }

  private look(): JournalProgress {
    const { writer } = this
    const synced = this.options.durability === 'power-loss'
    return {
      writtenSeq: writer.endSeq,
      writtenPosition: writer.position,
      durableSeq: synced ? writer.syncedSeq : writer.endSeq,
      durablePosition: synced ? writer.syncedPosition : writer.position,
    }
  }

  private get lastSegment(): number {
    return this.writer.segments.at(-1)?.number ?? -1
  }

  private settle(tell: (waiter: Waiter) => void): void {
    const { waiters } = this
    this.waiters = []
    for (const waiter of waiters) tell(waiter)
  }
}

function isSame(a: JournalProgress, b: JournalProgress): boolean {
  return (
    a.writtenSeq === b.writtenSeq &&
    a.writtenPosition === b.writtenPosition &&
    a.durableSeq === b.durableSeq &&
    a.durablePosition === b.durablePosition
  )
}
