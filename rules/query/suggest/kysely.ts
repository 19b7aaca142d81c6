import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../source/binding.ts'
import { unwrap } from '../../source/children.ts'
import type { FromItem } from '../../sql/statement.ts'
import type { Finding } from '../finding.ts'
import { endMethods, statementMethods } from '../libraries/kysely/chain.ts'
import type { ExtractionScope } from '../library.ts'
import { itemName, itemsOf } from '../naming.ts'
import { relationIn } from '../reference.ts'
import { actingTenantAt, propertyOf } from './acting-tenant.ts'
import { addedProperty, type Edit } from './edit.ts'

/** The edit that confines one mention of a builder chain: a condition more before its end, or a column more in its row. */
export function kyselyEdit(finding: Finding, scope: ExtractionScope): Edit | null {
  const { query } = finding.judged
  const { occurrence, ownership } = finding.occurrence
  const node = unwrap(query.node, true)
  const relation = relationIn(scope.tenancy, occurrence.relation)
  if (node.type !== 'CallExpression' || relation === null || ownership.kind !== 'owned') return null
  const value = actingTenantAt(node, ownership.column, relation, scope)
  const calls = callsOf(node)
  if (value === null || calls === null || !isBuilt(calls)) return null
  const column = propertyOf(relation, ownership.column)
  const { block } = query.statement
  if (block.kind === 'insert') return rowEdit(calls, column, value)
  if (block.kind === 'set' || block.kind === 'opaque') return null
  const from: readonly FromItem[] = block.kind === 'select' ? block.from : [block.target, ...block.from]
  if (!isRestricted(from, occurrence.id)) return null
  const items = itemsOf(from)
  const own = items.find((item) => item.kind === 'relation' && item.id === occurrence.id)
  const qualified = items.length > 1 && own !== undefined ? `${itemName(own)}.${column}` : column
  const text = `.where('${qualified}', '=', ${value})`
  return { text, insertions: [{ at: endOf(calls), text }] }
}

interface Call {
  readonly method: string
  readonly node: TSESTree.CallExpression
}

/** The calls of the chain, last first, down to the one that begins the statement or to a variable. */
function callsOf(node: TSESTree.CallExpression): readonly Call[] | null {
  const calls: Call[] = []
  let at: TSESTree.Node = node
  while (at.type === 'CallExpression') {
    const callee = unwrap(at.callee)
    if (callee.type !== 'MemberExpression') return null
    calls.push({ method: memberName(callee) ?? '', node: at })
    if (statementMethods.has(calls.at(-1)!.method)) return calls
    at = unwrap(callee.object)
  }
  return at.type === 'Identifier' && calls.length > 0 ? calls : null
}

/** `execute(db)` sends a piece of raw SQL, which has no `where`. */
const isBuilt = ([last]: readonly Call[]): boolean =>
  !endMethods.has(last!.method) || last!.node.arguments.length === 0

/** Behind the last call that still builds. */
function endOf([last]: readonly Call[]): number {
  if (!endMethods.has(last!.method)) return last!.node.range[1]
  const callee = unwrap(last!.node.callee) as TSESTree.MemberExpression
  return callee.object.range[1]
}

/** Does a condition in WHERE only take rows of this mention away? On the side that an outer join keeps it would take others. */
function isRestricted(from: readonly FromItem[], id: number): boolean {
  return from.some((item) => {
    if (item.kind === 'relation') return item.id === id
    if (item.kind !== 'join') return false
    const left = item.type !== 'right' && item.type !== 'full' && isRestricted([item.left], id)
    const right = item.type !== 'left' && item.type !== 'full' && isRestricted([item.right], id)
    return left || right
  })
}

/** `values({ … })` */
function rowEdit(calls: readonly Call[], column: string, value: string): Edit | null {
  const rows = calls.filter(({ method }) => method === 'values')
  const [row] = rows[0]?.node.arguments ?? []
  return rows.length === 1 && row?.type === 'ObjectExpression' ? addedProperty(row, column, value) : null
}
