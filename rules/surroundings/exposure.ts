import type { TSESTree } from '@typescript-eslint/utils'
import { keyName, memberName } from '../source/binding.ts'
import { childrenOf, unwrap } from '../source/children.ts'
import { isConstant, variableOf } from '../source/module.ts'
import type { ExtractionScope } from '../query/library.ts'
import { type Caught, isNarrowed } from './caught.ts'
import { isGlobal } from '../source/origin.ts'

/** A part of an error that a payload carries. */
export interface Exposure {
  readonly node: TSESTree.Node
  readonly caught: Caught
  /** `fields`: stack, statement, or what only drivers put on their errors. `whole`: the error with all that it has. `message`: its text. */
  readonly kind: 'fields' | 'whole' | 'message'
}

const details =
  /^(stack|detail|details|constraint|query|sql|sqlMessage|hint|where|table|column|schema|parameters|routine|internalQuery|meta|parent|original|driverError|cause)$/

/** Everything of caught errors that an expression carries, through objects, templates, branches and constants. */
export function exposuresIn(
  payload: TSESTree.Node,
  errors: readonly Caught[],
  scope: ExtractionScope,
): readonly Exposure[] {
  const found: Exposure[] = []
  const caughtAs = (node: TSESTree.Node): Caught | null => {
    const bare = unwrap(node)
    if (bare.type !== 'Identifier') return null
    return errors.find(({ variable }) => variable.references.some((one) => one.identifier === bare)) ?? null
  }
  const add = (node: TSESTree.Node, caught: Caught, kind: Exposure['kind']): void => {
    const { text } = scope.sourceCode
    if (!isNarrowed(node, caught, text) && !isNarrowed(payload, caught, text))
      found.push({ node, caught, kind })
  }
  const part = (node: TSESTree.Node, name: string, caught: Caught): void => {
    if (details.test(name)) add(node, caught, 'fields')
    else if (name === 'message') add(node, caught, 'message')
  }
  /** `text`: what stands here becomes a part of a text. */
  const visit = (given: TSESTree.Node, depth: number, text = false): void => {
    const node = unwrap(given)
    const whole = caughtAs(node)
    if (whole !== null) return add(node, whole, text ? 'message' : 'whole')
    switch (node.type) {
      case 'MemberExpression': {
        const caught = caughtAs(node.object)
        const name = memberName(node) ?? ''
        return caught === null ? undefined : part(node, name, caught)
      }
      case 'TemplateLiteral':
        return node.expressions.forEach((one) => visit(one, depth, true))
      case 'BinaryExpression':
        if (node.operator !== '+') return
        return [node.left, node.right].forEach((one) => visit(one, depth, true))
      case 'ConditionalExpression':
        return [node.consequent, node.alternate].forEach((one) => visit(one, depth, text))
      case 'LogicalExpression': {
        visit(node.left, depth, text)
        // `error.message || error`: the error stands for the text that it has not got.
        return visit(node.right, depth, text || isMessageOf(node.left, caughtAs))
      }
      case 'ObjectExpression':
      case 'ArrayExpression':
        return childrenOf(node).forEach((one) => visit(one, depth))
      case 'Property':
        return visit(node.value, depth)
      case 'SpreadElement':
        return visit(node.argument, depth)
      case 'CallExpression':
        return call(node, depth)
      case 'Identifier': {
        const taken = takenFrom(node, scope)
        const owner = taken === null ? null : caughtAs(taken.object)
        if (taken !== null && owner !== null) return part(node, taken.name, owner)
        const value = isConstant(scope.sourceCode, node) ? scope.resolve(node) : node
        if (value !== node && depth < 10) visit(value, depth + 1, text)
        return
      }
      default:
    }
  }
  /** `String(err)`, `JSON.stringify(err)`, `err.toString()`, and text methods on any of them. */
  const call = (node: TSESTree.CallExpression, depth: number): void => {
    const callee = unwrap(node.callee)
    const [first] = node.arguments
    if (
      callee.type === 'Identifier' &&
      first !== undefined &&
      isGlobal(scope.definitionOf(callee), 'String')
    ) {
      const caught = caughtAs(first)
      return caught === null ? visit(first, depth, true) : add(node, caught, 'message')
    }
    if (callee.type !== 'MemberExpression') return
    const name = memberName(callee) ?? ''
    if (name === 'stringify' && first !== undefined) return visit(first, depth)
    const caught = caughtAs(callee.object)
    if (caught !== null && name === 'toString') return add(node, caught, 'message')
    if (caught === null && /^(toString|trim|slice|substring|split|concat|toLowerCase)$/.test(name))
      visit(callee.object, depth, true)
  }
  visit(payload, 0)
  return found
}

function isMessageOf(node: TSESTree.Node, caughtAs: (node: TSESTree.Node) => Caught | null): boolean {
  const bare = unwrap(node)
  return bare.type === 'MemberExpression' && memberName(bare) === 'message' && caughtAs(bare.object) !== null
}

/** What a name was taken from, and the member that it was there: `detail` of `const { detail } = error`. */
function takenFrom(
  node: TSESTree.Identifier,
  { sourceCode }: ExtractionScope,
): { readonly object: TSESTree.Node; readonly name: string } | null {
  const definition = variableOf(sourceCode, node)?.defs[0]
  if (definition?.node.type !== 'VariableDeclarator') return null
  const { id, init } = definition.node
  if (id.type !== 'ObjectPattern' || init === null) return null
  for (const one of id.properties) {
    if (one.type !== 'Property') continue
    const own = one.value.type === 'AssignmentPattern' ? one.value.left : one.value
    const name = keyName(one.key, one.computed)
    if (own === definition.name && name !== null) return { object: init, name }
  }
  return null
}
