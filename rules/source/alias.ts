import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

interface Aliases {
  readonly base: string | null
  readonly paths: readonly {
    readonly prefix: string
    /** Null: the pattern has no star and matches only itself. */
    readonly suffix: string | null
    readonly goals: readonly string[]
  }[]
}

const byDirectory = new Map<string, readonly Aliases[]>()

/** The paths that a non-relative import may mean under the `paths` and `baseUrl` of the nearest tsconfig or jsconfig. */
export function aliasesFor(specifier: string, directory: string): string[] {
  const found: string[] = []
  for (const { base, paths } of aliasesOf(directory)) {
    for (const { prefix, suffix, goals } of paths) {
      if (suffix === null && specifier === prefix) found.push(...goals)
      if (suffix === null || !specifier.startsWith(prefix) || !specifier.endsWith(suffix)) continue
      const middle = specifier.slice(prefix.length, specifier.length - suffix.length)
      found.push(...goals.map((goal) => goal.replace('*', middle)))
    }
    if (base !== null) found.push(resolve(base, specifier))
  }
  return found
}

function aliasesOf(directory: string): readonly Aliases[] {
  const known = byDirectory.get(directory)
  if (known !== undefined) return known
  const own = ['tsconfig.json', 'jsconfig.json']
    .map((name) => resolve(directory, name))
    .filter(existsSync)
    .map(readAliases)
    .filter((aliases) => aliases !== null)
  const parent = dirname(directory)
  const aliases = own.length > 0 || parent === directory ? own : aliasesOf(parent)
  byDirectory.set(directory, aliases)
  return aliases
}

function readAliases(file: string): Aliases | null {
  try {
    const { compilerOptions } = JSON.parse(withoutComments(readFileSync(file, 'utf8'))) as {
      compilerOptions?: { baseUrl?: string; paths?: Record<string, string[]> }
    }
    const base =
      compilerOptions?.baseUrl === undefined ? null : resolve(dirname(file), compilerOptions.baseUrl)
    const paths = Object.entries(compilerOptions?.paths ?? {}).map(([pattern, goals]) => {
      const star = pattern.indexOf('*')
      return {
        prefix: star < 0 ? pattern : pattern.slice(0, star),
        suffix: star < 0 ? null : pattern.slice(star + 1),
        goals: goals.map((goal) => resolve(base ?? dirname(file), goal)),
      }
    })
    return { base, paths }
  } catch {
    // A tsconfig that cannot be read resolves nothing; the imports through it stay packages.
    return null
  }
}

/** JSON with comments and trailing commas, as tsconfig files are written. */
function withoutComments(text: string): string {
  return text
    .replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, quoted?: string) => quoted ?? '')
    .replace(/,(\s*[}\]])/g, '$1')
}
