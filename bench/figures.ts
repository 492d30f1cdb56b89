// Pure. Figures and how they are written.

export interface Spread {
  p50: number
  p99: number
  max: number
  /** Share above one second, percent. */
  slow: number
}

/** Of milliseconds. */
export function spread(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  const slow = (sorted.filter((value) => value > 1_000).length / Math.max(1, sorted.length)) * 100
  return { p50: at(0.5), p99: at(0.99), max: at(1), slow }
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1)
  return middle.reduce((sum, value) => sum + value, 0) / middle.length
}

/** A table for the terminal: the first row is its head, numbers stand on the right. */
export function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const isNumber = (column: number) => rows.slice(1).every((row) => /^[-–\d.,]*( %|×)?$/.test(row[column] ?? ''))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function number(value: number | null, digits = 0): string {
  return value === null || Number.isNaN(value)
    ? '–'
    : value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })
}
