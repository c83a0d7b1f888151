import { Bytes } from '../../../contracts/kit.ts'

type Cell = string | number | null

/**
 * A table as CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe in front (specification,
 * Analytics).
 */
export function csvOf(name: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): Bytes<200> {
  const lines = [columns, ...rows].map(row => row.map(cellOf).join(','))
  const headers = {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="${name}.csv"`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    vary: 'accept',
  }
  return new Bytes(200, headers, `${lines.join('\r\n')}\r\n`)
}

function cellOf(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const safe = /^\s*[=+\-@\t\r]/.test(cell) || /^[\t\r\n]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
