import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { createRequire } from 'node:module'

/** What a parser makes of a file, with the scopes of its names where it knows them. */
export interface Parsed {
  readonly ast: TSESTree.Program
  readonly scopeManager: TSESLint.Scope.ScopeManager | null
  readonly visitorKeys: Readonly<Record<string, readonly string[] | undefined>>
}

export type Parse = (text: string, filename: string) => Parsed

interface Estree {
  readonly parse: (text: string, options: object) => TSESTree.Program
}
interface Scopes {
  readonly analyze: (ast: TSESTree.Program, options: object) => TSESLint.Scope.ScopeManager
}
interface Keys {
  readonly visitorKeys: Parsed['visitorKeys']
}

/**
 * typescript-eslint's parser without what nobody asks of a file that is not linted: tokens, comments and the maps back to TypeScript's
 * nodes, which are half of its time and most of its memory; scopes only once somebody asks. Null when its parts cannot be found.
 */
export function leanParse(parserPath: string): Parse | null {
  let estree: Estree, scopes: Scopes, keys: Keys
  try {
    const load = createRequire(parserPath)
    estree = load('@typescript-eslint/typescript-estree') as Estree
    scopes = load('@typescript-eslint/scope-manager') as Scopes
    keys = load('@typescript-eslint/visitor-keys') as Keys
  } catch {
    return null
  }
  return (text, filename) => {
    const options = { filePath: filename, range: true, loc: true, jsDocParsingMode: 'none' }
    const ast = estree.parse(text, { ...options, jsx: /x$/.test(filename) })
    let scopeManager: TSESLint.Scope.ScopeManager | null = null
    return {
      ast,
      get scopeManager() {
        return (scopeManager ??= scopes.analyze(ast, { sourceType: 'module', lib: [] }))
      },
      visitorKeys: keys.visitorKeys,
    }
  }
}
