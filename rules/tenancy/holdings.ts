import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { schemaReaders, type SchemaReader } from './readers.ts'
import { compare } from './root.ts'

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
const notProduct = /\.(test|spec|stories)\.[cm]?[jt]sx?$/
/** Of a file of declarations only the types are of interest: they may be generated from the database. */
const declarationFile = /\.d\.[cm]?ts$/

/** What one reader found below a folder. */
export interface Holding {
  readonly reader: SchemaReader
  readonly files: readonly { readonly file: string; readonly count: number }[]
}

/** Readers that found something, models first, then by how much they found; migrations tell more than types of as many tables. */
export function holdings(files: readonly string[]): Holding[] {
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

/** How many tables, or migrations, the files declare. */
export function total(files: Holding['files']): number {
  return files.reduce((sum, { count }) => sum + count, 0)
}

/** The files below a folder that a reader may read, without tests and what was built. */
export function filesBelow(folder: string, depth = 0): string[] {
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
