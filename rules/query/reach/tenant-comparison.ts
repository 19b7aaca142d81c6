import type { TSESTree } from '@typescript-eslint/utils'
import { leaves } from '../../provenance/guard.ts'
import { memberName } from '../../source/binding.ts'
import { childrenOf, unwrap } from '../../source/children.ts'
import { variableOf } from '../../source/module.ts'
import type { QueryContext } from '../context.ts'
import { answersTenant } from './actor.ts'
import { calleeName } from '../../source/callee.ts'
import { calledFunction } from './called-function.ts'
import { comparesTenant, speaksOfTenant } from './compared-text.ts'
import { workingText } from './delegated.ts'
import { guardedByCall } from './guard-calls.ts'
import { alone } from './handed.ts'
import { filterAround, isUsedUnfiltered } from './kept-rows.ts'
import { onlyTells, refusalAlone } from './refusal.ts'
import { isNothing } from '../../source/nothing.ts'

/** How the rows whose tenant is compared are told. */
export interface Rows {
  readonly isTenant: (node: TSESTree.Node) => boolean
  readonly isRow: (node: TSESTree.Node) => boolean
  /** Where what is compared with must have been checked by; the comparison itself when it is left out. */
  readonly until?: TSESTree.Node
}

/** The first comparison at or below a node that checks the tenant of rows, in words. */
export function tenantComparedIn(node: TSESTree.Node, rows: Rows, file: QueryContext): string | null {
  const side = node.type === 'BinaryExpression' ? comparedSide(node, rows, file) : null
  if (side !== null) return `the comparison of \`${file.scope.sourceCode.getText(side)}\``
  for (const child of childrenOf(node)) {
    const found = tenantComparedIn(child, rows, file)
    if (found !== null) return found
  }
  return null
}

/**
 * The side of a comparison that is the tenant of a row, when the comparison checks it: it decides something, and the other side is
 * neither written out, nor the row itself, nor what the request says unchecked.
 */
export function comparedSide(
  node: TSESTree.BinaryExpression,
  { isTenant, isRow, until }: Rows,
  file: QueryContext,
): TSESTree.Node | null {
  if (!/^(?:[!=]==?|>|<|>=|<=)$/.test(node.operator)) return null
  for (const [side, other] of [
    [unwrap(node.left), unwrap(node.right)],
    [unwrap(node.right), unwrap(node.left)],
  ] as const) {
    if (!isTenant(side) || isRow(other)) continue
    if (!decides(node, !node.operator.startsWith('!'), other, file)) continue
    if (side.type === 'MemberExpression' && memberName(side) === 'length') return side
    if (isTold(other, until ?? node, file) && !isFirstOfMany(side, file)) return side
  }
  return null
}

/**
 * `rows.filter((row) => isVisible(row, session.teamId))`: does the function that decides which rows are kept compare their tenant with one that the
 * request does not choose?
 */
export function isKeptByHelper(
  node: TSESTree.CallExpression,
  { isRow, until }: Rows,
  file: QueryContext,
): boolean {
  if (filterAround(node) === null || !node.arguments.some((argument) => isRow(unwrap(argument)))) return false
  const target = calledFunction(node, file)
  const text = target === null ? null : workingText(target, file)
  if (text === null || !comparesTenant(text, file.tenancy)) return false
  return node.arguments
    .map(withoutFallback)
    .some(
      (argument) =>
        !isRow(argument) &&
        speaksOfTenant(file.scope.sourceCode.getText(argument), file.tenancy) &&
        isTold(argument, until ?? node, file) &&
        decides(node, true, argument, file),
    )
}

/** `session.teamId ?? null` is the tenant, or none. */
function withoutFallback(value: TSESTree.Node): TSESTree.Node {
  const node = unwrap(value)
  return node.type === 'LogicalExpression' && node.operator !== '&&' ? withoutFallback(node.left) : node
}

/** What a tenant may be compared with. */
export function isTold(other: TSESTree.Node, at: TSESTree.Node, file: QueryContext): boolean {
  const { kind } = file.scope.provenanceOf(other)
  if (kind === 'literal') return false
  if (kind !== 'request' && !isOfSent(other, file)) return true
  return file.proofs.isProved(other, at) || guardedByCall(alone(other), at, file) !== null
}

