import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../../source/binding.ts'
import { returnsOf, unwrap } from '../../source/children.ts'
import { variableOf } from '../../source/module.ts'
import type { QueryContext } from '../context.ts'

/**
 * `let rows = await db…; rows = rows.filter((row) => …)`: roots of the rows that the first filter over a variable looks at, when the variable
 * holds nothing but what passed the filter from there on, and was not used before.
 */
export function elementsKept(call: TSESTree.CallExpression, file: QueryContext): ReadonlySet<string> {
  const { sourceCode } = file.scope
  const variable = variableGiven(call, sourceCode)
  const uses = variable?.references
    .filter(({ init }) => init !== true)
    .map(({ identifier }) => identifier as TSESTree.Identifier)
    .toSorted((one, other) => one.range[0] - other.range[0])
  const first = uses?.[0]?.parent
  if (first?.type !== 'AssignmentExpression' || first.operator !== '=' || first.left !== uses![0]) return none
  if (
    first.parent.type !== 'ExpressionStatement' ||
    first.parent.parent !== declarationOf(variable!)?.parent
  ) {
    return none
  }
  const filter = unwrap(first.right)
  const callee = filter.type === 'CallExpression' ? unwrap(filter.callee) : null
  const isOwn = callee?.type === 'MemberExpression' && unwrap(callee.object) === uses![1]
  if (filter.type !== 'CallExpression' || !isOwn || memberName(callee) !== 'filter') return none
  const [test] = filter.arguments
  const row = isFunction(test) ? test.params[0] : undefined
  if (row?.type !== 'Identifier') return none
  const root = file.proofs.identities.byName(row)?.root
  return root === undefined ? none : new Set([root])
}

const none: ReadonlySet<string> = new Set()

function variableGiven(
  call: TSESTree.CallExpression,
  sourceCode: TSESLint.SourceCode,
): TSESLint.Scope.Variable | null {
  let node: TSESTree.Node = call
  while (node.parent?.type === 'AwaitExpression' || node.parent?.type === 'TSAsExpression') node = node.parent
  const { parent } = node
  if (parent?.type !== 'VariableDeclarator' || parent.id.type !== 'Identifier') return null
  return variableOf(sourceCode, parent.id)
}

const declarationOf = ({ defs }: TSESLint.Scope.Variable): TSESTree.Node | undefined => defs[0]?.node.parent

/** The call of `filter` whose callback answers by this expression, alone or together with others. */
export function filterAround(node: TSESTree.Node): TSESTree.CallExpression | null {
  let child = node
  let parent = child.parent
  while (parent?.type === 'LogicalExpression' && parent.operator === '&&') {
    child = parent
    parent = child.parent
  }
  const callback = parent?.type === 'ReturnStatement' ? parent.parent.parent : parent
  if (!isFunction(callback) || unwrap(returnsOf(callback)[0] ?? callback.body) !== child) return null
  const call = callback.parent
  if (call.type !== 'CallExpression' || call.arguments[0] !== callback) return null
  const callee = unwrap(call.callee)
  return callee.type === 'MemberExpression' && memberName(callee) === 'filter' ? call : null
}

/** What is asked of a list without taking a row of it. */
const asking = /^(?:findIndex|some|every|length)$/

/** `const own = all.filter(…)`, and then `all` is used. */
export function isUsedUnfiltered(filter: TSESTree.CallExpression, { scope }: QueryContext): boolean {
  const callee = unwrap(filter.callee)
  const list = callee.type === 'MemberExpression' ? unwrap(callee.object) : null
  if (list?.type !== 'Identifier') return false
  const { parent } = filter
  if (parent.type === 'AssignmentExpression' && isNamed(parent.left, list.name)) return false
  const uses = variableOf(scope.sourceCode, list)?.references ?? []
  return uses.some(({ identifier }) => {
    const member = identifier.parent
    if (identifier.range[0] <= filter.range[1]) return false
    return (
      member?.type !== 'MemberExpression' ||
      !asking.test(memberName(member as TSESTree.MemberExpression) ?? '')
    )
  })
}

const isNamed = (node: TSESTree.Node, name: string): boolean =>
  node.type === 'Identifier' && node.name === name
