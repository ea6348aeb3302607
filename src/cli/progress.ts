/**
 * Progress on the standard error: one line that is redrawn on a terminal, otherwise a plain line now and then, and only
 * for work that takes long.
 *
 * @module
 */

import { count } from './text.js'

const REDRAW_MS = 200
const FIRST_PLAIN_MS = 5_000
const PLAIN_MS = 10_000

/** Shows how far an ingestion is. */
export class Progress {
  readonly #out: NodeJS.WriteStream
  readonly #enabled: boolean
  readonly #started = performance.now()
  #nextMs: number
  #drawn = 0

  /** @param enabled false shows nothing at all */
  constructor(out: NodeJS.WriteStream, enabled: boolean) {
    this.#out = out
    this.#enabled = enabled
    this.#nextMs = out.isTTY ? REDRAW_MS : FIRST_PLAIN_MS
  }

  /**
   * Tells the present state; cheap, call it often.
   *
   * @param fraction of the input that is read, if known
   */
  update(events: number, malformed: number, fraction: number | undefined): void {
    if (!this.#enabled) return
    const elapsed = performance.now() - this.#started
    if (elapsed < this.#nextMs) return
    this.#nextMs = elapsed + (this.#out.isTTY ? REDRAW_MS : PLAIN_MS)
    const share = fraction === undefined ? '' : `, ${Math.floor(Math.min(1, fraction) * 100)} % read`
    const bad = malformed === 0 ? '' : `, ${count(malformed)} malformed`
    this.#draw(`${count(events)} events${share}${bad}, ${count(Math.round((events / elapsed) * 1000))}/s`)
  }

  /** Removes the line, so that what follows begins on a clean one. */
  clear(): void {
    if (this.#drawn > 0) this.#out.write(`\r${' '.repeat(this.#drawn)}\r`)
    this.#drawn = 0
  }

  #draw(text: string): void {
    if (!this.#out.isTTY) {
      this.#out.write(`${text}\n`)
      return
    }
    this.#out.write(`\r${text.padEnd(this.#drawn)}`)
    this.#drawn = Math.max(this.#drawn, text.length)
  }
}
