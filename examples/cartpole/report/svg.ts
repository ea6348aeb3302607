/**
 * Plots as inline SVG. Colours come from the page's style sheet by class, so that a plot follows light and dark.
 *
 * @module
 */

/** A point in the units of the data. */
export interface Point {
  x: number
  y: number
}

/** One axis: its bounds, where it is labelled, and how. */
export interface Axis {
  from: number
  to: number
  ticks: readonly number[]
  label: string
  format?: (value: number) => string
}

const USUAL_WIDTH = 640
const HEIGHT = 280
const LEFT = 62
const RIGHT = 22
const TOP = 12
const BOTTOM = 42

/** A rectangular plot that grows mark by mark. */
export class Plot {
  readonly #x: Axis
  readonly #y: Axis
  readonly #title: string
  readonly #width: number
  readonly #marks: string[] = []

  /**
   * @param title says in words what the plot shows, for readers who do not see it
   * @param width in the plot's own units; a wider plot has smaller text in the same space
   */
  constructor(title: string, x: Axis, y: Axis, width: number = USUAL_WIDTH) {
    this.#width = width
    this.#title = title
    this.#x = x
    this.#y = y
  }

  /** Connects points in their order. */
  line(points: readonly Point[], className: string): this {
    if (points.length > 0) this.#marks.push(`<path class="line ${className}" d="${this.#path(points)}"/>`)
    return this
  }

  /** Fills between the points and the lower edge. */
  area(points: readonly Point[], className: string): this {
    if (points.length === 0) return this
    const base = this.#py(this.#y.from)
    const first = this.#px(points[0].x)
    const last = this.#px(points[points.length - 1].x)
    this.#marks.push(`<path class="area ${className}" d="${this.#path(points)}L${last} ${base}L${first} ${base}Z"/>`)
    return this
  }

  /** Small dots, all in one element. */
  dots(points: readonly Point[], className: string): this {
    const path = points.map(({ x, y }) => `M${this.#px(x)} ${this.#py(y)}h0`).join('')
    if (path) this.#marks.push(`<path class="dots ${className}" d="${path}"/>`)
    return this
  }

  /** Circles with a text that appears under the pointer. */
  circles(points: readonly (Point & { text: string })[], className: string): this {
    for (const { x, y, text } of points) {
      const circle = `<circle class="${className}" cx="${this.#px(x)}" cy="${this.#py(y)}" r="4">`
      this.#marks.push(`${circle}<title>${escapeText(text)}</title></circle>`)
    }
    return this
  }

  /** One bar from the lower edge for each point, `width` wide in the units of the x axis. */
  bars(points: readonly Point[], width: number, className: string): this {
    const base = this.#py(this.#y.from)
    for (const { x, y } of points) {
      const left = this.#px(x - width / 2)
      const top = this.#py(y)
      const size = `width="${round(this.#px(x + width / 2) - left)}" height="${round(base - top)}"`
      this.#marks.push(`<rect class="${className}" x="${left}" y="${top}" ${size}/>`)
    }
    return this
  }

  /** A horizontal line with a label. */
  level(y: number, label: string): this {
    const at = this.#py(y)
    this.#marks.push(`<path class="level" d="M${LEFT} ${at}H${this.#right}"/>`)
    this.#marks.push(
      `<text class="note" x="${this.#right - 4}" y="${at + 13}" text-anchor="end">${escapeText(label)}</text>`,
    )
    return this
  }

  /** The finished element. */
  toString(): string {
    const title = escapeText(this.#title)
    return (
      `<svg viewBox="0 0 ${this.#width} ${HEIGHT}" role="img" aria-label="${title}">` +
      `${this.#grid()}${this.#marks.join('')}</svg>`
    )
  }

  #grid(): string {
    const { ticks: xTicks, label: xLabel, format: xFormat = String } = this.#x
    const { ticks: yTicks, label: yLabel, format: yFormat = String } = this.#y
    const bottom = HEIGHT - BOTTOM
    const parts = yTicks.map((tick) => {
      const at = this.#py(tick)
      const text = `<text x="${LEFT - 8}" y="${at + 4}" text-anchor="end">${escapeText(yFormat(tick))}</text>`
      return `<path class="grid" d="M${LEFT} ${at}H${this.#right}"/>${text}`
    })
    for (const tick of xTicks) {
      const at = this.#px(tick)
      parts.push(`<text x="${at}" y="${bottom + 16}" text-anchor="middle">${escapeText(xFormat(tick))}</text>`)
    }
    parts.push(`<path class="axis" d="M${LEFT} ${bottom}H${this.#right}"/>`)
    const middle = (LEFT + this.#right) / 2
    parts.push(`<text class="label" x="${middle}" y="${HEIGHT - 6}" text-anchor="middle">${escapeText(xLabel)}</text>`)
    const centre = (TOP + bottom) / 2
    const turned = `transform="rotate(-90 12 ${centre})"`
    parts.push(`<text class="label" x="12" y="${centre}" text-anchor="middle" ${turned}>${escapeText(yLabel)}</text>`)
    return parts.join('')
  }

  get #right(): number {
    return this.#width - RIGHT
  }

  #path(points: readonly Point[]): string {
    return points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${this.#px(x)} ${this.#py(y)}`).join('')
  }

  #px(x: number): number {
    return round(LEFT + ((x - this.#x.from) / (this.#x.to - this.#x.from)) * (this.#right - LEFT))
  }

  #py(y: number): number {
    const clamped = Math.max(this.#y.from, Math.min(this.#y.to, y))
    return round(HEIGHT - BOTTOM - ((clamped - this.#y.from) / (this.#y.to - this.#y.from)) * (HEIGHT - TOP - BOTTOM))
  }
}

/** About `wanted` round numbers that lie evenly between two bounds. */
export function ticksBetween(from: number, to: number, wanted = 5): number[] {
  const rough = (to - from) / wanted
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough
  const ticks: number[] = []
  for (let i = Math.ceil(from / step); i * step <= to + step * 1e-9; i++) ticks.push(Number((i * step).toPrecision(12)))
  return ticks
}

/** Makes text safe inside an element or an attribute. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
