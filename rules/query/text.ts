import type { TSESTree } from '@typescript-eslint/utils'
import { someBelow } from '../source/below.ts'
import { type FunctionNode, isFunction, memberName } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import { type Decider, happens, holdsTest } from './decider.ts'
import type { ExtractionScope } from './library.ts'
import { isValueUse } from './reach/value-use.ts'
import { elementsOf } from './text-array.ts'
import { numberOf } from './text-number.ts'
import { fieldValue, helperOf, isTextual } from './textual.ts'

/** A stretch of SQL text, or a value that the program pastes into it. */
export type TextPart =
  | {
      readonly kind: 'text'
      readonly text: string
      readonly node: TSESTree.Node
      /** Offset in the source file of the first character, null where escapes make the two differ. */
      readonly offset: number | null
    }
  /**
   * `bound`: the driver sends the value as a parameter (tagged templates). `list`: a placeholder for each element of an array,
   * written by the program (`ids.map(() => '?').join(', ')`). `given`: in a helper, the argument that the value is made of.
   */
  | {
      readonly kind: 'hole'
      readonly node: TSESTree.Node
      readonly bound: boolean
      readonly list?: boolean
      readonly given?: TSESTree.Node
    }

export type HolePart = Extract<TextPart, { kind: 'hole' }>

/** Beyond this nesting of helpers and constants, text is not in sight. */
const depthLimit = 24

/** Composes the text that an expression builds, under given decisions. */
export function compose(
  node: TSESTree.Node,
  scope: ExtractionScope,
  decider: Decider,
  depth = 0,
): TextPart[] {
  const bare = unwrap(node)
  const hole: TextPart[] = [{ kind: 'hole', node: bare, bound: false }]
  if (depth > depthLimit) return hole
  const again = (inner: TSESTree.Node, inside = decider): TextPart[] =>
    compose(inner, scope, inside, depth + 1)
  switch (bare.type) {
    case 'Literal':
      return ofLiteral(bare) ?? hole
    case 'TemplateLiteral':
      return bare.quasis.flatMap((quasi, index) => {
        const expression = bare.expressions[index]
        return expression === undefined ? [ofQuasi(quasi)] : [ofQuasi(quasi), ...again(expression)]
      })
    case 'TaggedTemplateExpression':
      return bare.quasi.quasis.flatMap((quasi, index): TextPart[] => {
        const expression = bare.quasi.expressions[index]
        if (expression === undefined) return [ofQuasi(quasi)]
        const nested = unwrap(expression)
        if (nested.type === 'TaggedTemplateExpression') return [ofQuasi(quasi), ...again(nested)]
        return [ofQuasi(quasi), { kind: 'hole', node: expression, bound: true }]
      })
    case 'BinaryExpression': {
      const number = numberOf(bare, scope, decider)
      if (number !== null) return [{ kind: 'text', text: String(number), node: bare, offset: null }]
      return bare.operator === '+' ? [...again(bare.left), ...again(bare.right)] : hole
    }
    case 'ConditionalExpression':
      if (!isTextual(bare.consequent, scope) || !isTextual(bare.alternate, scope)) return hole
      return again(holdsTest(bare.test, scope, decider) ? bare.consequent : bare.alternate)
    case 'LogicalExpression':
      if (bare.operator !== '&&' || !isTextual(bare.right, scope)) return hole
      return holdsTest(bare.left, scope, decider) ? again(bare.right) : []
    case 'Identifier':
      return ofIdentifier(bare, scope, decider, again) ?? hole
    case 'MemberExpression': {
      const number = numberOf(bare, scope, decider)
      if (number !== null) return [{ kind: 'text', text: String(number), node: bare, offset: null }]
      const value = fieldValue(bare, scope)
      return value === bare ? (ofConstant(bare, scope) ?? hole) : again(value)
    }
    case 'UpdateExpression': {
      const number = numberOf(bare, scope, decider)
      return number === null ? hole : [{ kind: 'text', text: String(number), node: bare, offset: null }]
    }
    case 'CallExpression':
      return ofCall(bare, scope, decider, again) ?? hole
    default:
      return hole
  }
}

