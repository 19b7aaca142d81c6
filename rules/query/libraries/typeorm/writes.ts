import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Access, Block, Condition, Conflict, InsertBlock, UpdateBlock } from '../../../sql/statement.ts'
import type { Draft } from '../../draft.ts'
import type { ExtractionScope } from '../../library.ts'
import { columnOf, stored, type Entity } from '../prisma/entity.ts'
import type { EntityCall } from './call.ts'
import { insertSource, rowsOf, type RowData } from './data.ts'
import { mention } from './entity.ts'
import { criteria } from './find-options.ts'

/** The statement of a call that writes. Null: which rows it writes cannot be told. */
export function writeBlock(call: EntityCall, draft: Draft): Block | null {
  const { operation } = call.method
  const [first] = call.arguments
  switch (operation.kind) {
    case 'insert':
      return inserted(call, first, null, draft)
    case 'upsert':
      return inserted(call, first, conflictOf(call, draft), draft)
    case 'preload':
      return first === undefined ? null : preloaded(call, first, draft)
    case 'update': {
      const entity = own(call, 'update', draft)
      const where = criteria(first, entity, draft)
      const rows = operation.set === 'data' ? dataOf(call.arguments[1], entity, draft) : []
      const set = operation.set === 'number' ? shifted(call, entity, draft) : rows
      return updated(entity, set, where, call.node, draft)
    }
    case 'delete': {
      const entity = own(call, 'delete', draft)
      return deleted(entity, criteria(first, entity, draft), call.node, draft)
    }
    case 'clear':
      return deleted(own(call, 'delete', draft), null, call.node, draft)
    case 'entity write':
      return first === undefined ? null : writtenEntity(call, first, operation.deletes, draft)
    default:
      return null
  }
}

const own = ({ target, node }: EntityCall, access: Access, draft: Draft): Entity =>
  mention(target, null, access, node.callee, draft)

const dataOf = (given: TSESTree.Node | undefined, entity: Entity, draft: Draft): readonly RowData[] =>
  given === undefined ? [] : rowsOf(given, entity, draft)

function inserted(
  call: EntityCall,
  given: TSESTree.Node | undefined,
  conflict: ((entity: Entity, rows: readonly RowData[]) => Conflict) | null,
  draft: Draft,
): InsertBlock {
  const entity = own(call, 'insert', draft)
  const rows = dataOf(given, entity, draft)
  return insertedRows(entity, rows, conflict?.(entity, rows) ?? null, call.node, draft)
}

export function insertedRows(
  { occurrence }: Entity,
  rows: readonly RowData[],
  conflict: Conflict | null,
  node: TSESTree.Node,
  draft: Draft,
): InsertBlock {
  return {
    kind: 'insert',
    target: occurrence,
    source: insertSource(rows, 'the data could not be seen'),
    conflict,
    outputs: [{ name: null, operand: null, of: null }],
    ctes: [],
    span: draft.spanOf(node),
  }
}

export function updated(
  { occurrence }: Entity,
  rows: readonly RowData[],
  where: Condition | null,
  node: TSESTree.Node,
  draft: Draft,
): UpdateBlock {
  return {
    kind: 'update',
    target: occurrence,
    set: rows.flatMap(({ assignments }) => assignments),
    openSet: rows.some(({ open }) => open !== null),
    from: [],
    where,
    outputs: [{ name: null, operand: null, of: null }],
    ctes: [],
    span: draft.spanOf(node),
  }
}

export function deleted(
  { occurrence }: Entity,
  where: Condition | null,
  node: TSESTree.Node,
  draft: Draft,
): Block {
  return {
    kind: 'delete',
    target: occurrence,
    from: [],
    where,
    outputs: [],
    ctes: [],
    span: draft.spanOf(node),
  }
}

