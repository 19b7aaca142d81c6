import { isAbsolute, relative } from 'node:path'

/** A file as patterns name it: relative to the folder that the linter runs in, with forward slashes. */
export function patternPath(filename: string, cwd: string): string {
  const path = isAbsolute(filename) ? relative(cwd, filename) : filename
  return path.replaceAll('\\', '/').replace(/^\.\//, '')
}

/** `**`, `*`, `?` and `{a,b}` as in ESLint's `files`; a pattern that ends in `/` means everything below. */
export function matchesGlob(path: string, pattern: string): boolean {
  const given = pattern.replace(/^\.\//, '')
  return expressionOf(given.endsWith('/') ? `${given}**` : given).test(path)
}

const expressions = new Map<string, RegExp>()

function expressionOf(pattern: string): RegExp {
  const known = expressions.get(pattern)
  if (known !== undefined) return known
  const tokens = pattern.match(/\*\*\/|\*\*|[*?{},]|[^*?{},]+/g) ?? []
  let depth = 0
  const source = tokens.map((token) => {
    if (token === '{') depth++
    if (token === '}' && depth > 0) {
      depth--
      return ')'
    }
    return token === ',' && depth > 0 ? '|' : (wildcards[token] ?? escaped(token))
  })
  const made = new RegExp(`^${source.join('')}${')'.repeat(depth)}$`)
  expressions.set(pattern, made)
  return made
}

const wildcards: Readonly<Record<string, string>> = {
  '**/': '(?:.*/)?',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
  '{': '(?:',
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
