import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { Problem } from '../problem.ts'
import { resolveImport } from '../source/graph.ts'
import { schemaReaders, type SchemaReader } from './readers.ts'
import { compare } from './root.ts'
import { type DatabaseShape, mergeShapes } from './shape.ts'

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
  'examples',
  'e2e',
])
const deepest = 10
const migrationFolder = /^(migrations?|migrate|drizzle|sql|schema|schemas|changelogs?)$/i
const schemaFile = /^(schema|structure|init|database|tables)\.sql$/i
const mostOfIt = 0.7
/** Migrations with half as many tables again as the model know tables that only SQL speaks of. */
const fuller = 1.5
const notProduct = /\.(test|spec|stories)\.[cm]?[jt]sx?$/
/** Of a file of declarations only the types are of interest: they may be generated from the database. */
const declarationFile = /\.d\.[cm]?ts$/

/** What one reader found below a folder. */
interface Holding {
  readonly reader: SchemaReader
  readonly files: readonly { readonly file: string; readonly count: number }[]
}

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

/** Readers that found something, models first, then by how much they found; migrations tell more than types of as many tables. */
function holdings(files: readonly string[]): Holding[] {
  const texts = new Map<string, string>()
  const textOf = (file: string) => {
    const text = texts.get(file) ?? readFileSync(file, 'utf8')
    texts.set(file, text)
    return text
  }
  const found = schemaReaders.map((reader) => ({
    reader,
    files: files
      .filter((file) => reader.files.test(file) && (reader.kind === 'types' || !declarationFile.test(file)))
      .map((file) => ({ file, count: reader.count(textOf(file)) }))
      .filter(({ count }) => count > 0),
  }))
  const rank = ({ reader, files }: Holding) => {
    const weight = { model: 1e6, migrations: 2, program: 2, types: 1 }[reader.kind]
    return weight * total(files)
  }
  return found.filter((one) => total(one.files) >= 1).sort((a, b) => rank(b) - rank(a))
}

function total(files: Holding['files']): number {
  return files.reduce((sum, { count }) => sum + count, 0)
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

/** The file or folder of the package with the largest model: one monorepo may hold several schemas. */
function modelHome(folder: string, holding: Holding): string {
  return homeIn(byPackage(folder, holding)[0]!)
}

/** Those of the other packages, each of which may add tables to the same database. */
function otherHomes(folder: string, holding: Holding): string[] {
  return byPackage(folder, holding)
    .slice(1)
    .filter((files) => total(files) >= 1)
    .map(homeIn)
}

/** The files of each package, the one that declares most first. */
function byPackage(folder: string, { files }: Holding): readonly Holding['files'][] {
  const found = new Map<string, Holding['files']>()
  for (const one of files) {
    const home = packageOf(folder, dirname(one.file))
    found.set(home, [...(found.get(home) ?? []), one])
  }
  const depth = (path: string) => path.split(sep).length
  return [...found]
    .sort(([a, left], [b, right]) => total(right) - total(left) || depth(a) - depth(b) || compare(a, b))
    .map(([, inPackage]) => inPackage)
}

function homeIn(files: Holding['files']): string {
  const [only] = files
  return files.length === 1 ? only!.file : densestFolder(files)
}

/**
 * The folder of all the files, or the one below it with most of the model: generated copies of a few tables may lie
 * elsewhere, and a model follows its own imports anyway.
 */
function densestFolder(files: Holding['files']): string {
  const folders = files.map(({ file }) => dirname(file))
  const home = folders.reduce(commonFolder)
  const byChild = new Map<string, Holding['files']>()
  for (const one of files) {
    const child = relative(home, one.file).split(sep)[0]!
    byChild.set(child, [...(byChild.get(child) ?? []), one])
  }
  const [, dense] = [...byChild].sort(([, left], [, right]) => total(right) - total(left))[0]!
  if (dense.length === files.length || total(dense) < mostOfIt * total(files)) return home
  return dense.length === 1 ? home : densestFolder(dense)
}

/** The nearest folder with a package.json, at most `folder`. */
function packageOf(folder: string, start: string): string {
  for (let at = start; at !== folder && at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at
  }
  return folder
}

function commonFolder(left: string, right: string): string {
  const inside = (path: string) => right === path || right.startsWith(path + sep)
  let at = left
  while (!inside(at) && at !== dirname(at)) at = dirname(at)
  return at
}

function bestMigrationHome(folder: string, { files }: Holding): string | null {
  const byFolder = new Map<string, number>()
  for (const { file } of files) {
    const home = migrationHome(folder, file)
    if (home !== null) byFolder.set(home, (byFolder.get(home) ?? 0) + 1)
  }
  return [...byFolder].sort(([a, left], [b, right]) => right - left || compare(a, b))[0]?.[0] ?? null
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
      if (entry.isFile()) {
        const read = schemaReaders.some(({ files }) => files.test(entry.name))
        return read && !notProduct.test(entry.name) ? [path] : []
      }
      const enters = entry.isDirectory() && !entry.name.startsWith('.') && !skipped.has(entry.name)
      return enters ? filesBelow(path, depth + 1) : []
    })
}
