import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { Access, Block, Condition } from '../../../sql/statement.ts'
import { startDraft, type Draft } from '../../draft.ts'
import type { ExtractionScope, ObjectView } from '../../library.ts'
import type { Answer, QueryOrOpaque } from '../../query.ts'
import { stored, type Entity } from '../prisma/entity.ts'
import { rowsOf } from '../typeorm/data.ts'
import { mention } from '../typeorm/entity.ts'
import { startJoined, withRelations, type Joined } from '../typeorm/relations.ts'
import { selectBlock } from '../typeorm/statements.ts'
import { targetOf, type Target } from '../typeorm/target.ts'
import { unseen } from '../typeorm/where.ts'
import { deleted, insertedRows, updated } from '../typeorm/writes.ts'
import { mikroReceiverOf } from './receiver.ts'
import { filterOf } from './where.ts'

const none: Answer = { shape: 'none', throws: false }
const row: Answer = { shape: 'row', throws: false }
const rows: Answer = { shape: 'rows', throws: false }

const answers: Readonly<Record<string, Answer>> = {
  find: rows,
  findAll: rows,
  findOne: row,
  findOneOrFail: { shape: 'row', throws: true },
  findAndCount: { shape: 'pair', throws: false },
  findByCursor: none,
  count: none,
  create: row,
  insert: none,
  insertMany: none,
  nativeInsert: none,
  upsert: row,
  upsertMany: rows,
  nativeUpdate: none,
  nativeDelete: none,
  persist: none,
  persistAndFlush: none,
  remove: none,
  removeAndFlush: none,
}

interface Call {
  readonly node: TSESTree.CallExpression
  readonly name: string
  readonly target: Target
  readonly arguments: readonly TSESTree.Node[]
}

/** `em.find(User, …)`, `repository.find(…)`. Null: no call of MikroORM that goes to the database. */
export function entityQueries(
  node: TSESTree.CallExpression,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] | null {
  const callee = unwrap(node.callee)
  const name = callee.type === 'MemberExpression' ? (memberName(callee) ?? '') : ''
  if (callee.type !== 'MemberExpression' || !Object.hasOwn(answers, name)) return null
  const receiver = mikroReceiverOf(callee.object, scope)
  if (receiver === null) return null
  const client = scope.pathOf(callee.object)
  if (/^(persist|remove)/.test(name)) return ofEntity(node, name, client, scope)
  const [first, ...rest] = node.arguments
  const own = receiver.kind === 'repository'
  const target = own ? receiver.target : first === undefined ? null : targetOf(first, scope)
  if (target === null) return [opaque(node, 'the entity is chosen at run time')]
  const draft = startDraft(scope)
  const block = blockOf({ node, name, target, arguments: own ? node.arguments : rest }, draft)
  return [draft.finish('mikro-orm', node, client, block, answers[name]!)]
}

export const opaque = (node: TSESTree.Node, reason: string): QueryOrOpaque => ({
  kind: 'opaque',
  library: 'mikro-orm',
  node,
  reason,
  interpolations: [],
})

const own = ({ target, node }: Call, access: Access, draft: Draft): Entity =>
  mention(target, null, access, node.callee, draft)

function blockOf(call: Call, draft: Draft): Block {
  const [first, second] = call.arguments
  switch (call.name) {
    case 'create':
    case 'insert':
    case 'insertMany':
    case 'nativeInsert': {
      const entity = own(call, 'insert', draft)
      return insertedRows(
        entity,
        first === undefined ? [] : rowsOf(first, entity, draft),
        null,
        call.node,
        draft,
      )
    }
    case 'upsert':
    case 'upsertMany':
      return upserted(call, draft)
    case 'nativeUpdate': {
      const entity = own(call, 'update', draft)
      const data = second === undefined ? [] : rowsOf(second, entity, draft)
      return updated(entity, data, filterOf(first, entity, draft), call.node, draft)
    }
    case 'nativeDelete': {
      const entity = own(call, 'delete', draft)
      return deleted(entity, filterOf(first, entity, draft), call.node, draft)
    }
    default:
      return readBlock(call, draft)
  }
}

