/**
 * How what a visitor does becomes an event: the kinds, and the meaning of the eight numbers of state and of action.
 *
 * | state | meaning | range |
 * |---|---|---|
 * | 0 across | pointer, as a share of the viewport's width | 0…1 |
 * | 1 novelty | 1 / √n for the n-th move within the pointer's cell of a 16 × 9 grid over the viewport | 0…1 |
 * | 2 effort | speed v of the pointer in viewport widths per second, as v / (1 + v) | 0…1 |
 * | 3 depth | scroll position, as a share of what can be scrolled | 0…1 |
 * | 4 activity | events per second r (average over about 2 s), as r / (r + 30) | 0…1 |
 * | 5 fluency | 1 − (average frame interval / 33.3 ms): 0.5 at 60 Hz, 0 at 30 Hz and below | 0…1 |
 * | 6 outcome | +1 after a success, −1 after an error, halved every 2 s | −1…1 |
 * | 7 attention | 1 with focus, 0.6 visible without focus, 0 hidden | 0…1 |
 *
 * The appraisers of the package read 1 (curiosity), 2 and 4 (efficiency), 4, 5 and 7 (homeostasis), and 6 (goal).
 *
 * | action | meaning | range |
 * |---|---|---|
 * | 0, 1 | movement of the pointer, or of the scroll position, in viewport widths and heights | |
 * | 2 | cost: the effort of a move, viewports scrolled, seconds held or blocked, at most 1 | 0…1 |
 * | 3 | seconds since the last event of the same kind, at most 10 | 0…10 |
 * | 4 | seconds that a button or key was held, or that the page was blocked, at most 10 | 0…10 |
 * | 5 | pointer button + 1 | 0…5 |
 * | 6 | 1 if it happened on a control | 0, 1 |
 * | 7 | 1 if a person caused it, 0 if a script did | 0, 1 |
 *
 * An episode is a burst of activity: it ends with three seconds of silence, or when the page is hidden.
 *
 * @module
 */

import { EventFlags, EventType } from 'experience-stream'

/** A kind of page event: its type code, name, flags, and the colour's custom property. */
export interface Kind {
  readonly code: number
  readonly name: string
  readonly flags: number
  readonly color: string
}

const base = EventType.CustomUserEvent

/** All kinds, by what the visitor would call them. */
export const KINDS = {
  move: { code: base + 1, name: 'Pointer move', flags: EventFlags.TRAJECTORY, color: '--kind-1' },
  click: { code: base + 2, name: 'Click', flags: 0, color: '--kind-2' },
  scroll: { code: base + 3, name: 'Scroll', flags: EventFlags.TRAJECTORY, color: '--kind-3' },
  key: { code: base + 4, name: 'Keystroke', flags: 0, color: '--kind-4' },
  longTask: { code: base + 5, name: 'Long task', flags: EventFlags.URGENT, color: '--kind-5' },
  error: { code: base + 6, name: 'Error', flags: EventFlags.ERROR, color: '--kind-6' },
  attention: { code: base + 7, name: 'Focus change', flags: 0, color: '--kind-7' },
} as const satisfies Record<string, Kind>

/** The same in order. */
export const KIND_LIST: readonly Kind[] = Object.values(KINDS)

/** Names of the eight numbers of the state. */
export const STATE_NAMES = ['across', 'novelty', 'effort', 'depth', 'activity', 'fluency', 'outcome', 'attention']

/** Type code of the synthetic events of the button. */
export const SYNTHETIC = base + 16

const COLUMNS = 16
const ROWS = 9
const SILENCE_MS = 3000
const ACTIVITY_MS = 2000
const OUTCOME_HALVES_MS = 2000
const SLOWEST_FRAME_MS = 1000 / 30

/** The page's state as it is now; methods tell it what happened, times are milliseconds of `performance.now()`. */
export class PageState {
  /** Number of the present burst of activity. */
  episode = 0
  /** Events so far in this burst. */
  step = 0

  #moves = new Uint32Array(COLUMNS * ROWS)
  #across = 0
  #novelty = 0
  #effort = 0
  #depth = 0
  #rate = 0
  #fluency = 0.5
  #outcome = 0
  #attention = 1
  #lastEvent = Number.NEGATIVE_INFINITY
  #lastMove = Number.NEGATIVE_INFINITY
  #lastOutcome = 0

  /** The pointer went to (x, y), shares of the viewport, by (dx, dy). Returns the effort. */
  moved(now: number, x: number, y: number, dx: number, dy: number): number {
    const seconds = Math.min(Math.max(now - this.#lastMove, 1), 1000) / 1000
    const speed = Math.hypot(dx, dy) / seconds
    this.#lastMove = now
    this.#across = clamp(x)
    this.#effort = speed / (1 + speed)
    const row = Math.min(Math.floor(clamp(y) * ROWS), ROWS - 1)
    const column = Math.min(Math.floor(clamp(x) * COLUMNS), COLUMNS - 1)
    const moves = (this.#moves[row * COLUMNS + column] ?? 0) + 1
    this.#moves[row * COLUMNS + column] = moves
    this.#novelty = 1 / Math.sqrt(moves)
    return this.#effort
  }

  /** The page stands at this share of what can be scrolled. */
  scrolled(depth: number): void {
    this.#depth = clamp(depth)
  }

  /** Something succeeded (1) or failed (−1). */
  achieved(now: number, outcome: 1 | -1): void {
    this.#outcome = outcome
    this.#lastOutcome = now
  }

  /** 1 with focus, 0.6 without, 0 hidden. */
  attended(attention: number): void {
    this.#attention = attention
    if (attention === 0) this.#lastEvent = Number.NEGATIVE_INFINITY
  }

  /** A frame took this long. */
  frame(intervalMs: number): void {
    this.#fluency += 0.05 * (clamp(1 - intervalMs / SLOWEST_FRAME_MS) - this.#fluency)
  }

  /** Counts one event and writes the eight numbers. */
  record(now: number, state: Float32Array): void {
    const silence = now - this.#lastEvent
    if (silence > SILENCE_MS) {
      this.episode++
      this.step = 0
      this.#rate = 0
    } else {
      this.step++
    }
    this.#rate = this.#rate * Math.exp(-Math.min(silence, 1e6) / ACTIVITY_MS) + 1000 / ACTIVITY_MS
    if (now - this.#lastMove > 100) this.#effort = 0
    this.#lastEvent = now
    state[0] = this.#across
    state[1] = this.#novelty
    state[2] = this.#effort
    state[3] = this.#depth
    state[4] = this.#rate / (this.#rate + 30)
    state[5] = this.#fluency
    state[6] = this.#outcome * 2 ** (-(now - this.#lastOutcome) / OUTCOME_HALVES_MS)
    state[7] = this.#attention
  }
}

function clamp(share: number): number {
  return Math.min(Math.max(share, 0), 1)
}
