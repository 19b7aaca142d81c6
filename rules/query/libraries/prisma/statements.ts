import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Block, Condition, Conflict, FromItem, Rowset } from '../../../sql/statement.ts'
import { conditionsOf } from '../../branches.ts'
import { startDraft, type Draft } from '../../draft.ts'
import type { ExtractionScope, ObjectView } from '../../library.ts'
import type { Answer, Query } from '../../query.ts'
import type { ModelCall } from './client.ts'
import { dataRows, sourceOf, type Nested } from './data.ts'
import { columnOf, conjunction, entityOf, type Entity } from './entity.ts'
import { withRelations } from './include.ts'
import { nestedQueries, type Origin } from './nested.ts'
import { absent, onlyKeyOf, whereOf } from './where.ts'

/** The statements that one call of a model's method stands for: its own, and one for each nested write. */
export function queriesOf(call: ModelCall, scope: ExtractionScope): readonly Query[] {
  const draft = startDraft(scope)
  const [argument] = call.node.arguments
  const view = argument === undefined ? emptyView : scope.objectOf(unwrap(argument))
  const statement: StatementParts = { call, draft, argument: argument ?? null, view }
  const nested: Nested[] = []
  const { block, entity, where } = blockOf(statement, nested)
  const main = draft.finish('prisma', call.node, call.client, block, answerOf(call))
  const origin: Origin = { call, scope, where, parent: entity.relation, model: call.model }
  return [main, ...nested.flatMap((one) => nestedQueries(one, origin))]
}

/** `findUnique`, `update` and their like give one row, the `Many` kinds rows; a write to one row that is not there throws. */
function answerOf({ method }: ModelCall): Answer {
  const throws = /OrThrow$/.test(method) || /^(update|delete)$/.test(method)
  if (/^(findMany|groupBy)$|AndReturn$/.test(method)) return { shape: 'rows', throws }
  return { shape: /Many$|^(count|aggregate)$/.test(method) ? 'none' : 'row', throws }
}

const emptyView: ObjectView = { properties: [], open: [] }

interface StatementParts {
  readonly call: ModelCall
  readonly draft: Draft
  readonly argument: TSESTree.Node | null
  /** Null: the argument could not be seen at all. */
  readonly view: ObjectView | null
}

interface Built {
  readonly block: Block
  readonly entity: Entity
  /** The filter that picks the rows of the model; null when the call has none. */
  readonly where: TSESTree.Node | null
}

function blockOf(parts: StatementParts, nested: Nested[]): Built {
  switch (parts.call.operation) {
    case 'find':
    case 'count':
      return selectBlock(parts)
    case 'create':
    case 'createMany':
      return insertBlock(parts, nested)
    case 'update':
      return updateBlock(parts, nested)
    case 'delete':
      return deleteBlock(parts)
    case 'upsert':
      return upsertBlock(parts, nested)
  }
}

function named({ view }: StatementParts, name: string): ObjectView['properties'][number] | null {
  return view?.properties.findLast((property) => property.name === name) ?? null
}

/** Methods that throw where no unique key has a value. */
const isUnique = /^(?:findUnique|findUniqueOrThrow|update|delete|upsert)$/

/** The `where` of the call. One that may be absent, or hides in a spread, confines nothing certain. */
function filterOf(parts: StatementParts, entity: Entity): Condition | null {
  const { draft, view, argument, call } = parts
  const properties = view?.properties.filter(({ name }) => name === 'where') ?? []
  const span = draft.spanOf(argument ?? call.node)
  const opaque = (reason: string): Condition => ({ kind: 'opaque', reason, mentions: [], span })
  if (view === null) return opaque('the argument could not be seen')
  if (properties.length === 0) return view.open.length === 0 ? null : opaque(view.open[0]!.reason)
  const required = isUnique.test(call.method) ? onlyKeyOf(entity, draft) : undefined
  const conditions = conditionsOf(
    properties,
    ({ value }) => whereOf(value, entity, draft, required),
    (condition, { optional, node }) => absent(condition, optional, node, draft),
  )
  return conjunction(conditions)
}

const own = ({ call, draft }: StatementParts, access: 'read' | 'insert' | 'update' | 'delete'): Entity =>
  entityOf(call.relation, call.model, access, call.node.callee, draft)

const everything = [{ name: null, operand: null, of: null }] as const

function selectBlock(parts: StatementParts): Built {
  const { call, draft, argument } = parts
  const entity = own(parts, 'read')
  const reads = call.operation === 'find'
  const from = reads ? withRelations(entity.occurrence, argument, entity, draft) : entity.occurrence
  const block: Block = {
    kind: 'select',
    from: [from],
    where: filterOf(parts, entity),
    having: null,
    outputs: reads ? everything : [],
    merges: !reads || named(parts, 'distinct') !== null,
    limited:
      /Unique|First/.test(call.method) || named(parts, 'take') !== null || named(parts, 'skip') !== null,
    others: [],
    ctes: [],
    span: draft.spanOf(call.node),
  }
  return { block, entity, where: named(parts, 'where')?.value ?? null }
}

