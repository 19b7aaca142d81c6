import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Definition } from '../../../source/definition.ts'
import type { ExtractionScope } from '../../library.ts'

const drizzle = /^drizzle-orm(\/|$)/

/** Modules whose objects have methods of the same names. */
const foreign =
  /^(kysely|knex|typeorm|sequelize|mongoose|mongodb|@mikro-orm\/.*|@supabase\/.*|@prisma\/.*|@tanstack\/.*)$/

const clientType = /(Database|Transaction|QueryBuilder|Tx)$/

const clientName =
  /(^|[._#])([Dd]b|[Dd]atabase|drizzle|orm|tx|trx|transaction|conn|connection|client|executor|qb)$|(Db|DB|Database|Drizzle|Orm|Tx|Trx|Transaction)$|(^|[._#])(db|drizzle|database|tx|trx)[A-Z]\w*$/

/** `conventional`: nothing says that it is Drizzle, nothing says that it is not, and people name a database so. */
export type Receiver = 'client' | 'conventional' | 'unknown' | 'other'

/** What a call goes through. */
export function receiverOf(given: TSESTree.Node, scope: ExtractionScope): Receiver {
  const node = unwrap(given, true)
  if (node.type === 'LogicalExpression')
    return strongest(receiverOf(node.left, scope), receiverOf(node.right, scope))
  if (node.type === 'ConditionalExpression')
    return strongest(receiverOf(node.consequent, scope), receiverOf(node.alternate, scope))
  const known = classify(scope.definitionOf(node))
  if (known !== 'unknown') return known
  return clientName.test(scope.pathOf(node).replace(/\(.*\)$/s, '')) ? 'conventional' : 'unknown'
}

const ranks: readonly Receiver[] = ['client', 'conventional', 'unknown', 'other']

const strongest = (one: Receiver, other: Receiver): Receiver =>
  ranks.find((rank) => rank === one || rank === other)!

function classify(definition: Definition): Receiver {
  switch (definition.kind) {
    case 'import':
      return foreign.test(definition.module) ? 'other' : 'unknown'
    case 'call':
      if (isDrizzle(definition.callee)) return 'client'
      return definition.callee.kind === 'import' && foreign.test(definition.callee.module)
        ? 'other'
        : 'unknown'
    case 'instance':
      if (isDrizzle(definition.of)) return 'client'
      return isForeignClass(definition.of) ? 'other' : 'unknown'
    case 'typed':
      if (isDrizzle(definition.type)) return 'client'
      return isForeignClass(definition.type) ? 'other' : 'unknown'
    case 'callbackParameter': {
      const { callee } = definition
      if (callee.kind !== 'member' || callee.name !== 'transaction') return 'unknown'
      return classify(callee.object)
    }
    case 'class':
      return definition.extends === null ? 'unknown' : classify({ kind: 'typed', type: definition.extends })
    case 'value':
      return definition.node.type === 'ObjectExpression' ? 'unknown' : 'other'
    case 'function':
      return 'other'
    default:
      return 'unknown'
  }
}

/** `drizzle(…)`, or one of the classes that it makes. */
function isDrizzle(definition: Definition): boolean {
  if (definition.kind === 'typed' || definition.kind === 'class') {
    const further = definition.kind === 'typed' ? definition.type : definition.extends
    return further !== null && isDrizzle(further)
  }
  if (definition.kind !== 'import' || !drizzle.test(definition.module)) return false
  return definition.name === 'drizzle' || clientType.test(definition.name)
}

function isForeignClass(definition: Definition): boolean {
  if (definition.kind === 'import') {
    return (
      foreign.test(definition.module) ||
      /^(Map|Set|WeakMap|URLSearchParams|Headers|FormData)$/.test(definition.name)
    )
  }
  if (definition.kind === 'unknown')
    return /^(Readonly)?(Map|Set)\b|^(WeakMap|WeakSet|URLSearchParams|Headers|FormData|Cache)\b/.test(
      definition.text,
    )
  return definition.kind === 'class' && definition.extends !== null && isForeignClass(definition.extends)
}

/** Modules that have a `sql` of their own, or operators under the same names. */
const otherSql =
  /^(kysely|slonik|postgres|@vercel\/postgres|@neondatabase\/serverless|bun|mysql2|@prisma\/.*|@effect\/.*|lodash.*|ramda|rxjs.*|fp-ts.*|zod)(\/.*)?$/

/**
 * Name of the thing of Drizzle's that an identifier or member was imported as (`eq`, `sql`, `alias`, `pgTable`). Packages of a project
 * hand Drizzle's exports on under the same names, so an import from a module that cannot be read counts too.
 */
export function exportName(given: TSESTree.Node, scope: ExtractionScope): string | null {
  const node = unwrap(given)
  if (node.type !== 'Identifier' && node.type !== 'MemberExpression') return null
  const definition = scope.definitionOf(node)
  if (definition.kind !== 'import') return null
  return otherSql.test(definition.module) ? null : definition.name
}

export const isDrizzleModule = (module: string): boolean => drizzle.test(module)

export function mentionsDrizzle(scope: ExtractionScope): boolean {
  return /['"]drizzle-orm(\/[^'"]*)?['"]/.test(scope.sourceCode.text)
}