type Again = (node: TSESTree.Node, decider?: Decider) => TextPart[]

function ofLiteral(node: TSESTree.Literal): TextPart[] | null {
  if (typeof node.value === 'number') return [{ kind: 'text', text: node.raw, node, offset: null }]
  if (typeof node.value !== 'string') return null
  const exact = !node.raw.includes('\\')
  return [{ kind: 'text', text: node.value, node, offset: exact ? node.range[0] + 1 : null }]
}

function ofQuasi(node: TSESTree.TemplateElement): TextPart {
  const { cooked, raw } = node.value
  // Parsers disagree on whether the range of a template element includes its delimiters.
  const offset = cooked === raw ? node.range[0] + (node.range[1] - node.range[0] > raw.length ? 1 : 0) : null
  return { kind: 'text', text: cooked ?? raw, node, offset }
}

function ofConstant(node: TSESTree.Node, scope: ExtractionScope): TextPart[] | null {
  const constant = scope.constantOf(node)
  return constant === null ? null : [{ kind: 'text', text: String(constant.value), node, offset: null }]
}

function ofIdentifier(
  node: TSESTree.Identifier,
  scope: ExtractionScope,
  decider: Decider,
  again: Again,
): TextPart[] | null {
  const argument = argumentOf(node, scope, decider)
  if (argument !== undefined) return argument === null ? null : again(argument)
  const writes = scope.writesOf(node, node)
  if (writes === null || writes.length === 0) return ofConstant(node, scope)
  let parts: TextPart[] | null = null
  for (const write of writes) {
    if (write.kind === 'member' || !happens(write, decider)) continue
    if (write.value === null) return null
    if (write.kind === 'append') {
      if (parts !== null) parts = [...parts, ...again(write.value)]
    } else if (write.node.type === 'VariableDeclarator' && write.node.id.type !== 'Identifier') {
      const value = scope.resolve(node)
      parts = value === node ? null : again(value)
    } else parts = isTextual(write.value, scope) ? again(write.value) : null
  }
  return parts ?? ofNumber(node, scope, decider)
}

function ofNumber(node: TSESTree.Identifier, scope: ExtractionScope, decider: Decider): TextPart[] | null {
  const number = numberOf(node, scope, decider)
  return number === null ? null : [{ kind: 'text', text: String(number), node, offset: null }]
}

/** The argument for a parameter of a helper that is being looked into; undefined when it is none. */
function argumentOf(
  node: TSESTree.Identifier,
  scope: ExtractionScope,
  decider: Decider,
): TSESTree.Node | null | undefined {
  for (const [target, given] of decider.arguments) {
    const index = target.params.findIndex((one) => one.type === 'Identifier' && one.name === node.name)
    if (index < 0 || scope.resolve(node) !== node) continue
    return given[index] ?? null
  }
  return undefined
}

function ofCall(
  node: TSESTree.CallExpression,
  scope: ExtractionScope,
  decider: Decider,
  again: Again,
): TextPart[] | null {
  const callee = unwrap(node.callee)
  if (callee.type === 'MemberExpression') {
    const name = memberName(callee)
    if (name === 'join') return joined(callee.object, node, scope, decider, again)
    if (/^(trim|trimStart|trimEnd|toString)$/.test(name ?? '')) {
      return isTextual(callee.object, scope) ? again(callee.object) : null
    }
    if (name === 'push') {
      const number = numberOf(node, scope, decider)
      return number === null ? null : [{ kind: 'text', text: String(number), node, offset: null }]
    }
    return null
  }
  const target = helperOf(callee, scope)
  if (target === null || decider.arguments.has(target)) return null
  const [returned, ...more] = returnsOf(target)
  if (returned === undefined || more.length > 0 || !isTextual(returned, scope)) return null
  const parts = again(returned, {
    ...decider,
    arguments: new Map([...decider.arguments, [target, node.arguments]]),
  })
  return parts.map((part) => (part.kind === 'hole' ? withArgument(part, target, node) : part))
}

