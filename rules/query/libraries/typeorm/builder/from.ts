import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../../../source/binding.ts'
import { unwrap } from '../../../../source/children.ts'
import { inWords } from '../../../../provenance/writes.ts'
import type { Condition, Derived, FromItem, JoinType, Occurrence, Rowset } from '../../../../sql/statement.ts'
import { conjunction, leadOf, linkOf, type Entity } from '../../prisma/entity.ts'
import { leadTarget, mention } from '../entity.ts'
import { withRelations, type Joined } from '../relations.ts'
import { targetNamed, targetOf } from '../target.ts'
import type { Chain } from './chain.ts'
import { textCondition } from './clauses.ts'
import type { Conversion, Level } from './conversion.ts'
import { stepsOn, type Step } from './steps.ts'
import { textParts } from './text.ts'

/** FROM while the joins are added, with the names that they make visible. */
export interface Source {
  readonly from: readonly FromItem[]
  readonly level: Level
}

const joins = /^(left|inner)Join(And(Select|MapOne|MapMany))?$/

/** The joins of the steps, in order. */
export function joinedBy(steps: readonly Step[], start: Source, conversion: Conversion): Source {
  let source = start
  for (const step of steps) {
    if (joins.test(step.method)) source = joinStep(source, step, conversion)
    if (step.method === 'addFrom') source = addedFrom(source, step, conversion)
    if (step.method === 'setFindOptions') source = foundWith(source, step, conversion)
  }
  return source
}

function joinStep(source: Source, step: Step, conversion: Conversion): Source {
  const { draft } = conversion
  const given = /AndMap/.test(step.method) ? step.call.arguments.slice(1) : step.call.arguments
  const [what, name, condition] = given
  if (what === undefined) return source
  // A join that may be missing restricts nothing for certain.
  const type: JoinType = step.method.startsWith('inner') && step.decisions.length === 0 ? 'inner' : 'left'
  const alias = name === undefined ? null : nameIn(name, conversion, source.level)
  const { right, entity, link } = joinedItem(what, alias, source.level, conversion)
  const level = visible(source.level, right, alias, entity)
  const on = [
    ...(link === null ? [] : [link]),
    ...(condition === undefined ? [] : joinConditions(condition, level, conversion)),
  ]
  const span = draft.spanOf(step.call)
  const always: Condition = { kind: 'constant', value: true, span }
  const [left, ...others] = [source.from.at(-1)!, ...source.from.slice(0, -1)]
  const all = on.length === 0 ? always : conjunction(on)
  const item: FromItem = { kind: 'join', type, left, right, on: all, span }
  return { from: [...others, item], level }
}

/** Text alternatives without brackets around them are alternatives to the link, too. */
function joinConditions(
  condition: TSESTree.Node,
  level: Level,
  conversion: Conversion,
): readonly Condition[] {
  const parts = textCondition(condition, level, conversion)
  return parts.length === 1 ? parts : [{ kind: 'or', operands: parts }]
}

interface Item {
  readonly right: Occurrence | Derived | Rowset
  readonly entity: Entity | null
  readonly link: Condition | null
}

function joinedItem(what: TSESTree.Node, alias: string | null, level: Level, conversion: Conversion): Item {
  const { draft } = conversion
  const node = unwrap(draft.scope.resolve(unwrap(what)))
  if (isFunction(node)) return { ...derived(node, alias, level, conversion), entity: null, link: null }
  const text = nameIn(what, conversion, level)
  const [owner, property] = text?.split('.') ?? []
  const parent = property === undefined ? undefined : level.entities.get(owner!)
  if (parent !== undefined) {
    const lead = leadOf(parent, property!, draft.scope.tenancy)
    if (lead === null)
      return unseenItem(`the relation ${text} is not in the tenancy model`, alias, what, draft)
    const entity = mention(leadTarget(lead), alias, 'read', what, draft)
    return { right: entity.occurrence, entity, link: linkOf(parent, entity, lead, what, draft) }
  }
  const target = text === null ? targetOf(what, draft.scope) : targetNamed(text, null, draft.scope)
  if (target === null || (property !== undefined && target.relation === null)) {
    return unseenItem('a join on what could not be seen', alias, what, draft)
  }
  const entity = mention(target, alias ?? target.name, 'read', what, draft)
  return { right: entity.occurrence, entity, link: null }
}

