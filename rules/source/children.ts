import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from './binding.ts'

/** Child nodes, in the order in which the parser put them on the node; by structure, so that the trees of every parser work. */
export function childrenOf(node: TSESTree.Node): TSESTree.Node[] {
  const found: TSESTree.Node[] = []
  eachChild(node, (child) => found.push(child))
  return found
}

/** The same without a list of them. */
export function eachChild(node: TSESTree.Node, visit: (child: TSESTree.Node) => void): void {
  someChild(node, (child) => {
    visit(child)
    return false
  })
}

/** Is there a child for which `is` holds? Every node of every file passes here, so nothing is allocated. */
export function someChild(node: TSESTree.Node, is: (child: TSESTree.Node) => boolean): boolean {
  for (const key in node) {
    if (key === 'parent' || key === 'loc' || key === 'range' || key === 'tokens' || key === 'comments')
      continue
    const value = (node as unknown as Record<string, unknown>)[key]
    if (typeof value !== 'object' || value === null) continue
    if (Array.isArray(value)) {
      // By index: an iterator would be an allocation for each element until the code is optimised.
      for (let index = 0; index < value.length; index += 1) {
        const child: unknown = value[index]
        if (isNode(child) && is(child)) return true
      }
    } else if (isNode(value) && is(value)) return true
  }
  return false
}

const isNode = (value: unknown): value is TSESTree.Node =>
  typeof (value as TSESTree.Node | null)?.type === 'string'

/** Values that a function returns, in source order, without those of functions inside it. */
export function returnsOf(node: TSESTree.Node): TSESTree.Node[] {
  if (!isFunction(node)) return []
  if (node.body.type !== 'BlockStatement') return [node.body]
  const found: TSESTree.Node[] = []
  const visit = (at: TSESTree.Node): void => {
    if (at.type === 'ReturnStatement' && at.argument !== null) found.push(at.argument)
    if (!isFunction(at)) for (const child of childrenOf(at)) visit(child)
  }
  for (const statement of node.body.body) visit(statement)
  return found
}

/** The expression without parentheses, casts, `!`, `await` (if asked) and optional-chain wrappers. */
export function unwrap(node: TSESTree.Node, awaits = false): TSESTree.Node {
  switch (node.type) {
    case 'ChainExpression':
    case 'TSNonNullExpression':
    case 'TSSatisfiesExpression':
    case 'TSAsExpression':
    case 'TSTypeAssertion':
    case 'TSInstantiationExpression':
      return unwrap(node.expression, awaits)
    case 'AwaitExpression':
      return awaits ? unwrap(node.argument, awaits) : node
    default:
      return node
  }
}

/** The innermost function around a node, null at the top level. */
export function functionAround(node: TSESTree.Node): TSESTree.Node | null {
  for (let at = node.parent; at != null; at = at.parent) if (isFunction(at)) return at
  return null
}

/** Is `inner` the node `outer` or inside it? */
export function contains(outer: TSESTree.Node, inner: TSESTree.Node): boolean {
  return outer.range[0] <= inner.range[0] && inner.range[1] <= outer.range[1]
}
