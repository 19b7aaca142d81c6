import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { Reader } from '../source/reader.ts'
import type { ArrayView, ElementView } from './view.ts'
import { type Write, conditionText, writesOf } from './writes.ts'

/** Beyond this many nested spreads and aliases, an array is not in sight any more. */
const depthLimit = 20

/** Elements of an array expression, with constants, spreads and later pushes followed. */
export function arrayOf(node: TSESTree.Node, reader: Reader): ArrayView | null {
  const collector = new ArrayCollector(reader, node)
  if (!collector.array(node, null, 0)) return null
  return { elements: collector.elements, open: collector.open }
}

class ArrayCollector {
  readonly elements: ElementView[] = []
  readonly open: { readonly node: TSESTree.Node; readonly reason: string }[] = []
  readonly #reader: Reader
  /** Writes after this use do not count. */
  readonly #at: TSESTree.Node

  constructor(reader: Reader, at: TSESTree.Node) {
    this.#reader = reader
    this.#at = at
  }

  /** Collects what an expression brings; false when it could not be seen through. */
  array(node: TSESTree.Node, optional: string | null, depth: number): boolean {
    if (depth > depthLimit) return false
    const bare = unwrap(node)
    const again = (inner: TSESTree.Node, why = optional): boolean => this.array(inner, why, depth + 1)
    switch (bare.type) {
      case 'ArrayExpression':
        this.#add(bare.elements, optional, depth)
        return true
      case 'LogicalExpression':
        return bare.operator === '&&' && again(bare.right, optional ?? this.#when(bare.left, true))
      case 'ConditionalExpression': {
        const taken = again(bare.consequent, optional ?? this.#when(bare.test, true))
        return again(bare.alternate, optional ?? this.#when(bare.test, false)) && taken
      }
      case 'Identifier':
        return this.#variable(bare, optional, depth)
      default: {
        const value = this.#reader.resolve(bare)
        return value !== bare && again(value)
      }
    }
  }

  #when(test: TSESTree.Node, taken: boolean): string {
    return conditionText(test, taken, this.#reader.sourceCode.text)
  }

  #variable(identifier: TSESTree.Identifier, optional: string | null, depth: number): boolean {
    const writes = writesOf(this.#reader.sourceCode, identifier, this.#at) ?? []
    const from = writes.findLastIndex((one) => one.kind !== 'member' && one.conditional === null)
    if (from < 0) return false
    for (const write of writes.slice(from)) {
      const why = optional ?? write.conditional
      if (write.kind === 'member') this.#change(write, why, depth)
      else if (write.value === null || !this.array(write.value, why, depth + 1)) return false
    }
    return true
  }

  #add(nodes: readonly (TSESTree.Node | null)[], optional: string | null, depth: number): void {
    for (const element of nodes) {
      if (element === null) continue
      if (element.type !== 'SpreadElement') this.elements.push({ value: element, optional })
      else if (!this.array(element.argument, optional, depth + 1)) {
        const text = this.#reader.sourceCode.getText(element)
        this.open.push({ node: element, reason: `\`${text}\` could not be seen through` })
      }
    }
  }

  /** `concat` returns another array and changes nothing. */
  #change({ node }: Write, optional: string | null, depth: number): void {
    const called = node.type === 'CallExpression' && node.callee.type === 'MemberExpression'
    const name = called ? memberName(node.callee as TSESTree.MemberExpression) : null
    if (node.type === 'CallExpression' && name === 'push') this.#add(node.arguments, optional, depth)
    else if (name !== 'concat') this.open.push({ node, reason: 'it is changed other than by push' })
  }
}
