import type { TSESTree } from '@typescript-eslint/utils'
import type { Definition } from '../../../source/definition.ts'
import type { ExtractionScope } from '../../library.ts'

const clientTypes: ReadonlySet<string> = new Set([
  'Kysely',
  'Transaction',
  'ControlledTransaction',
  'QueryCreator',
  'WithSchemaQueryCreator',
])

const expressionTypes: ReadonlySet<string> = new Set(['ExpressionBuilder'])

/** Modules whose builders have methods of the same names. */
const foreign = /^(knex|drizzle-orm|typeorm|sequelize|@mikro-orm\/.*|@supabase\/.*)$/

const clientName =
  /(^|[._#])(db|dbs|trx|tx|transaction|kysely|qb|database|conn|connection|client|pg|dialect)$/i

export type Receiver = 'client' | 'expressions' | 'conventional' | 'other'

/**
 * What a builder chain starts on. `conventional`: nothing says that it is Kysely, nothing says that it is not, and the file
 * imports Kysely or the name is one that people give to a database.
 */
export function receiverOf(node: TSESTree.Node, scope: ExtractionScope): Receiver {
  const known = classify(scope.definitionOf(node))
  if (known !== 'unknown') return known
  const path = scope.pathOf(node)
  if (importsKysely(scope) || clientName.test(path.replace(/\(.*\)$/s, ''))) return 'conventional'
  return 'other'
}

function classify(definition: Definition): Receiver | 'unknown' {
  switch (definition.kind) {
    case 'import':
      return foreign.test(definition.module) ? 'other' : 'unknown'
    case 'instance':
      return isKysely(definition.of, new Set(['Kysely'])) ? 'client' : instanceOfClass(definition.of)
    case 'typed':
      if (isKysely(definition.type, clientTypes)) return 'client'
      if (isKysely(definition.type, expressionTypes)) return 'expressions'
      return definition.type.kind === 'import' && foreign.test(definition.type.module) ? 'other' : 'unknown'
    case 'callbackParameter':
    case 'member':
    case 'call':
      return 'unknown'
    case 'class':
      return definition.extends === null ? 'unknown' : classify(definition.extends)
    case 'value':
      return 'other'
    default:
      return 'unknown'
  }
}

function instanceOfClass(definition: Definition): Receiver | 'unknown' {
  if (definition.kind === 'import' && foreign.test(definition.module)) return 'other'
  if (definition.kind !== 'class' || definition.extends === null) return 'unknown'
  return isKysely(definition.extends, new Set(['Kysely'])) ? 'client' : 'unknown'
}

const isKysely = (definition: Definition, names: ReadonlySet<string>): boolean =>
  definition.kind === 'import' && /^kysely(\/|$)/.test(definition.module) && names.has(definition.name)

const kyselyImports = new WeakMap<object, boolean>()

export function importsKysely(scope: ExtractionScope): boolean {
  const { ast } = scope.sourceCode
  const known = kyselyImports.get(ast)
  if (known !== undefined) return known
  const found = /['"]kysely(\/[^'"]*)?['"]/.test(scope.sourceCode.text)
  kyselyImports.set(ast, found)
  return found
}

/** Is this tag Kysely's `sql`, imported from it or handed on by a module of the project? */
export function isSqlTag(tag: TSESTree.Node, scope: ExtractionScope): boolean {
  if (tag.type === 'MemberExpression') return false
  const definition = scope.definitionOf(tag)
  if (definition.kind !== 'import') return false
  if (/^kysely(\/|$)/.test(definition.module)) return definition.name === 'sql'
  return definition.local && definition.name === 'sql' && importsKysely(scope)
}
