import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Access, Assignment, Block, Condition, Conflict, FromItem } from '../../../sql/statement.ts'
import { type Draft, startDraft } from '../../draft.ts'
import type { ExtractionScope, ObjectView } from '../../library.ts'
import type { Answer, Query } from '../../query.ts'
import { type Data, dataRows, sourceOf } from '../prisma/data.ts'
import { columnOf, entityOf, stored, type Entity } from '../prisma/entity.ts'
import { argumentAt, type ModelCall } from './call.ts'
import { withIncludes } from './include.ts'
import { type Reach, whereOf } from './where.ts'

/** The statements that one call of a model stands for. */
export function queriesOf(call: ModelCall, scope: ExtractionScope): readonly Query[] {
  if (call.operation !== 'findOrCreate') return [queryOf(call, call.operation, scope)]
  return [queryOf(call, 'find', scope), queryOf(call, 'create', scope)]
}

function queryOf(call: ModelCall, operation: ModelCall['operation'], scope: ExtractionScope): Query {
  const draft = startDraft(scope)
  const { options } = call
  const view = options === null ? emptyView : scope.objectOf(unwrap(options))
  const parts: Parts = { call, draft, view }
  const block = blockOf({ ...parts, call: { ...call, operation } })
  return draft.finish('sequelize', call.node, call.model.path, block, answerOf(parts))
}

const emptyView: ObjectView = { properties: [], open: [] }

interface Parts {
  readonly call: ModelCall
  readonly draft: Draft
  /** The options. Null: they could not be seen. */
  readonly view: ObjectView | null
}

function answerOf({ call, view, draft }: Parts): Answer {
  const reject = view?.properties.findLast(({ name }) => name === 'rejectOnEmpty')
  const constant = reject === undefined ? null : draft.scope.constantOf(reject.value)
  const throws =
    reject !== undefined && reject.optional === null && constant?.value !== false && constant?.value !== null
  switch (call.method) {
    case 'findAll':
    case 'bulkCreate':
      return { shape: 'rows', throws }
    case 'findAndCountAll':
    case 'findAndCount':
      return { shape: 'result', throws: false }
    case 'findOne':
    case 'find':
    case 'findByPk':
    case 'findById':
      return { shape: 'row', throws }
    case 'create':
      return { shape: 'row', throws: true }
    case 'findOrCreate':
    case 'findCreateFind':
    case 'findOrBuild':
    case 'upsert':
      return { shape: 'pair', throws: false }
    default:
      return { shape: 'none', throws: false }
  }
}

function blockOf(parts: Parts): Block {
  switch (parts.call.operation) {
    case 'find':
    case 'findByKey':
    case 'findOrCreate':
    case 'aggregate':
      return selectBlock(parts)
    case 'create':
    case 'upsert':
      return insertBlock(parts)
    case 'update':
    case 'restore':
    case 'count up':
      return updateBlock(parts)
    case 'destroy':
    case 'truncate':
      return deleteBlock(parts)
  }
}

const named = ({ view }: Parts, name: string): ObjectView['properties'][number] | null =>
  view?.properties.findLast((property) => property.name === name) ?? null

function own({ call, draft }: Parts, access: Access): Entity {
  const { model, node } = call
  const entity = entityOf(model.relation, model.name ?? '?', access, node.callee, draft)
  if (model.relation !== null || model.name === null) return entity
  return { ...entity, occurrence: { ...entity.occurrence, relation: { schema: null, name: model.name } } }
}

/** The `where` of the call, and what a scope adds to it. One that may be absent confines nothing certain. */
function filterOf(parts: Parts, reach: Reach): Condition | null {
  const { draft, call } = parts
  const written = call.operation === 'findByKey' ? keyed(parts, reach) : writtenFilter(parts, reach)
  const { scoped } = call.model
  if (scoped === null) return written
  const reason = `what \`${draft.scope.sourceCode.getText(scoped).slice(0, 60)}\` adds could not be seen`
  const added: Condition = { kind: 'opaque', reason, mentions: [], span: draft.spanOf(scoped) }
  return written === null ? added : { kind: 'and', operands: [written, added] }
}

function writtenFilter(parts: Parts, reach: Reach): Condition | null {
  const { draft, view, call } = parts
  if (call.operation === 'truncate' || isTruncating(parts)) return null
  const property = named(parts, 'where')
  const span = draft.spanOf(call.options ?? call.node)
  const opaque = (reason: string): Condition => ({ kind: 'opaque', reason, mentions: [], span })
  if (view === null) return opaque('the options could not be seen')
  if (property === null) return view.open.length === 0 ? null : opaque(view.open[0]!.reason)
  const condition = whereOf(property.value, reach, draft)
  return property.optional === null
    ? condition
    : { kind: 'optional', condition, reason: property.optional, span: draft.spanOf(property.node) }
}

function isTruncating(parts: Parts): boolean {
  const property = parts.call.operation === 'destroy' ? named(parts, 'truncate') : null
  return property !== null && parts.draft.scope.constantOf(property.value)?.value !== false
}

/** `findByPk(id)`: the key takes the place of any `where`. */
function keyed({ call, draft }: Parts, { entity }: Reach): Condition | null {
  const key = argumentAt(call.node, 0)
  if (key === null) return null
  const column = entity.relation?.key[0] ?? 'id'
  const span = draft.spanOf(key)
  return {
    kind: 'compare',
    operator: '=',
    left: stored(entity, column, key, draft),
    right: draft.value(key),
    span,
  }
}