/**
 * What an update or delete returns through `include`: rows linked to the changed row. The left side stands for that row, so
 * that the link restricts what is brought along and never the change itself.
 */
function returnedRelations(parts: StatementParts, entity: Entity): readonly FromItem[] {
  const { draft, argument, call } = parts
  const row: Rowset = {
    kind: 'rowset',
    alias: null,
    reason: 'the changed row',
    span: draft.spanOf(call.node),
  }
  const joined = withRelations(row, argument, entity, draft)
  return joined === row ? [] : [joined]
}

function insertBlock(parts: StatementParts, nested: Nested[]): Built {
  const { call, draft } = parts
  const entity = own(parts, 'insert')
  const data = named(parts, 'data')
  const rows = data === null ? [] : dataRows(data.value, entity, draft)
  for (const row of rows) nested.push(...row.nested)
  const skip = named(parts, 'skipDuplicates')
  const ignored: Conflict = {
    target: null,
    constraint: null,
    action: 'nothing',
    set: [],
    where: null,
    span: skip === null ? null : draft.spanOf(skip.node),
  }
  const reason = 'the data could not be seen'
  const block: Block = {
    kind: 'insert',
    target: entity.occurrence,
    source: data === null ? { kind: 'opaque', reason, known: [] } : sourceOf(rows, []),
    conflict: skip === null || draft.scope.constantOf(skip.value)?.value === false ? null : ignored,
    outputs: call.method === 'createMany' ? [] : everything,
    ctes: [],
    span: draft.spanOf(call.node),
  }
  return { block, entity, where: null }
}

function updateBlock(parts: StatementParts, nested: Nested[]): Built {
  const { call, draft } = parts
  const entity = own(parts, 'update')
  const data = named(parts, 'data')
  const rows = data === null ? [] : dataRows(data.value, entity, draft)
  for (const row of rows) nested.push(...row.nested)
  const block: Block = {
    kind: 'update',
    target: entity.occurrence,
    set: rows.flatMap(({ assignments }) => assignments),
    openSet: data === null || rows.some(({ open }) => open !== null),
    from: returnedRelations(parts, entity),
    where: filterOf(parts, entity),
    outputs: call.method === 'updateMany' ? [] : everything,
    ctes: [],
    span: draft.spanOf(call.node),
  }
  return { block, entity, where: named(parts, 'where')?.value ?? null }
}

function deleteBlock(parts: StatementParts): Built {
  const { call, draft } = parts
  const entity = own(parts, 'delete')
  const block: Block = {
    kind: 'delete',
    target: entity.occurrence,
    from: returnedRelations(parts, entity),
    where: filterOf(parts, entity),
    outputs: call.method === 'deleteMany' ? [] : everything,
    ctes: [],
    span: draft.spanOf(call.node),
  }
  return { block, entity, where: named(parts, 'where')?.value ?? null }
}

/** An upsert is an INSERT whose conflict target is the unique key that `where` names. */
function upsertBlock(parts: StatementParts, nested: Nested[]): Built {
  const { call, draft } = parts
  const entity = own(parts, 'insert')
  const create = named(parts, 'create')
  const update = named(parts, 'update')
  const created = create === null ? [] : dataRows(create.value, entity, draft)
  const updated = update === null ? [] : dataRows(update.value, entity, draft)
  for (const row of [...created, ...updated]) nested.push(...row.nested)
  const where = filterOf(parts, entity)
  const reason = 'the data could not be seen'
  const block: Block = {
    kind: 'insert',
    target: entity.occurrence,
    source: create === null ? { kind: 'opaque', reason, known: [] } : sourceOf(created, []),
    conflict: {
      target: keyOf(parts, entity),
      constraint: null,
      action: 'update',
      set: updated.flatMap(({ assignments }) => assignments),
      where,
      span: draft.spanOf(named(parts, 'where')?.node ?? call.node),
    },
    outputs: everything,
    ctes: [],
    span: draft.spanOf(call.node),
  }
  return { block, entity, where: named(parts, 'where')?.value ?? null }
}

/** The columns of the unique key in `where: { tenantId_slug: { … } }`; null when it could not be seen. */
function keyOf(parts: StatementParts, entity: Entity): readonly string[] | null {
  const { draft } = parts
  const where = named(parts, 'where')
  const view = where === null ? null : draft.scope.objectOf(unwrap(where.value))
  if (view === null || view.open.length > 0) return null
  const { tenancy } = draft.scope
  return view.properties.flatMap(({ name, value }): readonly string[] => {
    if (/^(AND|OR|NOT)$/.test(name)) return []
    const inner = unwrap(value).type === 'ObjectExpression' ? draft.scope.objectOf(value) : null
    if (inner === null) return [columnOf(entity, name, tenancy)]
    return inner.properties.map((property) => columnOf(entity, property.name, tenancy))
  })
}
