import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

/** The source files of a project, with the names that each of them calls. */
export interface Project {
  readonly root: string
  /** Files in which `name(`, `name<…>(` or `<Name` stands. */
  readonly filesCalling: (name: string) => readonly string[]
}

const skipped = new Set(
  'node_modules dist build out coverage vendor public static __tests__ __mocks__ test tests e2e fixtures storybook'.split(
    ' ',
  ),
)
const source = /\.[cm]?[jt]sx?$/
const notSource = /\.d\.[cm]?ts$|\.(?:test|spec|stories|min|generated)\.[cm]?[jt]sx?$/
const deepest = 20
/** Beyond this a file is generated, or bundled. */
const sizeLimit = 400_000
/** How long an index may go without a look at the files, in milliseconds. */
const lookAgainAfter = 2000

interface Indexed {
  readonly mtime: number
  readonly names: ReadonlySet<string>
}

interface Index {
  readonly files: Map<string, Indexed>
  byName: ReadonlyMap<string, readonly string[]>
  looked: number
}

const indexes = new Map<string, Index>()

/** The project that a file belongs to: the working directory of the linter when the file is below it, else its package. */
export function projectOf(filename: string, cwd: string): Project {
  const inside = !relative(cwd, filename).startsWith('..')
  const root = inside ? cwd : packageOf(filename)
  return { root, filesCalling: (name) => indexOf(root).byName.get(name) ?? [] }
}

function packageOf(filename: string): string {
  for (let folder = dirname(filename); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) || dirname(folder) === folder) return folder
  }
}

function indexOf(root: string): Index {
  const known = indexes.get(root)
  if (known !== undefined && Date.now() - known.looked < lookAgainAfter) return known
  const index: Index = known ?? { files: new Map(), byName: new Map(), looked: 0 }
  if (refresh(index, root)) index.byName = invert(index.files)
  index.looked = Date.now()
  indexes.set(root, index)
  return index
}

/** Reads what is new or changed; true when anything was. */
function refresh(index: Index, root: string): boolean {
  const present = new Set<string>()
  let changed = false
  for (const file of filesBelow(root)) {
    present.add(file)
    const stat = statSync(file, { throwIfNoEntry: false })
    if (stat === undefined || stat.size > sizeLimit) continue
    if (index.files.get(file)?.mtime === stat.mtimeMs) continue
    index.files.set(file, { mtime: stat.mtimeMs, names: calledIn(readFileSync(file, 'utf8')) })
    changed = true
  }
  for (const file of index.files.keys()) {
    if (present.has(file)) continue
    index.files.delete(file)
    changed = true
  }
  return changed
}

const called = /([A-Za-z_$][\w$]*)(?:<[^<>()]*>)?\??\.?\(|<([A-Z][\w$]*)/g

/** `import { load as loadTask }`: the file calls `load` under another name. */
const renamed = /([A-Za-z_$][\w$]*)\s+as\s+[A-Za-z_$]/g
const defaultImport = /import\s+[A-Za-z_$][\w$]*\s*(?:,\s*\{[^}]*\}\s*)?from\s*['"]([^'"]+)['"]/g

/** Under which key of {@link Project.filesCalling} the files stand that import the default of a module. */
export function importKey(module: string): string {
  const [last, before] = module
    .replace(/(?:\/index)?\.[cm]?[jt]sx?$|\/index$/, '')
    .split('/')
    .reverse()
  return `import ${last === '' ? before : last}`
}

function calledIn(text: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const match of text.matchAll(called)) names.add(match[1] ?? match[2]!)
  for (const match of text.matchAll(renamed)) names.add(match[1]!)
  for (const match of text.matchAll(defaultImport)) names.add(importKey(match[1]!))
  return names
}

function invert(files: ReadonlyMap<string, Indexed>): ReadonlyMap<string, readonly string[]> {
  const byName = new Map<string, string[]>()
  for (const [file, { names }] of files) {
    for (const name of names) {
      const known = byName.get(name)
      if (known === undefined) byName.set(name, [file])
      else known.push(file)
    }
  }
  return byName
}

function filesBelow(folder: string, depth = 0): string[] {
  if (depth > deepest) return []
  const found: string[] = []
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = folder.endsWith(sep) ? `${folder}${entry.name}` : `${folder}${sep}${entry.name}`
    if (entry.isFile()) {
      if (source.test(entry.name) && !notSource.test(entry.name)) found.push(path)
    } else if (entry.isDirectory() && !entry.name.startsWith('.') && !skipped.has(entry.name)) {
      found.push(...filesBelow(path, depth + 1))
    }
  }
  return found
}
