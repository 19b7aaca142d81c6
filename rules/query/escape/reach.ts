import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../source/binding.ts'
import { childrenOf } from '../../source/children.ts'

/** What a comment is about: the code that begins at a line, a piece of the program, or all of it. */
export type Reach =
  | { readonly kind: 'line'; readonly line: number }
  | { readonly kind: 'part'; readonly node: TSESTree.Node }
  | { readonly kind: 'file' }

/** The line of the comment when code stands before it there, else the next line with code. */
export function lineReach(comment: TSESTree.Comment, sourceCode: TSESLint.SourceCode): Reach {
  const before = sourceCode.getTokenBefore(comment)
  const { line } = comment.loc.start
  if (before !== null && before.loc.end.line === line) return { kind: 'line', line }
  const after = sourceCode.getTokenAfter(comment)
  return { kind: 'line', line: after?.loc.start.line ?? line }
}

/** The function below the comment, or the file when the comment stands before all its code. Null: neither. */
export function partReach(comment: TSESTree.Comment, sourceCode: TSESLint.SourceCode): Reach | null {
  const after = sourceCode.getTokenAfter(comment)
  const node = after === null ? null : outermostAt(after.range[0], sourceCode.ast)
  if (node !== null && holdsFunction(node)) return { kind: 'part', node }
  return sourceCode.getTokenBefore(comment) === null ? { kind: 'file' } : null
}

function outermostAt(start: number, node: TSESTree.Node): TSESTree.Node | null {
  const list = /^(Program|BlockStatement|ClassBody|ObjectExpression|StaticBlock)$/.test(node.type)
  if (!list && node.range[0] === start) return node
  for (const child of childrenOf(node)) {
    const found = child.range[0] <= start && start < child.range[1] ? outermostAt(start, child) : null
    if (found !== null) return found
  }
  return null
}

function holdsFunction(node: TSESTree.Node): boolean {
  return isFunction(node) || childrenOf(node).some(holdsFunction)
}

/** Lines at which a comment means this node: its own, and that of the statement which only brings what it gives. */
export function linesOf(node: TSESTree.Node): readonly number[] {
  const lines = [node.loc.start.line]
  let child = node
  for (let at = node.parent; at != null && brings(at, child); at = at.parent) {
    lines.push(at.loc.start.line)
    child = at
  }
  return lines
}

/** A call on what the child gives (`.then(…)`) is still the same; a call that takes it may take others too. */
function brings(parent: TSESTree.Node, child: TSESTree.Node): boolean {
  switch (parent.type) {
    case 'MemberExpression':
      return parent.object === child
    case 'CallExpression':
      return parent.callee === child
    case 'VariableDeclarator':
      return parent.init === child
    case 'VariableDeclaration':
      return parent.declarations.length === 1
    case 'AwaitExpression':
    case 'ChainExpression':
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'TSSatisfiesExpression':
    case 'AssignmentExpression':
    case 'ReturnStatement':
    case 'ExpressionStatement':
    case 'ExportNamedDeclaration':
      return true
    default:
      return false
  }
}

/** Does the comment mean this node? */
export function isReached(reach: Reach, node: TSESTree.Node): boolean {
  switch (reach.kind) {
    case 'file':
      return true
    case 'part':
      return reach.node.range[0] <= node.range[0] && node.range[1] <= reach.node.range[1]
    case 'line':
      return linesOf(node).includes(reach.line)
  }
}
