import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { Block, Condition } from '../../../sql/statement.ts'
import type { TenancyRelation } from '../../../tenancy/tenancy.ts'
import { type Draft, startDraft } from '../../draft.ts'
import type { ExtractionScope } from '../../library.ts'
import type { Query } from '../../query.ts'
import { dataRows, sourceOf } from '../prisma/data.ts'
import { conjunction, entityOf, stored, type Entity, type Lead } from '../prisma/entity.ts'
import { argumentAt, modelCallOf } from './call.ts'
import type { Model } from './model.ts'
import { withIncludes } from './include.ts'
import { whereOf } from './where.ts'

/** A row that a call of a model in sight gave. */
interface Row {
  readonly node: TSESTree.Node
  readonly model: Model & { readonly relation: TenancyRelation }
}

/** `row.update(…)`, `row.destroy()`, `row.getTasks()` on a row that a call of a model in sight gave. Null: none of these. */
export function instanceQueries(
  node: TSESTree.CallExpression,
  scope: ExtractionScope,
): readonly Query[] | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return null
  const method = memberName(callee) ?? ''
  const own = /^(update|save|increment|decrement|restore|destroy|reload)$/.test(method)
  const association = /^(get|count|has|create|set|add|remove)([A-Z]\w*)$/.exec(method)
  if (!own && association === null) return null
  const row = rowOf(callee.object, scope)
  if (row === null) return null
  const draft = startDraft(scope)
  const block = own ? ownBlock(method, node, row, draft) : associated(association!, node, row, draft)
  if (block === null) return null
  const shape = method.startsWith('get') ? 'rows' : 'none'
  return [draft.finish('sequelize', node, row.model.path, block, { shape, throws: false })]
}

function rowOf(given: TSESTree.Node, scope: ExtractionScope): Row | null {
  const node = unwrap(given)
  const definition = scope.definitionOf(node)
  // `const [row] = await Task.findOrCreate(…)`
  const isFirst = definition.kind === 'member' && definition.name === '0'
  const from = isFirst ? definition.object : definition
  if (from.kind !== 'call' || from.module !== scope.filename) return null
  const call = modelCallOf(from.node, scope)
  const methods = isFirst ? /^(findOrCreate|findCreateFind)$/ : /^(findOne|find|findByPk|findById|create)$/
  if (call === null || !methods.test(call.method)) return null
  const { relation } = call.model
  return relation === null ? null : { node, model: { ...call.model, relation } }
}

/** The member of the row that holds a column: it stands nowhere in the program, but has the row's place. */
function memberOf(row: Row, column: string): TSESTree.Node {
  const { properties } = row.model.relation
  const name = Object.entries(properties).find(([, stored]) => stored === column)?.[0] ?? column
  const { range, loc, parent } = row.node
  const property = { type: 'Identifier', name, range, loc } as unknown as TSESTree.Identifier
  const member = { type: 'MemberExpression', object: row.node, property, computed: false, optional: false }
  return { ...member, range, loc, parent } as unknown as TSESTree.MemberExpression
}

function keyed(entity: Entity, row: Row, draft: Draft): Condition {
  const column = row.model.relation.key[0] ?? 'id'
  const span = draft.spanOf(row.node)
  const left = stored(entity, column, row.node, draft)
  return { kind: 'compare', operator: '=', left, right: draft.value(memberOf(row, column)), span }
}

const everything = [{ name: null, operand: null, of: null }] as const

function ownBlock(method: string, node: TSESTree.CallExpression, row: Row, draft: Draft): Block {
  const access = method === 'destroy' ? 'delete' : method === 'reload' ? 'read' : 'update'
  const entity = entityOf(row.model.relation, row.model.name ?? '', access, node.callee, draft)
  const base = { ctes: [], span: draft.spanOf(node), where: keyed(entity, row, draft), outputs: [] }
  if (access === 'delete') return { kind: 'delete', target: entity.occurrence, from: [], ...base }
  if (access === 'read') {
    return {
      kind: 'select',
      from: [entity.occurrence],
      having: null,
      merges: false,
      limited: true,
      others: [],
      ...base,
    }
  }
  const values = method === 'update' ? argumentAt(node, 0) : null
  const rows = values === null ? [] : dataRows(values, entity, draft)
  return {
    kind: 'update',
    target: entity.occurrence,
    set: rows.flatMap(({ assignments }) => assignments),
    openSet: /^(update|save)$/.test(method) && (rows.length === 0 || rows.some(({ open }) => open !== null)),
    from: [],
    ...base,
  }
}

