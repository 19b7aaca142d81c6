import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { type Indexed, indexedOf, subjectOf } from './indexed.ts'
import { takenModules, type TakenModules, takesPartOf, takesWhole } from './taken-modules.ts'

/** The source files of a project, with the names that each of them calls. */
export interface Project {
  readonly root: string
  /** Files in which `name(`, `name<…>(` or `<Name` stands. */
  readonly filesCalling: (name: string) => readonly string[]
  /** Does the file name a class, an heir of it, or something called like an instance of one? */
  readonly speaksOf: (filename: string, className: string) => boolean
  /** What a class extends or implements, itself or through others. */
  readonly ancestorsOf: (className: string) => ReadonlySet<string>
  /** Does any file declare a constant of this name, as a literal or from the environment? */
  readonly declares: (name: string) => boolean
  /** Do the files take other things than `name` from a module, each by its name, and never the module as a whole? */
  readonly leavesOut: (module: string, name: string) => boolean
  /** Another object once any file has changed. */
  readonly state: object
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
/** How long an index goes without a look at the files: in milliseconds, and as a multiple of the time that a look takes. */
const lookAgainAfter = 2000
const lookShare = 50

interface Dated extends Indexed {
  readonly mtime: number
}

interface Index {
  readonly files: Map<string, Dated>
  state: State
  /** When the files are to be looked at again, in milliseconds since the epoch. */
  lookAt: number
}

/** What follows from the files as they were at one look. */
interface State {
  readonly byName: ReadonlyMap<string, readonly string[]>
  readonly heirs: ReadonlyMap<string, readonly string[]>
  readonly parents: ReadonlyMap<string, readonly string[]>
  readonly taken: TakenModules
}

const indexes = new Map<string, Index>()

/** The project that a file belongs to: the working directory of the linter when the file is below it, else its package. */
export function projectOf(filename: string, cwd: string): Project {
  const inside = !relative(cwd, filename).startsWith('..')
  const root = inside ? cwd : packageOf(filename)
  return {
    root,
    filesCalling: (name) => indexOf(root).state.byName.get(name) ?? [],
    speaksOf: (file, className) => speaksOf(indexOf(root), file, className),
    ancestorsOf: (className) => reachable(className, indexOf(root).state.parents),
    declares: (name) => [...indexOf(root).files.values()].some(({ constants }) => constants.has(name)),
    leavesOut: (module, name) => leavesOut(indexOf(root), module, name),
    get state() {
      return indexOf(root).state
    },
  }
}

function speaksOf(index: Index, filename: string, className: string): boolean {
  const subjects = index.files.get(filename)?.subjects
  if (subjects === undefined) return true
  const family = [className, ...reachable(className, index.state.heirs)]
  return family.some((name) => subjects.has(subjectOf(name)))
}

/** What leads on from a name, without the name itself. */
function reachable(from: string, leads: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set<string>()
  const open = [from]
  for (const name of open) {
    for (const next of leads.get(name) ?? []) {
      if (next === from || found.has(next)) continue
      found.add(next)
      open.push(next)
    }
  }
  return found
}

function leavesOut({ files, state: { taken } }: Index, module: string, name: string): boolean {
  return (
    files.has(module) && !taken.names.has(name) && takesPartOf(taken, module) && !takesWhole(taken, module)
  )
}

function packageOf(filename: string): string {
  for (let folder = dirname(filename); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) || dirname(folder) === folder) return folder
  }
}

function indexOf(root: string): Index {
  const known = indexes.get(root)
  const started = Date.now()
  if (known !== undefined && started < known.lookAt) return known
  const index: Index = known ?? { files: new Map(), state: stateOf(new Map()), lookAt: 0 }
  if (refresh(index, root)) index.state = stateOf(index.files)
  const ended = Date.now()
  index.lookAt = ended + Math.max(lookAgainAfter, lookShare * (ended - started))
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
    index.files.set(file, { mtime: stat.mtimeMs, ...indexedOf(readFileSync(file, 'utf8')) })
    changed = true
  }
  for (const file of index.files.keys()) {
    if (present.has(file)) continue
    index.files.delete(file)
    changed = true
  }
  return changed
}

function stateOf(files: ReadonlyMap<string, Indexed>): State {
  const byName = new Map<string, string[]>()
  const heirs = new Map<string, string[]>()
  const parents = new Map<string, string[]>()
  for (const [file, indexed] of files) {
    for (const name of indexed.names) push(byName, name, file)
    for (const [heir, above] of indexed.heirs) {
      for (const parent of above) {
        push(heirs, parent, heir)
        push(parents, heir, parent)
      }
    }
  }
  return { byName, heirs, parents, taken: takenModules(files) }
}

function push(lists: Map<string, string[]>, key: string, value: string): void {
  const known = lists.get(key)
  if (known === undefined) lists.set(key, [value])
  else known.push(value)
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
