import { as, strings, type Content } from './ast.ts'
import { readCondition } from './condition.ts'
import {
  candidate,
  conjunction,
  findCte,
  openScope,
  outputNames,
  renameOutputs,
  type NameScope,
  type Visible,
} from './names.ts'
import { mentionsIn } from './operand.ts'
import type { AstNode } from './parse.ts'
import type { Reader } from './reader.ts'
import type { Access, Condition, FromItem, JoinType, Occurrence, Operand, RelationName } from './statement.ts'

/** Operands that stand in FROM but belong to no {@link FromItem}: arguments of functions, VALUES. */
export type Loose = Operand[]

export function relationName(node: Content<'RangeVar'>): RelationName {
  return { schema: node.schemaname ?? null, name: node.relname ?? '' }
}

export function readOccurrence(
  reader: Reader,
  node: Content<'RangeVar'>,
  access: Access,
): { readonly occurrence: Occurrence; readonly visible: Visible } {
  const relation = relationName(node)
  const alias = node.alias?.aliasname ?? null
  const id = reader.nextId()
  const columns = renamed(reader.columnsOf(relation), strings(node.alias?.colnames))
  return {
    occurrence: { kind: 'relation', id, relation, alias, access, span: reader.spanAt(node.location) },
    visible: { name: alias ?? relation.name, schema: alias === null ? relation.schema : null, id, columns },
  }
}

/** Column aliases hide the true names; an occurrence's columns are true names, so hidden ones bind to nothing. */
function renamed(columns: readonly string[] | null, names: readonly string[]): readonly string[] | null {
  return columns === null || names.length === 0 ? columns : columns.slice(names.length)
}

/** Reads one item of FROM and makes its names visible in the scope. */
export function readFrom(reader: Reader, node: AstNode, scope: NameScope, loose: Loose): FromItem {
  if ('RangeVar' in node) return readRelation(reader, node.RangeVar, scope)
  if ('RangeSubselect' in node) return readSubselect(reader, node.RangeSubselect, scope, loose)
  if ('JoinExpr' in node) return readJoin(reader, node.JoinExpr, scope, loose)
  if ('RangeTableSample' in node && node.RangeTableSample.relation !== undefined) {
    loose.push(...mentionsIn(reader, node.RangeTableSample.args, scope))
    return readFrom(reader, node.RangeTableSample.relation, scope, loose)
  }
  return readRowset(reader, node, scope, loose)
}

function readRelation(reader: Reader, node: Content<'RangeVar'>, scope: NameScope): FromItem {
  const cte = node.schemaname === undefined ? findCte(scope, node.relname ?? '') : null
  const names = strings(node.alias?.colnames)
  if (cte === null) {
    const { occurrence, visible } = readOccurrence(reader, node, 'read')
    if (names.length > 0) return aliasedColumns(reader, occurrence, visible, names, scope)
    scope.visible.push(visible)
    return occurrence
  }
  const alias = node.alias?.aliasname ?? cte.name
  const span = reader.spanAt(node.location)
  if (cte.block === null) {
    scope.visible.push({ name: alias, schema: null, id: null, columns: cte.columns })
    return { kind: 'rowset', alias, reason: `recursive reference to ${cte.name}`, span }
  }
  const block = renameOutputs(cte.block, names)
  const id = reader.nextId()
  scope.visible.push({ name: alias, schema: null, id, columns: outputNames(block) })
  return { kind: 'derived', id, alias, block, lateral: false, span }
}

/** `t AS x (a, b)` is a derived table that renames, with names that are known only together with the table's columns. */
function aliasedColumns(
  reader: Reader,
  occurrence: Occurrence,
  visible: Visible,
  names: readonly string[],
  scope: NameScope,
): FromItem {
  const all = reader.columnsOf(occurrence.relation)
  const operand = (name: string, index: number): Operand =>
    all?.[index] === undefined
      ? { kind: 'opaque', reason: `${name} renames a column`, mentions: [], span: null }
      : { kind: 'column', occurrence: occurrence.id, column: all[index], span: null }
  const outputs = names.map((name, index) => ({ name, operand: operand(name, index), of: null }))
  const rest = (all ?? []).slice(names.length).map((name) => ({
    name,
    operand: { kind: 'column', occurrence: occurrence.id, column: name, span: null } as const,
    of: null,
  }))
  const id = reader.nextId()
  scope.visible.push({
    ...visible,
    id,
    columns: all === null ? null : [...names, ...rest.map((o) => o.name)],
  })
  return {
    kind: 'derived',
    id,
    alias: visible.name,
    lateral: false,
    span: occurrence.span,
    block: {
      kind: 'select',
      ctes: [],
      span: occurrence.span,
      from: [{ ...occurrence, alias: null }],
      where: null,
      having: null,
      outputs: [...outputs, ...rest],
      merges: false,
      limited: false,
      others: [],
    },
  }
}

