import * as parser from '@typescript-eslint/parser'
import type { TSESTree } from '@typescript-eslint/utils'
import { childrenOf } from '../../rules/source/children.ts'

/** Where a program can be changed and stays one, mostly. */
export interface Places {
  /** Ranges of expressions that any other expression in parentheses may stand for. */
  readonly expressions: readonly (readonly [number, number])[]
  /** Offsets at which a statement may begin, beside the imports. */
  readonly statements: readonly number[]
  /** Where the imports end. */
  readonly imports: number
}

const holders: Readonly<Record<string, readonly string[]>> = {
  CallExpression: ['callee', 'arguments'],
  NewExpression: ['arguments'],
  MemberExpression: ['object'],
  VariableDeclarator: ['init'],
  ArrayExpression: ['elements'],
  BinaryExpression: ['left', 'right'],
  LogicalExpression: ['left', 'right'],
  ConditionalExpression: ['test', 'consequent', 'alternate'],
  AssignmentExpression: ['right'],
  ReturnStatement: ['argument'],
  AwaitExpression: ['argument'],
  SpreadElement: ['argument'],
  TemplateLiteral: ['expressions'],
  ExpressionStatement: ['expression'],
  ArrowFunctionExpression: ['body'],
  Property: ['value'],
  IfStatement: ['test'],
  TaggedTemplateExpression: ['tag'],
}

const isExpression = (node: TSESTree.Node): boolean =>
  /Expression$|^Identifier$|Literal$/.test(node.type) && node.type !== 'TSEmptyBodyFunctionExpression'

/** The fields of a node that hold an expression and nothing else. */
function fieldsOf(node: TSESTree.Node, parent: TSESTree.Node | null): readonly string[] {
  const plain =
    node.type !== 'Property' || (parent?.type === 'ObjectExpression' && !node.method && node.kind === 'init')
  return plain ? (holders[node.type] ?? []) : []
}

/** The places of a program; null when it does not parse. */
export function placesOf(code: string, filename: string): Places | null {
  let program: TSESTree.Program
  try {
    program = parser.parse(code, {
      range: true,
      jsx: /x$/.test(filename),
      filePath: filename,
    }) as TSESTree.Program
  } catch {
    return null
  }
  const expressions: (readonly [number, number])[] = []
  const statements: number[] = []
  const visit = (node: TSESTree.Node, parent: TSESTree.Node | null): void => {
    if (node.type === 'Program' || node.type === 'BlockStatement') {
      for (const statement of node.body) {
        if (statement.type !== 'ImportDeclaration') statements.push(statement.range[0])
      }
    }
    for (const field of fieldsOf(node, parent)) {
      const held = (node as unknown as Record<string, unknown>)[field]
      for (const one of (Array.isArray(held) ? held : [held]) as (TSESTree.Node | null)[]) {
        if (one != null && isExpression(one)) expressions.push(one.range)
      }
    }
    for (const child of childrenOf(node)) visit(child, node)
  }
  visit(program, null)
  const imports = program.body.findLast((one) => one.type === 'ImportDeclaration')?.range[1] ?? 0
  return { expressions, statements, imports }
}

/** The program with another expression at a range. */
export function replaced(code: string, [from, to]: readonly [number, number], expression: string): string {
  return `${code.slice(0, from)}(${expression}\n)${code.slice(to)}`
}

/** The program with a statement at an offset. */
export function inserted(code: string, at: number, statement: string): string {
  return `${code.slice(0, at)}\n${statement}\n${code.slice(at)}`
}
