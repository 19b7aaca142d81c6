import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../source/children.ts'
import type { FromItem } from '../../sql/statement.ts'
import type { Finding } from '../finding.ts'
import type { ExtractionScope } from '../library.ts'
import { relationIn } from '../reference.ts'
import { actingTenantAt } from './acting-tenant.ts'
import type { Edit, Insertion } from './edit.ts'

/** The edit that confines one mention of a plain SQL text: a condition at its end, or a column more in its one row. */
export function pgEdit(finding: Finding, scope: ExtractionScope): Edit | null {
  const { query } = finding.judged
  const { occurrence, ownership } = finding.occurrence
  const node = unwrap(query.node, true)
  if (node.type !== 'CallExpression' || ownership.kind !== 'owned') return null
  const call = plainCall(node)
  if (call === null || !/^[a-z_][a-z0-9_]*$/.test(ownership.column)) return null
  const { block } = query.statement
  const relation = relationIn(scope.tenancy, occurrence.relation)
  const value = actingTenantAt(node, ownership.column, relation, scope)
  if (value === null || block.ctes.length > 0) return null
  const place = { ...call, value, number: call.used + 1 }
  if (block.kind === 'insert') return rowEdit(place, ownership.column)
  const from: readonly FromItem[] =
    block.kind === 'select' ? block.from : 'target' in block ? [block.target, ...block.from] : []
  const [only] = from
  if (from.length !== 1 || only?.kind !== 'relation' || only.id !== occurrence.id) return null
  return conditionEdit(place, ownership.column)
}

interface PlainCall {
  /** Text of the literal as it stands in the file, without quotes, and where it begins. */
  readonly sql: string
  readonly start: number
  /** How many parameters there are. */
  readonly used: number
  /** Puts one more value in. */
  readonly added: (value: string) => Insertion
}

/** `query('…', [a, b])`: a literal without escapes, and as many values as its parameters count. */
function plainCall(node: TSESTree.CallExpression): PlainCall | null {
  const [text, values] = node.arguments
  const sql = text === undefined ? null : literalText(text)
  if (sql === null || /--|\/\*|;\s*\S/.test(sql)) return null
  const numbers = [...sql.matchAll(/\$(\d+)/g)].map((match) => Number(match[1]))
  const used = Math.max(0, ...numbers)
  const start = text!.range[0] + 1
  if (values === undefined && node.arguments.length === 1) {
    const added = (value: string): Insertion => ({ at: text!.range[1], text: `, [${value}]` })
    return used === 0 ? { sql, start, used, added } : null
  }
  if (values?.type !== 'ArrayExpression' || values.elements.length !== used) return null
  if (values.elements.some((element) => element === null || element.type === 'SpreadElement')) return null
  const last = values.elements.at(-1)
  const at = last?.range[1] ?? values.range[0] + 1
  return { sql, start, used, added: (value) => ({ at, text: last == null ? value : `, ${value}` }) }
}

function literalText(node: TSESTree.Node): string | null {
  if (node.type === 'Literal' && typeof node.value === 'string') {
    return node.raw.slice(1, -1) === node.value ? node.value : null
  }
  if (node.type !== 'TemplateLiteral' || node.expressions.length > 0) return null
  const [{ value }] = node.quasis as unknown as readonly [TSESTree.TemplateElement]
  return value.raw === value.cooked ? value.raw : null
}

interface Place extends PlainCall {
  readonly value: string
  /** Number of the parameter that the tenant becomes. */
  readonly number: number
}

/** What may follow WHERE, and what would have to be put in parentheses first. */
const clauses =
  /\b(order|group|limit|offset|fetch|for|returning|having|union|intersect|except|window|or|between|case|select|from|current)\b/i

function conditionEdit({ sql, start, value, number, added }: Place, column: string): Edit | null {
  const parts = sql.split(/\bwhere\b/i)
  const tail =
    parts.length === 2
      ? parts[1]!
      : sql.replace(/^\s*select\b[^()]*?\bfrom\b/i, '').replace(/^\s*delete\s+from\b/i, '')
  if (parts.length > 2 || clauses.test(tail) || !isBalanced(tail)) return null
  const text = `${parts.length === 2 ? 'AND' : 'WHERE'} ${column} = $${number}`
  const end = sql.replace(/[\s;]+$/, '').length
  return { text, insertions: [{ at: start + end, text: ` ${text}` }, added(value)] }
}

/** A parenthesis that closes what was opened before means that the end is no end of the condition. */
function isBalanced(text: string): boolean {
  let depth = 0
  for (const [sign] of text.matchAll(/[()]/g)) {
    depth += sign === '(' ? 1 : -1
    if (depth < 0) return false
  }
  return depth === 0
}

const oneRow =
  /^(\s*insert\s+into\s+[\w.]+\s*\([^()]*[^()\s])(\s*\)\s*values\s*\([^()]*[^()\s])\s*\)\s*(?!\s*,)/i

function rowEdit({ sql, start, value, number, added }: Place, column: string): Edit | null {
  const match = oneRow.exec(sql)
  if (match === null || /^\s*,/.test(sql.slice(match[0].length)) || /\bon\s+conflict\b/i.test(sql))
    return null
  if (new RegExp(`\\b${column}\\b`, 'i').test(match[1]!)) return null
  const columns = start + match[1]!.length
  return {
    text: `${column} = $${number}`,
    insertions: [
      { at: columns, text: `, ${column}` },
      { at: columns + match[2]!.length, text: `, $${number}` },
      added(value),
    ],
  }
}