function readBlock(call: Call, draft: Draft): Block {
  const [first, second] = call.arguments
  const entity = own(call, 'read', draft)
  const isAll = call.name === 'findAll'
  const options = isAll ? first : second
  const view = options === undefined ? null : draft.scope.objectOf(unwrap(options))
  const filter = isAll ? view?.properties.find(({ name }) => name === 'where')?.value : first
  const joined = populated(
    startJoined(entity),
    view?.properties.find(({ name }) => name === 'populate')?.value,
    draft,
  )
  const limited = /^findOne/.test(call.name)
  const hidden =
    isAll && options !== undefined && filter === undefined ? hiddenIn(options, view, draft) : null
  const where: Condition | null = hidden ?? filterOf(filter, entity, draft)
  const counts = call.name === 'count'
  return selectBlock(entity, { where, joined, limited }, counts, draft.spanOf(call.node))
}

/** Options out of sight may hold a filter. */
function hiddenIn(options: TSESTree.Node, view: ObjectView | null, draft: Draft): Condition | null {
  if (view === null) return unseen('options', options, draft)
  const [open] = view.open
  return open === undefined ? null : unseen('options', open.node, draft)
}

function populated(joined: Joined, given: TSESTree.Node | undefined, draft: Draft): Joined {
  return given === undefined ? joined : withRelations(joined, given, draft)
}

/** `upsert(data)` runs into the row with the same unique key, which only the database knows. */
function upserted(call: Call, draft: Draft): Block {
  const [first] = call.arguments
  const entity = own(call, 'insert', draft)
  const data = first === undefined ? [] : rowsOf(first, entity, draft)
  const span = draft.spanOf(call.node)
  const set = data.flatMap(({ assignments }) => assignments)
  const conflict = { target: null, constraint: null, action: 'update', set, where: null, span } as const
  return insertedRows(entity, data, conflict, call.node, draft)
}

/** `persist(entity)`, `remove(entity)`: of an entity that `create` made the row is told there. */
function ofEntity(
  node: TSESTree.CallExpression,
  name: string,
  client: string,
  scope: ExtractionScope,
): readonly QueryOrOpaque[] | null {
  const [first] = node.arguments
  if (first === undefined) return null
  const made = unwrap(scope.resolve(unwrap(first)), true)
  const callee = made.type === 'CallExpression' ? unwrap(made.callee) : null
  const maker = callee?.type === 'MemberExpression' ? memberName(callee) : null
  if (maker === 'create' && name.startsWith('persist')) return null
  const entity = made.type === 'NewExpression' ? targetOf(made.callee, scope) : null
  const draft = startDraft(scope)
  if (entity !== null && made.type === 'NewExpression' && made.arguments.length === 1) {
    const inserted = mention(entity, null, 'insert', node.callee, draft)
    const block = insertedRows(inserted, rowsOf(first, inserted, draft), null, node, draft)
    return [draft.finish('mikro-orm', node, client, block, none)]
  }
  if (maker !== 'getReference' || made.type !== 'CallExpression' || name.startsWith('persist')) {
    return [opaque(node, 'what it writes was made out of sight')]
  }
  const [of, key] = made.arguments
  const target = of === undefined ? null : targetOf(of, scope)
  if (target === null || key === undefined) return [opaque(node, 'the entity is chosen at run time')]
  const removed = mention(target, null, 'delete', node.callee, draft)
  const left = stored(removed, target.relation?.key[0] ?? 'id', key, draft)
  const where: Condition = {
    kind: 'compare',
    operator: '=',
    left,
    right: draft.value(key),
    span: draft.spanOf(key),
  }
  return [draft.finish('mikro-orm', node, client, deleted(removed, where, node, draft), none)]
}