const everything = [{ name: null, operand: null, of: null }] as const

function selectBlock(parts: Parts): Block {
  const { call, draft, view } = parts
  const entity = own(parts, 'read')
  const reads = call.operation !== 'aggregate'
  const { from, entities } = withIncludes(entity.occurrence, view, entity, draft)
  return {
    kind: 'select',
    from: [from],
    where: filterOf(parts, { entity, included: entities }),
    having: null,
    outputs: reads ? everything : [],
    merges: !reads || named(parts, 'group') !== null,
    limited:
      /One|Pk|ById/.test(call.method) || named(parts, 'limit') !== null || named(parts, 'offset') !== null,
    others: [],
    ctes: [],
    span: draft.spanOf(call.node),
  }
}

/** The values that a call writes: its first argument, or `defaults` beside what it looked for. */
function written(parts: Parts, entity: Entity): readonly Data[] {
  const { call, draft } = parts
  const first = argumentAt(call.node, 0)
  if (first === null) return []
  if (!/^find/.test(call.method)) return dataRows(first, entity, draft)
  const [where, defaults] = ['where', 'defaults'].map((name) => {
    const property = named(parts, name)
    return property === null ? null : (dataRows(property.value, entity, draft)[0] ?? null)
  })
  if (where == null) return defaults == null ? [] : [defaults]
  const both: Data = {
    assignments: [...where.assignments, ...(defaults?.assignments ?? [])],
    optional: [...where.optional, ...(defaults?.optional ?? [])],
    open: where.open ?? defaults?.open ?? null,
    nested: [],
  }
  return [both]
}

function insertBlock(parts: Parts): Block {
  const { call, draft } = parts
  const entity = own(parts, 'insert')
  const rows = written(parts, entity)
  const reason = 'the values could not be seen'
  return {
    kind: 'insert',
    target: entity.occurrence,
    source: rows.length === 0 ? { kind: 'opaque', reason, known: [] } : sourceOf(rows, []),
    conflict: conflictOf(parts, rows, entity),
    outputs: everything,
    ctes: [],
    span: draft.spanOf(call.node),
  }
}

/** `upsert`, `updateOnDuplicate` and `ignoreDuplicates`. */
function conflictOf(parts: Parts, rows: readonly Data[], entity: Entity): Conflict | null {
  const { call, draft } = parts
  const update = call.method === 'upsert' ? null : named(parts, 'updateOnDuplicate')
  const ignore = named(parts, 'ignoreDuplicates')
  const node = update?.node ?? ignore?.node ?? call.node
  const conflict = { constraint: null, where: null, span: draft.spanOf(node) }
  if (call.method !== 'upsert' && update === null) {
    if (ignore === null || draft.scope.constantOf(ignore.value)?.value === false) return null
    return { ...conflict, target: null, action: 'nothing', set: [] }
  }
  const fields = update === null ? null : columnsIn(update.value, entity, draft)
  const all = rows.flatMap(({ assignments }) => assignments)
  const set = fields === null ? all : all.filter(({ column }) => fields.includes(column))
  return { ...conflict, ...arbiter(parts, all, entity), action: 'update', set }
}

/** The columns by which a row is met: those that are named, else the primary key where it is written. */
function arbiter(
  parts: Parts,
  assignments: readonly Assignment[],
  entity: Entity,
): Pick<Conflict, 'target' | 'constraint'> {
  const said = named(parts, 'conflictFields') ?? named(parts, 'conflictAttributes')
  const columns = said === null ? null : columnsIn(said.value, entity, parts.draft)
  if (columns !== null) return { target: columns, constraint: null }
  const key = entity.relation?.key ?? ['id']
  const isWritten = key.every((column) => assignments.some((one) => one.column === column))
  return isWritten ? { target: key, constraint: null } : { target: null, constraint: 'of its unique keys' }
}

function columnsIn(node: TSESTree.Node, entity: Entity, draft: Draft): readonly string[] | null {
  const array = draft.scope.arrayOf(node)
  if (array === null || array.open.length > 0) return null
  const names = array.elements.map(({ value }) => draft.scope.constantOf(value)?.value)
  if (!names.every((name) => typeof name === 'string')) return null
  return names.map((name) => columnOf(entity, name, draft.scope.tenancy))
}

function updateBlock(parts: Parts): Block {
  const { call, draft } = parts
  const entity = own(parts, 'update')
  const rows = call.operation === 'update' ? written(parts, entity) : []
  const from: readonly FromItem[] = []
  return {
    kind: 'update',
    target: entity.occurrence,
    set: rows.flatMap(({ assignments }) => assignments),
    openSet: call.operation === 'update' && (rows.length === 0 || rows.some(({ open }) => open !== null)),
    from,
    where: filterOf(parts, { entity, included: new Map() }),
    outputs: [],
    ctes: [],
    span: draft.spanOf(call.node),
  }
}

function deleteBlock(parts: Parts): Block {
  const { call, draft } = parts
  const truncates = call.operation === 'truncate' || isTruncating(parts)
  const entity = own(parts, truncates ? 'truncate' : 'delete')
  return {
    kind: 'delete',
    target: entity.occurrence,
    from: [],
    where: filterOf(parts, { entity, included: new Map() }),
    outputs: [],
    ctes: [],
    span: draft.spanOf(call.node),
  }
}
