import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { ExtractionScope } from './library.ts'
import { type Decider, happens } from './decider.ts'
import { elementsOf } from './text-array.ts'

/** Beyond this many variables that stand for one another, a number is not in sight any more. */
const depthLimit = 50

/**
 * Numbers that programs use to write placeholders: `$${values.length + 1}`, `$${index++}`, `$${values.push(id)}`. Null when the
 * number cannot be told.
 */
export function numberOf(
  node: TSESTree.Node,
  scope: ExtractionScope,
  decider: Decider,
  depth = 0,
): number | null {
  if (depth > depthLimit) return null
  const bare = unwrap(node)
  switch (bare.type) {
    case 'Literal':
      return typeof bare.value === 'number' ? bare.value : null
    case 'BinaryExpression': {
      if (bare.operator !== '+' && bare.operator !== '-') return null
      const left = numberOf(bare.left, scope, decider, depth + 1)
      const right = numberOf(bare.right, scope, decider, depth + 1)
      if (left === null || right === null) return null
      return bare.operator === '+' ? left + right : left - right
    }
    case 'MemberExpression': {
      if (memberName(bare) !== 'length') return null
      return elementsOf(bare.object, scope, decider, bare)?.length ?? null
    }
    case 'CallExpression': {
      const callee = unwrap(bare.callee)
      if (callee.type !== 'MemberExpression' || memberName(callee) !== 'push') return null
      const before = elementsOf(callee.object, scope, decider, bare)
      return before === null ? null : before.length + bare.arguments.length
    }
    case 'UpdateExpression': {
      if (bare.argument.type !== 'Identifier') return null
      const before = counter(bare.argument, scope, decider, bare, depth)
      if (before === null) return null
      return before + (bare.prefix ? (bare.operator === '++' ? 1 : -1) : 0)
    }
    case 'Identifier':
      return counter(bare, scope, decider, bare, depth)
    default:
      return null
  }
}

/** Value of a variable that is only counted up or down before `at`. */
function counter(
  node: TSESTree.Identifier,
  scope: ExtractionScope,
  decider: Decider,
  at: TSESTree.Node,
  depth: number,
): number | null {
  let count: number | null = null
  for (const write of scope.writesOf(node, at) ?? []) {
    if (!happens(write, decider)) continue
    if (write.decisions.some((decision) => decision.key.startsWith('loop at'))) return null
    if (write.node.type === 'UpdateExpression') {
      if (count !== null) count += write.node.operator === '++' ? 1 : -1
      continue
    }
    const value: number | null =
      write.value === null ? null : numberOf(write.value, scope, decider, depth + 1)
    if (write.kind === 'append') count = count === null || value === null ? null : count + value
    else count = value
  }
  return count
}
