import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../source/binding.ts'
import { childrenOf, unwrap } from '../source/children.ts'

/**
 * Has a member of a variable been read before `at`, on every way there? `team.plan` throws where there is no team, so that a later
 * `team?.id` has one. The variable must be one that is written once.
 */
export function isDereferenced(variable: TSESTree.Identifier): boolean {
  let child: TSESTree.Node = variable
  for (
    let parent: TSESTree.Node | undefined = variable.parent;
    parent != null;
    child = parent, parent = parent.parent
  ) {
    if (parent.type === 'BlockStatement' || parent.type === 'SwitchCase') {
      const statements: readonly TSESTree.Node[] =
        parent.type === 'SwitchCase' ? parent.consequent : parent.body
      const before = statements.slice(0, statements.indexOf(child))
      if (before.some((statement) => reads(statement, variable.name))) return true
    }
    // What is handed to the function may be called so too.
    if (isFunction(parent) && parent.params.some((one) => mentions(one, variable.name))) return false
  }
  return false
}

/** Does running a node always read a member of the variable? */
function reads(node: TSESTree.Node, name: string): boolean {
  switch (node.type) {
    case 'MemberExpression': {
      const object = unwrap(node.object)
      if (!node.optional && object.type === 'Identifier' && object.name === name) return true
      return reads(node.object, name)
    }
    case 'IfStatement':
    case 'ConditionalExpression':
      return reads(node.test, name)
    case 'LogicalExpression':
      return reads(node.left, name)
    // What an optional chain has in brackets is not always run.
    case 'CallExpression':
      return reads(node.callee, name) || (!isInChain(node) && node.arguments.some((one) => reads(one, name)))
    case 'ExpressionStatement':
    case 'VariableDeclaration':
    case 'VariableDeclarator':
    case 'AwaitExpression':
    case 'AssignmentExpression':
    case 'ChainExpression':
    case 'ObjectExpression':
    case 'ArrayExpression':
    case 'NewExpression':
    case 'BinaryExpression':
    case 'UnaryExpression':
    case 'TemplateLiteral':
    case 'TSAsExpression':
    case 'SpreadElement':
      return childrenOf(node).some((one) => reads(one, name))
    case 'Property':
      return reads(node.value, name)
    default:
      return false
  }
}

function isInChain(node: TSESTree.CallExpression): boolean {
  if (node.optional) return true
  for (let at: TSESTree.Node = node.callee; ;) {
    if (at.type === 'MemberExpression') {
      if (at.optional) return true
      at = at.object
    } else if (at.type === 'CallExpression') {
      if (at.optional) return true
      at = at.callee
    } else {
      return false
    }
  }
}

const mentions = (node: TSESTree.Node, name: string): boolean =>
  (node.type === 'Identifier' && node.name === name) || childrenOf(node).some((one) => mentions(one, name))
