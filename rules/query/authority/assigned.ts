import type { TSESTree } from '@typescript-eslint/utils'
import { keyName, memberName } from '../../source/binding.ts'
import { childrenOf, unwrap } from '../../source/children.ts'
import type { TenancyRelation } from '../../tenancy/tenancy.ts'
import type { ExtractionScope } from '../library.ts'
import type { Query } from '../query.ts'
import { propertyOf } from '../suggest/acting-tenant.ts'
import { type Body, bodyOf, hasRouteSchema } from './body.ts'
import { calledName } from './membership.ts'

/** An object of the request that is written as it is. */
export interface Assigned {
  readonly node: TSESTree.Node
  readonly body: Body
}

/** Objects of the request among what a query writes, after which nothing sets the tenant key again. */
export function assignedBodies(
  query: Query,
  relation: TenancyRelation,
  column: string,
  scope: ExtractionScope,
): readonly Assigned[] {
  const keys = new Set([column, propertyOf(relation, column)])
  const schema = hasRouteSchema(query.node)
  return writtenObjects(query).flatMap((written) =>
    unkeyed(written, keys, relation, scope).flatMap((node): readonly Assigned[] => {
      const body = bodyOf(node, keys, scope)
      return body === null ? [] : [{ node, body: schema ? 'validated' : body }]
    }),
  )
}

/** The expressions that a call takes for rows: `data`, `create` and `update` of Prisma, `values` and `set` of a builder, the row of others. */
function writtenObjects({ library, node }: Query): readonly TSESTree.Node[] {
  const call = unwrap(node, true)
  if (call.type !== 'CallExpression') return []
  if (library === 'prisma') {
    const [argument] = call.arguments
    return argument?.type === 'ObjectExpression' ? dataOf(argument) : []
  }
  return chainCalls(call).flatMap((one) => {
    const name = calledName(one)
    if (/^(values|set|doUpdateSet)$/.test(name)) return one.arguments.length === 1 ? [one.arguments[0]!] : []
    const row = Object.hasOwn(rowArguments, library) ? rowArguments[library]! : null
    const given = row?.methods.test(name) === true ? one.arguments.at(row.argument) : undefined
    return given === undefined ? [] : [given]
  })
}

/** Libraries whose writing methods take the row themselves, and which of their arguments it is. */
const rowArguments: Readonly<Record<string, { readonly methods: RegExp; readonly argument: number }>> = {
  knex: { methods: /^(insert|update|merge)$/, argument: 0 },
  sequelize: { methods: /^(create|bulkCreate|update|upsert)$/, argument: 0 },
  typeorm: { methods: /^(insert|update)$/, argument: -1 },
}

function dataOf({ properties }: TSESTree.ObjectExpression): readonly TSESTree.Node[] {
  return properties.flatMap((property) => {
    const name = property.type === 'Property' ? keyName(property.key, property.computed) : null
    return name !== null && /^(data|create|update)$/.test(name) ? [(property as TSESTree.Property).value] : []
  })
}

/** The calls of a chain, and those of the callback that says what a conflict does. */
function chainCalls(call: TSESTree.CallExpression): readonly TSESTree.CallExpression[] {
  const found: TSESTree.CallExpression[] = []
  const visit = (node: TSESTree.Node): void => {
    if (node.type === 'CallExpression') found.push(node)
    for (const child of childrenOf(node)) visit(child)
  }
  for (let at: TSESTree.Node = call; at.type === 'CallExpression';) {
    found.push(at)
    if (calledName(at) === 'onConflict') at.arguments.forEach(visit)
    const callee = unwrap(at.callee)
    if (callee.type !== 'MemberExpression') break
    at = unwrap(callee.object)
  }
  return found
}

/** What is spread into a written object, unless the tenant key is set after it. */
function unkeyed(
  given: TSESTree.Node,
  keys: ReadonlySet<string>,
  relation: TenancyRelation,
  scope: ExtractionScope,
): readonly TSESTree.Node[] {
  const node = unwrap(scope.resolve(unwrap(given)))
  const parts = partsOf(node)
  if (parts === null) return [given]
  return parts.flatMap((part, index) => {
    if (part.kind === 'key') return []
    const later = parts.slice(index + 1).some((one) => one.kind === 'key' && keys.has(one.name))
    const connected = parts.some((one) => one.kind === 'key' && isTenantField(one.name, relation, scope))
    return later || connected ? [] : spreadIn(part.node)
  })
}

/** `...(name && { name })` brings only what is written out. */
function spreadIn(given: TSESTree.Node): readonly TSESTree.Node[] {
  const node = unwrap(given)
  switch (node.type) {
    case 'LogicalExpression':
      return node.operator === '&&' ? spreadIn(node.right) : [...spreadIn(node.left), ...spreadIn(node.right)]
    case 'ConditionalExpression':
      return [...spreadIn(node.consequent), ...spreadIn(node.alternate)]
    case 'ObjectExpression':
      return node.properties.flatMap((one) => (one.type === 'SpreadElement' ? spreadIn(one.argument) : []))
    case 'Identifier':
    case 'MemberExpression':
    case 'CallExpression':
    case 'AwaitExpression':
      return [node]
    default:
      return []
  }
}

type Part =
  { readonly kind: 'key'; readonly name: string } | { readonly kind: 'spread'; readonly node: TSESTree.Node }

/** Keys and spreads of an object in the order in which they win, also those of `Object.assign`. */
function partsOf(node: TSESTree.Node): readonly Part[] | null {
  if (node.type === 'ObjectExpression') {
    return node.properties.flatMap((property): readonly Part[] => {
      if (property.type === 'SpreadElement') return [{ kind: 'spread', node: property.argument }]
      const name = keyName(property.key, property.computed)
      return name === null ? [] : [{ kind: 'key', name }]
    })
  }
  if (node.type !== 'CallExpression') return null
  const callee = unwrap(node.callee)
  const assigns =
    callee.type === 'MemberExpression' &&
    memberName(callee) === 'assign' &&
    callee.object.type === 'Identifier' &&
    callee.object.name === 'Object'
  if (!assigns) return null
  return node.arguments.flatMap((argument): readonly Part[] =>
    argument.type === 'ObjectExpression'
      ? (partsOf(argument) ?? [])
      : [{ kind: 'spread', node: argument.type === 'SpreadElement' ? argument.argument : argument }],
  )
}

/** `clinic: { connect: … }`: Prisma refuses the plain key beside it. */
function isTenantField(name: string, relation: TenancyRelation, { tenancy }: ExtractionScope): boolean {
  const lead = Object.hasOwn(relation.relationFields, name) ? relation.relationFields[name] : undefined
  return lead !== undefined && tenancy.find(lead.to)?.ownership.kind === 'root'
}
