/**
 * Waiting for events that any thread may write, without blocking: by `Atomics.waitAsync`, or where there is none by
 * looking every millisecond. A thread has one wait under way for all that sleep in it.
 *
 * A thread that waits stays alive, as one that waits for messages does.
 *
 * @module
 */

import * as L from '../layout.js'
import type { SharedKernel } from './shared-kernel.js'

const WAITING = (L.CONTROL + L.S_WAITING) >>> 2
const WAKE = (L.CONTROL + L.S_WAKE) >>> 2
const LOOK_EVERY_MS = 1
/** The longest delay of a timer. */
const FOR_EVER_MS = 2 ** 31 - 1

type WaitAsync = (
  words: Int32Array,
  index: number,
  value: number,
) => { async: false; value: string } | { async: true; value: Promise<string> }

interface Sleeper {
  isReady: () => boolean
  wake: () => void
}

/** Puts the subscriptions of one thread to sleep and wakes them. */
export class WaitingRoom {
  private readonly words: Int32Array
  private readonly sleepers = new Set<Sleeper>()
  private readonly waitAsync: WaitAsync | undefined
  private underWay = false
  private anchor: ReturnType<typeof setInterval> | undefined

  /** @param waitAsync as of `Atomics`; undefined looks from time to time. */
  constructor(kernel: SharedKernel, waitAsync = (Atomics as unknown as { waitAsync?: WaitAsync }).waitAsync) {
    this.words = kernel.words
    this.waitAsync = waitAsync
  }

  /** Resolves when `isReady`, which is asked after every wake-up, or when the function that it hands over is called. */
  sleep(isReady: () => boolean, onRelease: (release: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const sleeper: Sleeper = { isReady, wake: resolve }
      this.sleepers.add(sleeper)
      onRelease(() => {
        this.sleepers.delete(sleeper)
        resolve()
        this.rest()
      })
      this.wait()
    })
  }

  /** Wakes those that are ready, and waits for the others. */
  look(): void {
    for (const sleeper of this.sleepers) {
      if (!sleeper.isReady()) continue
      this.sleepers.delete(sleeper)
      sleeper.wake()
    }
    this.rest()
    if (this.sleepers.size > 0) this.wait()
  }

  private wait(): void {
    this.anchor ??= setInterval(() => {}, FOR_EVER_MS)
    const { words, waitAsync } = this
    if (waitAsync === undefined) {
      this.after(new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS)))
      return
    }
    // The order of assembly/shared/waiting.ts: the value, the flag, a look, and only then the wait.
    const value = Atomics.load(words, WAKE)
    Atomics.store(words, WAITING, 1)
    if (this.anyReady()) {
      this.after(Promise.resolve())
      return
    }
    if (this.underWay) return
    const result = waitAsync(words, WAKE, value)
    this.after(result.async ? result.value : Promise.resolve())
  }

  private after(event: Promise<unknown>): void {
    if (this.underWay) return
    this.underWay = true
    void event.then(() => {
      this.underWay = false
      this.look()
    })
  }

  private anyReady(): boolean {
    for (const { isReady } of this.sleepers) if (isReady()) return true
    return false
  }

  private rest(): void {
    if (this.sleepers.size > 0) return
    clearInterval(this.anchor)
    this.anchor = undefined
  }
}
