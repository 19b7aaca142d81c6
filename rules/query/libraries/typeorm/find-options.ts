import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Condition } from '../../../sql/statement.ts'
import type { Draft } from '../../draft.ts'
import type { ObjectView, PropertyView } from '../../library.ts'
import { stored, type Entity } from '../prisma/entity.ts'
import { absent, membership } from '../prisma/where.ts'
import { isIdLike, isListOfIds } from './identifier.ts'
import { alongPath, withRelations, type Joined } from './relations.ts'
import { unseen, whereOf } from './where.ts'

const optionNames =
  /^(where|relations|select|order|skip|take|cache|lock|join|withDeleted|loadRelationIds|loadEagerRelations|relationLoadStrategy|transaction|comment|populate)$/

/** Find options as far as they can be seen, with the two shapes that older versions take in their place. */
export interface FindOptions {
  /** Null: all rows. */
  readonly where: Condition | null
  readonly joined: Joined
  readonly limited: boolean
}

/** `find({ where, relations })`, `findOne(id, options)`, and `find({ tenantId })` of older versions. */
export function findOptions(
  arguments_: readonly TSESTree.Node[],
  entity: Entity,
  joined: Joined,
  draft: Draft,
): FindOptions {
  const [first, second] = arguments_
  if (first === undefined) return { where: null, joined, limited: false }
  if (second !== undefined || isIdLike(first, draft.scope)) {
    const rest = second === undefined ? null : optionsOf(second, entity, joined, draft)
    const key = keyCondition(first, entity, draft)
    const where: Condition = rest?.where == null ? key : { kind: 'and', operands: [key, rest.where] }
    return { where, joined: rest?.joined ?? joined, limited: true }
  }
  return optionsOf(first, entity, joined, draft)
}

function optionsOf(given: TSESTree.Node, entity: Entity, joined: Joined, draft: Draft): FindOptions {
  const node = unwrap(given)
  if (node.type === 'Identifier' && node.name === 'undefined') return { where: null, joined, limited: false }
  const view = draft.scope.objectOf(node)
  if (view === null) return { where: unseen('options', node, draft), joined, limited: false }
  const names = view.properties.map(({ name }) => name)
  if (names.length > 0 && !names.some((name) => optionNames.test(name))) {
    return { where: whereOf(given, entity, draft), joined, limited: false }
  }
  return {
    where: filterOf(view, node, entity, draft),
    joined: joinedBy(view, joined, draft),
    limited: names.some((name) => /^(skip|take)$/.test(name)),
  }
}

/** Several `where`s are those of different branches of the program: any of them may be the one. */
function filterOf(view: ObjectView, node: TSESTree.Node, entity: Entity, draft: Draft): Condition | null {
  const filters = view.properties.filter(({ name }) => name === 'where')
  const hidden = view.open.find((open) => filters.every((one) => open.node.range[0] > one.node.range[0]))
  const span = draft.spanOf(node)
  if (hidden !== undefined) return { kind: 'opaque', reason: hidden.reason, mentions: [], span }
  const conditions = filters.map((filter) =>
    absent(whereOf(filter.value, entity, draft), filter.optional, filter.node, draft),
  )
  if (conditions.length < 2) return conditions[0] ?? null
  return { kind: 'or', operands: conditions }
}

function joinedBy(view: ObjectView, joined: Joined, draft: Draft): Joined {
  let all = joined
  for (const { name, value } of view.properties) {
    if (name === 'relations') all = withRelations(all, value, draft)
    if (name === 'join') all = legacyJoin(all, value, draft)
  }
  return all
}

/** `join: { alias: 'a', leftJoinAndSelect: { b: 'a.b' } }`. */
function legacyJoin(joined: Joined, given: TSESTree.Node, draft: Draft): Joined {
  const view = draft.scope.objectOf(unwrap(given))
  const properties: readonly PropertyView[] = view?.properties ?? []
  const alias = properties.find(({ name }) => name === 'alias')
  const paths = new Map<string, string>([[String(alias && draft.scope.constantOf(alias.value)?.value), '']])
  let all = joined
  for (const { name, value } of properties) {
    if (!/^(left|inner)Join(AndSelect)?$/.test(name)) continue
    for (const step of draft.scope.objectOf(unwrap(value))?.properties ?? []) {
      const text = draft.scope.constantOf(step.value)?.value
      const [from, relation] = typeof text === 'string' ? text.split('.') : []
      const base = paths.get(from ?? '')
      if (base === undefined || relation === undefined) continue
      const path = base === '' ? relation : `${base}.${relation}`
      paths.set(step.name, path)
      all = alongPath(all, path, step.node, draft, name.startsWith('inner') ? 'inner' : 'left')
    }
  }
  return all
}

/** What `update`, `delete` and their like choose rows by: a key, several, or a filter. */
export function criteria(given: TSESTree.Node | undefined, entity: Entity, draft: Draft): Condition | null {
  if (given === undefined) return null
  const { scope } = draft
  const node = unwrap(scope.resolve(unwrap(given)))
  const isLiteral = node.type === 'ObjectExpression' || node.type === 'ArrayExpression'
  if (!isLiteral && isIdLike(given, scope)) return keyCondition(given, entity, draft)
  if (isListOfIds(given, scope)) {
    const key = stored(entity, entity.relation?.key[0] ?? 'id', given, draft)
    return membership(key, given, given, draft)
  }
  return whereOf(given, entity, draft)
}

export function keyCondition(given: TSESTree.Node, entity: Entity, draft: Draft): Condition {
  const span = draft.spanOf(given)
  const left = stored(entity, entity.relation?.key[0] ?? 'id', given, draft)
  if (draft.scope.objectOf(unwrap(given)) !== null) return whereOf(given, entity, draft)
  return { kind: 'compare', operator: '=', left, right: draft.value(given), span }
}
