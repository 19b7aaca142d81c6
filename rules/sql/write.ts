import { as, type Content } from './ast.ts'
import { readCtes, readOutputs } from './block.ts'
import { readCondition } from './condition.ts'
import { readFrom, readOccurrence, type Loose } from './from.ts'
import { isHoleName } from './hole.ts'
import { openScope, type NameScope, type Visible } from './names.ts'
import { mentionsIn, readOperand, rowOf } from './operand.ts'
import type { AstNode } from './parse.ts'
import type { Reader } from './reader.ts'
import type {
  Assignment,
  Block,
  Condition,
  Conflict,
  DeleteBlock,
  InsertBlock,
  InsertSource,
  OpaqueBlock,
  Operand,
  Output,
  UpdateBlock,
} from './statement.ts'

export function readInsert(
  reader: Reader,
  node: Content<'InsertStmt'>,
  outer: NameScope | null,
): InsertBlock {
  const scope = openScope(outer)
  const ctes = readCtes(reader, node.withClause, scope)
  const { occurrence, visible } = readOccurrence(reader, node.relation!, 'insert')
  const named = (node.cols ?? []).map((column) => as(column, 'ResTarget')?.name ?? '')
  const columns = named.length > 0 ? named : (reader.columnsOf(occurrence.relation) ?? null)
  const source = readSource(reader, node.selectStmt, columns, scope)
  const written = targetScope(scope, [visible])
  const conflict = node.onConflictClause
  return {
    kind: 'insert',
    ctes,
    span: occurrence.span,
    target: occurrence,
    source,
    conflict: conflict === undefined ? null : readConflict(reader, conflict, written, visible),
    outputs: readReturning(reader, node.returningClause, written, visible),
  }
}

/** RETURNING and ON CONFLICT see the target, not the tables that the written rows came from. */
function targetScope(scope: NameScope, visible: readonly Visible[]): NameScope {
  const inside = openScope(scope)
  inside.visible.push(...visible)
  return inside
}

function readSource(
  reader: Reader,
  node: AstNode | undefined,
  columns: readonly string[] | null,
  scope: NameScope,
): InsertSource {
  const select = as(node, 'SelectStmt')
  if (node === undefined) return { kind: 'rows', rows: [[]] }
  const lists = select?.valuesLists
  if (columns === null) {
    const known: Assignment[] = []
    for (const operand of mentionsIn(reader, lists ?? [], scope)) {
      if (operand.kind === 'subquery') known.push({ column: '', operand, span: operand.span })
    }
    if (lists === undefined) return { kind: 'query', columns: [], block: reader.block(node, scope) }
    return { kind: 'opaque', reason: 'the order of the columns is not known', known }
  }
  if (lists === undefined) return { kind: 'query', columns, block: reader.block(node, scope) }
  const rows = lists.map((list) => readRow(reader, as(list, 'List')?.items ?? [], columns, scope))
  const complete = lists.every((list) => (as(list, 'List')?.items ?? []).length === columns.length)
  const hole = columns.findIndex(isHoleName)
  if (hole < 0 && complete) return { kind: 'rows', rows }
  // What stands before the hole keeps its column; what comes after it may have moved.
  const known = rows.length === 1 ? rows[0]!.slice(0, Math.max(0, hole)) : []
  const reason = hole < 0 ? 'the values do not match the columns' : 'the columns are put together at run time'
  return { kind: 'opaque', reason, known }
}

function readRow(
  reader: Reader,
  values: readonly AstNode[],
  columns: readonly string[],
  scope: NameScope,
): Assignment[] {
  return values.map((value, index): Assignment => {
    const operand = 'SetToDefault' in value ? null : readOperand(reader, value, scope)
    return { column: columns[index] ?? '', operand, span: operand?.span ?? null }
  })
}

function readConflict(
  reader: Reader,
  node: Content<'OnConflictClause'>,
  scope: NameScope,
  target: Visible,
): Conflict {
  const elements = node.infer?.indexElems
  const update = node.action === 'ONCONFLICT_UPDATE'
  const excluded: Visible = { name: 'excluded', schema: null, id: reader.nextId(), columns: [] }
  const inside = targetScope(scope.parent!, [...scope.visible, excluded])
  const proposed = <T>(value: T): T => proposeExcluded(value, excluded.id!, target.id!)
  return {
    target:
      elements === undefined
        ? null
        : elements.map((element) => as(element, 'IndexElem')?.name ?? '(expression)'),
    constraint: node.infer?.conname ?? null,
    action: update ? 'update' : 'nothing',
    set: proposed(readAssignments(reader, node.targetList, inside)),
    where: proposed(node.whereClause === undefined ? null : readCondition(reader, node.whereClause, inside)),
    span: reader.spanAt(node.location),
  }
}

/** `excluded.c` becomes the call `excluded(target.c)`. */
function proposeExcluded<T>(value: T, excluded: number, target: number): T {
  if (Array.isArray(value)) return value.map((part: unknown) => proposeExcluded(part, excluded, target)) as T
  if (typeof value !== 'object' || value === null) return value
  const operand = value as unknown as Operand
  if (operand.kind === 'column' && operand.occurrence === excluded) {
    const column: Operand = { ...operand, occurrence: target }
    return { kind: 'call', name: 'excluded', arguments: [column], span: operand.span } as T
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, proposeExcluded(part as unknown, excluded, target)]),
  ) as T
}

