/**
 * Events per second and kind over the last minute, as stacked bars.
 *
 * A subscriber of its own: it polls once per frame and counts what came, so that what it shows is what the ring delivers.
 *
 * @module
 */

import type { ExperienceReader, Subscription } from 'experience-stream'
import { colorOf, Drawing, element } from './canvas.js'
import { KIND_LIST } from './mapping.js'

const SECONDS = 60

/** The panel with the rates. */
export class Rates {
  readonly #subscription: Subscription
  readonly #drawing: Drawing
  readonly #counts = KIND_LIST.map(() => new Uint32Array(SECONDS))
  readonly #totals = KIND_LIST.map(() => 0)
  readonly #outputs: HTMLOutputElement[]
  #second = Math.floor(performance.now() / 1000)

  constructor(stream: ExperienceReader) {
    this.#subscription = stream.subscribe({ from: 'oldest', types: KIND_LIST.map((kind) => kind.code) })
    this.#outputs = KIND_LIST.map((kind) => legendEntry(kind.name, kind.color))
    this.#drawing = new Drawing(element<HTMLCanvasElement>('rates'), (...args) => this.#draw(...args))
  }

  /** Counts what is new; returns whether a second has passed or something came. */
  poll(now: number): boolean {
    const second = Math.floor(now / 1000)
    const turned = second !== this.#second
    for (let s = Math.max(this.#second + 1, second - SECONDS + 1); s <= second; s++) {
      for (const counts of this.#counts) counts[s % SECONDS] = 0
    }
    this.#second = second
    let came = 0
    for (let batch = this.#subscription.poll(); batch.length > 0; batch = this.#subscription.poll()) {
      came += batch.length
      for (const event of batch) this.#count(event.eventType)
    }
    return turned || came > 0
  }

  /** Shows the present counts. */
  show(): void {
    this.#totals.forEach((total, k) => {
      const output = this.#outputs[k]
      if (output) output.textContent = `${total.toLocaleString()} · ${this.#lastSecond(k)}/s`
    })
    const busiest = Math.max(...Array.from({ length: SECONDS }, (_, s) => this.#sum(s)))
    this.#drawing.label = `Events per second in the last minute, at most ${busiest}`
    this.#drawing.redraw()
  }

  #count(type: number): void {
    const k = KIND_LIST.findIndex((kind) => kind.code === type)
    const counts = this.#counts[k]
    if (counts === undefined) return
    counts[this.#second % SECONDS] = (counts[this.#second % SECONDS] ?? 0) + 1
    this.#totals[k] = (this.#totals[k] ?? 0) + 1
  }

  /** Of the last whole second, so that the number does not start from 0 each time. */
  #lastSecond(k: number): number {
    return this.#counts[k]?.[(this.#second + SECONDS - 1) % SECONDS] ?? 0
  }

  #sum(second: number): number {
    return this.#counts.reduce((sum, counts) => sum + (counts[second] ?? 0), 0)
  }

  #draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    const colors = KIND_LIST.map((kind) => colorOf(kind.color))
    const top = Math.max(10, ...Array.from({ length: SECONDS }, (_, s) => this.#sum(s)))
    const step = width / SECONDS
    context.fillStyle = colorOf('--line')
    context.fillRect(0, height - 1, width, 1)
    for (let age = 0; age < SECONDS; age++) {
      const slot = (this.#second + SECONDS - age) % SECONDS
      let y = height - 1
      this.#counts.forEach((counts, k) => {
        const tall = ((counts[slot] ?? 0) / top) * (height - 16)
        y -= tall
        context.fillStyle = colors[k] ?? ''
        context.fillRect(width - (age + 1) * step + 0.5, y, Math.max(step - 1.5, 1), tall)
      })
    }
    context.fillStyle = colorOf('--quiet')
    context.font = '12px system-ui, sans-serif'
    context.fillText(`${top} per second`, 0, 11)
  }
}

function legendEntry(name: string, color: string): HTMLOutputElement {
  const entry = document.createElement('li')
  const swatch = document.createElement('span')
  swatch.className = 'swatch'
  swatch.style.background = `var(${color})`
  const output = document.createElement('output')
  output.textContent = '0 · 0/s'
  entry.append(swatch, name, output)
  element('legend').append(entry)
  return output
}
