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
export function isEnsured(at: TSESTree.Node, is: Is, more: Signs = {}): boolean {
  const told: Is = (node) => is(unwrap(node))
  const signs: Told = { is: told, lacks: more.lacks ?? never, areSame: more.areSame ?? never }
  let child: TSESTree.Node = at
  for (let parent = at.parent; parent != null; parent = parent.parent) {
    if (branchImplies(parent, child, signs)) return true
    if (parent.type === 'BlockStatement' || parent.type === 'Program' || parent.type === 'SwitchCase') {
      const statements: readonly TSESTree.Node[] =
        parent.type === 'SwitchCase' ? parent.consequent : parent.body
      const before = statements.slice(0, statements.indexOf(child))
      if (before.some((statement) => leavesWhenAbsent(statement, signs, at))) return true
    }
    child = parent
  }
  return false
}

export type Is = (node: TSESTree.Node) => boolean

const never = (): boolean => false

/** What else tells of presence. */
export interface Signs {
  /** Expressions that are truthy whenever the value is not there. */
  readonly lacks?: Is
  /** Do two expressions certainly have the same value? Then a check under a condition holds wherever the condition does. */
  readonly areSame?: (one: TSESTree.Node, other: TSESTree.Node) => boolean
}

type Told = Required<Signs> & { readonly is: Is }

function branchImplies(parent: TSESTree.Node, child: TSESTree.Node, is: Told): boolean {
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
function impliesPresent(test: TSESTree.Node, signs: Told): boolean {
  const { is } = signs
  const bare = unwrap(test)
  if (is(bare) || holdersOf(bare).some(is)) return true
  if (bare.type === 'LogicalExpression' && bare.operator === '&&') {
    return impliesPresent(bare.left, signs) || impliesPresent(bare.right, signs)
  }
  if (bare.type === 'UnaryExpression' && bare.operator === '!') return impliedByAbsence(bare.argument, signs)
  if (bare.type !== 'BinaryExpression') return false
  const { left, right, operator } = bare
  if (isCount(left) && is(left) && comparesWithNone(operator, right, true)) return true
  if (operator.startsWith('>') && isNumber(right) && holdersOf(unwrap(left)).some(is)) return true
  if (operator === '!=' || operator === '!==') return is(left) && isAbsent(right)
  return operator === '===' && isTypeofOf(left, is) && right.type === 'Literal' && right.value !== 'undefined'
}

/** What a member was read from: `ids` in `ids?.length`, which is `undefined`, and above no number, where there are none. */
function holdersOf(node: TSESTree.Node): readonly TSESTree.Node[] {
  if (node.type !== 'MemberExpression') return []
  const object = unwrap(node.object)
  return [object, ...holdersOf(object)]
}

const isNumber = (node: TSESTree.Node): boolean => node.type === 'Literal' && typeof node.value === 'number'

/** If the value is absent, the test holds. */
function impliedByAbsence(test: TSESTree.Node, signs: Told): boolean {
  const { is } = signs
  const bare = unwrap(test)
  if (signs.lacks(bare)) return true
  if (bare.type === 'UnaryExpression' && bare.operator === '!') {
    return impliesPresent(bare.argument, signs)
  }
  if (bare.type === 'LogicalExpression' && bare.operator === '||') {
    return impliedByAbsence(bare.left, signs) || impliedByAbsence(bare.right, signs)
  }
  if (bare.type !== 'BinaryExpression') return false
  const { left, right, operator } = bare
  if (isCount(left) && is(left) && comparesWithNone(operator, right, false)) return true
  if (operator === '==' || operator === '===') return is(left) && isAbsent(right)
  return operator === '!==' && isTypeofOf(left, is) && right.type === 'Literal' && right.value !== 'undefined'
}

/** `rows.length`: a number, falsy only when it is none. An optional chain may give `undefined`, which is no number. */
function isCount(node: TSESTree.Node): boolean {
  return (
    node.type === 'MemberExpression' &&
    node.property.type === 'Identifier' &&
    /^(?:length|size|count|rowCount)$/.test(node.property.name)
  )
}

/** `> 0`, `!== 0`, `>= 1` where some are wanted; `=== 0`, `< 1` where none are. */
function comparesWithNone(operator: string, right: TSESTree.Node, some: boolean): boolean {
  const value = right.type === 'Literal' ? right.value : null
  if (value === 0) return (some ? /^(?:>|!==?)$/ : /^(?:===?|<=)$/).test(operator)
  return value === 1 && operator === (some ? '>=' : '<')
}

function isTypeofOf(node: TSESTree.Node, is: Is): boolean {
  return node.type === 'UnaryExpression' && node.operator === 'typeof' && is(node.argument)
}

/** Does control never pass the statement on its way to `at` when the value is absent? */
function leavesWhenAbsent(statement: TSESTree.Node, signs: Told, at: TSESTree.Node): boolean {
  const inside = (inner: TSESTree.Node): boolean =>
    inner.type === 'BlockStatement'
      ? inner.body.some((one) => leavesWhenAbsent(one, signs, at))
      : leavesWhenAbsent(inner, signs, at)
  if (statement.type === 'BlockStatement') return inside(statement)
  if (statement.type === 'TryStatement') {
    const { handler, block } = statement
    return (handler === null || leaves(handler.body)) && inside(block)
  }
  if (statement.type === 'IfStatement') {
    const { test, consequent, alternate } = statement
    if (leaves(consequent) && impliedByAbsence(test, signs)) return true
    if (alternate !== null && leaves(alternate) && impliesPresent(test, signs)) return true
    return inside(consequent) && isHeldAt(test, at, signs)
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
  return /^(assert|invariant|tiny?invariant|ok)$/i.test(name) && impliesPresent(call.arguments[0], signs)
}

/** Is every part of the test known to hold at `at` too? `if (id) { … leave }`, and later `if (id) …` */
function isHeldAt(test: TSESTree.Node, at: TSESTree.Node, { areSame }: Told): boolean {
  const bare = unwrap(test)
  if (bare.type === 'LogicalExpression' && bare.operator === '&&') {
    const signs: Told = { is: never, lacks: never, areSame }
    return isHeldAt(bare.left, at, signs) && isHeldAt(bare.right, at, signs)
  }
  return isEnsured(at, (node) => areSame(node, bare))
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
