/**
 * Listens to the page and writes one event for everything that the visitor does.
 *
 * Of the keyboard it reads that a key went down or up and when, never which one; of errors that they happened, never what
 * they say; of the text field nothing. What an event holds is documented in `mapping.ts`.
 *
 * @module
 */

import type { ExperienceWriter } from 'experience-stream'
import { KINDS, type Kind, PageState } from './mapping.js'

const LONGEST_S = 10
const MOST_KEYS_DOWN = 8

/** What an event says besides the state; absent numbers are 0. */
interface Act {
  dx?: number
  dy?: number
  cost?: number
  held?: number
  button?: number
  target?: EventTarget | null
  trusted?: boolean
}

/** Records the page that it runs in until `stop()`. */
export class Capture {
  /** The state that the next event will hold; tell it of frames and of successes. */
  readonly state = new PageState()
  /** While true nothing is recorded. */
  paused = false

  readonly #writer: ExperienceWriter['writer']
  readonly #abort = new AbortController()
  readonly #keysDown: number[] = []
  readonly #lastOfKind = new Map<Kind, number>()
  #observer: PerformanceObserver | undefined
  #x = 0
  #y = 0
  #scrollX = 0
  #scrollY = 0
  #pressedAt = 0

  constructor(stream: ExperienceWriter) {
    this.#writer = stream.writer
    this.#listenToPointer()
    this.#listenToKeyboard()
    this.#listenToPage()
    this.#observeLongTasks()
  }

  /** Ends recording for good. */
  stop(): void {
    this.#abort.abort()
    this.#observer?.disconnect()
  }

  #listenToPointer(): void {
    this.#on(window, 'pointermove', (event) => this.#move(event))
    this.#on(window, 'pointerdown', (event) => {
      this.#pressedAt = event.timeStamp
    })
    this.#on(window, 'click', (event) => {
      const held = event.detail === 0 ? 0 : seconds(event.timeStamp - this.#pressedAt)
      const { target, isTrusted: trusted } = event
      this.#write(KINDS.click, event.timeStamp, { held, cost: held, button: event.button + 1, target, trusted })
    })
  }

  #move(event: PointerEvent): void {
    const x = event.clientX / innerWidth
    const y = event.clientY / innerHeight
    const dx = x - this.#x
    const dy = y - this.#y
    this.#x = x
    this.#y = y
    const cost = this.state.moved(event.timeStamp, x, y, dx, dy)
    this.#write(KINDS.move, event.timeStamp, { dx, dy, cost, target: event.target, trusted: event.isTrusted })
  }

  #listenToKeyboard(): void {
    this.#on(window, 'keydown', (event) => {
      if (!event.repeat && this.#keysDown.length < MOST_KEYS_DOWN) this.#keysDown.push(event.timeStamp)
    })
    this.#on(window, 'keyup', (event) => {
      const held = seconds(event.timeStamp - (this.#keysDown.shift() ?? event.timeStamp))
      const { target, isTrusted: trusted } = event
      this.#write(KINDS.key, event.timeStamp, { held, cost: held, target, trusted })
    })
  }

  #listenToPage(): void {
    this.#on(document, 'scroll', (event) => {
      const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement
      const dx = (scrollX - this.#scrollX) / innerWidth
      const dy = (scrollY - this.#scrollY) / innerHeight
      this.#scrollX = scrollX
      this.#scrollY = scrollY
      const room = Math.max(scrollHeight - clientHeight, scrollWidth - clientWidth, 1)
      this.state.scrolled(Math.max(scrollX, scrollY) / room)
      this.#write(KINDS.scroll, event.timeStamp, { dx, dy, cost: Math.hypot(dx, dy), trusted: event.isTrusted })
    })
    const fail = (event: Event): void => {
      this.state.achieved(event.timeStamp, -1)
      this.#write(KINDS.error, event.timeStamp, { trusted: event.isTrusted })
    }
    this.#on(window, 'error', fail)
    this.#on(window, 'unhandledrejection', fail)
    const attend = (event: Event): void => {
      if (event.target !== window && event.target !== document) return
      this.#keysDown.length = 0
      this.state.attended(document.hidden ? 0 : document.hasFocus() ? 1 : 0.6)
      this.#write(KINDS.attention, event.timeStamp, { trusted: event.isTrusted })
    }
    this.#on(window, 'focus', attend)
    this.#on(window, 'blur', attend)
    this.#on(document, 'visibilitychange', attend)
  }

  #observeLongTasks(): void {
    if (!PerformanceObserver.supportedEntryTypes.includes('longtask')) return
    this.#observer = new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) {
        const held = seconds(duration)
        this.#write(KINDS.longTask, startTime + duration, { held, cost: held, trusted: true })
      }
    })
    this.#observer.observe({ type: 'longtask', buffered: true })
  }

  #write(kind: Kind, now: number, act: Act): void {
    if (this.paused) return
    const { state, action } = this.#writer
    this.state.record(now, state)
    action[0] = act.dx ?? 0
    action[1] = act.dy ?? 0
    action[2] = Math.min(act.cost ?? 0, 1)
    action[3] = seconds(now - (this.#lastOfKind.get(kind) ?? now))
    action[4] = act.held ?? 0
    action[5] = act.button ?? 0
    action[6] = act.target instanceof Element && act.target.closest('a, button, textarea') ? 1 : 0
    action[7] = act.trusted ? 1 : 0
    this.#lastOfKind.set(kind, now)
    this.#writer.eventType = kind.code
    this.#writer.flags = kind.flags
    this.#writer.episodeId = this.state.episode
    this.#writer.stepNumber = this.state.step
    this.#writer.commit()
  }

  #on<K extends keyof WindowEventMap>(target: EventTarget, type: K, listener: (event: WindowEventMap[K]) => void): void
  #on(target: EventTarget, type: string, listener: (event: Event) => void): void
  #on(target: EventTarget, type: string, listener: (event: never) => void): void {
    target.addEventListener(type, listener as (event: Event) => void, {
      capture: true,
      passive: true,
      signal: this.#abort.signal,
    })
  }
}

function seconds(ms: number): number {
  return Math.min(Math.max(ms, 0) / 1000, LONGEST_S)
}
