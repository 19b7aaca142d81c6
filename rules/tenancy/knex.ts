import { basename } from 'node:path'
import { readMigrations } from '../schema/from-migrations.ts'
import type { MigrationFile } from '../schema/migration-files.ts'
import { isFunction } from '../source/binding.ts'
import { exportedNode } from '../source/exports.ts'
import type { SourceModule } from '../source/module.ts'
import { Follower, type Term } from '../source/term.ts'
import { KnexMigration } from './knex-migration.ts'
import { readProgram } from './program.ts'
import { compare } from './root.ts'
import { shapeOfSchema } from './schema-shape.ts'
import type { DatabaseShape } from './shape.ts'

const up = /\bup\s*[(:=,}]|\bexports\.up\b/

/** About how many tables a file makes with Knex, told from its text. */
export function countKnex(text: string): number {
  if (!up.test(text) || !/\bknex\b/i.test(text) || !/\.schema\b|\.raw\s*\(/.test(text)) return 0
  return 1 + (text.match(/\.createTable\w*\s*\(/g)?.length ?? 0)
}

/**
 * The shape that Knex migrations leave behind, in the order of their names. Each is written as SQL and read with the reader of
 * SQL migrations, so that builder calls and raw SQL mix as they do when they run.
 *
 * @throws {@link Problem} `E-PARSER-MISSING`.
 */
export function shapeOfKnex(files: readonly string[]): DatabaseShape {
  // Knex sorts by the text of the name, not by the number that it begins with.
  const ordered = files.toSorted((left, right) => compare(basename(left), basename(right)))
  const { modules, parse, unread } = readProgram(ordered, 'Knex migration')
  const follower = new Follower(parse)
  const notes = [...unread]
  const scripts = modules.map((module) => scriptOf(module, follower, notes))
  const shape = shapeOfSchema(readMigrations(scripts))
  return { ...shape, unread: [...notes, ...shape.unread] }
}

function scriptOf(module: SourceModule, follower: Follower, notes: string[]): MigrationFile {
  const { filename } = module
  const callee = upOf(module, follower)
  if (callee === null) {
    notes.push(`${filename}: a migration without an up function in sight`)
    return { file: filename, text: '' }
  }
  const { script } = new KnexMigration(callee, follower, (line, what) =>
    notes.push(`${filename}:${line}: ${what}`),
  )
  return { file: filename, text: script.text }
}

/** `exports.up`, `export const up`, `module.exports = { up }`, `export default { up }`. */
function upOf(module: SourceModule, follower: Follower): Term | null {
  const named = exportedNode(module, 'up')
  const whole = exportedNode(module, 'default')
  const found =
    named.kind === 'node'
      ? follower.term(named.node, module)
      : whole.kind === 'node'
        ? follower.property(follower.follow(follower.term(whole.node, module)), 'up')
        : null
  const callee = found === null ? null : follower.follow(found)
  return callee !== null && isFunction(callee.node) ? callee : null
}
