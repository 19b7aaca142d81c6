import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { FromItem, JoinType } from '../../../sql/statement.ts'
import type { Draft } from '../../draft.ts'
import { leadOf, linkOf, type Entity } from '../prisma/entity.ts'
import { leadTarget, mention } from './entity.ts'

/** What is joined so far, with the entity at the end of every relation path: `''` is the entity itself. */
export interface Joined {
  readonly from: FromItem
  readonly entities: ReadonlyMap<string, Entity>
}

export function startJoined(entity: Entity): Joined {
  return { from: entity.occurrence, entities: new Map([['', entity]]) }
}

/** A literal that nests deeper than this is no list of relations. */
const maximumDepth = 10

/** `relations: ['a', 'a.b']` or `relations: { a: { b: true } }`: rows without partner are returned all the same. */
export function withRelations(joined: Joined, given: TSESTree.Node, draft: Draft): Joined {
  const node = unwrap(draft.scope.resolve(unwrap(given)))
  const array = node.type === 'ObjectExpression' ? null : draft.scope.arrayOf(given)
  if (array === null) return fromObject(joined, '', given, draft, 0)
  let all = joined
  for (const { value } of array.elements) {
    const path = draft.scope.constantOf(value)?.value
    all = typeof path === 'string' ? alongPath(all, path, value, draft) : unseenJoin(all, value, draft)
  }
  for (const open of array.open) all = unseenJoin(all, open.node, draft)
  return all
}

function fromObject(
  joined: Joined,
  prefix: string,
  given: TSESTree.Node,
  draft: Draft,
  depth: number,
): Joined {
  const view = depth > maximumDepth ? null : draft.scope.objectOf(unwrap(given))
  if (view === null) return depth === 0 ? unseenJoin(joined, given, draft) : joined
  let all = joined
  for (const { name, value, node } of view.properties) {
    const constant = draft.scope.constantOf(value)
    if (constant !== null && constant.value !== true) continue
    const path = prefix === '' ? name : `${prefix}.${name}`
    all = alongPath(all, path, node, draft)
    if (constant === null) all = fromObject(all, path, value, draft, depth + 1)
  }
  for (const open of view.open) all = unseenJoin(all, open.node, draft)
  return all
}

/** Joins every step of `a.b.c` that is not there yet. */
export function alongPath(
  joined: Joined,
  path: string,
  node: TSESTree.Node,
  draft: Draft,
  type: JoinType = 'left',
): Joined {
  const steps = path.split('.')
  let all = joined
  steps.forEach((step, index) => {
    const reached = steps.slice(0, index + 1).join('.')
    if (all.entities.has(reached)) return
    const parent = all.entities.get(steps.slice(0, index).join('.'))
    all = parent === undefined ? all : joinStep(all, parent, step, reached, node, draft, type)
  })
  return all
}

function joinStep(
  joined: Joined,
  parent: Entity,
  step: string,
  reached: string,
  node: TSESTree.Node,
  draft: Draft,
  type: JoinType,
): Joined {
  const lead = leadOf(parent, step, draft.scope.tenancy)
  if (lead === null) return parent.relation === null ? joined : unseenJoin(joined, node, draft)
  const other = mention(leadTarget(lead), null, 'read', node, draft)
  const on = linkOf(parent, other, lead, node, draft)
  const from: FromItem = {
    kind: 'join',
    type,
    left: joined.from,
    right: other.occurrence,
    on,
    span: draft.spanOf(node),
  }
  return { from, entities: new Map([...joined.entities, [reached, other]]) }
}

function unseenJoin(joined: Joined, node: TSESTree.Node, draft: Draft): Joined {
  const span = draft.spanOf(node)
  const right: FromItem = { kind: 'rowset', alias: null, reason: 'relations that could not be seen', span }
  return { ...joined, from: { kind: 'join', type: 'left', left: joined.from, right, on: null, span } }
}
