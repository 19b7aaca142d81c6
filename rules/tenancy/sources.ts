import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { Problem } from '../problem.ts'
import { readMigrations } from '../schema/from-migrations.ts'
import { readMigrationFiles } from '../schema/migration-files.ts'
import { shapeOfPrisma } from './prisma.ts'
import { compare } from './root.ts'
import { shapeOfSchema } from './schema-shape.ts'
import type { DatabaseShape } from './shape.ts'

const skipped = new Set([
  'node_modules',
  'dist',
  'build',
  'out',
  'coverage',
  'vendor',
  'test',
  'tests',
  '__tests__',
])
const deepest = 7
const migrationFolder = /^(migrations?|migrate|drizzle|sql|schema|schemas|changelogs?)$/i
const schemaFile = /^(schema|structure|init|database|tables)\.sql$/i

/**
 * The shape of one schema: a Prisma schema (file or folder of files), an SQL file, or a folder of SQL migrations.
 *
 * @throws {@link Problem} `E-SCHEMA-MISSING` or `E-SCHEMA-SYNTAX`.
 * @public
 */
export function readSource(path: string): DatabaseShape {
  if (!existsSync(path)) {
    throw new Problem(
      'E-SCHEMA-MISSING',
      `there is no ${path}`,
      'Name a Prisma schema, an SQL file or a folder of migrations.',
    )
  }
  const files = statSync(path).isDirectory() ? filesBelow(path) : [path]
  const prisma = files.filter((file) => file.endsWith('.prisma'))
  if (prisma.length > 0) {
    return shapeOfPrisma(prisma.map((file) => ({ file, text: readFileSync(file, 'utf8') })))
  }
  if (files.some((file) => /\.sql$/i.test(file))) {
    // Offsets in a folder of migrations follow the order in which a tool applies them, which the reader knows.
    return shapeOfSchema(readMigrations(readMigrationFiles([path])))
  }
  throw new Problem(
    'E-SCHEMA-MISSING',
    `${path} holds no .prisma and no .sql file`,
    'Name a Prisma schema, an SQL file or a folder of SQL migrations, or read the live database with --database URL.',
  )
}

/**
 * Where the schema of the project in `folder` lies, most telling source first; empty when none is found.
 *
 * @public
 */
export function detectSources(folder: string): readonly string[] {
  const files = filesBelow(folder)
  const prisma = files.filter((file) => file.endsWith('.prisma'))
  if (prisma.length > 0) return prismaSources(folder, prisma, files)
  const byFolder = new Map<string, number>()
  for (const file of files.filter((name) => /\.sql$/i.test(name))) {
    const home = migrationHome(folder, file)
    if (home !== null) byFolder.set(home, (byFolder.get(home) ?? 0) + 1)
  }
  const best = [...byFolder].sort(([a, left], [b, right]) => right - left || compare(a, b))[0]
  if (best !== undefined) return [best[0]]
  return files.filter((file) => schemaFile.test(basename(file))).slice(0, 1)
}

/** The schema itself, and its migrations where they hold policies, which Prisma's language cannot say. */
function prismaSources(folder: string, prisma: readonly string[], files: readonly string[]): string[] {
  const byFolder = new Map<string, string[]>()
  for (const file of prisma) byFolder.set(dirname(file), [...(byFolder.get(dirname(file)) ?? []), file])
  const depth = (path: string) => path.split(sep).length
  const [home, inHome] = [...byFolder].sort(
    ([a, left], [b, right]) => right.length - left.length || depth(a) - depth(b) || compare(a, b),
  )[0]!
  const main = inHome.length === 1 ? inHome[0]! : schemaHome(home, byFolder)
  const policies = files.filter(
    (file) => /\.sql$/i.test(file) && /row\s+level\s+security/i.test(readFileSync(file, 'utf8')),
  )
  const migrations = new Set(
    policies.map((file) => migrationHome(folder, file)).filter((found) => found !== null),
  )
  return [main, ...[...migrations].sort(compare).slice(0, 1)]
}

/** A multi-file schema may have the main file above the folder of models. */
function schemaHome(home: string, byFolder: ReadonlyMap<string, readonly string[]>): string {
  return byFolder.has(dirname(home)) ? dirname(home) : home
}

/** The innermost folder around the file that is named like one of migrations. */
function migrationHome(folder: string, file: string): string | null {
  const parts = relative(folder, dirname(file)).split(sep)
  const index = parts.findLastIndex((part) => migrationFolder.test(part))
  if (index >= 0) return join(folder, ...parts.slice(0, index + 1))
  return migrationFolder.test(basename(folder)) ? folder : null
}

function filesBelow(folder: string, depth = 0): string[] {
  if (depth > deepest) return []
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => compare(a.name, b.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isFile()) return /\.(prisma|sql)$/i.test(entry.name) ? [path] : []
      const enters = entry.isDirectory() && !entry.name.startsWith('.') && !skipped.has(entry.name)
      return enters ? filesBelow(path, depth + 1) : []
    })
}
