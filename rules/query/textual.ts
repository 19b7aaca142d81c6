import type { TSESTree } from '@typescript-eslint/utils'
import { type FunctionNode, isFunction, memberName } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import type { ExtractionScope } from './library.ts'

/** Beyond this nesting of helpers and constants, text is not in sight. */
const depthLimit = 24

/** The function of this file that a call runs. */
export function helperOf(callee: TSESTree.Node, scope: ExtractionScope): FunctionNode | null {
  if (callee.type !== 'Identifier') return null
  const definition = scope.definitionOf(callee)
  return definition.kind === 'function' && definition.module === scope.filename && isFunction(definition.node)
    ? definition.node
    : null
}

/** Would the expression, as far as it is in sight, build text rather than hold a value? */
export function isTextual(node: TSESTree.Node, scope: ExtractionScope, depth = 0): boolean {
  const bare = unwrap(node)
  if (depth > depthLimit) return false
  const again = (inner: TSESTree.Node): boolean => isTextual(inner, scope, depth + 1)
  switch (bare.type) {
    case 'Literal':
      return typeof bare.value === 'string'
    case 'TemplateLiteral':
    case 'TaggedTemplateExpression':
      return true
    case 'BinaryExpression':
      return bare.operator === '+' && (again(bare.left) || again(bare.right))
    case 'ConditionalExpression':
      return again(bare.consequent) && again(bare.alternate)
    case 'LogicalExpression':
      return bare.operator === '&&' && again(bare.right)
    case 'Identifier': {
      const writes = scope.writesOf(bare, bare)
      const first = writes?.find((write) => write.kind !== 'member')?.value
      if (first !== undefined && first !== null) return again(first)
      return typeof scope.constantOf(bare)?.value === 'string'
    }
    case 'MemberExpression':
      return typeof scope.constantOf(bare)?.value === 'string' || isTextualValue(bare, scope)
    case 'CallExpression': {
      const callee = unwrap(bare.callee)
      if (callee.type === 'MemberExpression') {
        const name = memberName(callee) ?? ''
        return name === 'join' || (/^(trim|trimStart|trimEnd)$/.test(name) && again(callee.object))
      }
      const target = helperOf(callee, scope)
      const returned = target === null ? [] : returnsOf(target)
      return returned.length === 1 && again(returned[0]!)
    }
    default:
      return false
  }
}

/** What a field of the class is initialised with, when nothing else is ever assigned to it. */
export function fieldValue(node: TSESTree.MemberExpression, scope: ExtractionScope): TSESTree.Node {
  const value = scope.resolve(node)
  if (value !== node || node.object.type !== 'ThisExpression') return value
  const definition = scope.definitionOf(node)
  if (definition.kind !== 'value' || definition.module !== scope.filename) return node
  const name = (memberName(node) ?? '').replaceAll('$', '\\$')
  const assigned = new RegExp(`\\.${name}\\s*(?:\\+|\\?\\?|\\|\\|)?=(?!=)`)
  return assigned.test(scope.sourceCode.text) ? node : definition.node
}

function isTextualValue(node: TSESTree.MemberExpression, scope: ExtractionScope): boolean {
  const value = fieldValue(node, scope)
  return value !== node && isTextual(value, scope)
}
