import type { TSESTree } from '@typescript-eslint/utils'
import { calleeName } from '../../../source/callee.ts'
import { type FunctionNode, isFunction, memberName } from '../../../source/binding.ts'
import { childrenOf } from '../../../source/children.ts'
import type { Definition } from '../../../source/definition.ts'
import type { ExtractionScope } from '../../library.ts'

/**
 * Whether a call goes to PostgreSQL through node-postgres, or to another database that is asked in SQL text. `undecided`: its receiver
 * could not be traced, so only a text that PostgreSQL's parser accepts as a query makes it one.
 */
export type Client = 'pg' | 'mysql' | 'clickhouse' | 'sql' | 'undecided' | 'other'

const packages =
  /^(pg|pg-pool|pg-native|pg-promise|@neondatabase\/serverless|@vercel\/postgres|@electric-sql\/pglite)$/

const classNames = /^(Pool|Client|PoolClient|ClientBase|BoundPool|PGlite|IDatabase|ITask|IConnected)$/

/** Packages that hand out a pg client under their own names. */
const bridges = /^(@fastify\/postgres|fastify-postgres)$/

/** Databases of other makes, whose text is close to PostgreSQL's. */
const relatives: readonly (readonly [Client, RegExp])[] = [
  [
    'mysql',
    /^(mysql2?|mysql2\/promise|mariadb|serverless-mysql|@planetscale\/database|@tidbcloud\/serverless)$/,
  ],
  ['clickhouse', /^(@clickhouse\/client(-web|-common)?|clickhouse)$/],
  [
    'sql',
    /^(sqlite3?|better-sqlite3|node:sqlite|bun:sqlite|sql\.js|@libsql\/.*|mssql|tedious|oracledb|@google-cloud\/(bigquery|spanner)|snowflake-sdk|duckdb|@duckdb\/.*|@databricks\/sql)$/,
  ],
]

/** Stores that are not asked in SQL. From any package that is not named here a client may come, of which only the text tells. */
const otherStores = /^(cassandra-driver|neo4j-driver|mongodb|mongoose|redis|ioredis)$/

function packageKind(module: string, local: boolean): Client {
  if (packages.test(module) || bridges.test(module)) return 'pg'
  if (local) return 'undecided'
  if (otherStores.test(module)) return 'other'
  return relatives.find(([, names]) => names.test(module))?.[0] ?? 'undecided'
}

/** The package that a chain of calls and members begins in. */
function originKind(definition: Definition): Client {
  switch (definition.kind) {
    case 'import':
      return withoutPg(packageKind(definition.module, definition.local))
    case 'member':
      return originKind(definition.object)
    case 'call':
    case 'callbackParameter':
      return originKind(definition.callee)
    case 'instance':
      return originKind(definition.of)
    case 'typed':
      return originKind(definition.type)
    default:
      return 'undecided'
  }
}

/** Not everything that node-postgres hands out is a client. */
const withoutPg = (client: Client): Client => (client === 'pg' ? 'undecided' : client)

/** A path that ends so is a pg client by the convention of a framework. */
const conventional = /(^|\.)(pg|pgPool|pgClient)(\(\))?$/

/** Names under which wrappers of `pool.query` go. */
export const queryNames =
  /^(\w*query\w*|execute\w*|exec|run|any|one|oneOrNone|many|manyOrNone|none|result|sql\w*|raw|rows?|first|select\w*)$/i

const loggers = /(^|\.)(console|log|logger|winston|pino|debug|expect)(\(\))?$/i

/** A method of any name may run SQL when its object comes from a module, a parameter or a class; a logger does not. */
function isHandedIn(definition: Definition): boolean {
  switch (definition.kind) {
    case 'import':
      return !loggers.test(definition.name) && !/log|test|jest|chai|assert/i.test(definition.module)
    case 'parameter':
      return !loggers.test(definition.name)
    case 'instance':
    case 'typed':
    case 'class':
      return true
    case 'member':
      return !loggers.test(definition.name) && isHandedIn(definition.object)
    default:
      return false
  }
}

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
  return queryNames.test(memberName(callee) ?? '') || isHandedIn(receiver) ? 'undecided' : 'other'
}

/** What a receiver is, told from where it was made. */
export function clientKind(definition: Definition): Client {
  switch (definition.kind) {
    case 'import':
      return packageKind(definition.module, definition.local)
    case 'instance':
      return classKind(definition.of)
    case 'typed':
      return classKind(definition.type)
    case 'member':
      return memberKind(definition)
    case 'call':
    case 'callbackParameter':
      return isPgMade(definition.callee) ? 'pg' : originKind(definition.callee)
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
      return packageKind(definition.module, definition.local)
    case 'class':
      return definition.extends === null ? 'undecided' : classKind(definition.extends)
    case 'member':
      return memberKind(definition)
    default:
      return 'undecided'
  }
}

function memberKind(definition: Extract<Definition, { kind: 'member' }>): Client {
  const { object, name } = definition
  if (object.kind === 'import' && packages.test(object.module)) return classNames.test(name) ? 'pg' : 'other'
  return withoutPg(clientKind(object))
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
  if (definition.kind === 'import') return packageKind(definition.module, definition.local)
  if (definition.kind !== 'function') {
    return definition.kind === 'value' || definition.kind === 'class' ? 'other' : 'undecided'
  }
  return isFunction(definition.node) && forwards(definition.node) ? 'pg' : 'undecided'
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
  const name = calleeName(call)
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
