import { stripVTControlCharacters } from 'node:util'

/** Columns padded to their widest cell; two blanks between. Colour codes take no width. */
export function textTable(rows: readonly (readonly string[])[], indent = ''): string[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, width(cell))
    })
  }
  return rows.map((row) =>
    `${indent}${row.map((cell, index) => cell + ' '.repeat(widths[index]! - width(cell))).join('  ')}`.trimEnd(),
  )
}

function width(cell: string): number {
  return [...stripVTControlCharacters(cell)].length
}
