import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { Definition } from '../../../source/definition.ts'
import type { TenancyRelation } from '../../../tenancy/tenancy.ts'
import type { ExtractionScope } from '../../library.ts'

/** `certain`: it is a Prisma client. `likely`: it is named or used like one. */
export type Client = 'certain' | 'likely' | 'other'

const clientTypes: ReadonlySet<string> = new Set([
  'PrismaClient',
  'TransactionClient',
  'PrismaTransactionClient',
  'DefaultPrismaClient',
])

const foreign = /^(kysely|knex|drizzle-orm|typeorm|sequelize|mongoose|@supabase\/.*|stripe|axios)(\/.*)?$/

const conventional = /(^|[._])(prisma|prismaClient|db|tx|trx|transaction|orm|database)[\w$]*$|prisma/i

export function clientOf(given: TSESTree.Node, scope: ExtractionScope): Client {
  const node = unwrap(given, true)
  if (node.type === 'LogicalExpression')
    return strongest(clientOf(node.left, scope), clientOf(node.right, scope))
  if (node.type === 'ConditionalExpression') {
    return strongest(clientOf(node.consequent, scope), clientOf(node.alternate, scope))
  }
  const known = kindOf(scope.definitionOf(node))
  if (known !== null) return known
  const path = scope.pathOf(node)
  return conventional.test(path.replace(/\(.*\)/gs, '').replace(/\.\$\w+$/, '')) ? 'likely' : 'other'
}

function strongest(one: Client, other: Client): Client {
  if (one === 'certain' || other === 'certain') return 'certain'
  return one === 'likely' || other === 'likely' ? 'likely' : 'other'
}

/** Null: the definition does not tell. */
function kindOf(definition: Definition): Client | null {
  switch (definition.kind) {
    case 'instance':
      return isPrismaClass(definition.of) ? 'certain' : foreignOf(definition.of)
    case 'typed':
      return isPrismaClass(definition.type) ? 'certain' : foreignOf(definition.type)
    case 'import':
      return foreign.test(definition.module) ? 'other' : null
    case 'member':
      // `prisma.$replica`
      return definition.name.startsWith('$') ? kindOf(definition.object) : null
    case 'call':
      // `prisma.$extends({…})`, `prisma.$primary()`
      return isDollarCall(definition.callee) ? (kindOf(objectOf(definition.callee)) ?? 'likely') : null
    case 'callbackParameter':
      return definition.callee.kind === 'member' && definition.callee.name === '$transaction'
        ? 'certain'
        : null
    case 'class':
      return definition.extends !== null && isPrismaClass(definition.extends) ? 'certain' : null
    case 'value':
      return definition.node.type === 'ObjectExpression' ? null : 'other'
    default:
      return null
  }
}

const foreignOf = (definition: Definition): Client | null =>
  definition.kind === 'import' && foreign.test(definition.module) ? 'other' : null

const isDollarCall = (callee: Definition): boolean => callee.kind === 'member' && callee.name.startsWith('$')

const objectOf = (definition: Definition): Definition =>
  definition.kind === 'member' ? definition.object : definition

/** `PrismaClient` from `@prisma/client`, from a generated folder, or `Prisma.TransactionClient`. */
function isPrismaClass(definition: Definition): boolean {
  switch (definition.kind) {
    case 'import':
      return clientTypes.has(definition.name)
    case 'member':
      return clientTypes.has(definition.name)
    case 'class':
      return definition.extends !== null && isPrismaClass(definition.extends)
    case 'typed':
    case 'unknown':
      return definition.kind === 'typed' ? isPrismaClass(definition.type) : clientTypes.has(definition.text)
    default:
      return false
  }
}

export type Operation = 'find' | 'count' | 'create' | 'createMany' | 'update' | 'upsert' | 'delete'

const operations: Readonly<Record<string, Operation>> = {
  findMany: 'find',
  findFirst: 'find',
  findFirstOrThrow: 'find',
  findUnique: 'find',
  findUniqueOrThrow: 'find',
  count: 'count',
  aggregate: 'count',
  groupBy: 'count',
  create: 'create',
  createMany: 'createMany',
  createManyAndReturn: 'createMany',
  update: 'update',
  updateMany: 'update',
  updateManyAndReturn: 'update',
  upsert: 'upsert',
  delete: 'delete',
  deleteMany: 'delete',
}

/** Names that other libraries hardly use. */
const distinctive = /^(find(Many|First|Unique)|createMany|updateMany|deleteMany|upsert|groupBy)/

export interface ModelCall {
  readonly node: TSESTree.CallExpression
  readonly operation: Operation
  readonly method: string
  /** Null: the tenancy model does not name it. */
  readonly relation: TenancyRelation | null
  /** As the program writes it. */
  readonly model: string
  readonly client: string
}

/** `client.model.method(…)`. `dynamic`: the model is chosen at run time. Null: no Prisma call. */
export function modelCallOf(
  node: TSESTree.CallExpression,
  scope: ExtractionScope,
): ModelCall | 'dynamic' | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return null
  const method = memberName(callee) ?? ''
  const operation = Object.hasOwn(operations, method) ? operations[method]! : null
  if (operation === null || !takesOneObject(node)) return null
  const delegate = unwrap(scope.resolve(unwrap(callee.object)))
  if (delegate.type === 'Identifier') return takenDelegate(node, delegate, operation, method, scope)
  if (delegate.type !== 'MemberExpression') return null
  const client = clientOf(delegate.object, scope)
  if (client === 'other' && !distinctive.test(method)) return null
  const model = memberName(delegate) ?? constantName(delegate, scope)
  if (model === null) return client === 'certain' ? 'dynamic' : null
  const found = scope.tenancy.find(model)
  // A table of that name is not yet a delegate of that name: the client must be one then.
  const relation = found !== null && (isDelegate(found, model) || client === 'certain') ? found : null
  if (relation === null && (client !== 'certain' || model.startsWith('$'))) return null
  if (client === 'other' && definitelyOther(delegate.object, scope)) return null
  return { node, operation, method, relation, model, client: scope.pathOf(delegate.object) }
}

/** `const { course } = prisma`. */
function takenDelegate(
  node: TSESTree.CallExpression,
  delegate: TSESTree.Identifier,
  operation: Operation,
  method: string,
  scope: ExtractionScope,
): ModelCall | null {
  const definition = scope.definitionOf(delegate)
  if (definition.kind !== 'member' || kindOf(definition.object) !== 'certain') return null
  const relation = scope.tenancy.find(definition.name)
  return { node, operation, method, relation, model: definition.name, client: delegate.name }
}

const constantName = (node: TSESTree.MemberExpression, scope: ExtractionScope): string | null => {
  const value = node.computed ? scope.constantOf(node.property)?.value : null
  return typeof value === 'string' ? value : null
}

function isDelegate(relation: TenancyRelation, model: string): boolean {
  if (relation.model === null) return relation.name === model
  return relation.model.charAt(0).toLowerCase() + relation.model.slice(1) === model
}

function definitelyOther(node: TSESTree.Node, scope: ExtractionScope): boolean {
  const definition = scope.definitionOf(node)
  return definition.kind === 'value' || kindOf(definition) === 'other'
}

function takesOneObject(node: TSESTree.CallExpression): boolean {
  if (node.arguments.length > 1) return false
  const [first] = node.arguments
  return (
    first === undefined ||
    !/^(Literal|ArrowFunctionExpression|FunctionExpression|ArrayExpression)$/.test(first.type)
  )
}
