import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { childrenOf } from './children.ts'
import { Recent } from './recent.ts'

/** What a parser makes of a file, with the scopes of its names where it knows them. */
export interface Parsed {
  readonly ast: TSESTree.Program
  readonly scopeManager: TSESLint.Scope.ScopeManager | null
  readonly visitorKeys: Readonly<Record<string, readonly string[] | undefined>>
}

export type Parse = (text: string, filename: string) => Parsed

interface ParserModule {
  readonly parseForESLint?: (
    text: string,
    options: object,
  ) => { readonly ast: TSESTree.Program } & Partial<Parsed>
  readonly parse?: (text: string, options: object) => TSESTree.Program
}

function parserToParse(parser: ParserModule): Parse {
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

let fallback: Parse | null | undefined

/** oxlint hands plugins no parser; the one of typescript-eslint does when it is installed. */
function fallbackParse(): Parse | null {
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

/** A file of the project that is read beside the linted one; its nodes know their parents. */
export interface ParsedFile extends Parsed {
  readonly text: string
}

/** So many files are kept with their trees. */
const files = new Recent<{ readonly mtime: number; readonly file: ParsedFile | null }>(1500)

/** Files beyond this size are generated or vendored; reading them would cost more than it tells. */
const sizeLimit = 400_000

/** Reads and parses a file once for all who ask, until it is modified; null when that is not possible. */
export function parsedFile(filename: string, parse: Parse | null): ParsedFile | null {
  const stat = statSync(filename, { throwIfNoEntry: false })
  if (stat === undefined || parse === null || stat.size > sizeLimit) return null
  const known = files.get(filename)
  if (known !== undefined && known.mtime === stat.mtimeMs) return known.file
  let file: ParsedFile | null = null
  try {
    file = readText(readFileSync(filename, 'utf8'), filename, parse)
  } catch {
    // A file that does not parse is reported by whoever lints it; here it only stays unresolved.
  }
  files.set(filename, { mtime: stat.mtimeMs, file })
  return file
}

function readText(text: string, filename: string, parse: Parse): ParsedFile {
  const { ast, scopeManager, visitorKeys } = parse(text, filename)
  // Nobody asks for the tokens of such a file, and they are most of its weight.
  Reflect.deleteProperty(ast, 'tokens')
  Reflect.deleteProperty(ast, 'comments')
  linkParents(ast)
  return { text, ast, scopeManager, visitorKeys }
}

function linkParents(node: TSESTree.Node): void {
  for (const child of childrenOf(node)) {
    // typescript-estree has its own getter-only parents on some nodes; both parsers leave plain nodes writable.
    Reflect.set(child, 'parent', node)
    linkParents(child)
  }
}
