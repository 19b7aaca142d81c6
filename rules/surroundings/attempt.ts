import type { TSESTree } from '@typescript-eslint/utils'
import { childrenOf, contains, unwrap } from '../source/children.ts'
import type { FileView } from './file.ts'
import { originOf } from '../source/origin.ts'

/** May the database have raised what an attempt throws? `certain`: a query stands in it. `likely`: it awaits code of the program. */
export function databaseIn(attempt: TSESTree.Node | null, file: FileView): 'certain' | 'likely' | null {
  if (attempt === null) return 'likely'
  const query = file.queries?.sites.some((site) => contains(attempt, site.node)) === true
  if (query) return 'certain'
  const promise = unwrap(attempt)
  const own = promise.type === 'CallExpression' && isOwn(promise.callee, file)
  return own || awaitsOwnCode(attempt, file) ? 'likely' : null
}

/** Calls of packages (`stripe`, `fetch`, a validator) have errors of their own; code of the program may do anything. */
function awaitsOwnCode(node: TSESTree.Node, file: FileView): boolean {
  if (node.type === 'AwaitExpression') {
    const call = unwrap(node.argument)
    if (call.type === 'CallExpression' && isOwn(call.callee, file)) return true
  }
  return childrenOf(node).some((child) => awaitsOwnCode(child, file))
}

function isOwn(callee: TSESTree.Node, file: FileView): boolean {
  const definition = file.scope.definitionOf(callee)
  if (originOf(definition) !== null) return false
  switch (definition.kind) {
    case 'import':
      return definition.local
    case 'function':
      return true
    case 'member':
      return isService(definition.object.kind)
    default:
      return false
  }
}

const isService = (kind: string): boolean =>
  kind === 'typed' || kind === 'instance' || kind === 'class' || kind === 'import'
