import type { TSESTree } from '@typescript-eslint/utils'
import { leaves } from '../../provenance/guard.ts'
import { unwrap } from '../../source/children.ts'
import { variableOf } from '../../source/module.ts'
import type { QueryContext } from '../context.ts'
import { refusalAlone } from './refusal.ts'

/**
 * Is a row only looked for to refuse when there is one: `const taken = await findBySlug(slug); if (taken) throw …`? Then nothing of it goes
 * any further, and control goes on only where there is none. Any other use of it shows more.
 */
export function refusesWhenThere(call: TSESTree.Node, file: QueryContext): boolean {
  const target = givenTo(call)
  const variable = target === null ? null : variableOf(file.scope.sourceCode, target)
  if (variable === null) return false
  const uses = variable.references.filter(({ init }) => init !== true)
  return uses.length > 0 && uses.every(({ identifier }) => isRefused(identifier, file))
}

/** The variable that is given what a call answers, alone or as one of several that are waited for. */
function givenTo(call: TSESTree.Node): TSESTree.Identifier | null {
  let node = call
  while (node.parent?.type === 'AwaitExpression') node = node.parent
  const { parent } = node
  if (parent?.type === 'VariableDeclarator') return parent.id.type === 'Identifier' ? parent.id : null
  if (parent?.type !== 'ArrayExpression' || parent.parent.type !== 'CallExpression') return null
  const index = parent.elements.indexOf(node as TSESTree.Expression)
  const all: TSESTree.Node = parent.parent
  const holder = all.parent?.type === 'AwaitExpression' ? all.parent.parent : undefined
  if (holder?.type !== 'VariableDeclarator' || holder.id.type !== 'ArrayPattern') return null
  const element = holder.id.elements[index]
  return element?.type === 'Identifier' ? element : null
}

function isRefused(use: TSESTree.Node, { scope }: QueryContext): boolean {
  const test = askedThere(use)
  const branch = test.parent
  if (branch?.type !== 'IfStatement' || unwrap(branch.test) !== unwrap(test)) return false
  const { consequent } = branch
  return leaves(consequent) || refusalAlone(scope.sourceCode.getText(consequent)) === 'throws'
}

/** The expression that holds when what a name stands for is there: itself, `rows.length > 0`, `row !== null`. */
function askedThere(use: TSESTree.Node): TSESTree.Node {
  const { parent } = use
  const counted = parent?.type === 'MemberExpression' && !parent.computed && isLength(parent) ? parent : use
  const comparison = counted.parent
  if (comparison?.type !== 'BinaryExpression' || comparison.left !== counted) return counted
  const { operator, right } = comparison
  const isNone = right.type === 'Literal' && (right.value === null || right.value === 0)
  const isNothing = isNone || (right.type === 'Identifier' && right.name === 'undefined')
  const asks = counted === use ? /^(?:!==?|>)$/ : /^>$/
  return isNothing && asks.test(operator) ? comparison : counted
}

const isLength = ({ property }: TSESTree.MemberExpression): boolean =>
  property.type === 'Identifier' && property.name === 'length'
