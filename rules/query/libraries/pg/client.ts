import type { TSESTree } from '@typescript-eslint/utils'
import { type FunctionNode, isFunction, memberName } from '../../../provenance/binding.ts'
import { childrenOf, unwrap } from '../../../provenance/children.ts'
import type { Definition } from '../../../provenance/definition.ts'
import type { ExtractionScope } from '../../library.ts'

/**
 * Whether a call goes to PostgreSQL through node-postgres. `undecided`: its receiver could not be traced, so only a text that
 * PostgreSQL's parser accepts as a query makes it one.
 */
export type Client = 'pg' | 'undecided' | 'other'

const packages =
  /^(pg|pg-pool|pg-native|pg-promise|@neondatabase\/serverless|@vercel\/postgres|@electric-sql\/pglite|slonik)$/

const classNames = /^(Pool|Client|PoolClient|ClientBase|BoundPool|PGlite|IDatabase|ITask|IConnected)$/

/** Packages that hand out a pg client under their own names. */
const bridges = /^(@fastify\/postgres|fastify-postgres)$/

/** A path that ends so is a pg client by the convention of a framework. */
const conventional = /(^|\.)(pg|pgPool|pgClient)(\(\))?$/

/** Tells the client of a call from its callee. */
export function clientOf(callee: TSESTree.Node, scope: ExtractionScope): Client {
  if (callee.type === 'Identifier') return wrapperKind(scope.definitionOf(callee))
  if (callee.type !== 'MemberExpression') return 'other'
  const receiver = scope.definitionOf(callee.object)
  const kind = clientKind(receiver)
  if (kind !== 'undecided') return kind
  if (conventional.test(scope.pathOf(callee.object)) && memberName(callee) === 'query') return 'pg'
  const method = scope.definitionOf(callee)
  if (method.kind === 'function') return wrapperKind(method)
  return 'undecided'
}

/** What a receiver is, told from where it was made. */
export function clientKind(definition: Definition): Client {
  switch (definition.kind) {
    case 'import':
      if (packages.test(definition.module) || bridges.test(definition.module)) return 'pg'
      return definition.local ? 'undecided' : 'other'
    case 'instance':
      return classKind(definition.of)
    case 'typed':
      return classKind(definition.type)
    case 'member':
      return memberKind(definition)
    case 'call':
    case 'callbackParameter':
      return isPgMade(definition.callee) ? 'pg' : 'undecided'
    case 'value':
      return definition.node.type === 'ObjectExpression' ? 'undecided' : 'other'
    case 'class':
    case 'function':
    case 'parameter':
    case 'unknown':
      return 'undecided'
  }
}

function classKind(definition: Definition): Client {
  switch (definition.kind) {
    case 'import':
      if (packages.test(definition.module)) return classNames.test(definition.name) ? 'pg' : 'other'
      return definition.local ? 'undecided' : foreign(definition.module)
    case 'class':
      return definition.extends === null ? 'undecided' : classKind(definition.extends)
    case 'member':
      return memberKind(definition)
    default:
      return 'undecided'
  }
}

/** Raw SQL goes to PostgreSQL through some ORMs' own clients too; only what is known to be no SQL client is ruled out. */
function foreign(module: string): Client {
  return /^(typeorm|@mikro-orm\/.*|@nestjs\/typeorm|knex|sequelize)$/.test(module) ? 'undecided' : 'other'
}

function memberKind(definition: Extract<Definition, { kind: 'member' }>): Client {
  const { object, name } = definition
  if (object.kind === 'import' && packages.test(object.module)) return classNames.test(name) ? 'pg' : 'other'
  const holder = clientKind(object)
  if (holder === 'other' && object.kind === 'typed' && /^(pg|db|pool|client)$/i.test(name)) return 'undecided'
  return holder === 'pg' ? 'undecided' : holder
}

/** `pool.connect()`, `pool.connect().then((client) => …)`, `db.tx((t) => …)`. */
function isPgMade(callee: Definition): boolean {
  if (callee.kind === 'import') return packages.test(callee.module)
  if (callee.kind !== 'member') return false
  if (!/^(connect|getClient|acquire|then|tx|task|taskIf|txIf|transaction)$/.test(callee.name)) return false
  const { object } = callee
  if (object.kind === 'call') return isPgMade(object.callee)
  return clientKind(object) === 'pg'
}

/** A function is a wrapper when it hands its first parameter on as SQL text: `const query = (text, values) => pool.query(text, values)`. */
function wrapperKind(definition: Definition): Client {
  if (definition.kind === 'import')
    return definition.local ? 'undecided' : clientKind(definition) === 'pg' ? 'pg' : 'other'
  if (definition.kind !== 'function') {
    return definition.kind === 'value' || definition.kind === 'class' ? 'other' : 'undecided'
  }
  const { node } = definition
  if (!isFunction(node)) return 'other'
  return forwards(node) ? 'pg' : 'other'
}

export function forwards(node: FunctionNode): boolean {
  const [first] = node.params
  const pattern = first?.type === 'AssignmentPattern' ? first.left : first
  const names =
    pattern?.type === 'Identifier'
      ? [pattern.name]
      : pattern?.type === 'RestElement' && pattern.argument.type === 'Identifier'
        ? [pattern.argument.name]
        : []
  const search = (at: TSESTree.Node): boolean =>
    (at.type === 'CallExpression' && handsOn(at, names)) || childrenOf(at).some(search)
  return names.length > 0 && search(node.body)
}

function handsOn(call: TSESTree.CallExpression, names: readonly string[]): boolean {
  const callee = unwrap(call.callee)
  const name =
    callee.type === 'MemberExpression' ? memberName(callee) : callee.type === 'Identifier' ? callee.name : ''
  if (!/query|execute/i.test(name ?? '')) return false
  const [first] = call.arguments
  const passed = first?.type === 'SpreadElement' ? first.argument : first
  if (passed?.type === 'Identifier') return names.includes(passed.name)
  if (passed?.type !== 'ObjectExpression') return false
  return passed.properties.some(
    (property) =>
      property.type === 'Property' &&
      property.key.type === 'Identifier' &&
      property.key.name === 'text' &&
      property.value.type === 'Identifier' &&
      names.includes(property.value.name),
  )
}
