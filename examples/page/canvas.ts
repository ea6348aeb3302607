/**
 * A canvas that follows its size on the page, the screen's resolution and the colour scheme.
 *
 * @module
 */

/** Draws when asked to, and at once after its size or the colours have changed. */
export class Drawing {
  readonly #canvas: HTMLCanvasElement
  readonly #draw: (context: CanvasRenderingContext2D, width: number, height: number) => void

  constructor(
    canvas: HTMLCanvasElement,
    draw: (context: CanvasRenderingContext2D, width: number, height: number) => void,
  ) {
    this.#canvas = canvas
    this.#draw = draw
    new ResizeObserver(() => this.redraw()).observe(canvas)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.redraw())
  }

  /** What the drawing shows, for those who do not see it. */
  set label(text: string) {
    this.#canvas.setAttribute('aria-label', text)
  }

  /** Draws now; the sizes given to the drawing function are CSS pixels. */
  redraw(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas
    const context = this.#canvas.getContext('2d')
    if (context === null || width === 0 || height === 0) return
    const scale = devicePixelRatio
    if (this.#canvas.width !== Math.round(width * scale)) this.#canvas.width = Math.round(width * scale)
    if (this.#canvas.height !== Math.round(height * scale)) this.#canvas.height = Math.round(height * scale)
    context.setTransform(scale, 0, 0, scale, 0, 0)
    context.clearRect(0, 0, width, height)
    this.#draw(context, width, height)
  }
}

/** The present value of a colour, resolved for the colour scheme: custom properties keep `light-dark()` unresolved. */
export function colorOf(property: string): string {
  probe.style.color = `var(${property})`
  return getComputedStyle(probe).color
}

const probe = document.createElement('span')
probe.hidden = true
document.body.append(probe)

/** The element of the page with this id. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no element with the id ${id}`)
  return found as T
}
