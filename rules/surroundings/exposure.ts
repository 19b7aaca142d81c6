import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../source/binding.ts'
import { childrenOf, unwrap } from '../source/children.ts'
import { isConstant } from '../source/module.ts'
import type { ExtractionScope } from '../query/library.ts'
import { type Caught, isNarrowed } from './caught.ts'
import { isGlobal } from '../source/origin.ts'

/** A part of an error that a payload carries. */
export interface Exposure {
  readonly node: TSESTree.Node
  readonly caught: Caught
  /** `details`: stack, statement, fields of the driver, or the whole error. `message`: its text. */
  readonly kind: 'details' | 'message'
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
  const visit = (given: TSESTree.Node, depth: number): void => {
    const node = unwrap(given)
    const whole = caughtAs(node)
    if (whole !== null) return add(node, whole, 'details')
    switch (node.type) {
      case 'MemberExpression': {
        const caught = caughtAs(node.object)
        const name = memberName(node) ?? ''
        if (caught !== null && details.test(name)) add(node, caught, 'details')
        else if (caught !== null && name === 'message') add(node, caught, 'message')
        return
      }
      case 'TemplateLiteral':
        for (const part of node.expressions) {
          const caught = caughtAs(part)
          if (caught !== null) add(part, caught, 'message')
          else visit(part, depth)
        }
        return
      case 'BinaryExpression':
        if (node.operator !== '+') return
        return [node.left, node.right].forEach((part) => visit(part, depth))
      case 'ConditionalExpression':
        return [node.consequent, node.alternate].forEach((part) => visit(part, depth))
      case 'LogicalExpression':
      case 'ObjectExpression':
      case 'ArrayExpression':
        return childrenOf(node).forEach((part) => visit(part, depth))
      case 'Property':
        return visit(node.value, depth)
      case 'SpreadElement':
        return visit(node.argument, depth)
      case 'CallExpression':
        return call(node, depth)
      case 'Identifier': {
        const value = isConstant(scope.sourceCode, node) ? scope.resolve(node) : node
        if (value !== node && depth < 10) visit(value, depth + 1)
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
      return caught === null ? visit(first, depth) : add(node, caught, 'message')
    }
    if (callee.type !== 'MemberExpression') return
    const name = memberName(callee) ?? ''
    if (name === 'stringify' && first !== undefined) return visit(first, depth)
    const caught = caughtAs(callee.object)
    if (caught !== null && name === 'toString') return add(node, caught, 'message')
    if (caught === null && /^(toString|trim|slice|substring|split|concat|toLowerCase)$/.test(name))
      visit(callee.object, depth)
  }
  visit(payload, 0)
  return found
}
