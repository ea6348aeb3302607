/**
 * The gate of the ring: how far the head may go before the journal has caught up. An event is not evicted before it is
 * written out, nor before its correction is; and no more than `maxBacklog` events wait at any time. (One batch of up to
 * 1,024 events may exceed that when it meets an empty backlog.)
 *
 * The gate is the `limit` of the ring, which every write compares with anyway: as long as there is room it costs nothing.
 *
 * @module
 */

import { InvalidArgumentError, SequenceExhaustedError } from '../../errors.js'
import { type Ring, SEQ_LIMIT } from '../../kernel/ring.js'
import { BackpressureError } from '../errors.js'

/** Nobody knows when a hold ends; `ready` tells. */
const HOLD_RETRY_MS = 100

/** What the gate has others do. */
export interface GateKeeper {
  /** Writes the backlog out. @throws {StorageError} */
  writeOut(): void
  /** Has it written out once the event loop has turned. */
  schedule(): void
  /** Why the journal takes nothing any more, ever. */
  readonly failure: Error | undefined
  /** How long writing out takes from now on, in ms, at least 1. */
  expectedMs(): number
}

/** How the gate behaves. */
export interface GateOptions {
  readonly maxBacklog: number
  readonly onFull: 'drain' | 'throw'
  /** Whether writing out waits until the backlog is half full. */
  readonly lazy: boolean
}

/** Sets the ring's limit, and meets the writers who reach it. */
export class Gate {
  /** Times that a writer wrote the backlog out, and times that one was refused. */
  drains = 0
  refusals = 0
  private readonly ring: Ring
  private readonly keeper: GateKeeper
  private readonly options: GateOptions
  private written: number
  /** No event before it has a correction that is not written out. */
  private oldestMark = Number.POSITIVE_INFINITY
  private waits: boolean
  private error: Error | undefined
  private readonly holds = new Set<{ readonly what: string }>()

  constructor(ring: Ring, written: number, keeper: GateKeeper, options: GateOptions) {
    this.ring = ring
    this.written = written
    this.keeper = keeper
    this.options = options
    this.waits = options.lazy
    ring.noRoom = (count) => this.meet(count)
    this.set()
  }

  /** Whether even late writes have to ask. */
  get blocked(): boolean {
    return this.error !== undefined || this.holds.size > 0
  }

  /** Whether `count` events can be written now. */
  hasRoom(count: number): boolean {
    return !this.blocked && count <= this.farthest() - this.ring.next
  }

  /** Follows the journal: events before `written` are in it, and all corrections. */
  caughtUp(written: number): void {
    this.written = written
    this.oldestMark = Number.POSITIVE_INFINITY
    this.error = undefined
    this.waits = this.options.lazy
    this.set()
  }

  /** Writing out has failed: events before `written` are in the journal. Writers ask before they go on. */
  failed(written: number, error: Error): void {
    this.written = written
    this.error = error
    this.set()
  }

  /** An event that is written out has changed. */
  marked(seq: number): void {
    if (seq >= this.oldestMark) return
    this.oldestMark = seq
    this.set()
  }

  /** Refuses all writes until the function that it returns is called. */
  hold(what: string): () => void {
    const hold = { what }
    this.holds.add(hold)
    this.set()
    return () => {
      this.holds.delete(hold)
      this.set()
    }
  }

  /** Throws what stands in the way of every write, if it still does. */
  pass(): void {
    if (this.keeper.failure !== undefined) throw this.keeper.failure
    for (const { what } of this.holds) throw this.refusal(what, HOLD_RETRY_MS)
    const { error } = this
    if (error === undefined) return
    if (this.options.onFull === 'drain') return this.keeper.writeOut()
    // Told once; the next one tries again.
    this.error = undefined
    this.set()
    this.keeper.schedule()
    throw error
  }

  /** The error for a write that has to wait. */
  refusal(what: string, retryAfterMs = this.keeper.expectedMs()): BackpressureError {
    this.refusals++
    return new BackpressureError(what, retryAfterMs, { backlog: this.ring.next - this.written })
  }

  /** @throws {InvalidArgumentError} if so many events never fit. */
  assertFits(count: number): void {
    const { maxBacklog } = this.options
    if (count <= maxBacklog) return
    throw new InvalidArgumentError(
      `${count} events at once can never be written with onFull: 'throw' and maxBacklog: ${maxBacklog}`,
      { count, maxBacklog },
    )
  }

  private meet(count: number): void {
    const { ring, keeper, options } = this
    if (count > SEQ_LIMIT - ring.next) throw new SequenceExhaustedError(count, ring.next)
    if (this.blocked) this.pass()
    if (this.waits) {
      this.waits = false
      this.set()
      keeper.schedule()
    }
    if (count <= ring.limit - ring.next) return
    if (options.onFull === 'throw') {
      this.assertFits(count)
      keeper.schedule()
      throw this.refusal(
        `the journal has to write out ${ring.next - this.written} events and what has changed before them`,
      )
    }
    this.drains++
    keeper.writeOut()
  }

  private farthest(): number {
    const room = Math.min(this.written + this.options.maxBacklog, this.oldestMark + this.ring.capacity)
    return Math.min(room, SEQ_LIMIT)
  }

  private set(): void {
    const farthest = this.farthest()
    if (this.blocked) this.ring.limit = 0
    else this.ring.limit = this.waits ? farthest - Math.ceil(this.options.maxBacklog / 2) : farthest
  }
}
