import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { createRequire } from 'node:module'
import { childrenOf } from './children.ts'
import { type FileText, fileText } from './file-text.ts'
import { leanParse, type Parse, type Parsed } from './lean-parse.ts'
import { Recent } from './recent.ts'

export type { Parse } from './lean-parse.ts'

interface ParserModule {
  readonly meta?: { readonly name?: string }
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
    const { resolve } = createRequire(import.meta.url)
    fallback = leanParse(resolve('@typescript-eslint/parser'))
  } catch {
    fallback = null
  }
  return fallback
}

const known = new WeakMap<object, Parse>()

/** The parser that lints this file also reads the modules that the file imports. */
export function parseOf(languageOptions: TSESLint.FlatConfig.LanguageOptions | undefined): Parse {
  const parser = (languageOptions?.parser as ParserModule | undefined) ?? none
  const before = known.get(parser)
  if (before !== undefined) return before
  const made = parseWith(parser)
  known.set(parser, made)
  return made
}

const none: ParserModule = {}

function parseWith(parser: ParserModule): Parse {
  // Whatever it was configured with, its trees are the same.
  const isTypescript = parser === none || parser.meta?.name === 'typescript-eslint/parser'
  const lean = isTypescript ? fallbackParse() : null
  if (lean !== null) return lean
  const own = parser === none ? null : parserToParse(parser)
  return (text, filename) => {
    try {
      if (own !== null) return own(text, filename)
    } catch (error) {
      const other = fallbackParse()
      if (other === null) throw error
      return other(text, filename)
    }
    throw new Error('no parser')
  }
}

/** A file of the project that is read beside the linted one; its nodes know their parents. */
export interface ParsedFile extends Parsed {
  readonly text: string
}

/** So many files are kept with their trees: enough for what is linted near each other, and no more memory than the linter itself takes. */
const files = new Recent<{ readonly from: FileText; readonly file: ParsedFile | null }>(300)

/** Reads and parses a file once for all who ask, until it is modified; null when that is not possible. */
export function parsedFile(filename: string, parse: Parse | null): ParsedFile | null {
  const from = parse === null ? null : fileText(filename)
  if (from === null) return null
  const known = files.get(filename)
  if (known?.from === from) return known.file
  let file: ParsedFile | null = null
  try {
    file = readText(from.text, filename, parse!)
  } catch {
    // A file that does not parse is reported by whoever lints it; here it only stays unresolved.
  }
  files.set(filename, { from, file })
  return file
}

function readText(text: string, filename: string, parse: Parse): ParsedFile {
  const parsed = parse(text, filename)
  const { ast, visitorKeys } = parsed
  // Nobody asks for the tokens of such a file, and they are most of its weight.
  Reflect.deleteProperty(ast, 'tokens')
  Reflect.deleteProperty(ast, 'comments')
  linkParents(ast)
  return {
    text,
    ast,
    get scopeManager() {
      return parsed.scopeManager
    },
    visitorKeys,
  }
}

/** Positions are two thirds of a tree's weight, and of such a file at most the line of a node is asked, see `lineOf`. */
function linkParents(node: TSESTree.Node): void {
  Reflect.set(node, 'loc', undefined)
  for (const child of childrenOf(node)) {
    // typescript-estree has its own getter-only parents on some nodes; both parsers leave plain nodes writable.
    Reflect.set(child, 'parent', node)
    linkParents(child)
  }
}
