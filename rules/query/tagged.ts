import type { TSESTree } from '@typescript-eslint/utils'
import { returnsOf, unwrap } from '../source/children.ts'
import { type Decider, happens, holdsTest } from './decider.ts'
import type { ExtractionScope } from './library.ts'
import type { TextPart } from './text.ts'
import { helperOf } from './textual.ts'

/** How one library reads what stands in `${…}` of its tagged templates. */
export interface TagDialect {
  /** Is the template one of the library's? */
  readonly isTemplate: (node: TSESTree.TaggedTemplateExpression) => boolean
  /** The text that a call of the library makes of its arguments, after the text so far; null: it is no call of the library. */
  readonly helper: (
    node: TSESTree.CallExpression,
    before: readonly TextPart[],
    compose: (node: TSESTree.Node) => TextPart[],
  ) => TextPart[] | null
}

/** Beyond this nesting of fragments and helpers, text is not in sight. */
const depthLimit = 16

/** Composes the SQL text of a tagged template, with its nested fragments, under given decisions. */
export function composeTagged(
  node: TSESTree.TaggedTemplateExpression,
  dialect: TagDialect,
  scope: ExtractionScope,
  decider: Decider,
  depth = 0,
): TextPart[] {
  let parts: TextPart[] = []
  node.quasi.quasis.forEach((quasi, index) => {
    parts.push({ kind: 'text', text: quasi.value.cooked ?? quasi.value.raw, node: quasi, offset: null })
    const expression = node.quasi.expressions[index]
    if (expression === undefined) return
    const hole: TextPart[] = [{ kind: 'hole', node: expression, bound: true }]
    parts = [...parts, ...(partsOf(expression, parts, dialect, scope, decider, depth + 1) ?? hole)]
  })
  return parts
}

/** The text that an interpolated expression stands for; null when it is a value. */
function partsOf(
  given: TSESTree.Node,
  before: readonly TextPart[],
  dialect: TagDialect,
  scope: ExtractionScope,
  decider: Decider,
  depth: number,
): TextPart[] | null {
  if (depth > depthLimit) return null
  const node = unwrap(given)
  const again = (inner: TSESTree.Node): TextPart[] | null =>
    partsOf(inner, before, dialect, scope, decider, depth + 1)
  switch (node.type) {
    case 'TaggedTemplateExpression':
      if (!dialect.isTemplate(node)) return null
      return composeTagged(node, dialect, scope, decider, depth)
    case 'ConditionalExpression': {
      const [first, second] = [again(node.consequent), again(node.alternate)]
      if (first === null && second === null) return null
      const taken = holdsTest(node.test, scope, decider)
      return (taken ? first : second) ?? absent(taken ? node.consequent : node.alternate)
    }
    case 'LogicalExpression': {
      const right = node.operator === '&&' ? again(node.right) : null
      if (right === null) return null
      return holdsTest(node.left, scope, decider) ? right : []
    }
    case 'Identifier':
      return ofVariable(node, again, scope, decider)
    case 'CallExpression': {
      const compose = (inner: TSESTree.Node): TextPart[] =>
        again(inner) ?? [{ kind: 'hole', node: inner, bound: true }]
      const made = dialect.helper(node, before, compose)
      if (made !== null) return made
      const target = helperOf(unwrap(node.callee), scope)
      const [returned, ...more] = target === null ? [] : returnsOf(target)
      return returned === undefined || more.length > 0 ? null : again(returned)
    }
    default:
      return null
  }
}

/** `cond ? sql\`…\` : undefined` writes nothing in the other branch. */
function absent(node: TSESTree.Node): TextPart[] {
  const bare = unwrap(node)
  const nothing =
    (bare.type === 'Identifier' && bare.name === 'undefined') ||
    (bare.type === 'Literal' && (bare.value === null || bare.value === ''))
  return nothing ? [] : [{ kind: 'hole', node: bare, bound: true }]
}

/** A fragment kept in a variable, as the last write that happens left it. */
function ofVariable(
  node: TSESTree.Identifier,
  again: (node: TSESTree.Node) => TextPart[] | null,
  scope: ExtractionScope,
  decider: Decider,
): TextPart[] | null {
  const writes = scope.writesOf(node, node) ?? []
  let parts: TextPart[] | null = null
  for (const write of writes) {
    if (write.kind === 'member' || write.kind === 'append' || write.value === null) continue
    if (write.node.type === 'VariableDeclarator' && write.node.id.type !== 'Identifier') return null
    const value = again(write.value)
    if (value === null || happens(write, decider)) parts = value ?? parts
  }
  return parts
}

export const quotedName = (name: string): string =>
  name
    .split('.')
    .map((one) => (one === '*' ? one : `"${one.replaceAll('"', '""')}"`))
    .join('.')

export const textPart = (text: string, node: TSESTree.Node): TextPart => ({
  kind: 'text',
  text,
  node,
  offset: null,
})
export const holePart = (node: TSESTree.Node): TextPart => ({ kind: 'hole', node, bound: true })

/** The parts of a list, with a text between them. */
export function separated(
  lists: readonly (readonly TextPart[])[],
  between: string,
  node: TSESTree.Node,
): TextPart[] {
  return lists.flatMap((parts, index) => (index === 0 ? [...parts] : [textPart(between, node), ...parts]))
}

/** The text so far, as far as it is text. */
export const textSoFar = (parts: readonly TextPart[]): string =>
  parts.map((part) => (part.kind === 'text' ? part.text : ' ? ')).join('')
