import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const casing = /\bcasing\s*:\s*['"](snake_case|camelCase)['"]/
const code = /\.[cm]?[jt]s$/

/**
 * The `casing` that the project asks for, in drizzle.config or where it makes its client; null for names as they are
 * written. Both stand beside or above the schema, at most in the folder of the package.
 */
export function casingAround(files: readonly string[]): 'snake_case' | 'camelCase' | null {
  const seen = new Set<string>()
  for (const file of files) {
    for (let folder = dirname(file); !seen.has(folder); folder = dirname(folder)) {
      seen.add(folder)
      const entries = readdirSync(folder)
      for (const name of entries.filter((entry) => code.test(entry))) {
        const text = readFileSync(join(folder, name), 'utf8')
        const found = text.includes('drizzle') ? casing.exec(text)?.[1] : undefined
        if (found !== undefined) return found as 'snake_case' | 'camelCase'
      }
      if (entries.includes('package.json')) break
    }
  }
  return null
}

/** The name that Drizzle gives a column without one. */
export function cased(property: string, as: ReturnType<typeof casingAround>): string {
  if (as === null) return property
  const words = property.replace(/['\u2019]/g, '').match(/[\da-z]+|[A-Z]+(?![a-z])|[A-Z][\da-z]+/g) ?? []
  const lower = words.map((word) => word.toLowerCase())
  if (as === 'snake_case') return lower.join('_')
  return lower.map((word, index) => (index === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join('')
}
