/**
 * The opening thread's side of a journal that another thread writes: how far it is, questions, and its end. The words of
 * the ring carry all that is urgent; messages carry what is rare.
 *
 * @module
 */

import { ClosedError } from '../../errors.js'
import * as W from '../../threads/journal-words.js'
import type { JournalProgress } from '../durable/host.js'
import { StorageError } from '../errors.js'
import type { FromJournal, ToJournal } from './messages.js'

const LOOK_EVERY_MS = 1

type WaitAsync = (words: Int32Array, index: number, value: number) => { async: boolean; value: unknown }

/** The thread that writes the journal, as a platform gives it. */
export interface JournalPort {
  post(message: ToJournal): void
  listen(listener: (message: FromJournal) => void): void
  /** Resolves when the thread has ended, with what ended it if it did not end by itself. */
  readonly ended: Promise<Error | undefined>
  /** Whether it keeps the process alive. */
  hold(alive: boolean): void
  /** Where the opening thread writes the journal itself: writes out what there is. */
  drain?(): void
}

interface Sleeper {
  isReady: () => boolean
  wake: () => void
}

/** See the module. */
export class JournalLink {
  readonly words: W.JournalWords
  /** Attempts to write that failed, as far as this thread was told, and the last reason. */
  lastError: Error | undefined
  /** Whether the journal is closed. */
  ended = false
  private readonly port: JournalPort
  private readonly onError: ((error: Error) => void) | undefined
  private readonly rotations: (() => void)[] = []
  private readonly sleepers = new Set<Sleeper>()
  private readonly holds = new Set<{ readonly what: string }>()
  private present: JournalProgress
  private watching = false
  private asking = 0
  private left: string | undefined

  constructor(words: W.JournalWords, port: JournalPort, onError: ((error: Error) => void) | undefined) {
    this.words = words
    this.port = port
    this.onError = onError
    this.present = this.look()
    port.hold(false)
    port.listen((message) => this.hear(message))
    void port.ended.then((error) => this.end(error))
  }

  /** How far the journal is; another object when it has moved. */
  get progress(): JournalProgress {
    if (this.hasMoved(this.present)) this.present = this.look()
    return this.present
  }

  /** Whether the journal is further than it was. */
  hasMoved(before: JournalProgress): boolean {
    const seen = this.look()
    const keys = Object.keys(seen) as (keyof JournalProgress)[]
    return keys.some((key) => seen[key] !== before[key])
  }

  post(message: ToJournal): void {
    this.port.post(message)
  }

  /** Resolves when everything accepted before the call is as safe as the level says. @throws {StorageError} */
  async ask(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.ended) throw this.lastError ?? new ClosedError('stream')
    const failures = this.words.get(W.FAILURES)
    const question = this.words.ask()
    const isOver = (): boolean => this.words.isAnswered(question) || this.words.get(W.FAILURES) > failures
    this.port.hold(++this.asking > 0)
    try {
      await this.sleep(isOver, Number.POSITIVE_INFINITY, signal)
    } finally {
      this.port.hold(--this.asking > 0)
    }
    signal?.throwIfAborted()
    if (this.words.isAnswered(question)) return
    if (this.words.get(W.FAILURES) > failures) throw new StorageError(this.words.reason(W.REFUSES_FAILED))
    throw this.lastError ?? new ClosedError('stream')
  }

  /** Resolves when `isReady`, which is asked whenever the journal has moved; at the end, at abort or after a time too. */
  sleep(isReady: () => boolean, timeoutMs: number, signal?: AbortSignal, onRelease?: (release: () => void) => void) {
    return new Promise<void>((resolve) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      const wake = (): void => {
        this.sleepers.delete(sleeper)
        clearTimeout(timer)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const sleeper = { isReady, wake }
      if (this.ended || signal?.aborted || isReady()) return resolve()
      this.sleepers.add(sleeper)
      onRelease?.(wake)
      signal?.addEventListener('abort', wake, { once: true })
      if (timeoutMs !== Number.POSITIVE_INFINITY) {
        timer = setTimeout(wake, timeoutMs)
        if (typeof timer === 'object') timer.unref()
      }
      this.watch()
    })
  }

  /** See `JournalHost.hold`. */
  hold(what: string): () => void {
    const key = { what }
    this.holds.add(key)
    this.words.refuse(W.REFUSES_HELD, what)
    return () => {
      this.holds.delete(key)
      const [other] = this.holds
      if (other === undefined) this.words.admit(W.REFUSES_HELD)
      else this.words.refuse(W.REFUSES_HELD, other.what)
      this.wake()
    }
  }

  onRotate(listener: () => void): void {
    this.rotations.push(listener)
  }

  /** Has everything written out and the journal closed. @throws {StorageError} if that was not possible. */
  async close(): Promise<void> {
    this.port.hold(true)
    this.port.post({ kind: 'close' })
    this.words.call()
    const error = await this.port.ended
    if (error !== undefined) throw this.lastError ?? error
    if (this.left !== undefined) throw new StorageError(this.left)
  }

  private hear(message: FromJournal): void {
    if (message.kind === 'rotated') this.rotated()
    else if (message.kind === 'failed') this.fail(new StorageError(message.message))
    else if (message.kind === 'closed') this.left = message.message
  }

  /** What comes of a listener's failure is no matter of the journal. */
  private rotated(): void {
    for (const listener of this.rotations) {
      try {
        listener()
      } catch (error) {
        this.fail(error instanceof Error ? error : new Error(String(error)))
      }
    }
  }

  private fail(error: Error): void {
    this.lastError = error
    this.onError?.(error)
  }

  private end(error: Error | undefined): void {
    if (error !== undefined) {
      const reason = `the thread that writes the journal has ended: ${error.message}`
      this.words.refuse(W.REFUSES_FAILED, reason)
      this.words.add(W.FAILURES, 1)
      this.fail(new StorageError(reason, {}, error))
    }
    this.ended = true
    this.words.call()
    this.wake()
  }

  private wake(): void {
    for (const { isReady, wake } of [...this.sleepers]) if (this.ended || isReady()) wake()
  }

  /** Waits for the journal to move, once for all who sleep. */
  private watch(): void {
    if (this.watching) return
    this.watching = true
    const { words } = this.words
    const value = Atomics.load(words, W.MOVED)
    const waitAsync = (Atomics as unknown as { waitAsync?: WaitAsync }).waitAsync
    const missed = [...this.sleepers].some(({ isReady }) => isReady())
    let next: Promise<unknown> = Promise.resolve()
    if (!missed) {
      const result = waitAsync?.(words, W.MOVED, value)
      next =
        result === undefined
          ? new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
          : Promise.resolve(result.value)
    }
    void next.then(() => {
      this.watching = false
      this.wake()
      if (this.sleepers.size > 0) this.watch()
    })
  }

  private look(): JournalProgress {
    const { words } = this
    return {
      writtenSeq: words.get(W.WRITTEN_SEQ),
      writtenPosition: words.get(W.WRITTEN_POSITION),
      durableSeq: words.get(W.DURABLE_SEQ),
      durablePosition: words.get(W.DURABLE_POSITION),
    }
  }
}
