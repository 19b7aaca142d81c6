import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import { type Decider, happens, holdsTest } from './decider.ts'
import type { ExtractionScope } from './library.ts'

/** Beyond this nesting of spreads and constants, an array is not in sight. */
const depthLimit = 24

/** Elements of an array under the given decisions, with the pushes before its use. Null: not in sight. */
export function elementsOf(
  node: TSESTree.Node,
  scope: ExtractionScope,
  decider: Decider,
  at: TSESTree.Node = node,
  depth = 0,
): readonly TSESTree.Node[] | null {
  if (depth > depthLimit) return null
  const bare = unwrap(node)
  switch (bare.type) {
    case 'ArrayExpression': {
      const elements: TSESTree.Node[] = []
      for (const element of bare.elements) {
        if (element === null) continue
        if (element.type !== 'SpreadElement') {
          elements.push(element)
          continue
        }
        const spread = elementsOf(element.argument, scope, decider, at, depth + 1)
        if (spread === null) return null
        elements.push(...spread)
      }
      return elements
    }
    case 'ConditionalExpression': {
      const taken = holdsTest(bare.test, scope, decider)
      return elementsOf(taken ? bare.consequent : bare.alternate, scope, decider, at, depth + 1)
    }
    case 'CallExpression': {
      const callee = unwrap(bare.callee)
      const filters = callee.type === 'MemberExpression' && memberName(callee) === 'filter'
      const [by] = bare.arguments
      const truthy = by?.type === 'Identifier' && by.name === 'Boolean'
      return filters && truthy ? elementsOf(callee.object, scope, decider, at, depth + 1) : null
    }
    case 'Identifier':
      return ofWrites(bare, scope, decider, at, depth)
    default:
      return null
  }
}

function ofWrites(
  node: TSESTree.Identifier,
  scope: ExtractionScope,
  decider: Decider,
  at: TSESTree.Node,
  depth: number,
): readonly TSESTree.Node[] | null {
  let elements: readonly TSESTree.Node[] | null = null
  for (const write of scope.writesOf(node, at) ?? []) {
    if (!happens(write, decider)) continue
    if (write.kind !== 'member') {
      elements = write.value === null ? null : elementsOf(write.value, scope, decider, write.value, depth + 1)
      continue
    }
    const call = write.node
    const name =
      call.type === 'CallExpression' && call.callee.type === 'MemberExpression'
        ? memberName(call.callee)
        : null
    if (call.type !== 'CallExpression' || name !== 'push' || elements === null) return null
    const looped = write.decisions.some((decision) => decision.key.startsWith('loop at'))
    if (looped || call.arguments.some((one) => one.type === 'SpreadElement')) return null
    elements = [...elements, ...call.arguments]
  }
  return elements
}
