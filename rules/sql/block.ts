import { as, strings, type Content } from './ast.ts'
import { readCondition } from './condition.ts'
import { readFrom, type Loose } from './from.ts'
import { openScope, outputNames, renameOutputs, type NameScope, type VisibleCte } from './names.ts'
import { mentionsIn, readOperand } from './operand.ts'
import type { AstNode } from './parse.ts'
import { groupsOf, merges } from './merging.ts'
import type { Reader } from './reader.ts'
import type { Block, OpaqueBlock, Operand, Output, SelectBlock, SetBlock } from './statement.ts'
import { readDelete, readInsert, readMerge, readTruncate, readUpdate } from './write.ts'

export type Ctes = SelectBlock['ctes']

/** Reads one query level. Nodes that are no query give an opaque block that names the relations found in them. */
export function readBlock(reader: Reader, node: AstNode, outer: NameScope | null): Block {
  if ('SelectStmt' in node) return readSelect(reader, node.SelectStmt, outer)
  if ('InsertStmt' in node) return readInsert(reader, node.InsertStmt, outer)
  if ('UpdateStmt' in node) return readUpdate(reader, node.UpdateStmt, outer)
  if ('DeleteStmt' in node) return readDelete(reader, node.DeleteStmt, outer)
  if ('MergeStmt' in node) return readMerge(reader, node.MergeStmt, outer)
  if ('TruncateStmt' in node) return readTruncate(reader, node.TruncateStmt)
  const tag = Object.keys(node)[0] ?? 'nothing'
  return { kind: 'opaque', reason: tag, occurrences: [], ctes: [], span: null } satisfies OpaqueBlock
}

/** Reads WITH into the scope. A CTE sees those before it, all of them when RECURSIVE. */
export function readCtes(reader: Reader, node: Content<'WithClause'> | undefined, scope: NameScope): Ctes {
  const entries = node?.ctes ?? []
  return (node?.recursive === true ? definedFirst(entries) : entries).map((entry) => {
    const cte = as(entry, 'CommonTableExpr')!
    const name = cte.ctename ?? ''
    const names = strings(cte.aliascolnames)
    const block =
      node?.recursive === true
        ? readRecursive(reader, cte, names, scope)
        : renameOutputs(reader.block(cte.ctequery!, scope), names)
    scope.ctes.push({ name, block, columns: outputNames(block) })
    return { name, block }
  })
}

/** Under RECURSIVE a CTE may mention a later one, as if that stood before it. */
function definedFirst(entries: readonly AstNode[]): readonly AstNode[] {
  const open = new Map(entries.map((entry) => [as(entry, 'CommonTableExpr')!.ctename ?? '', entry]))
  const ordered: AstNode[] = []
  const visit = (name: string): void => {
    const entry = open.get(name)
    if (entry === undefined) return
    open.delete(name)
    for (const mentioned of tableNames(entry)) visit(mentioned)
    ordered.push(entry)
  }
  for (const name of [...open.keys()]) visit(name)
  return ordered
}

/** Every name without a schema that stands somewhere in the place of a table. */
function tableNames(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return []
  const range = (node as { readonly RangeVar?: Content<'RangeVar'> }).RangeVar
  if (range !== undefined) return range.schemaname === undefined ? [range.relname ?? ''] : []
  return Object.values(node).flatMap(tableNames)
}

function readRecursive(
  reader: Reader,
  cte: Content<'CommonTableExpr'>,
  names: readonly string[],
  scope: NameScope,
): Block {
  const inside: NameScope = openScope(scope)
  const self = (columns: readonly string[] | null): VisibleCte => ({
    name: cte.ctename ?? '',
    block: null,
    columns,
  })
  const select = as(cte.ctequery, 'SelectStmt')
  let columns: readonly string[] | null = names.length > 0 ? names : null
  if (columns === null && select?.larg !== undefined) {
    inside.ctes.push(self(null))
    columns = outputNames(reader.block({ SelectStmt: select.larg }, inside))
  }
  inside.ctes.push(self(columns))
  return renameOutputs(reader.block(cte.ctequery!, inside), names)
}

function readSelect(reader: Reader, node: Content<'SelectStmt'>, outer: NameScope | null): Block {
  const scope = openScope(outer)
  const ctes = readCtes(reader, node.withClause, scope)
  if (node.op !== undefined && node.op !== 'SETOP_NONE') return readSet(reader, node, scope, ctes)
  if (node.valuesLists !== undefined) return readValues(reader, node, scope, ctes)
  const others: Loose = []
  const from = (node.fromClause ?? []).map((item) => readFrom(reader, item, scope, others))
  const where = node.whereClause === undefined ? null : readCondition(reader, node.whereClause, scope)
  const having = node.havingClause === undefined ? null : readCondition(reader, node.havingClause, scope)
  const grouping = groupsOf(node)
  const outputs = readOutputs(reader, node.targetList, scope)
  others.push(
    ...mentionsIn(reader, node.groupClause, scope),
    ...mentionsIn(reader, node.sortClause, scope),
    ...mentionsIn(reader, node.windowClause, scope),
    ...mentionsIn(reader, node.distinctClause, scope),
    ...limits(reader, node, scope),
  )
  return {
    kind: 'select',
    ctes,
    span: reader.spanAt(spanStart(node)),
    from,
    where,
    having,
    outputs: grouping === 'sets' ? outputs.map(hideOperand) : outputs,
    merges: merges(node),
    limited: node.limitCount !== undefined || node.limitOffset !== undefined,
    others,
  }
}

