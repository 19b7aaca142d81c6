import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { annotationOf, isFunction, memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import { variableOf } from '../source/module.ts'
import type { ExtractionScope } from './library.ts'

const arithmetic = /^(-|\*|\/|%|\*\*|\||&)$/
const converters = /^(Number|parseInt|parseFloat|BigInt)$/
const numericMethods = /^(toFixed|getTime|valueOf|now|parseInt|parseFloat)$/
const depthLimit = 8

/** Is the value a number, or nothing, whatever else the program is given? */
export function isNumber(
  given: TSESTree.Node,
  scope: ExtractionScope,
  asked: readonly TSESLint.Scope.Variable[] = [],
): boolean {
  if (asked.length > depthLimit) return false
  const node = unwrap(given)
  const again = (next: TSESTree.Node): boolean => isNumber(next, scope, asked)
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'number' || typeof node.value === 'bigint'
    case 'UpdateExpression':
      return true
    case 'UnaryExpression':
      return /^[-+~]$/.test(node.operator)
    case 'BinaryExpression':
      if (arithmetic.test(node.operator)) return true
      return node.operator === '+' && again(node.left) && again(node.right)
    case 'ConditionalExpression':
      return again(node.consequent) && again(node.alternate)
    case 'CallExpression':
      return isConversion(node, scope)
    case 'MemberExpression':
      return memberName(node) === 'length' || typeof scope.constantOf(node)?.value === 'number'
    case 'Identifier':
      return typeof scope.constantOf(node)?.value === 'number' || isNumberVariable(node, scope, asked)
    default:
      return false
  }
}

/** `Number(x)`, `Math.min(…)`, `Date.now()`, `x.toFixed(2)`: not a function of the program that has such a name. */
function isConversion({ callee }: TSESTree.CallExpression, scope: ExtractionScope): boolean {
  const bare = unwrap(callee)
  if (bare.type === 'Identifier') {
    return converters.test(bare.name) && variableOf(scope.sourceCode, bare)?.defs.length !== 1
  }
  if (bare.type !== 'MemberExpression') return false
  if (bare.object.type === 'Identifier' && bare.object.name === 'Math') return true
  return numericMethods.test(memberName(bare) ?? '') && scope.definitionOf(bare).kind !== 'function'
}

/** A variable that is never given anything but numbers, and a parameter whose default says that it is one. */
function isNumberVariable(
  node: TSESTree.Identifier,
  scope: ExtractionScope,
  asked: readonly TSESLint.Scope.Variable[],
): boolean {
  const variable = variableOf(scope.sourceCode, node)
  const definition = variable?.defs[0]
  if (variable === null || definition === undefined) return false
  // What a variable adds to itself: `offset = offset + 100`.
  if (asked.includes(variable)) return true
  const kind = definition.type as string
  const name = definition.name as TSESTree.Node
  if (annotationOf(name)?.type === 'TSNumberKeyword') return true
  if (kind === 'Parameter') return isDefaulted(name, scope)
  if (kind !== 'Variable') return false
  const writes = variable.references.filter((one) => one.isWrite())
  return (
    writes.length > 0 &&
    writes.every(({ identifier }) => isNumberWrite(identifier as TSESTree.Node, scope, [...asked, variable]))
  )
}

function isNumberWrite(
  target: TSESTree.Node,
  scope: ExtractionScope,
  asked: readonly TSESLint.Scope.Variable[],
): boolean {
  const { parent } = target
  switch (parent?.type) {
    case 'UpdateExpression':
      return true
    case 'VariableDeclarator':
      return parent.id === target && parent.init !== null && isNumber(parent.init, scope, asked)
    case 'AssignmentExpression':
      if (parent.left !== target) return false
      return /^(-|\*|\/|%|\*\*|\||&)=$/.test(parent.operator) || isNumber(parent.right, scope, asked)
    default:
      return false
  }
}

const typescript = /\.[cm]?tsx?$/

/** `limit = 20` of a function that nobody's types contradict: TypeScript takes the parameter for a number. */
function isDefaulted(name: TSESTree.Node, scope: ExtractionScope): boolean {
  const pattern = name.parent
  if (!typescript.test(scope.filename) || pattern?.type !== 'AssignmentPattern' || pattern.left !== name)
    return false
  const owner = pattern.parent
  const isCallback = !isFunction(owner) || owner.parent.type === 'CallExpression'
  return !isCallback && annotationOf(name) === null && isNumber(pattern.right, scope)
}
