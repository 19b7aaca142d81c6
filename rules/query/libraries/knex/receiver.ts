import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Definition } from '../../../source/definition.ts'
import type { ExtractionScope } from '../../library.ts'
import { clientMethods } from './methods.ts'

/** Modules whose builders have methods of the same names. */
const foreign =
  /^(kysely|drizzle-orm|typeorm|sequelize|objection|@mikro-orm\/|@supabase\/|mongodb|mongoose|lodash|cheerio|jquery|postgres$|slonik$|@prisma\/|pg$)/

/** What people call a Knex client, a transaction, or the holder of one. */
const clientName = /(^|[._#])(\w*knex\w*|\w*trx\w*|tx|db\w*|\w+Db|database|conn|connection)(\(\))?$/

const knexName = /(^|[._#])\w*knex(\(\))?$/i

/**
 * What a chain starts on. `conventional`: nothing says that it is Knex, nothing says that it is not, and the file imports Knex or
 * the name is one that people give to it; then the shape of the chain decides.
 */
export type Receiver = 'client' | 'conventional' | 'other'

export function receiverOf(given: TSESTree.Node, scope: ExtractionScope): Receiver {
  const node = unwrap(given, true)
  if (node.type === 'LogicalExpression') return either(node.left, node.right, scope)
  if (node.type === 'ConditionalExpression') return either(node.consequent, node.alternate, scope)
  if (!/^(Identifier|MemberExpression|CallExpression)$/.test(node.type)) return 'other'
  const known = classify(scope.definitionOf(node))
  // `knex({…})` makes a client; only what it makes has queries.
  if (known === 'factory') return 'other'
  if (known !== 'unknown') return known
  const path = scope.pathOf(node).replace(/\(.*\)$/s, '()')
  if (clientName.test(path)) return 'conventional'
  return importsKnex(scope) && /(^|\.)[a-z]\w*(\(\))?$/.test(path) ? 'conventional' : 'other'
}

function either(one: TSESTree.Node, other: TSESTree.Node, scope: ExtractionScope): Receiver {
  const [first, second] = [receiverOf(one, scope), receiverOf(other, scope)]
  if (first === 'client' || second === 'client') return 'client'
  return first === 'conventional' || second === 'conventional' ? 'conventional' : 'other'
}

/** Is the name one that people give to what makes Knex queries? */
export function hasClientName(node: TSESTree.Node, scope: ExtractionScope): boolean {
  const bare = unwrap(node, true)
  if (bare.type === 'LogicalExpression') {
    return hasClientName(bare.left, scope) || hasClientName(bare.right, scope)
  }
  return clientName.test(scope.pathOf(bare).replace(/\(.*\)$/s, '()'))
}

/** Does the name, or the file, say Knex? */
export function saysKnex(node: TSESTree.Node, scope: ExtractionScope): boolean {
  return importsKnex(scope) || knexName.test(scope.pathOf(unwrap(node, true)).replace(/\(.*\)$/s, '()'))
}

type Kind = 'client' | 'factory' | 'other' | 'unknown'

function classify(definition: Definition): Kind {
  switch (definition.kind) {
    case 'import':
      if (isKnexModule(definition)) return 'factory'
      return !definition.local && foreign.test(definition.module) ? 'other' : 'unknown'
    case 'typed':
      return typeKind(definition.type)
    case 'instance':
      if (definition.of.kind === 'class') return typeKind(definition.of)
      return definition.of.kind === 'import' && foreign.test(definition.of.module) ? 'other' : 'unknown'
    case 'call':
      return callKind(definition.callee)
    case 'callbackParameter':
      return definition.callee.kind === 'member' && definition.callee.name === 'transaction'
        ? madeBy(definition.callee.object)
        : originKind(definition.callee)
    case 'member':
      return originKind(definition.object)
    case 'value':
      return definition.node.type === 'ObjectExpression' ? 'unknown' : 'other'
    default:
      return 'unknown'
  }
}

/** `knex({…})`, `knex.withSchema(…)`, `await knex.transaction()`. */
function callKind(callee: Definition): Kind {
  if (classify(callee) === 'factory') return 'client'
  if (callee.kind === 'member' && clientMethods.has(callee.name)) return madeBy(callee.object)
  return originKind(callee)
}

const madeBy = (object: Definition): Kind => {
  const kind = classify(object)
  return kind === 'factory' ? 'unknown' : kind
}

/** What is reached through another library's objects is that library's. */
function originKind(definition: Definition): Kind {
  switch (definition.kind) {
    case 'import':
      return !definition.local && foreign.test(definition.module) ? 'other' : 'unknown'
    case 'member':
      return originKind(definition.object)
    case 'call':
    case 'callbackParameter':
      return originKind(definition.callee)
    default:
      return 'unknown'
  }
}

function typeKind(type: Definition): Kind {
  // A type of the project says what it is: Knex when it extends Knex's.
  if (type.kind === 'class') return type.extends === null ? 'other' : typeKind(type.extends)
  if (type.kind === 'member') return typeKind(type.object) === 'client' ? 'client' : 'unknown'
  if (type.kind !== 'import') return 'unknown'
  if (isKnexModule(type)) return 'client'
  return !type.local && foreign.test(type.module) ? 'other' : 'unknown'
}

const isKnexModule = (definition: Definition): boolean =>
  definition.kind === 'import' && /^knex(\/|$)/.test(definition.module)

const knexImports = new WeakMap<object, boolean>()

export function importsKnex(scope: ExtractionScope): boolean {
  const { ast } = scope.sourceCode
  const known = knexImports.get(ast)
  if (known !== undefined) return known
  const found = /['"]knex(\/[^'"]*)?['"]/.test(scope.sourceCode.text)
  knexImports.set(ast, found)
  return found
}
