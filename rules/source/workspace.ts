import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { exportTargets } from './export-map.ts'

interface Manifest {
  readonly name?: unknown
  readonly main?: unknown
  readonly module?: unknown
  readonly types?: unknown
  readonly source?: unknown
  readonly exports?: unknown
  readonly workspaces?: unknown
}

interface Package {
  readonly folder: string
  readonly manifest: Manifest
}

/** The packages of a workspace by their name, per workspace root. */
const workspaces = new Map<string, ReadonlyMap<string, Package>>()

/** Which workspace root a folder belongs to; null: none. */
const roots = new Map<string, string | null>()

/**
 * Where the source of a package of the same workspace may be: what its manifest names, and since that is the output of a build that
 * need not have run, the usual places of the source.
 */
export function workspaceSources(specifier: string, from: string): readonly string[] {
  const parts = specifier.split('/')
  const length = specifier.startsWith('@') ? 2 : 1
  if (parts.length < length || !/^[@\w]/.test(specifier) || specifier.startsWith('node:')) return []
  const root = rootOf(from)
  const found = root === null ? undefined : packagesOf(root).get(parts.slice(0, length).join('/'))
  if (found === undefined) return []
  const { folder, manifest } = found
  const inner = parts.slice(length).join('/')
  const named = [...exportTargets(manifest.exports, inner), ...(inner === '' ? entriesOf(manifest) : [inner])]
  const places = [
    ...named.flatMap(sourcePlaces),
    ...(inner === '' ? ['src/index', 'lib/index', 'index'] : []),
  ]
  return places.map((place) => resolve(folder, place))
}

/** `dist/index.js` comes from `src/index.ts`, `lib/index.ts` or `index.ts`. */
function sourcePlaces(entry: string): readonly string[] {
  const path = entry.replace(/^\.\//, '').replace(/\.d\.([cm]?)ts$/, '.$1js')
  const built = /^(?:dist|build|lib|out|output)\/(?:(?:esm|cjs|src|lib)\/)?(.+)$/.exec(path)?.[1]
  const inner = built ?? path
  return [
    path,
    join('src', path),
    ...['src', 'lib'].map((place) => join(place, inner)),
    ...(built === undefined ? [] : [inner]),
  ]
}

const entriesOf = ({ source, module, main, types }: Manifest): readonly string[] =>
  [source, module, main, types].filter((one) => typeof one === 'string')

function rootOf(folder: string): string | null {
  const known = roots.get(folder)
  if (known !== undefined) return known
  const parent = dirname(folder)
  const own = patternsOf(folder).length > 0
  const root = own ? folder : parent === folder ? null : rootOf(parent)
  roots.set(folder, root)
  return root
}

function packagesOf(root: string): ReadonlyMap<string, Package> {
  const known = workspaces.get(root)
  if (known !== undefined) return known
  const found = new Map<string, Package>()
  for (const folder of patternsOf(root).flatMap((pattern) => foldersOf(root, pattern))) {
    const manifest = readManifest(folder)
    if (typeof manifest?.name === 'string') found.set(manifest.name, { folder, manifest })
  }
  workspaces.set(root, found)
  return found
}

/** `packages/*` and `apps/**` name folders; other patterns are taken as they are written. */
function foldersOf(root: string, pattern: string): readonly string[] {
  const star = /^(.*?)\/?(\*\*?)(?:\/\*)*$/.exec(pattern.replace(/\/$/, ''))
  if (star === null) return [resolve(root, pattern)]
  const children = childFolders(resolve(root, star[1]!))
  return star[2] === '**' || pattern.endsWith('/*/*')
    ? [...children, ...children.flatMap(childFolders)]
    : children
}

function childFolders(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'))
      .map((entry) => join(folder, entry.name))
  } catch {
    return []
  }
}

function patternsOf(root: string): readonly string[] {
  const { workspaces: given } = readManifest(root) ?? {}
  const listed = Array.isArray(given)
    ? given
    : (given as { readonly packages?: unknown } | undefined)?.packages
  if (Array.isArray(listed)) return listed.filter((one) => typeof one === 'string' && !one.startsWith('!'))
  const yaml = readText(join(root, 'pnpm-workspace.yaml'))
  const block = yaml === null ? null : /^packages:[^\S\n]*\n((?:[^\S\n]*(?:-.*|#.*)?\n?)*)/m.exec(yaml)
  return [...(block?.[1] ?? '').matchAll(/^\s*-\s*['"]?([^'"#\n]+?)['"]?\s*(?:#.*)?$/gm)]
    .map(([, pattern]) => pattern!)
    .filter((pattern) => !pattern.startsWith('!'))
}

function readManifest(folder: string): Manifest | null {
  const text = readText(join(folder, 'package.json'))
  if (text === null) return null
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' ? (parsed as Manifest | null) : null
  } catch {
    return null
  }
}

function readText(file: string): string | null {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return null
  return readFileSync(file, 'utf8')
}