export function readAssignments(
  reader: Reader,
  targets: readonly AstNode[] | undefined,
  scope: NameScope,
): Assignment[] {
  return (targets ?? []).map((entry) => {
    const { name, val, location, indirection } = as(entry, 'ResTarget')!
    const span = reader.spanAt(location)
    const column = name ?? ''
    if (val === undefined || 'SetToDefault' in val) return { column, operand: null, span }
    if (indirection !== undefined) {
      const mentions = mentionsIn(reader, val, scope)
      return { column, operand: { kind: 'opaque', reason: 'a part of a column', mentions, span }, span }
    }
    return { column, operand: readAssigned(reader, val, scope), span }
  })
}

/** `SET (a, b) = (x, y)` is assigned member by member; from a sub-select the members are not told apart. */
function readAssigned(reader: Reader, val: AstNode, scope: NameScope): Operand {
  const multiple = as(val, 'MultiAssignRef')
  if (multiple === undefined) return readOperand(reader, val, scope)
  const member = rowOf(multiple.source)?.[(multiple.colno ?? 1) - 1]
  if (member !== undefined) return readOperand(reader, member, scope)
  const mentions = mentionsIn(reader, multiple.source, scope)
  return { kind: 'opaque', reason: 'SET (…) = (SELECT …)', mentions, span: null }
}

function readReturning(
  reader: Reader,
  node: Content<'ReturningClause'> | undefined,
  scope: NameScope,
  target: Visible,
): Output[] {
  if (node === undefined) return []
  const inside = openScope(scope)
  // PostgreSQL 18: OLD and NEW name the target's row before and after.
  inside.visible.push({ ...target, name: 'old' }, { ...target, name: 'new' })
  const rows = readOutputs(reader, node.exprs, { ...scope, visible: [...scope.visible] })
  const mentionsOldOrNew = JSON.stringify(node.exprs ?? []).match(/"sval":"(old|new)"/) !== null
  return mentionsOldOrNew ? readOutputs(reader, node.exprs, { ...inside, merged: scope.merged }) : rows
}

export function readUpdate(
  reader: Reader,
  node: Content<'UpdateStmt'>,
  outer: NameScope | null,
): UpdateBlock {
  const scope = openScope(outer)
  const ctes = readCtes(reader, node.withClause, scope)
  const { occurrence, visible } = readOccurrence(reader, node.relation!, 'update')
  scope.visible.push(visible)
  const loose: Loose = []
  const from = (node.fromClause ?? []).map((item) => readFrom(reader, item, scope, loose))
  const where = readWhere(reader, node.whereClause, scope)
  const set = readAssignments(reader, node.targetList, scope)
  const outputs = readReturning(reader, node.returningClause, scope, visible)
  return {
    kind: 'update',
    ctes,
    span: occurrence.span,
    target: occurrence,
    set: set.filter((assignment) => !isHoleName(assignment.column)),
    openSet: set.some((assignment) => isHoleName(assignment.column)),
    from,
    where,
    outputs: [...outputs, ...hidden(loose)],
  }
}

export function readDelete(
  reader: Reader,
  node: Content<'DeleteStmt'>,
  outer: NameScope | null,
): DeleteBlock {
  const scope = openScope(outer)
  const ctes = readCtes(reader, node.withClause, scope)
  const { occurrence, visible } = readOccurrence(reader, node.relation!, 'delete')
  scope.visible.push(visible)
  const loose: Loose = []
  const from = (node.usingClause ?? []).map((item) => readFrom(reader, item, scope, loose))
  const where = readWhere(reader, node.whereClause, scope)
  const outputs = readReturning(reader, node.returningClause, scope, visible)
  return {
    kind: 'delete',
    ctes,
    span: occurrence.span,
    target: occurrence,
    from,
    where,
    outputs: [...outputs, ...hidden(loose)],
  }
}

/** Operands without a place of their own are kept as unnamed outputs, so that sub-queries in them are judged. */
const hidden = (loose: readonly Operand[]): Output[] =>
  loose.map((operand) => ({ name: '?column?', operand, of: null }))

/** `WHERE CURRENT OF cursor` touches a row that another statement chose. */
function readWhere(reader: Reader, node: AstNode | undefined, scope: NameScope): Condition | null {
  if (node === undefined) return null
  if ('CurrentOfExpr' in node) {
    return { kind: 'opaque', reason: 'WHERE CURRENT OF', mentions: everyColumn(scope), span: null }
  }
  return readCondition(reader, node, scope)
}

const everyColumn = (scope: NameScope): Operand[] =>
  scope.visible.map((visible) => ({ kind: 'column', occurrence: visible.id, column: '*', span: null }))

/** MERGE is not modelled: its mentions are named, so that each comes out as unknown. */
export function readMerge(reader: Reader, node: Content<'MergeStmt'>, outer: NameScope | null): Block {
  const scope = openScope(outer)
  const ctes = readCtes(reader, node.withClause, scope)
  const target = readOccurrence(reader, node.relation!, 'update').occurrence
  const loose: Loose = []
  const source = readFrom(reader, node.sourceRelation!, scope, loose)
  const outputs: Output[] = [{ name: null, operand: null, of: null }]
  const block: Block = {
    kind: 'select',
    ctes: [],
    span: null,
    from: [source],
    where: null,
    having: null,
    outputs,
    merges: false,
    limited: false,
    others: loose,
  }
  return {
    kind: 'opaque',
    reason: 'MERGE',
    occurrences: [target, ...(source.kind === 'relation' ? [source] : [])],
    ctes: source.kind === 'relation' ? ctes : [...ctes, { name: source.kind, block }],
    span: target.span,
  }
}

export function readTruncate(reader: Reader, node: Content<'TruncateStmt'>): OpaqueBlock {
  const occurrences = (node.relations ?? []).map(
    (relation) => readOccurrence(reader, as(relation, 'RangeVar')!, 'truncate').occurrence,
  )
  return { kind: 'opaque', reason: 'TRUNCATE', occurrences, ctes: [], span: occurrences[0]?.span ?? null }
}
