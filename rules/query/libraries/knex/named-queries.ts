import type { Block } from '../../../sql/statement.ts'

/**
 * Raw SQL inside a builder may read the CTEs that the builder has named before it: `with('mine', …).with('rows', raw('… FROM
 * mine'))`. The parser sees only the text and takes such a name for that of a table. Structural, like the graft of a text.
 */
export function readingNamed<T>(value: T, ctes: ReadonlyMap<string, Block>): T {
  if (ctes.size === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((part: unknown) => readingNamed(part, ctes)) as T
  const node = value as Record<string, unknown>
  const named = node['kind'] === 'relation' && node['access'] === 'read' ? cteOf(node, ctes) : null
  if (named !== null) return named as T
  return Object.fromEntries(Object.entries(node).map(([key, part]) => [key, readingNamed(part, ctes)])) as T
}

/** Columns name what they are of by its number, so the CTE takes the number of the table that it was taken for. */
function cteOf(node: Record<string, unknown>, ctes: ReadonlyMap<string, Block>): object | null {
  const { schema, name } = node['relation'] as { readonly schema: string | null; readonly name: string }
  const block = schema === null ? ctes.get(name) : undefined
  if (block === undefined) return null
  const { id, alias, span } = node
  return { kind: 'derived', id, alias: alias ?? name, block, lateral: false, span }
}
