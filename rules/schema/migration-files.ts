import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Problem } from '../problem.ts'

/** One SQL file. `file` is the name shown in findings. @public */
export interface MigrationFile {
  readonly file: string
  readonly text: string
}

/** Lines after which the way back begins: node-pg-migrate, dbmate, goose, sql-migrate, Play evolutions. */
const downward =
  /^\s*(?:--|#)\s*(?:down migration\b|migrate:down\b|\+goose down\b|\+migrate down\b|!downs\b)/i
const upward = /^\s*(?:--|#)\s*(?:up migration\b|migrate:up\b|\+goose up\b|\+migrate up\b|!ups\b)/i

/** Blanks the parts of a migration that undo it; positions in the rest stay true. */
export function keepUpward(text: string): string {
  let down = false
  return text
    .split('\n')
    .map((line) => {
      if (downward.test(line)) down = true
      else if (upward.test(line)) down = false
      return down ? line.replace(/[^\r]/g, ' ') : line
    })
    .join('\n')
}

/** Files that undo another: `x.down.sql`, `x_rollback.sql`, `down.sql` (diesel), `U1__x.sql` (Flyway). */
const undoes = /(?:^|[._-])(?:down|undo|rollback|revert)\.sql$|^U[\d._]+__.*\.sql$/

/** Is this file a step of a migration, and not its way back? */
export function isForward(path: string): boolean {
  const name = basename(path)
  return /\.sql$/i.test(name) && !undoes.test(name)
}

interface Rank {
  readonly repeatable: boolean
  /** Digits of the version, so that 10 comes after 9. Stamps have equal lengths and compare as text would. */
  readonly version: readonly bigint[]
  readonly name: string
}

function rankOf(name: string): Rank {
  const match = /^[Vv]?(\d+(?:[._]\d+(?=[._]))*)/.exec(name)
  const version = match === null ? [] : match[1]!.split(/[._]/).map(BigInt)
  return { repeatable: /^R__/.test(name), version, name }
}

/** Order in which tools apply the entries of a folder: by version, then by name; Flyway's repeatable ones last. */
export function compareMigrationNames(left: string, right: string): number {
  const [one, two] = [rankOf(left), rankOf(right)]
  if (one.repeatable !== two.repeatable) return one.repeatable ? 1 : -1
  const length = Math.max(one.version.length, two.version.length)
  for (let index = 0; index < length; index++) {
    const [a, b] = [one.version[index] ?? -1n, two.version[index] ?? -1n]
    if (a !== b) return a < b ? -1 : 1
  }
  return one.name < two.name ? -1 : one.name > two.name ? 1 : 0
}

/** Paths of the migrations below a folder, in the order in which they are applied. */
export function listMigrations(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && name !== 'node_modules')
    .toSorted((left, right) => compareMigrationNames(left.name, right.name))
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return listMigrations(path)
    return isForward(path) ? [path] : []
  })
}

/**
 * Reads files and folders of migrations in the order given; a folder in the order of its names.
 *
 * @throws Problem `E-SCHEMA-MISSING` for a path that does not exist or holds no SQL.
 * @public
 */
export function readMigrationFiles(paths: readonly string[]): MigrationFile[] {
  return paths.flatMap((path) => {
    const stats = statSync(path, { throwIfNoEntry: false })
    const found = stats?.isDirectory() === true ? listMigrations(path) : stats === undefined ? [] : [path]
    if (found.length === 0) {
      throw new Problem(
        'E-SCHEMA-MISSING',
        stats === undefined ? `There is no ${path}.` : `${path} holds no .sql file.`,
        'Give the folder of SQL migrations or a schema dump, or use --database.',
      )
    }
    return found.map((file) => ({ file, text: readFileSync(file, 'utf8') }))
  })
}