function unseenItem(
  reason: string,
  alias: string | null,
  node: TSESTree.Node,
  draft: Conversion['draft'],
): Item {
  return { right: { kind: 'rowset', alias, reason, span: draft.spanOf(node) }, entity: null, link: null }
}

/** A name in text: a constant, or put together with the builder's alias. */
function nameIn(node: TSESTree.Node, conversion: Conversion, level: Level): string | null {
  const constant = conversion.draft.scope.constantOf(node)?.value
  if (typeof constant === 'string') return constant
  if (unwrap(node).type !== 'TemplateLiteral') return null
  const parts = textParts(node, conversion).map((part) => {
    if (part.kind === 'text') return part.text
    return /\.alias$/.test(conversion.draft.scope.pathOf(part.node)) ? level.alias : null
  })
  return parts.includes(null) ? null : parts.join('')
}

/** `leftJoin((qb) => qb.select(…).from(…), 'x', …)`. */
function derived(
  callback: Extract<TSESTree.Node, { params: TSESTree.Parameter[] }>,
  alias: string | null,
  level: Level,
  conversion: Conversion,
): { readonly right: Derived | Rowset } {
  const { draft } = conversion
  const [parameter] = callback.params
  const span = draft.spanOf(callback)
  const chain = parameter === undefined ? null : builtIn(callback, conversion)
  if (chain === null)
    return { right: { kind: 'rowset', alias, reason: 'a sub-query that could not be seen', span } }
  const block = conversion.blockOf(chain, { ...level, naming: { items: [], outer: null } })
  return { right: { kind: 'derived', id: draft.nextOccurrence(), alias, block, lateral: false, span } }
}

/** The builder that a callback makes of the one it is given. */
export function builtIn(callback: TSESTree.Node, { draft: { scope } }: Conversion): Chain | null {
  if (!isFunction(callback)) return null
  const [parameter] = callback.params
  if (parameter?.type !== 'Identifier') return null
  const steps = stepsOn(parameter, { before: null, at: callback }, scope)
  const [first] = steps
  return first === undefined
    ? null
    : { root: first.call, receiver: { kind: 'manager' }, steps, library: 'typeorm' }
}

function visible(
  level: Level,
  item: Occurrence | Derived | Rowset,
  alias: string | null,
  entity: Entity | null,
): Level {
  const naming = { items: [...level.naming.items, item], outer: level.naming.outer }
  const entities =
    alias === null || entity === null ? level.entities : new Map([...level.entities, [alias, entity]])
  return { ...level, naming, entities }
}

function addedFrom(source: Source, { call }: Step, conversion: Conversion): Source {
  const [what, name] = call.arguments
  if (what === undefined) return source
  const alias = name === undefined ? null : nameIn(name, conversion, source.level)
  const { right, entity } = joinedItem(what, alias, source.level, conversion)
  return { from: [...source.from, right], level: visible(source.level, right, alias, entity) }
}

/** `setFindOptions({ relations })`. */
function foundWith(source: Source, { call, decisions }: Step, { draft }: Conversion): Source {
  const [given] = call.arguments
  const view = given === undefined ? null : draft.scope.objectOf(unwrap(given))
  const { main } = source.level
  const relations = view?.properties.find(({ name }) => name === 'relations')
  if (relations === undefined || main === null || inWords(decisions) === 'never') return source
  const joined: Joined = { from: source.from.at(-1)!, entities: new Map([['', main]]) }
  const { from } = withRelations(joined, relations.value, draft)
  return { ...source, from: [...source.from.slice(0, -1), from] }
}
