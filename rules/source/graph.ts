import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { type SourceModule, sideModule } from './module.ts'
import { Recent } from './recent.ts'
import { aliasesFor } from './alias.ts'
import { workspaceSources } from './workspace.ts'

export type Parse = (text: string, filename: string) => TSESTree.Program

/** What a parser makes of a file, with the scopes of its names where it knows them. */
export interface Parsed {
  readonly ast: TSESTree.Program
  readonly scopeManager: TSESLint.Scope.ScopeManager | null
  readonly visitorKeys: Readonly<Record<string, readonly string[] | undefined>>
}

export type ScopedParse = (text: string, filename: string) => Parsed

interface ParserModule {
  readonly parseForESLint?: (
    text: string,
    options: object,
  ) => { readonly ast: TSESTree.Program } & Partial<Parsed>
  readonly parse?: (text: string, options: object) => TSESTree.Program
}

function parserToParse(parser: ParserModule): ScopedParse {
  return (text, filename) => {
    const run = (sourceType: 'module' | 'script'): Parsed => {
      const options = {
        ecmaVersion: 'latest',
        sourceType,
        range: true,
        loc: true,
        filePath: filename,
        ecmaFeatures: { jsx: /x$/.test(filename) },
      }
      const scoped = parser.parseForESLint?.(text, options)
      const ast = scoped?.ast ?? parser.parse?.(text, options)
      if (ast === undefined) throw new Error('the configured parser has neither parse nor parseForESLint')
      return { ast, scopeManager: scoped?.scopeManager ?? null, visitorKeys: scoped?.visitorKeys ?? {} }
    }
    try {
      return run('module')
    } catch {
      return run('script')
    }
  }
}

let fallback: ScopedParse | null | undefined

/** oxlint hands plugins no parser; the one of typescript-eslint does when it is installed. */
function fallbackParse(): ScopedParse | null {
  if (fallback !== undefined) return fallback
  try {
    const load = createRequire(import.meta.url)
    fallback = parserToParse(load('@typescript-eslint/parser') as ParserModule)
  } catch {
    fallback = null
  }
  return fallback
}

/** The parser that lints this file also reads the modules that the file imports. */
export function parseOf(languageOptions: TSESLint.FlatConfig.LanguageOptions | undefined): Parse {
  const parse = scopedParseOf(languageOptions)
  return (text, filename) => parse(text, filename).ast
}

/** The same, with scopes. */
export function scopedParseOf(languageOptions: TSESLint.FlatConfig.LanguageOptions | undefined): ScopedParse {
  const parser = languageOptions?.parser as ParserModule | undefined
  const own = parser === undefined ? null : parserToParse(parser)
  return (text, filename) => {
    try {
      if (own !== null) return own(text, filename)
    } catch (error) {
      const other = fallbackParse()
      if (other === null) throw error
      return other(text, filename)
    }
    const other = fallbackParse()
    if (other === null) throw new Error('no parser')
    return other(text, filename)
  }
}

const extensions = ['.ts', '.js', '.tsx', '.mts', '.cts', '.mjs', '.cjs', '.jsx']

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
  } catch {
    // Below a file (`package.json/index.ts`) there is no file either, and that is an error of its own.
    return false
  }
}

/** The source file that a path without (or with an emitted) extension means. */
function findSource(base: string): string | null {
  if (/\.[cm]?[jt]sx?$/.test(base)) {
    if (isFile(base)) return base
    const source = base.replace(/\.([cm]?)js(x?)$/, '.$1ts$2')
    if (source !== base && isFile(source)) return source
  }
  for (const extension of extensions) if (isFile(base + extension)) return base + extension
  for (const extension of extensions) {
    if (isFile(resolve(base, `index${extension}`))) return resolve(base, `index${extension}`)
  }
  return null
}

const resolved = new Map<string, { readonly file: string | null; readonly at: number }>()

/** The local file behind an import: relative, through the `paths` of a tsconfig, or of the same workspace; null for packages. */
export function resolveImport(specifier: string, from: string): string | null {
  const key = `${dirname(from)}\0${specifier}`
  const known = resolved.get(key)
  if (known !== undefined && (known.file === null ? Date.now() - known.at < 1000 : isFile(known.file))) {
    return known.file
  }
  const bases = specifier.startsWith('.')
    ? [resolve(dirname(from), specifier)]
    : [...aliasesFor(specifier, dirname(from)), ...workspaceSources(specifier, dirname(from))]
  let file: string | null = null
  for (const base of bases) file ??= findSource(base)
  resolved.set(key, { file, at: Date.now() })
  return file
}

/** Does the import name a file of the project rather than a package? */
export function isLocal(specifier: string, from: string): boolean {
  return specifier.startsWith('.') || resolveImport(specifier, from) !== null
}

interface Loaded {
  readonly mtime: number
  readonly module: SourceModule | null
}

/** So many modules are kept with their trees. */
const loaded = new Recent<Loaded>(1500)

/** Files beyond this size are generated or vendored; reading them would cost more than it tells. */
const sizeLimit = 400_000

/** Reads and parses a local module, cached by its modification time; null when that is not possible. */
export function loadModule(filename: string, parse: Parse | null): SourceModule | null {
  const stat = statSync(filename, { throwIfNoEntry: false })
  if (stat === undefined || parse === null || stat.size > sizeLimit) return null
  const known = loaded.get(filename)
  if (known !== undefined && known.mtime === stat.mtimeMs) return known.module
  let module: SourceModule | null = null
  try {
    const text = readFileSync(filename, 'utf8')
    module = sideModule(filename, text, parse(text, filename))
  } catch {
    // A module that does not parse is reported by whoever lints it; here it only stays unresolved.
  }
  loaded.set(filename, { mtime: stat.mtimeMs, module })
  return module
}
