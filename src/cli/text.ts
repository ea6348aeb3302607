/**
 * Pieces of plain text that several commands print: labelled lines, tables of events, sizes, times.
 *
 * @module
 */

import { EventType, type ExperienceEventJSON } from '../index.js'

const LABEL_WIDTH = 11

/** Widths of the columns of events; the last one is as wide as it gets. Negative ones are padded on the right. */
const WIDTHS = [9, 11, -27, -15, 6, 10, 0]

/** The names of the columns of {@link eventRow}. */
export const EVENT_COLUMNS = ['seq', 'probability', 'time', 'type', 'step', 'reward', 'episode']

/** A heading and labelled lines below it. */
export class Lines {
  readonly #lines: string[]

  constructor(heading: string) {
    this.#lines = [heading]
  }

  /** Adds `  label      text`; an empty label goes on with the one before. */
  add(label: string, text: string): void {
    this.#lines.push(`  ${label.padEnd(LABEL_WIDTH)}${text}`)
  }

  /** Adds a line below a labelled one. */
  detail(text: string): void {
    this.#lines.push(`    ${text}`)
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`
  }
}

/** One line of a table of events; `probability` is left out where there is none. */
export function eventRow(
  event: ExperienceEventJSON,
  probability: number | undefined,
  typeName: (code: number) => string = knownType,
): string {
  return tableRow([
    String(event.seq),
    ...(probability === undefined ? [] : [probability.toExponential(3)]),
    isoTime(event.timestamp),
    typeName(event.eventType),
    String(event.stepNumber),
    decimal(event.totalReward),
    event.episodeId,
  ])
}

/** One line of a table of events from its cells: all seven, or six without a probability. */
export function tableRow(cells: readonly string[]): string {
  const widths = cells.length === WIDTHS.length ? WIDTHS : WIDTHS.toSpliced(1, 1)
  const padded = cells.map((cell, i) => {
    const width = widths[i] as number
    return width < 0 ? cell.padEnd(-width) : cell.padStart(width)
  })
  return `  ${padded.join('  ')}\n`
}

/** `ActionFailed`, or `0xf001` for a code without a name. */
export function knownType(code: number): string {
  const known = Object.entries(EventType).find(([, value]) => value === code)
  return known?.[0] ?? `0x${code.toString(16).padStart(4, '0')}`
}

/** Whole seconds without a fraction, otherwise with all six digits of it. */
export function isoTime(micros: number): string {
  const fraction = micros % 1e6
  const date = new Date((micros - fraction) / 1000)
  // a caller's clock may be anything, what a date can hold ends in the year 275760
  if (Number.isNaN(date.getTime())) return `${micros} µs`
  const seconds = date.toISOString().slice(0, -5)
  return fraction === 0 ? `${seconds}Z` : `${seconds}.${String(fraction).padStart(6, '0')}Z`
}

/** Four digits that count. */
export function decimal(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(4) : String(value)
}

/** `12.3 MB`. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let unit = 0
  let value = bytes
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`
}

/** A whole number with separators: 27,021. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** `1 event`, `2,000 events`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}
