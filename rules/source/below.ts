import type { AST_NODE_TYPES, TSESTree } from '@typescript-eslint/utils'
import { isFunction } from './binding.ts'
import { eachChild, someChild } from './children.ts'

/** What questions about a file are after: most nodes are none of these, so that a list of them is short. */
const soughtTypes = [
  'ArrowFunctionExpression',
  'AssignmentExpression',
  'BinaryExpression',
  'CallExpression',
  'CatchClause',
  'FunctionDeclaration',
  'FunctionExpression',
  'IfStatement',
  'ImportDeclaration',
  'JSXOpeningElement',
  'MemberExpression',
  'MethodDefinition',
  'NewExpression',
  'TaggedTemplateExpression',
  'TryStatement',
  'VariableDeclarator',
] as const satisfies readonly (keyof typeof AST_NODE_TYPES)[]

export type SoughtType = (typeof soughtTypes)[number]
export type NodeOf<Type extends SoughtType> = Extract<TSESTree.Node, { type: (typeof AST_NODE_TYPES)[Type] }>
type SoughtNode = NodeOf<SoughtType>

const sought: ReadonlySet<string> = new Set(soughtTypes)
const isSought = (node: TSESTree.Node): node is SoughtNode => sought.has(node.type)

/** One walk through a file or a function answers all who ask about it: every query of a function asks the same. */
const walked = new WeakMap<TSESTree.Node, readonly SoughtNode[]>()
const byType = new WeakMap<TSESTree.Node, Map<SoughtType, readonly SoughtNode[]>>()

/**
 * The nodes of the sought types at or below a node, outer ones first, in the order of `childrenOf`. Who asks for another type
 * is told so by the compiler, and not by an empty list.
 */
export function below(root: TSESTree.Node): readonly SoughtNode[] {
  const known = walked.get(root)
  if (known !== undefined) return known
  const found: SoughtNode[] = []
  const visit = (node: TSESTree.Node): void => {
    if (isSought(node)) found.push(node)
    eachChild(node, visit)
  }
  visit(root)
  walked.set(root, found)
  return found
}

/** Those of one type among them. */
export function belowOf<Type extends SoughtType>(root: TSESTree.Node, type: Type): readonly NodeOf<Type>[] {
  const lists = byType.get(root) ?? new Map<SoughtType, readonly SoughtNode[]>()
  byType.set(root, lists)
  const known = lists.get(type) ?? below(root).filter((node) => node.type === type)
  lists.set(type, known)
  return known as readonly NodeOf<Type>[]
}

const run = new WeakMap<TSESTree.Node, readonly TSESTree.CallExpression[]>()

/** The calls that run with a statement, not those of functions that it only makes. */
export function callsRunBy(statement: TSESTree.Node): readonly TSESTree.CallExpression[] {
  const known = run.get(statement)
  if (known !== undefined) return known
  const found: TSESTree.CallExpression[] = []
  const visit = (node: TSESTree.Node): void => {
    if (node.type === 'CallExpression') found.push(node)
    if (!isFunction(node)) eachChild(node, visit)
  }
  visit(statement)
  run.set(statement, found)
  return found
}

/** Is there a node for which `is` holds, at or below this one? Functions that are only made there count too. */
export function someBelow(root: TSESTree.Node, is: (node: TSESTree.Node) => boolean): boolean {
  return is(root) || someChild(root, (child) => someBelow(child, is))
}
