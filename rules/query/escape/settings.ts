import type { FileContext } from '../context.ts'
import { matchesGlob, patternPath } from '../glob.ts'
import type { Tenancy } from '../../tenancy/tenancy.ts'
import { constantsIn } from '../../source/declared-constant.ts'
import { projectOf } from '../reach/project.ts'
import { type Directive, type Escape, escapeOf, faultsOf } from './directive.ts'

/** `settings.watertight`, as far as escapes read it. */
interface Settings {
  readonly ignores?: unknown
  /** The day that expiries are compared with, as `2027-01-31`; the clock's unless given. */
  readonly today?: unknown
}

const settingsOf = ({ settings }: FileContext): Settings =>
  (settings as { readonly watertight?: Settings }).watertight ?? {}

/** Today, in UTC. */
export function todayOf(context: FileContext): string {
  const { today } = settingsOf(context)
  return typeof today === 'string' ? today : new Date().toISOString().slice(0, 10)
}

/** The entries of `settings.watertight.ignores` that name the file. */
export function configuredFor(context: FileContext): readonly Directive[] {
  const { ignores } = settingsOf(context)
  if (ignores === undefined) return []
  if (!Array.isArray(ignores)) return [faulty('settings.watertight.ignores is no list')]
  const path = patternPath(context.filename, context.cwd ?? process.cwd())
  return ignores.flatMap((entry: unknown, index) => entryFor(entry, index, path))
}

function entryFor(entry: unknown, index: number, path: string): readonly Directive[] {
  const name = `settings.watertight.ignores[${index}]`
  if (typeof entry !== 'object' || entry === null) return [faulty(`${name} is no object`)]
  const { files, ...rest } = entry as Readonly<Record<string, unknown>>
  const patterns = typeof files === 'string' ? [files] : files
  if (!isTexts(patterns) || patterns.length === 0)
    return [faulty(`${name} names no files; write files: ["…"]`)]
  if (!patterns.some((pattern) => matchesGlob(path, pattern))) return []
  const values = new Map(Object.entries(rest).map(([key, value]) => [key, String(value)]))
  const faults = faultsOf('ignore', values).map((fault) => `${name}: ${fault}`)
  return [{ escape: escapeOf('ignore', values), faults }]
}

const faulty = (fault: string): Directive => ({ escape: escapeOf('ignore', new Map()), faults: [fault] })

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

/** Why the tenancy model says that a file works for all tenants; null when it does not. */
export function tenantlessFile(context: FileContext, tenancy: Tenancy): Escape | null {
  if (tenancy.tenantless.length === 0) return null
  const path = patternPath(context.filename, context.cwd ?? process.cwd())
  const entry = tenancy.tenantless.find(({ files }) => files.some((pattern) => matchesGlob(path, pattern)))
  return entry === undefined ? null : escapeOf('tenantless', new Map([['reason', entry.reason]]))
}

/** What the tenancy model says of a program with one tenant, and what speaks against it; null when it says nothing. */
export function singleTenantOf(context: FileContext, { singleTenant }: Tenancy): Directive | null {
  if (singleTenant === null) return null
  const { constant, reason } = singleTenant
  const { declares } = projectOf(context.filename, context.cwd ?? process.cwd())
  const escape = escapeOf('singleTenant', new Map([['reason', reason]]))
  const isDeclared = declares(constant) || constantsIn(context.sourceCode.text).has(constant)
  const fault = `\`singleTenant\` of the tenancy model names \`${constant}\`, and nothing declares it as a literal or from the environment`
  return { escape, faults: isDeclared ? [] : [fault] }
}