/** The mixins of an association; the name in the method is the alias, in the singular or the plural. */
function associated(
  [, verb = '', name = '']: RegExpExecArray,
  node: TSESTree.CallExpression,
  row: Row,
  draft: Draft,
): Block | null {
  const lead = leadNamed(name, row, draft)
  if (lead === null || lead.relation === null || lead.field.on.length === 0) return null
  if (verb === 'create') return created(lead, node, row, draft)
  if (/^(set|add|remove)$/.test(verb)) return linked(lead, node, row, draft)
  const entity = entityOf(lead.relation, lead.field.to, 'read', node.callee, draft)
  const options = argumentAt(node, verb === 'has' ? 1 : 0)
  const view = options === null ? null : draft.scope.objectOf(options)
  const { from, entities } = withIncludes(entity.occurrence, view, entity, draft)
  const where = view?.properties.findLast((property) => property.name === 'where')
  const conditions = linkTo(entity, lead, row, draft)
  const filters = where === undefined ? [] : [whereOf(where.value, { entity, included: entities }, draft)]
  return {
    kind: 'select',
    from: [from],
    where: conjunction([...conditions, ...filters]),
    having: null,
    outputs: verb === 'get' ? everything : [],
    merges: verb !== 'get',
    limited: false,
    others: [],
    ctes: [],
    span: draft.spanOf(node),
  }
}

function leadNamed(name: string, row: Row, draft: Draft): Lead | null {
  const { relation } = row.model
  const { tenancy } = draft.scope
  const alias = name.charAt(0).toLowerCase() + name.slice(1)
  const candidates = [alias, `${alias}s`, name, `${name}s`, `${alias}es`, alias.replace(/y$/, 'ies')]
  const known = candidates.find((one) => Object.hasOwn(relation.relationFields, one))
  if (known === undefined) return null
  const field = relation.relationFields[known]!
  return { field, relation: tenancy.find(field.to) }
}

const linkTo = (entity: Entity, { field }: Lead, row: Row, draft: Draft): readonly Condition[] =>
  field.on.map(([own, other]): Condition => ({
    kind: 'compare',
    operator: '=',
    left: stored(entity, other, row.node, draft),
    right: draft.value(memberOf(row, own)),
    span: draft.spanOf(row.node),
  }))

function created(lead: Lead, node: TSESTree.CallExpression, row: Row, draft: Draft): Block {
  const entity = entityOf(lead.relation, lead.field.to, 'insert', node.callee, draft)
  const values = argumentAt(node, 0)
  const span = draft.spanOf(node)
  const added = lead.field.on.map(([own, column]) => ({
    column,
    operand: draft.value(memberOf(row, own)),
    span,
  }))
  const rows = values === null ? [] : dataRows(values, entity, draft)
  return {
    kind: 'insert',
    target: entity.occurrence,
    source: sourceOf(rows, added),
    conflict: null,
    outputs: everything,
    ctes: [],
    span,
  }
}

/** `project.setOwner(user)` writes the reference of the row; `project.addTask(task)` that of the other one. */
function linked(lead: Lead, node: TSESTree.CallExpression, row: Row, draft: Draft): Block {
  const [pair] = lead.field.on
  const [own, column] = pair!
  const argument = argumentAt(node, 0)
  const span = draft.spanOf(node)
  const value = argument === null ? null : draft.value(argument)
  const holds = !lead.field.many && (lead.relation?.key ?? ['id']).includes(column)
  const [relation, model] = holds ? [row.model.relation, row.model.name] : [lead.relation, lead.field.to]
  const entity = entityOf(relation, model ?? '', 'update', node.callee, draft)
  const other: Condition | null =
    value === null
      ? null
      : {
          kind: 'in',
          operand: stored(entity, entity.relation?.key[0] ?? 'id', node, draft),
          values: [value],
          list: true,
          span,
        }
  return {
    kind: 'update',
    target: entity.occurrence,
    set: holds
      ? [{ column: own, operand: value, span }]
      : [{ column, operand: draft.value(memberOf(row, own)), span }],
    openSet: false,
    from: [],
    where: holds ? keyed(entity, row, draft) : other,
    outputs: [],
    ctes: [],
    span,
  }
}
