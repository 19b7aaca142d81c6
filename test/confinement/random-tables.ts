/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomness(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/**
 * `a` and `b` carry the tenant key, `c` belongs to its `b` and `e` to its `c`, `d` carries a key of a second level beside the first, `v` is a
 * view of `a`, `g` belongs to nobody. All columns are integers.
 */
export const tables = {
  a: ['id', 'tenant_id', 'x'],
  b: ['id', 'tenant_id', 'x'],
  c: ['id', 'b_id', 'x'],
  d: ['id', 'tenant_id', 'area_id', 'x'],
  e: ['id', 'c_id', 'x'],
  v: ['id', 'tenant_id', 'x'],
  g: ['id', 'x'],
} as const

export type TableName = keyof typeof tables

/** Stands for a table that is read; the test replaces it by the table with all rows or with the tenant's rows only. */
export const tableToken = (table: TableName): string => `§${table}§`

/** Stands for a table that is written: the one with all rows. */
export const targetToken = (table: TableName): string => `¶${table}¶`
