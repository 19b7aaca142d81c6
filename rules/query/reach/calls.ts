import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { below } from '../../source/below.ts'
import { calleeName } from '../../source/callee.ts'

const known = new WeakMap<object, ReadonlyMap<string, readonly CallLike[]>>()

/** A call, a component that is rendered (its function is handed one object, made of the attributes), or a message that is made for a bus. */
export type CallLike = TSESTree.CallExpression | TSESTree.JSXOpeningElement | TSESTree.NewExpression

/** The calls of a file by the last name of their callee: `a.b.c(…)` under `c`. */
export function callsByName(sourceCode: TSESLint.SourceCode): ReadonlyMap<string, readonly CallLike[]> {
  const found = known.get(sourceCode.ast)
  if (found !== undefined) return found
  const calls = new Map<string, CallLike[]>()
  for (const node of below(sourceCode.ast)) {
    if (node.type !== 'CallExpression' && node.type !== 'JSXOpeningElement') continue
    const name = node.type === 'CallExpression' ? calleeName(node) : elementName(node)
    const others = name === null ? undefined : calls.get(name)
    if (others !== undefined) others.push(node)
    else if (name !== null) calls.set(name, [node])
  }
  known.set(sourceCode.ast, calls)
  return calls
}

function elementName({ name }: TSESTree.JSXOpeningElement): string | null {
  return name.type === 'JSXIdentifier' && /^[A-Z]/.test(name.name) ? name.name : null
}

/** The value of an attribute; null when it is not written there. */
export function attributeOf(element: TSESTree.JSXOpeningElement, name: string): TSESTree.Node | null {
  for (const attribute of element.attributes) {
    if (attribute.type !== 'JSXAttribute' || attribute.name.name !== name) continue
    const { value } = attribute
    return value?.type === 'JSXExpressionContainer' ? value.expression : value
  }
  return null
}
