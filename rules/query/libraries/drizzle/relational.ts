import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../../../source/binding.ts'
import { returnsOf, unwrap } from '../../../source/children.ts'
import type { Block, Condition, Output } from '../../../sql/statement.ts'
import { relationKey } from '../../naming.ts'
import type { ExtractionScope, ObjectView } from '../../library.ts'
import type { Entity } from '../prisma/entity.ts'
import { conditionIn, restricting, unseen, type Maybe } from './condition.ts'
import type { Conversion } from './conversion.ts'
import { bindParameters, emptyEnvironment, type Bound, type Environment } from './environment.ts'
import { filterIn } from './filter.ts'
import { operandOf } from './operand.ts'
import { receiverOf } from './receiver.ts'
import { occurrenceOf } from './source.ts'
import { named, tableOf, type Table } from './table.ts'
import { withRelations } from './with.ts'

/** `db.query.projects.findMany({…})`. */
export interface RelationalCall {
  readonly node: TSESTree.CallExpression
  readonly method: 'findFirst' | 'findMany'
  readonly client: string
  /** Null: the table is chosen at run time. */
  readonly table: Table | null
}

export function relationalCall(node: TSESTree.CallExpression, scope: ExtractionScope): RelationalCall | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return null
  const method = memberName(callee)
  if (method !== 'findFirst' && method !== 'findMany') return null
  const builder = unwrap(scope.resolve(unwrap(callee.object)))
  if (builder.type !== 'MemberExpression') return null
  const queries = unwrap(scope.resolve(unwrap(builder.object)))
  if (queries.type !== 'MemberExpression' || !/^_?query$/.test(memberName(queries) ?? '')) return null
  const receiver = receiverOf(queries.object, scope)
  if (receiver === 'other') return null
  const name = memberName(builder)
  const table = name === null ? null : tableNamed(name, scope)
  if (receiver === 'unknown' && table?.evidence !== 'defined' && table?.evidence !== 'modelled') return null
  return { node, method, client: scope.pathOf(queries.object), table }
}

/** The key of `db.query` is the name under which the schema exports the table; this file may import it under that name too. */
function tableNamed(name: string, scope: ExtractionScope): Table {
  const told = named(name, scope.tenancy)
  if (told.evidence === 'modelled') return told
  const variable = scope.sourceCode.scopeManager?.globalScope?.childScopes[0]?.set.get(name)
  const identifier = variable?.identifiers[0]
  return (identifier === undefined ? null : tableOf(identifier as TSESTree.Identifier, scope)) ?? told
}

/** The statement of a relational call: its table, joined with what it brings along. */
export function relationalBlock(call: RelationalCall, table: Table, conversion: Conversion): Block {
  const { draft } = conversion
  const { scope } = draft
  const occurrence = occurrenceOf(table, 'read', call.node.callee, conversion)
  const entity: Entity = { occurrence, relation: scope.tenancy.find(relationKey(occurrence)) }
  const [argument] = call.node.arguments
  const view = argument === undefined ? emptyView : scope.objectOf(argument)
  const from =
    view === null ? occurrence : withRelations(occurrence, view, entity, emptyEnvironment, conversion)
  const limited =
    call.method === 'findFirst' || view?.properties.some(({ name }) => /^(limit|offset)$/.test(name)) === true
  return {
    kind: 'select',
    from: [from],
    where:
      view === null
        ? unseen('the argument could not be seen', argument!, conversion)
        : filterOf(view, entity, emptyEnvironment, conversion),
    having: null,
    outputs: [{ name: null, operand: null, of: null }, ...extrasOf(view, entity, conversion)],
    merges: false,
    limited,
    others: [],
    ctes: [],
    span: draft.spanOf(call.node),
  }
}

const emptyView: ObjectView = { properties: [], open: [] }