/** `increment(where, 'count', 1)`. */
function shifted(call: EntityCall, entity: Entity, draft: Draft): readonly RowData[] {
  const [, property, by] = call.arguments
  const name = property === undefined ? null : draft.scope.constantOf(property)?.value
  if (typeof name !== 'string' || by === undefined) {
    return [
      { assignments: [], optional: [], open: 'the column could not be seen', view: null, node: call.node },
    ]
  }
  const column = columnOf(entity, name, draft.scope.tenancy)
  const span = draft.spanOf(by)
  const operand = { kind: 'opaque', reason: 'a sum', mentions: [draft.value(by)], span } as const
  return [{ assignments: [{ column, operand, span }], optional: [], open: null, view: null, node: by }]
}

/** `upsert(rows, ['tenantId', 'slug'])`, `upsert(rows, { conflictPaths: […] })`. */
function conflictOf({ arguments: given, node }: EntityCall, draft: Draft) {
  return (entity: Entity, rows: readonly RowData[]): Conflict => {
    const [, paths] = given
    const options = paths === undefined ? null : draft.scope.objectOf(unwrap(paths))
    const named = options?.properties.find(({ name }) => name === 'conflictPaths')?.value ?? paths
    return {
      target: named === undefined ? null : columnsOf(named, entity, draft),
      constraint: null,
      action: 'update',
      set: rows.flatMap(({ assignments }) => assignments),
      where: null,
      span: draft.spanOf(paths ?? node),
    }
  }
}

/** Columns in a list of property names, or in `{ a: true }`; null when they cannot be seen. */
export function columnsOf(given: TSESTree.Node, entity: Entity, draft: Draft): readonly string[] | null {
  const { scope } = draft
  const node = unwrap(scope.resolve(unwrap(given)))
  const view = node.type === 'ObjectExpression' ? scope.objectOf(given) : null
  const array = view === null ? scope.arrayOf(given) : null
  const names =
    view?.properties.map(({ name }) => name) ??
    array?.elements.map(({ value }) => scope.constantOf(value)?.value) ??
    null
  if (names === null || (array?.open.length ?? 0) > 0) return null
  if (!names.every((name) => typeof name === 'string')) return null
  return names.map((name) => columnOf(entity, String(name), scope.tenancy))
}

const keyOf = (entity: Entity): string => entity.relation?.key[0] ?? 'id'

/** The rows that entities at hand stand for, by their key. */
export function byEntity(given: TSESTree.Node, entity: Entity, draft: Draft): Condition {
  const span = draft.spanOf(given)
  const left = stored(entity, keyOf(entity), given, draft)
  return { kind: 'compare', operator: '=', left, right: draft.member(given, keyOf(entity)), span }
}

const keyName = ({ target }: EntityCall): string => target.relation?.key[0] ?? 'id'

/** Is the expression a row, or an element of rows, that a query in sight returned? */
export function isRead(given: TSESTree.Node, scope: ExtractionScope): boolean {
  const node = unwrap(given, true)
  if (node.type !== 'Identifier' && node.type !== 'MemberExpression') return false
  return scope.provenanceOf(node).kind === 'row'
}

function writtenEntity(call: EntityCall, given: TSESTree.Node, deletes: boolean, draft: Draft): Block | null {
  if (!isRead(given, draft.scope)) return null
  const entity = own(call, deletes ? 'delete' : 'update', draft)
  const where = byEntity(given, entity, draft)
  return deletes ? deleted(entity, where, call.node, draft) : updated(entity, [], where, call.node, draft)
}

/** `preload(object)` reads the row that has the object's key. */
function preloaded(call: EntityCall, given: TSESTree.Node, draft: Draft): Block | null {
  const view = draft.scope.objectOf(unwrap(given))
  const key = view?.properties.find(({ name }) => name === keyName(call))
  if (key === undefined) return null
  const entity = own(call, 'read', draft)
  const left = stored(entity, keyOf(entity), key.node, draft)
  const span = draft.spanOf(key.node)
  return {
    kind: 'select',
    from: [entity.occurrence],
    where: { kind: 'compare', operator: '=', left, right: draft.value(key.value), span },
    having: null,
    outputs: [{ name: null, operand: null, of: entity.occurrence.id }],
    merges: false,
    limited: true,
    others: [],
    ctes: [],
    span: draft.spanOf(call.node),
  }
}
