import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../source/children.ts'

/**
 * Is a value known to be present where it is used? True after a check that leaves when it is absent
 * (`if (!id) throw …`, `assert(id)`), and inside a branch that is only taken when it is present.
 */
export function isGuarded(use: TSESTree.Node, text: string): boolean {
  const wanted = text.slice(use.range[0], use.range[1]).replaceAll('?.', '.')
  const is = (node: TSESTree.Node): boolean => {
    const bare = unwrap(node)
    return text.slice(bare.range[0], bare.range[1]).replaceAll('?.', '.') === wanted
  }
  return isEnsured(use, is)
}

/** The same for whatever stands for presence: `is` tells the expressions that are only truthy when it is there. */
export function isEnsured(at: TSESTree.Node, is: Is): boolean {
  let child: TSESTree.Node = at
  for (let parent = at.parent; parent != null; parent = parent.parent) {
    if (branchImplies(parent, child, is)) return true
    if (parent.type === 'BlockStatement' || parent.type === 'Program' || parent.type === 'SwitchCase') {
      const statements: readonly TSESTree.Node[] =
        parent.type === 'SwitchCase' ? parent.consequent : parent.body
      const before = statements.slice(0, statements.indexOf(child))
      if (before.some((statement) => leavesWhenAbsent(statement, is))) return true
    }
    child = parent
  }
  return false
}

export type Is = (node: TSESTree.Node) => boolean

function branchImplies(parent: TSESTree.Node, child: TSESTree.Node, is: Is): boolean {
  switch (parent.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
      if (child === parent.consequent) return impliesPresent(parent.test, is)
      return child === parent.alternate && impliedByAbsence(parent.test, is)
    case 'LogicalExpression':
      if (child !== parent.right) return false
      if (parent.operator === '&&') return impliesPresent(parent.left, is)
      return parent.operator === '||' && impliedByAbsence(parent.left, is)
    default:
      return false
  }
}

function isAbsent(node: TSESTree.Node): boolean {
  if (node.type === 'Identifier') return node.name === 'undefined'
  return node.type === 'Literal' && (node.value === null || node.value === '')
}

/** If the test holds, the value is there. */
function impliesPresent(test: TSESTree.Node, is: Is): boolean {
  const bare = unwrap(test)
  if (is(bare)) return true
  if (bare.type === 'LogicalExpression' && bare.operator === '&&') {
    return impliesPresent(bare.left, is) || impliesPresent(bare.right, is)
  }
  if (bare.type === 'UnaryExpression' && bare.operator === '!') return impliedByAbsence(bare.argument, is)
  if (bare.type !== 'BinaryExpression') return false
  const { left, right, operator } = bare
  if (operator === '!=' || operator === '!==') return is(left) && isAbsent(right)
  return operator === '===' && isTypeofOf(left, is) && right.type === 'Literal' && right.value !== 'undefined'
}

/** If the value is absent, the test holds. */
function impliedByAbsence(test: TSESTree.Node, is: Is): boolean {
  const bare = unwrap(test)
  if (bare.type === 'UnaryExpression' && bare.operator === '!') {
    return impliesPresent(bare.argument, is)
  }
  if (bare.type === 'LogicalExpression' && bare.operator === '||') {
    return impliedByAbsence(bare.left, is) || impliedByAbsence(bare.right, is)
  }
  if (bare.type !== 'BinaryExpression') return false
  const { left, right, operator } = bare
  if (operator === '==' || operator === '===') return is(left) && isAbsent(right)
  return operator === '!==' && isTypeofOf(left, is) && right.type === 'Literal' && right.value !== 'undefined'
}

function isTypeofOf(node: TSESTree.Node, is: Is): boolean {
  return node.type === 'UnaryExpression' && node.operator === 'typeof' && is(node.argument)
}

/** Does control never pass the statement when the value is absent? */
function leavesWhenAbsent(statement: TSESTree.Node, is: Is): boolean {
  if (statement.type === 'IfStatement') {
    return leaves(statement.consequent) && impliedByAbsence(statement.test, is)
  }
  if (statement.type !== 'ExpressionStatement') return false
  const call = unwrap(statement.expression, true)
  if (call.type !== 'CallExpression' || call.arguments[0] === undefined) return false
  const name =
    call.callee.type === 'Identifier'
      ? call.callee.name
      : call.callee.type === 'MemberExpression' && call.callee.object.type === 'Identifier'
        ? call.callee.object.name
        : ''
  return /^(assert|invariant|tiny?invariant|ok)$/i.test(name) && impliesPresent(call.arguments[0], is)
}

/** Does the statement always leave the block: return, throw, break, continue, process.exit()? */
export function leaves(statement: TSESTree.Node): boolean {
  switch (statement.type) {
    case 'ReturnStatement':
    case 'ThrowStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
      return true
    case 'BlockStatement':
      return statement.body.some(leaves)
    case 'IfStatement':
      return leaves(statement.consequent) && statement.alternate !== null && leaves(statement.alternate)
    case 'ExpressionStatement': {
      const call = unwrap(statement.expression)
      return (
        call.type === 'CallExpression' &&
        call.callee.type === 'MemberExpression' &&
        call.callee.object.type === 'Identifier' &&
        call.callee.object.name === 'process' &&
        call.callee.property.type === 'Identifier' &&
        call.callee.property.name === 'exit'
      )
    }
    default:
      return false
  }
}