/** The tenant of another resource that the request names: as good as what the request says itself. */
function isOfSent(other: TSESTree.Node, { proofs, scope, tenancy }: QueryContext): boolean {
  const identity = proofs.identities.of(other)
  if (identity?.call == null || !answersTenant(calleeName(identity.call), tenancy)) return false
  return identity.call.arguments.some((argument) => scope.provenanceOf(argument).kind === 'request')
}

/** `list[0].tenantId` of a list that is used as a whole: the other rows are not looked at. */
function isFirstOfMany(side: TSESTree.Node, { scope }: QueryContext): boolean {
  let node = side
  for (; node.type === 'MemberExpression'; node = unwrap(node.object)) {
    const object = unwrap(node.object)
    if (!node.computed || node.property.type !== 'Literal' || object.type !== 'Identifier') continue
    const uses = variableOf(scope.sourceCode, object)?.references ?? []
    return uses.some(({ identifier, init }) => init !== true && !isElement(identifier))
  }
  return false
}

function isElement(use: TSESTree.Node): boolean {
  const member = use.parent
  if (member?.type !== 'MemberExpression' || member.object !== use) return false
  return member.computed ? member.property.type === 'Literal' : memberName(member) === 'length'
}

/**
 * Does the program go on differently when the comparison comes out the other way? It stands in a test that leaves or holds what follows,
 * or is the answer of a function, a filter or a variable. A comparison that is left out when there is no tenant decides nothing.
 */
function decides(
  comparison: TSESTree.Node,
  whenOwn: boolean,
  other: TSESTree.Node,
  file: QueryContext,
): boolean {
  // A filter that gathers the rows of others is there to refuse them.
  const filter = whenOwn ? filterAround(comparison) : null
  if (filter !== null && isUsedUnfiltered(filter, file)) return false
  let isTrueForOwn = whenOwn
  let child = comparison
  for (let parent = child.parent; parent != null; child = parent, parent = parent.parent) {
    switch (parent.type) {
      case 'UnaryExpression':
        isTrueForOwn = !isTrueForOwn
        break
      case 'LogicalExpression': {
        const beside = child === parent.left ? parent.right : parent.left
        const skips = isTrueForOwn ? '||' : '&&'
        if (parent.operator === skips && asksFor(beside, other, !isTrueForOwn, file)) return false
        if (parent.parent.type === 'ExpressionStatement') return child === parent.left
        break
      }
      case 'IfStatement': {
        const { consequent, alternate } = parent
        return isTrueForOwn || ends(consequent, file) || (alternate !== null && ends(alternate, file))
      }
      case 'CallExpression':
        return child === parent.callee || !onlyTells(calleeName(parent) ?? '')
      case 'ChainExpression':
      case 'TSNonNullExpression':
      case 'TSAsExpression':
        break
      default:
        return parent.type !== 'ExpressionStatement' && parent.type !== 'TemplateLiteral'
    }
  }
  return true
}

/** Does a test ask whether a value is there (or, `there` false, whether it is missing)? */
function asksFor(test: TSESTree.Node, value: TSESTree.Node, there: boolean, file: QueryContext): boolean {
  const node = unwrap(test)
  if (node.type === 'LogicalExpression') {
    return asksFor(node.left, value, there, file) || asksFor(node.right, value, there, file)
  }
  if (node.type === 'UnaryExpression' && node.operator === '!') {
    return asksFor(node.argument, value, !there, file)
  }
  if (node.type === 'BinaryExpression') {
    const { left, right, operator } = node
    const asksThere = /^!==?$/.test(operator)
    return isNothing(right) && asksThere === there && file.proofs.identities.areSame(left, value)
  }
  return there && file.proofs.identities.areSame(node, value)
}

/** Does control not come back from a branch? */
const ends = (branch: TSESTree.Node, { scope }: QueryContext): boolean =>
  leaves(branch) || refusalAlone(scope.sourceCode.getText(branch)) === 'throws'
