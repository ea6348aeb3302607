/**
 * Line charts made of characters.
 *
 * @module
 */

/** One series; later series are drawn over earlier ones. */
export interface Series {
  /** One character. */
  mark: string
  /** Points in any order. */
  points: readonly { x: number; y: number }[]
  /** Wraps a mark, in a colour for instance. */
  paint?: (mark: string) => string
}

/** The frame of a chart. */
export interface Frame {
  /** Columns and rows of the plotting area. */
  width: number
  height: number
  xMax: number
  yMax: number
  /** Label of the x axis. */
  xLabel: string
}

const LABEL_WIDTH = 6

/** Draws the series in ASCII but for their marks; both axes begin at 0. One string per line. */
export function drawChart(frame: Frame, series: readonly Series[]): string[] {
  const { width, height, xMax, yMax } = frame
  const cells = Array.from({ length: height }, () => new Array<string>(width).fill(' '))
  for (const { mark, points, paint = (text: string) => text } of series) {
    for (const { x, y } of points) {
      const column = position(x / xMax, width)
      const row = height - 1 - position(y / yMax, height)
      cells[row][column] = paint(mark)
    }
  }
  const lines = cells.map((row, i) => {
    const value = (yMax * (height - 1 - i)) / (height - 1)
    const labelled = i === 0 || i === height - 1 || i === Math.floor(height / 2)
    const label = labelled ? value.toFixed(0) : ''
    return `${label.padStart(LABEL_WIDTH)} |${row.join('').trimEnd()}`
  })
  const end = xMax.toLocaleString('en-US')
  const middle = frame.xLabel.padStart(Math.floor((width + frame.xLabel.length) / 2))
  lines.push(`${' '.repeat(LABEL_WIDTH)} +${'-'.repeat(width)}`)
  lines.push(`${' '.repeat(LABEL_WIDTH)}  0${middle.slice(1).padEnd(width - 1 - end.length)}${end}`)
  return lines
}

function position(share: number, cells: number): number {
  return Math.max(0, Math.min(cells - 1, Math.round(share * (cells - 1))))
}
