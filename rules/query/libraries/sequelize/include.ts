import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Condition, FromItem } from '../../../sql/statement.ts'
import type { RelationField, TenancyRelation } from '../../../tenancy/tenancy.ts'
import type { Draft } from '../../draft.ts'
import type { ObjectView } from '../../library.ts'
import { conjunction, entityOf, leadOf, linkOf, type Entity, type Lead } from '../prisma/entity.ts'
import { modelOf } from './model.ts'
import { whereOf } from './where.ts'

/** What a query reads, once its includes are joined to it. */
export interface Included {
  readonly from: FromItem
  /** By the path of aliases that leads to it. */
  readonly entities: ReadonlyMap<string, Entity>
}

/** A selection that nests deeper than this is no selection. */
const maximumDepth = 12

/**
 * Joins what `include` brings along to `from`. A row without partner is returned all the same, unless the include is `required`,
 * which it is by default when it has a `where`.
 */
export function withIncludes(
  from: FromItem,
  options: ObjectView | null,
  entity: Entity,
  draft: Draft,
): Included {
  const joiner = new Joiner(from, draft)
  joiner.all(options, entity, [], 0)
  return { from: joiner.from, entities: joiner.entities }
}

class Joiner {
  from: FromItem
  readonly entities = new Map<string, Entity>()
  readonly #draft: Draft

  constructor(from: FromItem, draft: Draft) {
    this.from = from
    this.#draft = draft
  }

  all(options: ObjectView | null, entity: Entity, path: readonly string[], depth: number): void {
    if (depth > maximumDepth) return
    for (const property of options?.properties ?? []) {
      if (property.name !== 'include') continue
      const value = unwrap(property.value)
      const { scope } = this.#draft
      const isObject = unwrap(scope.resolve(value)).type === 'ObjectExpression'
      const array = isObject ? null : scope.arrayOf(value)
      if (array === null) this.#one(value, property.optional !== null, entity, path, depth)
      for (const one of array?.elements ?? []) {
        this.#one(one.value, one.optional !== null || property.optional !== null, entity, path, depth)
      }
      for (const open of array?.open ?? []) this.#unseen(open.reason, open.node)
    }
  }

  #one(node: TSESTree.Node, optional: boolean, entity: Entity, path: readonly string[], depth: number): void {
    const { scope } = this.#draft
    const isObject = unwrap(scope.resolve(unwrap(node))).type === 'ObjectExpression'
    const view = isObject ? scope.objectOf(node) : null
    const named = (name: string) => view?.properties.findLast((property) => property.name === name)
    if (named('all') !== undefined) return this.#unseen('all its associations are included', node)
    const target = named('model') ?? named('association')
    const model = isObject ? (target === undefined ? null : target.value) : node
    const text = model === null ? null : scope.constantOf(model)?.value
    const as = named('as') === undefined ? null : scope.constantOf(named('as')!.value)?.value
    const alias = typeof as === 'string' ? as : typeof text === 'string' ? text : null
    const found = model === null || typeof text === 'string' ? null : modelOf(model, scope)
    const lead = leadTo(entity, alias, found?.relation ?? null, found?.name ?? null, this.#draft)
    if (lead === null)
      return this.#unseen('an include that leads to what the tenancy model does not name', node)
    const name = alias ?? found?.name ?? lead.field.to
    const other = entityOf(lead.relation, lead.field.to, 'read', node, this.#draft)
    this.entities.set([...path, name].join('.'), other)
    this.#join(other, linkOf(entity, other, lead, node, this.#draft), view, optional, node)
    this.all(view, other, [...path, name], depth + 1)
  }

  #join(
    other: Entity,
    link: Condition,
    view: ObjectView | null,
    optional: boolean,
    node: TSESTree.Node,
  ): void {
    const where = view?.properties.findLast(({ name }) => name === 'where')
    const required = view?.properties.findLast(({ name }) => name === 'required')
    const conditions = [link]
    if (where !== undefined) {
      const condition = whereOf(where.value, { entity: other, included: this.entities }, this.#draft)
      const span = this.#draft.spanOf(where.node)
      conditions.push(
        where.optional === null ? condition : { kind: 'optional', condition, reason: where.optional, span },
      )
    }
    const said = required === undefined ? null : this.#draft.scope.constantOf(required.value)
    const inner =
      required === undefined ? where !== undefined && where.optional === null : said?.value === true
    this.from = {
      kind: 'join',
      type: inner && !optional && required?.optional == null ? 'inner' : 'left',
      left: this.from,
      right: other.occurrence,
      on: conjunction(conditions),
      span: this.#draft.spanOf(node),
    }
  }

  #unseen(reason: string, node: TSESTree.Node): void {
    const span = this.#draft.spanOf(node)
    const right: FromItem = { kind: 'rowset', alias: null, reason, span }
    this.from = { kind: 'join', type: 'left', left: this.from, right, on: null, span }
  }
}

/** Where an include leads: by its alias, by the one association that leads to the model, or by what the ownership tells. */
function leadTo(
  entity: Entity,
  alias: string | null,
  target: TenancyRelation | null,
  model: string | null,
  draft: Draft,
): Lead | null {
  const { tenancy } = draft.scope
  const fields = entity.relation?.relationFields ?? {}
  const known =
    alias !== null && Object.hasOwn(fields, alias) ? fields[alias]! : onlyFieldTo(fields, target, draft)
  if (known !== null) return { field: known, relation: tenancy.find(known.to) }
  const guess = leadOf(entity, target?.model ?? target?.name ?? alias ?? '', tenancy)
  if (guess !== null) return guess
  const to = target?.name ?? model
  return to === null ? null : { field: { to, many: false, on: [] }, relation: target }
}

function onlyFieldTo(
  fields: Readonly<Record<string, RelationField>>,
  target: TenancyRelation | null,
  draft: Draft,
): RelationField | null {
  const leading = Object.values(fields).filter(({ to }) => draft.scope.tenancy.find(to) === target)
  return target !== null && leading.length === 1 ? leading[0]! : null
}
