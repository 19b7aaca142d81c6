import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { constantsIn } from '../source/declared-constant.ts'

/** Where a program acts in one tenant that is a constant of it, and where in one that is none. */
export interface SingleTenantSigns {
  readonly constant: string
  /** `file:line`, where whoever acts is given the constant. */
  readonly given: readonly string[]
  /** `file:line`, where the acting tenant is set in a file that does not speak of the constant. */
  readonly otherwise: readonly string[]
}

const skipped = new Set(
  'node_modules dist build out coverage vendor test tests __tests__ e2e fixtures'.split(' '),
)
const source = /\.[cm]?[jt]sx?$/
const notSource = /\.d\.[cm]?ts$|\.(?:test|spec|min|generated)\.[cm]?[jt]sx?$/
/** Beyond this a file is generated, or bundled. */
const sizeLimit = 400_000

/**
 * Does a program give one tenant to whoever acts? Signs, not a proof: they are told to a person, who decides.
 *
 * @param tenantColumns - SQL names of the columns that carry the tenant
 */
export function singleTenantSigns(
  folder: string,
  tenantColumns: readonly string[],
): SingleTenantSigns | null {
  const stems = tenantColumns.map((name) =>
    name.replace(/([a-z\d])([A-Z])/g, '$1_$2').replace(/_?ids?$/i, ''),
  )
  const words = [...new Set(stems.filter((stem) => stem.length > 1))].map((stem) =>
    stem.replaceAll('_', '_?'),
  )
  if (words.length === 0) return null
  const tenant = `(?:current|acting)?_?(?:${words.join('|')})(?:_?id)?`
  const named = new RegExp(`^[A-Z][A-Z\\d]*_(?:[A-Z\\d]+_)*?(?:${words.join('|')})(?:_?ID)?$`, 'i')
  const texts = sourcesBelow(folder).map((file) => [file, readFileSync(file, 'utf8')] as const)
  const constants = new Set(
    texts.flatMap(([, text]) =>
      [...constantsIn(text)].filter((name) => name === name.toUpperCase() && named.test(name)),
    ),
  )
  const acting = new RegExp(`\\b(?:req|request|ctx|context|c)\\.(?:\\w+\\.)*${tenant}\\s*=(?!=)`, 'gi')
  const settings = texts.flatMap(([file, text]) =>
    [...text.matchAll(acting)].map(({ index }) => ({
      place: placeIn(text, index, relative(folder, file)),
      text,
    })),
  )
  for (const constant of constants) {
    const given = new RegExp(
      `\\b${tenant}\\s*[:=]\\s*(?:\\w+\\.)*${constant}\\b|\\(\\s*${constant}\\s*\\)`,
      'i',
    )
    const isGiven = settings.filter(({ text }) => given.test(text))
    if (isGiven.length === 0) continue
    return {
      constant,
      given: isGiven.map(({ place }) => place),
      otherwise: settings.filter((one) => !isGiven.includes(one)).map(({ place }) => place),
    }
  }
  return null
}

function placeIn(text: string, index: number, file: string): string {
  return `${file.replaceAll('\\', '/')}:${text.slice(0, index).split('\n').length}`
}

function sourcesBelow(folder: string, depth = 0): string[] {
  if (depth > 20) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      return entry.name.startsWith('.') || skipped.has(entry.name) ? [] : sourcesBelow(path, depth + 1)
    }
    const isSource = entry.isFile() && source.test(entry.name) && !notSource.test(entry.name)
    return isSource && statSync(path).size <= sizeLimit ? [path] : []
  })
}
