import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import { isConstant, variableOf } from '../source/module.ts'
import type { Identities, Identity } from './identity.ts'
import type { ExtractionScope } from './library.ts'
import { isNothing } from '../source/nothing.ts'

/** Tells tests that hold only for values that are among known ones: `ids.has(id)`, `rows.some((row) => row.id === id)`. */
export class MemberTests {
  readonly #scope: ExtractionScope
  readonly #identities: Identities

  constructor(scope: ExtractionScope, identities: Identities) {
    this.#scope = scope
    this.#identities = identities
  }

  /** What the value is one of when the test is truthy; null when the test says nothing of it. */
  within(test: TSESTree.Node, value: TSESTree.Node): Identity | null {
    const node = this.#meant(test)
    const isValue = (one: TSESTree.Node): boolean => this.#identities.areSame(one, value)
    switch (node.type) {
      case 'LogicalExpression':
        if (node.operator !== '&&') return null
        return this.within(node.left, value) ?? this.within(node.right, value)
      case 'BinaryExpression': {
        const { left, right } = node
        if (node.operator === 'in' && isValue(left)) return this.#keysOf(right)
        return this.#comparesWithNothing(node, /^!==?$/) ? this.within(left, value) : null
      }
      case 'MemberExpression':
        return node.computed && isValue(node.property) ? this.#keysOf(node.object) : null
      case 'CallExpression': {
        const callee = unwrap(node.callee)
        const [given] = node.arguments
        if (callee.type !== 'MemberExpression' || given === undefined) return null
        const name = memberName(callee) ?? ''
        if (/^(?:has|includes|get)$/.test(name)) return isValue(given) ? this.#keysOf(callee.object) : null
        return /^(?:some|find|findLast)$/.test(name) ? this.#compared(given, value) : null
      }
      default:
        return null
    }
  }

  /** What every element of the list is one of when the expression is truthy. */
  allWithin(test: TSESTree.Node, list: TSESTree.Node): Identity | null {
    const call = this.#callOn(test, list)
    return call !== null && call.name === 'every' ? this.#ofElement(call.callback, true) : null
  }

  /** What every element of the list is one of when the expression is falsy: `ids.some((id) => !known.has(id))`. */
  allWithinUnless(test: TSESTree.Node, list: TSESTree.Node): Identity | null {
    const node = this.#meant(test)
    if (node.type === 'BinaryExpression') {
      const { left, right, operator } = node
      const bare = unwrap(left)
      const isNone = right.type === 'Literal' && right.value === 0 && /^(?:>|!==?)$/.test(operator)
      const isSize = bare.type === 'MemberExpression' && memberName(bare) === 'length'
      return isNone && isSize ? this.#excess(bare.object, list) : null
    }
    if (node.type === 'MemberExpression' && memberName(node) === 'length')
      return this.#excess(node.object, list)
    const call = this.#callOn(node, list)
    return call !== null && /^(?:some|find)$/.test(call.name) ? this.#ofElement(call.callback, false) : null
  }

  /** The elements that `list.filter(…)` keeps; null when the filter says nothing of what they are among. */
  kept(call: TSESTree.CallExpression): Identity | null {
    const [callback] = call.arguments
    return isFunction(callback) ? this.#ofElement(callback, true) : null
  }

  /** `list.filter((id) => !known.has(id))`, of which nothing may be left. */
  #excess(node: TSESTree.Node, list: TSESTree.Node): Identity | null {
    const call = this.#callOn(node, list)
    return call !== null && call.name === 'filter' ? this.#ofElement(call.callback, false) : null
  }

  #callOn(
    test: TSESTree.Node,
    list: TSESTree.Node,
  ): { readonly name: string; readonly callback: TSESTree.Node } | null {
    const call = this.#meant(test)
    const callee = call.type === 'CallExpression' ? unwrap(call.callee) : null
    const [callback] = call.type === 'CallExpression' ? call.arguments : []
    if (callee?.type !== 'MemberExpression' || callback === undefined) return null
    return this.#identities.areSame(callee.object, list) ? { name: memberName(callee) ?? '', callback } : null
  }

  /** What an element is one of when the callback's answer is truthy (or falsy). */
  #ofElement(callback: TSESTree.Node, whenTrue: boolean): Identity | null {
    if (!isFunction(callback)) return null
    const [parameter] = callback.params
    const [returned, ...others] = returnsOf(callback)
    if (parameter?.type !== 'Identifier' || returned === undefined || others.length > 0) return null
    if (whenTrue) return this.within(returned, parameter)
    const node = unwrap(returned)
    if (node.type === 'UnaryExpression' && node.operator === '!') return this.within(node.argument, parameter)
    const isMissing = node.type === 'BinaryExpression' && this.#comparesWithNothing(node, /^===?$/)
    return isMissing ? this.within(node.left, parameter) : null
  }

  /** `(row) => row.id === value`: the member of the rows that is compared. */
  #compared(callback: TSESTree.Node, value: TSESTree.Node): Identity | null {
    if (!isFunction(callback)) return null
    const [returned, ...others] = returnsOf(callback)
    return returned === undefined || others.length > 0 ? null : this.#equal(returned, value)
  }

  #equal(test: TSESTree.Node, value: TSESTree.Node): Identity | null {
    const node = unwrap(test)
    if (node.type === 'LogicalExpression' && node.operator === '&&') {
      return this.#equal(node.left, value) ?? this.#equal(node.right, value)
    }
    if (node.type !== 'BinaryExpression' || !/^===?$/.test(node.operator)) return null
    const { left, right } = node
    if (this.#identities.areSame(right, value)) return this.#identities.of(left)
    return this.#identities.areSame(left, value) ? this.#identities.of(right) : null
  }

  #comparesWithNothing({ operator, right }: TSESTree.BinaryExpression, operators: RegExp): boolean {
    return operators.test(operator) && isNothing(right)
  }

  #keysOf(node: TSESTree.Node): Identity | null {
    return this.#identities.collectionOf(node)?.keys ?? null
  }

  /** The expression that a constant stands for. */
  #meant(given: TSESTree.Node): TSESTree.Node {
    const node = unwrap(given, true)
    if (node.type !== 'Identifier' || !isConstant(this.#scope.sourceCode, node)) return node
    const declarator = variableOf(this.#scope.sourceCode, node)?.defs[0]?.node
    if (declarator?.type !== 'VariableDeclarator' || declarator.id.type !== 'Identifier') return node
    return declarator.init == null ? node : unwrap(declarator.init, true)
  }
}