/** The `where` of a call or of what it brings along. One that may be absent, or hides in a spread, confines nothing certain. */
export function filterOf(
  view: ObjectView,
  entity: Entity,
  environment: Environment,
  conversion: Conversion,
): Condition | null {
  const { draft } = conversion
  const property = view.properties.findLast(({ name }) => name === 'where') ?? null
  if (property === null) {
    const [open] = view.open
    return open === undefined ? null : unseen(open.reason, open.node, conversion)
  }
  const { value, optional, node } = property
  const condition = restricting(whereIn(value, entity, environment, conversion), value, conversion)
  if (optional === null || condition === null) return condition
  return { kind: 'optional', condition, reason: optional, span: draft.spanOf(node) }
}

/** A condition, a callback that makes one of the table and the operators, or an object of filters. */
export function whereIn(
  value: TSESTree.Node,
  entity: Entity,
  environment: Environment,
  conversion: Conversion,
): Maybe {
  const found = conversion.evaluator.alternativesOf(value, environment)
  if (found === null)
    return { condition: unseen('a filter that could not be followed', value, conversion), absent: null }
  const conditions: Condition[] = []
  let absent: string | null = null
  for (const { node, environment: inner, when } of found) {
    const maybe: Maybe = node === null ? nothing : one(node, entity, inner, conversion)
    if (maybe.condition !== null) conditions.push(maybe.condition)
    if (maybe.condition === null || maybe.absent !== null)
      absent ??= maybe.absent ?? when ?? 'it is undefined'
  }
  if (conditions.length === 0) return nothing
  return {
    condition: conditions.length === 1 ? conditions[0]! : { kind: 'or', operands: conditions },
    absent,
  }
}

const nothing: Maybe = { condition: null, absent: null }

function one(node: TSESTree.Node, entity: Entity, environment: Environment, conversion: Conversion): Maybe {
  if (isFunction(node)) return callbackCondition(node, entity, environment, conversion)
  if (node.type === 'ObjectExpression') return filterIn(node, entity, environment, conversion)
  return conditionIn(node, environment, { naming: { items: [entity.occurrence], outer: null } }, conversion)
}

/** `(table, { eq, and }) => and(eq(table.id, id), …)`. */
export function callbackCondition(
  callback: TSESTree.Node,
  entity: Entity,
  environment: Environment,
  conversion: Conversion,
): Maybe {
  if (!isFunction(callback)) return nothing
  const level = { naming: { items: [entity.occurrence], outer: null } }
  const inner = bindCallback(callback, entity, environment)
  const returned = returnsOf(callback)
  if (returned.length === 0) return nothing
  const all = returned.map((node) => conditionIn(node, inner, level, conversion))
  const conditions = all.flatMap(({ condition }) => (condition === null ? [] : [condition]))
  const missing = all.find(({ condition, absent }) => condition === null || absent !== null)
  if (conditions.length === 0) return nothing
  return {
    condition: conditions.length === 1 ? conditions[0]! : { kind: 'or', operands: conditions },
    absent: missing === undefined ? null : (missing.absent ?? 'the callback may return nothing'),
  }
}

function bindCallback(
  callback: TSESTree.Node,
  { occurrence }: Entity,
  environment: Environment,
): Environment {
  const values: readonly Bound[] = [{ kind: 'mention', mention: occurrence }, { kind: 'operators' }]
  return isFunction(callback) ? bindParameters(callback, values, environment) : environment
}

/** `extras: { n: sql\`…\` }`: what they read is read by the statement. */
function extrasOf(view: ObjectView | null, entity: Entity, conversion: Conversion): readonly Output[] {
  const { scope } = conversion.draft
  const extras = view?.properties.findLast(({ name }) => name === 'extras')?.value
  if (extras === undefined) return []
  const environment = bindCallback(extras, entity, emptyEnvironment)
  const object = isFunction(extras) ? returnsOf(extras)[0] : extras
  const fields = object === undefined ? null : scope.objectOf(object)
  const level = { naming: { items: [entity.occurrence], outer: null } }
  return (fields?.properties ?? []).map(({ name, value }) => {
    const inner = bindCallback(value, entity, environment)
    const node = isFunction(value) ? (returnsOf(value)[0] ?? value) : value
    return { name, operand: operandOf(node, inner, level, conversion), of: null }
  })
}
