import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { type Parse, type ParsedFile, parsedFile } from './parsed-file.ts'
import { Recent } from './recent.ts'

/** So many are kept, for whole analyses hang on them. */
const sources = new Recent<{ readonly file: ParsedFile; readonly source: TSESLint.SourceCode | null }>(40)

/**
 * A file of the project, with its scopes, as the linter would hand it to a rule; as much of ESLint's `SourceCode` as the analysis asks
 * for. Null when it cannot be read or parsed.
 */
export function sideSource(filename: string, parse: Parse | null): TSESLint.SourceCode | null {
  const file = parsedFile(filename, parse)
  if (file === null) return null
  const known = sources.get(filename)
  if (known?.file === file) return known.source
  const source = sourceOf(file)
  sources.set(filename, { file, source })
  return source
}

function sourceOf(file: ParsedFile): TSESLint.SourceCode | null {
  const { text, ast, scopeManager, visitorKeys } = file
  if (scopeManager === null) return null
  const source = {
    text,
    ast,
    scopeManager,
    visitorKeys,
    getText: (node?: TSESTree.Node) => (node === undefined ? text : text.slice(node.range[0], node.range[1])),
    getScope: (node: TSESTree.Node) => scopeAt(node, scopeManager),
  }
  return source as unknown as TSESLint.SourceCode
}

/** The scope of a node, told as ESLint's `SourceCode#getScope` does. */
function scopeAt(at: TSESTree.Node, manager: TSESLint.Scope.ScopeManager): TSESLint.Scope.Scope {
  const inner = at.type !== 'Program'
  for (let node: TSESTree.Node | undefined = at; node != null; node = node.parent) {
    const scope = manager.acquire(node, inner)
    if (scope === null) continue
    return (scope.type as string) === 'function-expression-name' ? scope.childScopes[0]! : scope
  }
  return manager.scopes[0]!
}
