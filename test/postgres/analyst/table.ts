/**
 * The result of a statement as `psql` prints it.
 *
 * @module
 */

/** A result in the texts of the database. */
export interface Result {
  readonly columns: readonly { readonly name: string; readonly type: number }[]
  readonly rows: readonly (readonly (string | null)[])[]
}

/** INT8, INT2, INT4, OID, REAL, DOUBLE and NUMERIC stand on the right. */
const NUMBERS = new Set([20, 21, 23, 26, 700, 701, 1700])

/** Lines without blanks at their ends. */
export function printed({ columns, rows }: Result): string {
  const cells = rows.map((row) => row.map((cell) => cell ?? ''))
  const widths = columns.map(({ name }, i) => Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)))
  const header = columns.map(({ name }, i) => centred(name, widths[i] as number))
  const lines = cells.map((row) =>
    row.map((cell, i) => {
      const width = widths[i] as number
      return NUMBERS.has(columns[i]?.type as number) ? cell.padStart(width) : cell.padEnd(width)
    }),
  )
  const ruler = widths.map((width) => '-'.repeat(width + 2)).join('+')
  const table = [header, ...lines].map((line) => ` ${line.join(' | ')}`.trimEnd())
  table.splice(1, 0, ruler)
  return `${[...table, `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`].join('\n')}\n`
}

function centred(text: string, width: number): string {
  return text.padStart(text.length + Math.floor((width - text.length) / 2)).padEnd(width)
}
