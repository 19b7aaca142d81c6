import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { readFileSync, statSync } from 'node:fs'
import type { ScopedParse } from './graph.ts'
import { Recent } from './recent.ts'

/** So many files with their trees and scopes are kept; their analyses go with them. */
const sources = new Recent<{ readonly mtime: number; readonly source: TSESLint.SourceCode | null }>(250)

/** Beyond this size a file is generated or vendored. */
const sizeLimit = 400_000

/**
 * A file of the project, with its scopes, as the linter would hand it to a rule; as much of ESLint's `SourceCode` as the analysis asks
 * for. Cached by modification time; null when it cannot be read or parsed.
 */
export function sideSource(filename: string, parse: ScopedParse | null): TSESLint.SourceCode | null {
  const stat = statSync(filename, { throwIfNoEntry: false })
  if (stat === undefined || parse === null || stat.size > sizeLimit) return null
  const known = sources.get(filename)
  if (known !== undefined && known.mtime === stat.mtimeMs) return known.source
  let source: TSESLint.SourceCode | null = null
  try {
    const text = readFileSync(filename, 'utf8')
    source = sourceOf(text, parse(text, filename))
  } catch {
    // A file that does not parse is reported by whoever lints it; here its calls only stay unseen.
  }
  sources.set(filename, { mtime: stat.mtimeMs, source })
  return source
}

function sourceOf(text: string, parsed: ReturnType<ScopedParse>): TSESLint.SourceCode | null {
  const { ast, scopeManager, visitorKeys } = parsed
  if (scopeManager === null) return null
  linkParents(ast, visitorKeys)
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

function linkParents(
  ast: TSESTree.Node,
  visitorKeys: Readonly<Record<string, readonly string[] | undefined>>,
): void {
  const visit = (node: TSESTree.Node): void => {
    for (const key of visitorKeys[node.type] ?? []) {
      const value = (node as unknown as Record<string, unknown>)[key]
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof (child as TSESTree.Node | null)?.type !== 'string') continue
        Reflect.set(child as object, 'parent', node)
        visit(child as TSESTree.Node)
      }
    }
  }
  visit(ast)
}
