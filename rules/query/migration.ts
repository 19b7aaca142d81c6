import type { TSESTree } from '@typescript-eslint/utils'
import { keyName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { Definition } from '../source/definition.ts'
import { exportedNode } from '../source/exports.ts'
import type { ExtractionScope } from './library.ts'

/** Beyond this, a chain of base classes is not followed. */
const depthLimit = 8

/** Under which names the libraries keep the type of a migration, by the package that has it. */
const migrationTypes: readonly (readonly [module: RegExp, name: RegExp])[] = [
  [/^(@[\w-]+\/)?typeorm(\/|$)/, /^MigrationInterface$/],
  [/^@mikro-orm\//, /^Migration$/],
]

/** Where tools keep migrations that are functions, or how they name the files, which they run in the order of their names. */
const migrationFile = /(?:^|[\\/])[\w-]*migrations?[\\/]|(?:^|[\\/])\d{3,}[-_.][^\\/]*$/i

/**
 * Does this code stand in a schema migration? An operator runs it, over the rows of all tenants, and nobody's request is in sight: its
 * statements are none of the application's, and which tenant they are confined to is no question.
 *
 * @param node - any node of the file that the scope speaks of
 */
export function isMigration(node: TSESTree.Node, scope: ExtractionScope): boolean {
  if (isMigrationFile(scope)) return true
  for (let at: TSESTree.Node | undefined = node; at != null; at = at.parent) {
    if (at.type !== 'ClassDeclaration' && at.type !== 'ClassExpression') continue
    if (isMigrationClass(at, scope)) return true
  }
  return false
}

const knownFiles = new WeakMap<TSESTree.Program, boolean>()

/** Knex, sequelize-cli, umzug, node-pg-migrate, db-migrate and Kysely call what a file of theirs exports as `up`. */
function isMigrationFile({ filename, sourceCode: { ast } }: ExtractionScope): boolean {
  const before = knownFiles.get(ast)
  if (before !== undefined) return before
  const found = migrationFile.test(filename) && (exportsUp(ast, 'up') || exportsUp(ast, 'default'))
  knownFiles.set(ast, found)
  return found
}

function exportsUp(program: TSESTree.Program, name: 'up' | 'default'): boolean {
  const exported = exportedNode({ program }, name)
  if (exported.kind === 'stars') return false
  if (exported.kind === 'node' && name === 'up') return true
  if (exported.kind === 'reexport') return name === 'up'
  const whole = unwrap(exported.node)
  return (
    whole.type === 'ObjectExpression' &&
    whole.properties.some((one) => one.type === 'Property' && keyName(one.key, one.computed) === 'up')
  )
}

const known = new WeakMap<TSESTree.Node, boolean>()

function isMigrationClass(
  node: TSESTree.ClassDeclaration | TSESTree.ClassExpression,
  scope: ExtractionScope,
): boolean {
  const before = known.get(node)
  if (before !== undefined) return before
  const types = node.implements.map(({ expression }) => scope.definitionOf(expression))
  if (node.superClass !== null) types.push(scope.definitionOf(node.superClass))
  const found = types.some((type) => isMigrationType(type, scope))
  known.set(node, found)
  return found
}

function isMigrationType(type: Definition, scope: ExtractionScope, depth = 0): boolean {
  if (type.kind === 'import') {
    return migrationTypes.some(([module, name]) => module.test(type.module) && name.test(type.name))
  }
  if (type.kind !== 'class' || depth > depthLimit) return false
  if (type.extends !== null && isMigrationType(type.extends, scope, depth + 1)) return true
  const { node, module } = type
  if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') return false
  return node.implements.some(({ expression }) =>
    isMigrationType(scope.definitionIn(expression, module), scope, depth + 1),
  )
}
