/**
 * Output that adapts to where it goes: colours and a progress line that is redrawn on a terminal, plain lines without
 * escape codes, carriage returns or anything beyond ASCII everywhere else.
 *
 * @module
 */

/** Where text goes; `process.stdout` is one. */
export interface Sink {
  write(text: string): unknown
  isTTY?: boolean | undefined
  columns?: number | undefined
}

/** What a piece of text means; on a terminal each has a colour or weight. */
export type Style = 'title' | 'dim' | 'good' | 'bad' | 'first' | 'second'

const CODES: Readonly<Record<Style, string>> = {
  title: '1',
  dim: '2',
  good: '32',
  bad: '31',
  first: '36',
  second: '33',
}

const MAX_WIDTH = 100
const PLAIN_WIDTH = 80

/** Writes to a sink. */
export class Terminal {
  /** Whether lines can be redrawn, and characters beyond ASCII be used. */
  readonly interactive: boolean
  readonly #colours: boolean
  readonly #sink: Sink
  #live = false

  /** @param environment `NO_COLOR` and `TERM=dumb` are respected */
  constructor(sink: Sink, environment: Readonly<Record<string, string | undefined>>) {
    this.#sink = sink
    this.interactive = sink.isTTY === true && environment.TERM !== 'dumb'
    this.#colours = this.interactive && !environment.NO_COLOR
  }

  /** Columns to fill. */
  get width(): number {
    return this.interactive ? Math.max(40, Math.min(MAX_WIDTH, this.#sink.columns ?? PLAIN_WIDTH)) : PLAIN_WIDTH
  }

  /** The text as it is to be written for what it means. */
  style(style: Style, text: string): string {
    return this.#colours ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text
  }

  /** Writes a line; a progress line that stands there is wiped first. */
  line(text = ''): void {
    this.#wipe()
    this.#sink.write(`${text}\n`)
  }

  /** Redraws the progress line. Without a terminal nothing is written: what is worth keeping goes through `line`. */
  progress(text: string): void {
    if (!this.interactive) return
    this.#wipe()
    this.#sink.write(text.slice(0, this.width - 1))
    this.#live = true
  }

  #wipe(): void {
    if (this.#live) this.#sink.write('\r\x1b[K')
    this.#live = false
  }
}
