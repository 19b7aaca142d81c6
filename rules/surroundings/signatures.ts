import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { leaves } from '../provenance/guard.ts'
import { memberName } from '../source/binding.ts'
import { childrenOf, unwrap } from '../source/children.ts'
import { variableOf } from '../source/module.ts'
import { originOf } from '../source/origin.ts'
import type { ExtractionScope } from '../query/library.ts'
import type { FileView } from './file.ts'

/** Values within values that are followed back to the token. */
const depthLimit = 6

/**
 * Is the signature of a token checked by hand in this function: a part of the token given to `verify` or `timingSafeEqual` of
 * `node:crypto` or to `subtle.verify`, and the function left when that says no?
 */
export function isCheckedByHand(token: TSESTree.Node, around: TSESTree.Node | null, file: FileView): boolean {
  const { scope } = file
  const bare = unwrap(token)
  const variable = bare.type === 'Identifier' ? variableOf(scope.sourceCode, bare) : null
  if (variable === null) return false
  return file.all('CallExpression').some((call) => {
    const inside = around === null || (call.range[0] >= around.range[0] && call.range[1] <= around.range[1])
    return (
      inside &&
      comparesSignatures(call, scope) &&
      call.arguments.some((one) => comesFrom(one, variable, scope, 0)) &&
      isObeyed(call, scope, false, 0)
    )
  })
}

function comparesSignatures({ callee }: TSESTree.CallExpression, scope: ExtractionScope): boolean {
  const bare = unwrap(callee)
  if (bare.type === 'MemberExpression' && memberName(bare) === 'verify') {
    const object = unwrap(bare.object)
    if (object.type === 'MemberExpression' && memberName(object) === 'subtle') return true
  }
  const origin = originOf(scope.definitionOf(callee))
  return (
    origin !== null &&
    /^(?:node:)?crypto$/.test(origin.module) &&
    /^(verify|timingSafeEqual)$/.test(origin.path.at(-1) ?? '')
  )
}

/** Is the value made of the token, or of a part of it? */
function comesFrom(
  node: TSESTree.Node,
  token: TSESLint.Scope.Variable,
  scope: ExtractionScope,
  depth: number,
): boolean {
  if (depth > depthLimit) return false
  if (node.type === 'Identifier') {
    const variable = variableOf(scope.sourceCode, node)
    if (variable === token) return true
    const declared = variable?.defs[0]?.node
    return (
      declared?.type === 'VariableDeclarator' &&
      declared.init !== null &&
      comesFrom(declared.init, token, scope, depth + 1)
    )
  }
  return childrenOf(node).some((child) => comesFrom(child, token, scope, depth))
}

/** Does the program leave when the answer is no? `negated`: the test that has been climbed to holds when it is. */
function isObeyed(answer: TSESTree.Node, scope: ExtractionScope, negated: boolean, depth: number): boolean {
  const { parent } = answer
  if (depth > depthLimit) return false
  switch (parent?.type) {
    case 'AwaitExpression':
      return isObeyed(parent, scope, negated, depth + 1)
    case 'UnaryExpression':
      return parent.operator === '!' && isObeyed(parent, scope, !negated, depth + 1)
    case 'LogicalExpression':
      return parent.operator === (negated ? '||' : '&&') && isObeyed(parent, scope, negated, depth + 1)
    case 'IfStatement':
      return negated && parent.test === answer && leaves(parent.consequent)
    case 'VariableDeclarator': {
      const variable = parent.id.type === 'Identifier' ? variableOf(scope.sourceCode, parent.id) : null
      const reads = variable?.references.filter((one) => one.isRead()) ?? []
      const isConstant = variable?.references.filter((one) => one.isWrite()).length === 1
      return (
        isConstant &&
        reads.some((one) => isObeyed(one.identifier as TSESTree.Node, scope, negated, depth + 1))
      )
    }
    default:
      return false
  }
}
