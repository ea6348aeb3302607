/**
 * The state of the newest events, one column each: eight lanes of colour from low to high.
 *
 * It keeps no data: each time it copies the newest events out of the ring, into the same buffers.
 *
 * @module
 */

import type { EventBatch, ExperienceReader } from 'experience-stream'
import { colorOf, Drawing, element } from './canvas.js'
import { STATE_NAMES } from './mapping.js'

const COLUMNS = 240
const LANES = 8
const GAP = 3

/** The panel with the state. */
export class Strip {
  readonly #stream: ExperienceReader
  readonly #drawing: Drawing
  readonly #states = new Float32Array(COLUMNS * LANES)
  readonly #values: HTMLLIElement[]
  #batch: EventBatch | undefined

  constructor(stream: ExperienceReader) {
    this.#stream = stream
    listOf('strip-names', STATE_NAMES)
    this.#values = listOf(
      'strip-values',
      STATE_NAMES.map(() => '–'),
    )
    this.#drawing = new Drawing(element<HTMLCanvasElement>('strip'), (...args) => this.#draw(...args))
  }

  /** Shows the newest events. */
  show(): void {
    const end = this.#stream.totalWritten
    this.#batch = this.#stream.queryRange(Math.max(end - COLUMNS, this.#stream.oldestSeq), end, { into: this.#batch })
    this.#batch.states(this.#states)
    const last = this.#batch.length - 1
    if (last < 0) return
    this.#values.forEach((value, lane) => {
      value.textContent = (this.#states[last * LANES + lane] ?? 0).toFixed(2)
    })
    this.#drawing.label = `The state of the newest ${last + 1} events; now ${STATE_NAMES.map(
      (name, lane) => `${name} ${this.#values[lane]?.textContent}`,
    ).join(', ')}`
    this.#drawing.redraw()
  }

  #draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    const count = this.#batch?.length ?? 0
    const column = width / COLUMNS
    const lane = height / LANES
    const high = colorOf('--accent')
    const low = colorOf('--bad')
    const ground = colorOf('--ground')
    for (let j = 0; j < LANES; j++) {
      context.globalAlpha = 1
      context.fillStyle = ground
      context.fillRect(0, j * lane + GAP / 2, width, lane - GAP)
      for (let i = 0; i < count; i++) {
        const value = this.#states[i * LANES + j] ?? 0
        context.fillStyle = value < 0 ? low : high
        context.globalAlpha = Math.min(Math.abs(value), 1)
        const left = Math.round(width - (count - i) * column)
        const right = Math.round(width - (count - i - 1) * column)
        context.fillRect(left, j * lane + GAP / 2, right - left, lane - GAP)
      }
    }
    context.globalAlpha = 1
  }
}

function listOf(id: string, texts: readonly string[]): HTMLLIElement[] {
  const items = texts.map((text) => {
    const item = document.createElement('li')
    item.textContent = text
    return item
  })
  element(id).append(...items)
  return items
}
