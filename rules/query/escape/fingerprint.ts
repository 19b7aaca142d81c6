import { createHash } from 'node:crypto'
import type { Statement } from '../../sql/statement.ts'
import type { CallSite } from '../context.ts'

/** Says nothing about which rows are touched, or changes when the same query is written in other words. */
const left = new Set(['span', 'alias', 'reason', 'value', 'limited', 'others', 'lateral', 'list'])

/**
 * Eight digits that stay the same while a call sends the same statements: the same relations, kinds of access, joins, conditions and
 * written columns. Literals, names of parameters, order of a list, text layout and what is returned do not count.
 */
export function fingerprintOf({ queries, opaques }: CallSite): string {
  const shapes = queries.map(({ query }) => JSON.stringify(shapeOfStatement(query.statement)))
  const all = [...new Set([...shapes, ...opaques.map(({ library }) => `opaque ${library}`)])].toSorted()
  return createHash('sha256').update(all.join('\n')).digest('hex').slice(0, 8)
}

const shapeOfStatement = ({ block }: Statement): unknown => shapeOf(block)

function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf)
  if (typeof value !== 'object' || value === null) return value
  const part = value as Readonly<Record<string, unknown>>
  if (part['kind'] === 'parameter') return { kind: 'value' }
  if (part['kind'] === 'literal') return part['value'] === null ? { kind: 'null' } : { kind: 'value' }
  if (part['kind'] === 'in') return { ...ofKeys(part), values: distinct(part['values']) }
  return ofKeys(part)
}

function ofKeys(part: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shape: Record<string, unknown> = {}
  for (const key of Object.keys(part).toSorted()) {
    // Sub-queries in what is returned touch rows of their own; the rest of it touches none.
    if (key === 'outputs' || key === 'others') shape[key] = blocksIn(part[key])
    else if (!left.has(key) || (key === 'value' && part['kind'] === 'constant'))
      shape[key] = shapeOf(part[key])
  }
  return shape
}

/** A list of three values is the same condition as one of two. */
function distinct(values: unknown): unknown {
  const shapes = (values as readonly unknown[]).map((value) => JSON.stringify(shapeOf(value)))
  return [...new Set(shapes)].toSorted()
}

function blocksIn(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return []
  if ('ctes' in value) return [shapeOf(value)]
  return Object.values(value).flatMap(blocksIn)
}