function readSubselect(
  reader: Reader,
  node: Content<'RangeSubselect'>,
  scope: NameScope,
  loose: Loose,
): FromItem {
  const alias = node.alias?.aliasname ?? null
  const names = strings(node.alias?.colnames)
  const select = as(node.subquery, 'SelectStmt')
  if (select?.valuesLists !== undefined) {
    loose.push(...mentionsIn(reader, select.valuesLists, scope))
    const width = as(select.valuesLists[0], 'List')?.items?.length ?? 0
    const columns = Array.from({ length: width }, (_, index) => names[index] ?? `column${index + 1}`)
    scope.visible.push({ name: alias, schema: null, id: null, columns })
    return { kind: 'rowset', alias, reason: 'VALUES', span: null }
  }
  const lateral = node.lateral === true
  // Without LATERAL a sub-select sees outer levels, never its neighbours in FROM.
  const outer = lateral ? scope : { ...openScope(scope.parent), ctes: scope.ctes }
  const block = renameOutputs(reader.block(node.subquery!, outer), names)
  const id = reader.nextId()
  scope.visible.push({ name: alias, schema: null, id, columns: outputNames(block) })
  return { kind: 'derived', id, alias, block, lateral, span: block.span }
}

function readRowset(reader: Reader, node: AstNode, scope: NameScope, loose: Loose): FromItem {
  const functions = as(node, 'RangeFunction')
  const alias = functions?.alias ?? (Object.values(node)[0] as { alias?: Content<'Alias'> }).alias
  const call = as(as(functions?.functions?.[0], 'List')?.items?.[0], 'FuncCall')
  const functionName = strings(call?.funcname).at(-1) ?? null
  const name = alias?.aliasname ?? functionName
  const defined = (functions?.coldeflist ?? []).map((column) => as(column, 'ColumnDef')?.colname ?? '')
  const named = strings(alias?.colnames)
  const scalar = functionName === 'unnest' || functionName === 'generate_series'
  const columns =
    named.length > 0 ? named : defined.length > 0 ? defined : scalar && name !== null ? [name] : null
  loose.push(...mentionsIn(reader, Object.values(node), scope))
  scope.visible.push({ name, schema: null, id: null, columns })
  return { kind: 'rowset', alias: name, reason: functionName ?? Object.keys(node)[0]!, span: null }
}

const joinTypes: Readonly<Record<string, JoinType>> = {
  JOIN_INNER: 'inner',
  JOIN_LEFT: 'left',
  JOIN_RIGHT: 'right',
  JOIN_FULL: 'full',
}

function readJoin(reader: Reader, node: Content<'JoinExpr'>, scope: NameScope, loose: Loose): FromItem {
  const start = scope.visible.length
  const left = readFrom(reader, node.larg!, scope, loose)
  const middle = scope.visible.length
  const right = readFrom(reader, node.rarg!, scope, loose)
  const lefts = scope.visible.slice(start, middle)
  const rights = scope.visible.slice(middle)
  const type = joinTypes[node.jointype ?? 'JOIN_INNER'] ?? 'full'
  const span = right.span
  const using = node.isNatural === true ? naturalColumns(lefts, rights) : strings(node.usingClause)
  if (using === null) {
    const on: Condition = { kind: 'opaque', reason: 'NATURAL JOIN of unknown columns', mentions: [], span }
    return { kind: 'join', type, left, right, on, span }
  }
  const merged = using.map((column) => mergeColumn(scope, lefts, rights, column, type))
  const on = node.quals === undefined ? conjunction(merged) : readCondition(reader, node.quals, scope)
  const alias = node.alias?.aliasname
  if (alias !== undefined) {
    scope.visible.splice(start)
    scope.visible.push({ name: alias, schema: null, id: null, columns: null })
  }
  return { kind: 'join', type: on === null && type === 'inner' ? 'cross' : type, left, right, on, span }
}

function naturalColumns(lefts: readonly Visible[], rights: readonly Visible[]): readonly string[] | null {
  if ([...lefts, ...rights].some((visible) => visible.columns === null)) return null
  const inner = new Set(rights.flatMap((visible) => visible.columns ?? []))
  return [...new Set(lefts.flatMap((visible) => visible.columns ?? []))].filter((column) => inner.has(column))
}

/** Equates both sides' column and binds the unqualified name to the side that is not null-extended. */
function mergeColumn(
  scope: NameScope,
  lefts: readonly Visible[],
  rights: readonly Visible[],
  column: string,
  type: JoinType,
): Condition {
  const side = (visible: readonly Visible[]): Operand => {
    const found = candidate(visible, column)
    if (found === null || found === 'ambiguous' || found.id === null) {
      return { kind: 'column', occurrence: null, column, span: null }
    }
    return { kind: 'column', occurrence: found.id, column, span: null }
  }
  // A chain `a JOIN b USING (x) JOIN c USING (x)` goes on from the column that the first join merged.
  const before = lefts.length > 1 ? scope.merged.get(column) : undefined
  const left = before ?? side(lefts)
  const right = side(rights)
  const both: Operand = { kind: 'call', name: 'coalesce', arguments: [left, right], span: null }
  scope.merged.set(column, type === 'full' ? both : type === 'right' ? right : left)
  return { kind: 'compare', operator: '=', left, right, span: null }
}
