import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Definition } from '../../../source/definition.ts'
import type { ExtractionScope } from '../../library.ts'

/** Other libraries with a tag of the same name. */
const otherTags =
  /['"](kysely|drizzle-orm|slonik|@prisma\/client|@vercel\/postgres|@neondatabase\/serverless|sql-template-tag|sql-template-strings|@databases\/.*|mssql|mysql2?)(\/[^'"]*)?['"]/

const clientName = /(^|\.)(sql|pgsql|tx|trx)$/i

export type Receiver = 'client' | 'conventional' | 'other'

/** Is the tag (or callee) a client of postgres.js? `conventional`: only its name says so. */
export function receiverOf(given: TSESTree.Node, scope: ExtractionScope): Receiver {
  const node = unwrap(given)
  if (node.type === 'LogicalExpression') {
    const sides = [receiverOf(node.left, scope), receiverOf(node.right, scope)]
    return sides.find((side) => side === 'client') ?? (sides.includes('other') ? 'other' : 'conventional')
  }
  // `connect()\`…\``: what `sql(…)` gives is a part of a statement and tags nothing.
  if (node.type === 'CallExpression') return isClient(scope.definitionOf(node)) ? 'client' : 'other'
  if (node.type !== 'Identifier' && node.type !== 'MemberExpression') return 'other'
  const definition = scope.definitionOf(node)
  if (isClient(definition)) return 'client'
  if (isForeign(definition) || otherTags.test(scope.sourceCode.text)) return 'other'
  return clientName.test(scope.pathOf(node)) ? 'conventional' : 'other'
}

function isClient(definition: Definition): boolean {
  switch (definition.kind) {
    case 'call':
      return isFactory(definition.callee) || isMethodOfClient(definition.callee, /^reserve$/)
    case 'typed':
      return isType(definition.type)
    case 'callbackParameter':
      return isMethodOfClient(definition.callee, /^(begin|savepoint)$/)
    default:
      return false
  }
}

const isFactory = (callee: Definition): boolean =>
  callee.kind === 'import' && callee.module === 'postgres' && /^(default|\*|postgres)$/.test(callee.name)

const isMethodOfClient = (callee: Definition, name: RegExp): boolean =>
  callee.kind === 'member' && name.test(callee.name) && isClient(callee.object)

function isType(type: Definition): boolean {
  if (type.kind === 'member') return isType(type.object) && /Sql$/.test(type.name)
  return type.kind === 'import' && type.module === 'postgres'
}

/** Comes from a package that is another one. */
function isForeign(definition: Definition): boolean {
  switch (definition.kind) {
    case 'import':
      return !definition.local && definition.module !== 'postgres'
    case 'typed':
      return isForeign(definition.type)
    case 'call':
    case 'callbackParameter':
      return isForeign(definition.callee)
    case 'member':
      return isForeign(definition.object)
    case 'instance':
      return isForeign(definition.of)
    case 'value':
    case 'function':
      return true
    default:
      return false
  }
}
