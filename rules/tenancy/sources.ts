import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { Problem } from '../problem.ts'
import { resolveImport } from '../source/graph.ts'
import { filesBelow, type Holding, holdings, total } from './holdings.ts'
import { bestMigrationHome, migrationHome, modelHome, otherHomes } from './homes.ts'
import { schemaReaders } from './readers.ts'
import { compare } from './root.ts'
import { type DatabaseShape, mergeShapes } from './shape.ts'

const schemaFile = /^(schema|structure|init|database|tables)\.sql$/i
/** Migrations with half as many tables again as the model know tables that only SQL speaks of. */
const fuller = 1.5
/**
 * The shape of one schema, read by the reader that finds most in it; models are preferred to migrations, and both are read where the
 * migrations hold many more tables.
 *
 * @throws {@link Problem} `E-SCHEMA-MISSING`, `E-SCHEMA-SYNTAX` or `E-PARSER-MISSING`.
 * @public
 */
export function readSource(path: string): DatabaseShape {
  const kinds = schemaReaders.map(({ name }) => name).join(', ')
  if (!existsSync(path)) {
    throw new Problem('E-SCHEMA-MISSING', `there is no ${path}`, `Name one of these: ${kinds}.`)
  }
  const files = statSync(path).isDirectory() ? filesBelow(path) : [path]
  const found = holdings(files)
  const best = found[0] ?? holdings(files.flatMap(reexportedBy))[0]
  if (best !== undefined) {
    const held = best.files.map(({ file }) => file)
    const shape = best.reader.read(held, path)
    const migrations = fullerMigrations(path, best, found).filter((home) => home !== path)
    return migrations.length === 0 ? shape : mergeShapes([...migrations.map(readSource), shape])
  }
  throw new Problem(
    'E-SCHEMA-MISSING',
    `${path} holds no schema`,
    `Name one of these: ${kinds}; or read the live database with --database URL.`,
  )
}

/** Where a project says what its tables are. */
export interface DetectedSchema {
  /** Most telling source first; empty when none is found. */
  readonly sources: readonly string[]
  /** What may know further tables of the same database: models of other packages, and migrations beside a model. */
  readonly beside: readonly string[]
}

/**
 * Where the schema of the project in `folder` lies, most telling source first; empty when none is found.
 *
 * @public
 */
export function detectSources(folder: string): readonly string[] {
  return detectSchema(folder).sources
}

/**
 * Where the schema of the project in `folder` lies, and what else may know tables of it.
 *
 * @public
 */
export function detectSchema(folder: string): DetectedSchema {
  const found = holdings(filesBelow(folder))
  const model = found.find(({ reader }) => reader.kind === 'model')
  if (model !== undefined) {
    const sources = modelSources(folder, model, found)
    const homes = [...otherHomes(folder, model), ...besideModel(folder, found)]
    return { sources, beside: homes.filter((home) => !sources.includes(home)) }
  }
  for (const one of found) {
    const sources = one.reader.kind === 'types' ? [modelHome(folder, one)] : migrationSources(folder, one)
    if (sources.length > 0) return { sources, beside: [] }
  }
  return { sources: [], beside: [] }
}

/** The shapes of what {@link detectSchema} found beside the schema; what cannot be read at all is left out. */
export function readBeside(
  { beside }: DetectedSchema,
  reading: (path: string) => void = () => undefined,
): readonly DatabaseShape[] {
  return beside.flatMap((path) => {
    reading(path)
    try {
      return [readSource(path)]
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      const unread = [`${path}: ${error.message}`]
      return [{ relations: [], settings: new Map(), rowSecurity: new Map(), unread }]
    }
  })
}

/** Migrations know tables that only SQL speaks of. */
function besideModel(folder: string, found: readonly Holding[]): string[] {
  return found.flatMap((one) => {
    if (one.reader.kind !== 'migrations' && one.reader.kind !== 'program') return []
    const home = bestMigrationHome(folder, one)
    return home === null ? [] : [home]
  })
}

function migrationSources(folder: string, migrations: Holding): string[] {
  const home = bestMigrationHome(folder, migrations)
  if (home !== null) return [home]
  // A program that makes its tables when it starts does so from wherever it likes.
  if (migrations.reader.kind === 'program') return [modelHome(folder, migrations)]
  return migrations.files
    .map(({ file }) => file)
    .filter((file) => schemaFile.test(basename(file)))
    .slice(0, 1)
}

/** The local files whose exports a barrel (`export * from './users'`) hands on. */
function reexportedBy(barrel: string): string[] {
  const found = new Set<string>()
  const open = [barrel]
  for (const file of open) {
    if (!/\.[cm]?[jt]s$/.test(file)) continue
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/\bfrom\s*['"](\.[^'"]*)['"]/g)) {
      const next = resolveImport(specifier!, file)
      if (next === null || found.has(next)) continue
      found.add(next)
      open.push(next)
    }
  }
  return [...found]
}

/**
 * The model itself, and the migrations where they hold policies, which hardly any model can say, or many more tables. The latter come
 * first: they know the columns, the model adds what the code calls them.
 */
function modelSources(folder: string, model: Holding, found: readonly Holding[]): string[] {
  const home = modelHome(folder, model)
  const first = fullerMigrations(folder, model, found).filter((one) => one !== home)
  if (first.length > 0) return [...first, home]
  const policies = found
    .flatMap(({ reader, files }) => (reader.files.test('.sql') ? files : []))
    .filter(({ file }) => /row\s+level\s+security/i.test(readFileSync(file, 'utf8')))
  const migrations = new Set(
    policies.map(({ file }) => migrationHome(folder, file)).filter((home) => home !== null),
  )
  return [home, ...[...migrations].sort(compare).slice(0, 1)]
}

/** The migrations beside a model of only some of the tables. */
function fullerMigrations(folder: string, model: Holding, found: readonly Holding[]): string[] {
  if (model.reader.kind !== 'model') return []
  const migrations = found.find(({ reader, files }) => {
    // Every file of migrations counts one beside the tables that it makes.
    return reader.kind === 'migrations' && total(files) - files.length > fuller * total(model.files)
  })
  return migrations === undefined ? [] : migrationSources(folder, migrations)
}
