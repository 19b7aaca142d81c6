import type { TSESTree } from '@typescript-eslint/utils'
import { basename } from 'node:path'
import { readMigrations } from '../../schema/from-migrations.ts'
import type { MigrationFile } from '../../schema/migration-files.ts'
import { isFunction } from '../../source/binding.ts'
import { classMember } from '../../source/class-member.ts'
import { exportedNode } from '../../source/exports.ts'
import type { SourceModule } from '../../source/module.ts'
import { Follower, type Term } from '../../source/term.ts'
import { readProgram } from '../program.ts'
import { compare } from '../root.ts'
import { shapeOfSchema } from '../schema-shape.ts'
import type { DatabaseShape } from '../shape.ts'
import { AttributeTool } from './attributes.ts'
import { KnexTool } from './knex.ts'
import { KyselyTool } from './kysely.ts'
import { Migration } from './migration.ts'
import { QueryRunnerTool } from './query-runner.ts'
import { SqlTextTool, textsOf } from './sql-text.ts'
import { MigrationWalk } from './walk.ts'

const up = /\bup\s*[(:=,}]|\bexports\.up\b/
const builder = /\.createTable\w*\s*\(|\bCREATE\s+(?:UNLOGGED\s+)?TABLE\b/gi
const change =
  /\.(?:add|drop|rename|alter|change|remove)(?:Column|Table|Constraint)s?\s*\(|\bALTER\s+TABLE\b/i

/** About how many tables a file makes with Knex, told from its text. */
export function countKnex(text: string): number {
  if (!up.test(text) || !/\bknex\b/i.test(text) || !/\.schema\b|\.raw\s*\(/.test(text)) return 0
  return 1 + (text.match(/\.createTable\w*\s*\(/g)?.length ?? 0)
}

/**
 * About how many tables a file makes with another migration tool, or as SQL in its strings. Text that makes none, and is no migration,
 * may speak of anything.
 */
export function countProgram(text: string): number {
  if (countKnex(text) > 0) return 0
  const made = text.match(builder)?.length ?? 0
  if (up.test(text)) return made > 0 || change.test(text) ? 1 + made : 0
  return /['"`]\s*(?:--[^\n]*\n\s*)*(?:CREATE\s+(?:UNLOGGED\s+)?TABLE|ALTER\s+TABLE)\b/i.test(text)
    ? made + 0.5
    : 0
}

/**
 * The shape that Knex migrations leave behind, in the order of their names. Each is written as SQL and read with the reader of
 * SQL migrations, so that builder calls and raw SQL mix as they do when they run.
 *
 * @throws {@link Problem} `E-PARSER-MISSING`.
 */
export function shapeOfKnex(files: readonly string[]): DatabaseShape {
  return shapeOf(files, 'Knex migration', readKnex)
}

/**
 * The same for migrations of every other tool that runs a function, and for SQL in the strings of a program.
 *
 * @throws {@link Problem} `E-PARSER-MISSING`.
 */
export function shapeOfProgram(files: readonly string[]): DatabaseShape {
  return shapeOf(files, 'migration', readProgramOf)
}

type Reading = (module: SourceModule, migration: Migration, notes: string[]) => void

function shapeOf(files: readonly string[], kind: string, read: Reading): DatabaseShape {
  // The tools sort by the text of the name, not by the number that it begins with.
  const ordered = files.toSorted((left, right) => compare(basename(left), basename(right)))
  const { modules, parse, unread } = readProgram(ordered, kind)
  const follower = new Follower(parse)
  const notes = [...unread]
  const scripts = modules.map((module): MigrationFile => {
    const { filename } = module
    const migration = new Migration(follower, (line, what) => notes.push(`${filename}:${line}: ${what}`))
    read(module, migration, notes)
    return { file: filename, text: migration.script.text }
  })
  const shape = shapeOfSchema(readMigrations(scripts))
  return { ...shape, unread: [...notes, ...shape.unread] }
}

function readKnex(module: SourceModule, migration: Migration, notes: string[]): void {
  const up = upOf(module, migration.follower)
  if (up === null) notes.push(`${module.filename}: a migration without an up function in sight`)
  else new MigrationWalk(migration.follower, [new KnexTool(up.run, migration)], up.owner).enter(up.run)
}

function readProgramOf(module: SourceModule, migration: Migration): void {
  const sql = new SqlTextTool(migration)
  const up = upOf(module, migration.follower)
  if (up === null) {
    for (const text of textsOf(module, migration.follower)) sql.add(text)
    return
  }
  const tools = [new KyselyTool(migration), new QueryRunnerTool(migration), new AttributeTool(migration), sql]
  new MigrationWalk(migration.follower, tools, up.owner).enter(up.run)
}

interface Up {
  readonly run: Term
  /** The class of which it is a method. */
  readonly owner: TSESTree.Node | null
}

/** `exports.up`, `export const up`, `module.exports = { up }`, `export default { up }`, `class … { async up() {} }`. */
function upOf(module: SourceModule, follower: Follower): Up | null {
  const named = exportedNode(module, 'up')
  const whole = exportedNode(module, 'default')
  const found =
    named.kind === 'node'
      ? follower.term(named.node, module)
      : whole.kind === 'node'
        ? follower.property(follower.follow(follower.term(whole.node, module)), 'up')
        : null
  const callee = found === null ? null : follower.follow(found)
  if (callee !== null && isFunction(callee.node)) return { run: callee, owner: null }
  return methodUp(module, follower)
}

function methodUp(module: SourceModule, follower: Follower): Up | null {
  for (const statement of module.program.body) {
    const declared =
      statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration'
        ? statement.declaration
        : statement
    const owner =
      declared?.type === 'ExpressionStatement' && declared.expression.type === 'AssignmentExpression'
        ? declared.expression.right
        : declared
    const method = owner == null ? null : classMember(owner, 'up')
    if (method?.kind !== 'value' || !isFunction(method.value)) continue
    return { run: follower.term(method.value, module), owner: owner ?? null }
  }
  return null
}
