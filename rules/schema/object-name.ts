import type { IndexElem, Node } from 'libpg-query'
import { namesOf } from './ast.ts'

/** Longest identifier that PostgreSQL keeps, in bytes (NAMEDATALEN - 1). */
const longest = 63

const bytes = (text: string): number => Buffer.byteLength(text)

/** Longest prefix of whole characters that fits. */
function clip(text: string, length: number): string {
  let result = text
  while (bytes(result) > length) result = [...result].slice(0, -1).join('')
  return result
}

/** As PostgreSQL's `makeObjectName`: shortens the longer of table and columns until the name fits. */
function makeObjectName(table: string, columns: string, label: string): string {
  const available = longest - bytes(label) - 1 - (columns === '' ? 0 : 1)
  let first = bytes(table)
  let second = bytes(columns)
  while (first + second > available) {
    if (first > second) first--
    else second--
  }
  return [clip(table, first), clip(columns, second), label].filter((part) => part !== '').join('_')
}

/** Names of the columns as `ChooseIndexColumnNames` joins them; an expression counts as `expr`. */
function joinColumns(columns: readonly string[]): string {
  let joined = ''
  for (const column of columns) {
    joined += joined === '' ? column : `_${column}`
    if (bytes(joined) > longest) break
  }
  return joined
}

/**
 * The name that PostgreSQL gives to a key or index without one: `orders_email_key`, `orders_pkey`, with a number after the
 * label when it is taken.
 */
export function chooseName(
  table: string,
  columns: readonly string[],
  label: 'pkey' | 'key' | 'fkey' | 'idx' | 'excl',
  taken: (name: string) => boolean,
): string {
  const joined = label === 'pkey' ? '' : joinColumns(columns)
  for (let pass = 0; ; pass++) {
    const name = makeObjectName(table, joined, pass === 0 ? label : `${label}${pass}`)
    if (!taken(name)) return name
  }
}

/** As `FigureColname`: what an expression is called where it has no name of its own. */
function nameOfExpression(node: Node | undefined): string | null {
  if (node === undefined) return null
  if ('ColumnRef' in node) return namesOf(node.ColumnRef.fields).at(-1) ?? null
  if ('FuncCall' in node) return namesOf(node.FuncCall.funcname).at(-1) ?? null
  if ('CoalesceExpr' in node) return 'coalesce'
  if ('MinMaxExpr' in node) return node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest'
  if ('A_ArrayExpr' in node) return 'array'
  if ('A_Expr' in node) return node.A_Expr.kind === 'AEXPR_NULLIF' ? 'nullif' : null
  if ('CollateClause' in node) return nameOfExpression(node.CollateClause.arg)
  if ('CaseExpr' in node) return nameOfExpression(node.CaseExpr.defresult) ?? 'case'
  if (!('TypeCast' in node)) return null
  return nameOfExpression(node.TypeCast.arg) ?? namesOf(node.TypeCast.typeName?.names).at(-1) ?? null
}

/** Names of an index's columns, as they go into the index's own name: told apart by a number where they repeat. */
export function namesOfElements(elements: readonly IndexElem[]): string[] {
  const names: string[] = []
  for (const element of elements) {
    const base = element.name ?? nameOfExpression(element.expr) ?? 'expr'
    let name = base
    for (let pass = 1; names.includes(name); pass++) name = `${base}${pass}`
    names.push(name)
  }
  return names
}