/** Under GROUPING SETS a grouped column is NULL in some rows, so an output is not the column of a row. */
function hideOperand(output: Output): Output {
  if (output.operand === null) return output
  const { operand } = output
  return {
    ...output,
    operand: { kind: 'opaque', reason: 'GROUPING SETS', mentions: [operand], span: operand.span },
  }
}

function limits(reader: Reader, node: Content<'SelectStmt'>, scope: NameScope): Operand[] {
  return [node.limitCount, node.limitOffset].flatMap((limit) => mentionsIn(reader, limit, scope))
}

function spanStart(node: Content<'SelectStmt'>): number {
  const first = node.targetList?.[0]
  return first === undefined ? -1 : (as(first, 'ResTarget')?.location ?? 0)
}

const operators = { SETOP_UNION: 'union', SETOP_INTERSECT: 'intersect', SETOP_EXCEPT: 'except' } as const

/** A set operation; ORDER BY and LIMIT over it make it a derived table of a level of their own. */
function readSet(reader: Reader, node: Content<'SelectStmt'>, scope: NameScope, ctes: Ctes): Block {
  const operator = operators[node.op as keyof typeof operators]
  const branches = [node.larg, node.rarg].map((branch) => reader.block({ SelectStmt: branch! }, scope))
  const limited = node.limitCount !== undefined || node.limitOffset !== undefined
  const set: SetBlock = {
    kind: 'set',
    operator,
    all: node.all === true,
    branches,
    ctes: limited ? [] : ctes,
    span: branches[0]!.span,
  }
  if (!limited) return set
  const id = reader.nextId()
  const names = outputNames(set)
  const outputs: Output[] = names?.map((name) => ({
    name,
    operand: { kind: 'column', occurrence: id, column: name, span: null },
    of: null,
  })) ?? [{ name: null, operand: null, of: id }]
  return {
    kind: 'select',
    ctes,
    span: set.span,
    from: [{ kind: 'derived', id, alias: null, block: set, lateral: false, span: set.span }],
    where: null,
    having: null,
    outputs,
    merges: false,
    limited: true,
    others: limits(reader, node, scope),
  }
}

function readValues(reader: Reader, node: Content<'SelectStmt'>, scope: NameScope, ctes: Ctes): SelectBlock {
  const rows = (node.valuesLists ?? []).map((row) =>
    (as(row, 'List')?.items ?? []).map((value) => readOperand(reader, value, scope)),
  )
  const outputs = (rows[0] ?? []).map((operand, index): Output => {
    const mentions = rows.map((row) => row[index]!)
    const several: Operand = { kind: 'opaque', reason: 'VALUES', mentions, span: operand.span }
    return { name: `column${index + 1}`, operand: rows.length === 1 ? operand : several, of: null }
  })
  return {
    kind: 'select',
    ctes,
    span: null,
    from: [],
    where: null,
    having: null,
    outputs,
    merges: false,
    limited: false,
    others: [],
  }
}

/** Reads a select list or RETURNING. A star becomes the columns where they are known, one star per mention elsewhere. */
export function readOutputs(
  reader: Reader,
  targets: readonly AstNode[] | undefined,
  scope: NameScope,
): Output[] {
  return (targets ?? []).flatMap((target) => {
    const { name, val } = as(target, 'ResTarget')!
    const fields = strings(as(val, 'ColumnRef')?.fields)
    if (fields.at(-1) === '*') return readStar(scope, fields.length > 1 ? fields.at(-2)! : null)
    if (val === undefined) return []
    return [{ name: name ?? implicitName(val), operand: readOperand(reader, val, scope), of: null }]
  })
}

function readStar(scope: NameScope, name: string | null): Output[] {
  const chosen = scope.visible.filter((visible) => name === null || visible.name === name)
  const seen = new Set<string>()
  return chosen.flatMap(({ id, columns }): Output[] => {
    if (columns === null) return [{ name: null, operand: null, of: id }]
    return columns.flatMap((column): Output[] => {
      const merged = name === null ? scope.merged.get(column) : undefined
      if (merged !== undefined && seen.has(column)) return []
      seen.add(column)
      const operand: Operand =
        merged ??
        (id === null
          ? { kind: 'opaque', reason: `${column} is a column of a row set`, mentions: [], span: null }
          : { kind: 'column', occurrence: id, column, span: null })
      return [{ name: column, operand, of: null }]
    })
  })
}

/** The name that PostgreSQL gives an output without an alias. */
function implicitName(node: AstNode): string {
  const column = as(node, 'ColumnRef')
  if (column !== undefined) return strings(column.fields).at(-1)!
  const cast = as(node, 'TypeCast')
  if (cast?.arg !== undefined) {
    const inner = implicitName(cast.arg)
    return inner === '?column?' ? (strings(cast.typeName?.names).at(-1) ?? inner) : inner
  }
  const call = as(node, 'FuncCall')
  if (call !== undefined) return strings(call.funcname).at(-1)!
  if ('CoalesceExpr' in node) return 'coalesce'
  if ('CaseExpr' in node) return 'case'
  return '?column?'
}