/** `quoted(name)` with `return '"' + text.replace(…) + '"'`: what is pasted is made of `name`, where it is made of one argument alone. */
function withArgument(hole: HolePart, target: FunctionNode, call: TSESTree.CallExpression): HolePart {
  const within = hole.given ?? hole.node
  const uses = (name: string): boolean =>
    someBelow(within, (at) => at.type === 'Identifier' && at.name === name && isValueUse(at))
  const used = target.params.flatMap((one, index) =>
    one.type === 'Identifier' && uses(one.name) ? [index] : [],
  )
  const given = used.length === 1 ? call.arguments[used[0]!] : undefined
  return given === undefined || given.type === 'SpreadElement' ? hole : { ...hole, given }
}

function joined(
  array: TSESTree.Node,
  call: TSESTree.CallExpression,
  scope: ExtractionScope,
  decider: Decider,
  again: Again,
): TextPart[] | null {
  const separator = call.arguments[0] === undefined ? ',' : scope.constantOf(call.arguments[0])?.value
  if (typeof separator !== 'string') return null
  const elements = elementsOf(array, scope, decider)
  // Between placeholders of a list stand commas; anything else makes a condition of them.
  if (elements === null) return separator.trim() === ',' ? placeholdersOf(array, scope) : null
  const pieces = elements.map((element) => again(element)).filter((parts) => parts.length > 0)
  return pieces.flatMap((parts, index): TextPart[] =>
    index === 0 ? parts : [{ kind: 'text', text: separator, node: call, offset: null }, ...parts],
  )
}

/** `ids.map(() => '?').join(', ')`, `ids.map((_, index) => \`$${index + 1}\`).join()`: a placeholder for each element. */
function placeholdersOf(array: TSESTree.Node, scope: ExtractionScope): TextPart[] | null {
  const node = unwrap(scope.resolve(unwrap(array)))
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return null
  const [callback] = node.arguments
  if (memberName(node.callee) !== 'map' || callback === undefined || !isFunction(callback)) return null
  const [returned, ...more] = returnsOf(callback)
  if (returned === undefined || more.length > 0) return null
  const constant = scope.constantOf(returned)?.value
  if (typeof constant === 'string' && constant.trim() !== '?') {
    const row = /^\s*\([\s?,]*\)\s*$/.test(constant)
    return row ? [{ kind: 'text', text: constant, node: returned, offset: null }] : null
  }
  const numbered =
    returned.type === 'TemplateLiteral' && (isNumbered(returned, callback) || isNamed(returned))
  if (constant === undefined && !numbered) return null
  return [{ kind: 'hole', node: node.callee.object, bound: true, list: true }]
}

/** `:id${index}`, `$(id${index})`: a name that is made for each element. */
function isNamed({ quasis, expressions }: TSESTree.TemplateLiteral): boolean {
  const [before, after] = quasis.map(({ value }) => value.raw)
  const isOne = expressions.length === 1 && /^\s*(?::|@|\$[({<[]|\$)[A-Za-z_]\w*$/.test(before!)
  return isOne && /^\w*[)}>\]]?(?:::\w+)?\s*$/.test(after!)
}

/** `$${index + 1}`, with a cast or without: only the position of the element is written. */
function isNumbered({ quasis, expressions }: TSESTree.TemplateLiteral, callback: FunctionNode): boolean {
  const [, index] = callback.params
  const counts = (node: TSESTree.Node): boolean => {
    if (node.type === 'BinaryExpression') return counts(node.left) && counts(node.right)
    if (node.type === 'Literal') return typeof node.value === 'number'
    if (node.type === 'MemberExpression') return memberName(node) === 'length'
    return node.type === 'Identifier' && index?.type === 'Identifier' && node.name === index.name
  }
  const [before, after] = quasis.map(({ value }) => value.raw)
  if (expressions.length !== 1 || before !== '$' || !/^(?:::\w+)?$/.test(after!)) return false
  return counts(unwrap(expressions[0]!))
}
