import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, keyName, memberName } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import type { Provenance } from './provenance.ts'
import type { Reader } from '../source/reader.ts'
import type { ObjectView, PropertyView } from './view.ts'
import { type Write, conditionText, writesOf } from './writes.ts'

/** Beyond this many nested spreads and aliases, an object is not in sight any more. */
const depthLimit = 20

/** Properties of an object expression, with constants, spreads, conditional spreads and later assignments followed. */
export function objectOf(
  node: TSESTree.Node,
  reader: Reader,
  provenanceOf: (node: TSESTree.Node) => Provenance,
): ObjectView | null {
  const collector = new ObjectCollector(reader, node)
  if (!collector.object(node, null, 0)) return null
  const open = collector.open.map((part) => ({ ...part, provenance: provenanceOf(part.node) }))
  return { properties: lastWins(collector.properties), open }
}

class ObjectCollector {
  readonly properties: PropertyView[] = []
  readonly open: { readonly node: TSESTree.Node; readonly reason: string }[] = []
  readonly #reader: Reader
  /** Writes after this use do not count. */
  readonly #at: TSESTree.Node

  constructor(reader: Reader, at: TSESTree.Node) {
    this.#reader = reader
    this.#at = at
  }

  /** Collects what an expression brings; false when it could not be seen through. */
  object(node: TSESTree.Node, optional: string | null, depth: number): boolean {
    if (depth > depthLimit) return false
    const bare = unwrap(node)
    const again = (inner: TSESTree.Node, why = optional): boolean => this.object(inner, why, depth + 1)
    switch (bare.type) {
      case 'ObjectExpression':
        for (const property of bare.properties) this.#property(property, optional, depth)
        return true
      case 'LogicalExpression':
        if (bare.operator === '&&') return again(bare.right, optional ?? this.#when(bare.left, true))
        return isEmptyObject(bare.right) && again(bare.left, optional ?? this.#when(bare.left, true))
      case 'ConditionalExpression': {
        const taken = again(bare.consequent, optional ?? this.#when(bare.test, true))
        return again(bare.alternate, optional ?? this.#when(bare.test, false)) && taken
      }
      case 'Identifier':
        return bare.name === 'undefined' || this.#variable(bare, optional, depth)
      case 'Literal':
        return bare.value === null || bare.value === false
      case 'CallExpression': {
        const returned = this.#returned(bare)
        return returned !== null && again(returned)
      }
      case 'MemberExpression': {
        const value = this.#reader.resolve(bare)
        return value !== bare && again(value)
      }
      default:
        return false
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
      if (write.kind === 'member') this.#memberWrite(write, why)
      else {
        const value = this.#written(write, identifier)
        if (value === null || !this.object(value, why, depth + 1)) return false
      }
    }
    return true
  }

  /** The value that a write gives the variable itself, through destructuring. */
  #written(write: Write, identifier: TSESTree.Identifier): TSESTree.Node | null {
    const binding = this.#reader.module.bindingOf(identifier)
    const path = write.kind === 'initial' && binding?.kind === 'variable' ? binding.path : []
    if (path.length === 0) return write.value
    const value = this.#reader.resolve(identifier)
    return value === identifier ? null : value
  }

  #memberWrite(write: Write, optional: string | null): void {
    const { node, value } = write
    if (node.type !== 'AssignmentExpression' || node.left.type !== 'MemberExpression') return
    const name = memberName(node.left) ?? operatorName(node.left.property)
    if (name === null || value === null) this.open.push({ node, reason: 'a computed key' })
    else this.properties.push({ name, value, node, optional })
  }

  #property(
    property: TSESTree.Property | TSESTree.SpreadElement,
    optional: string | null,
    depth: number,
  ): void {
    if (property.type === 'SpreadElement') {
      const mark = this.properties.length
      if (this.object(property.argument, optional, depth + 1)) return
      this.properties.length = mark
      const text = this.#reader.sourceCode.getText(property.argument)
      this.open.push({ node: property.argument, reason: `\`...${text}\` could not be seen through` })
      return
    }
    const constant = property.computed ? this.#reader.constantOf(property.key) : null
    const name =
      keyName(property.key, property.computed) ??
      (constant === null ? operatorName(property.key) : String(constant.value))
    if (name === null) this.open.push({ node: property, reason: 'a computed key' })
    else this.properties.push({ name, value: property.value, node: property, optional })
  }

  /** What a function of this file returns, when it has one return. */
  #returned(call: TSESTree.CallExpression): TSESTree.Node | null {
    if (call.callee.type !== 'Identifier') return null
    const binding = this.#reader.module.bindingOf(call.callee)
    const variable = binding?.kind === 'variable' && binding.path.length === 0
    const target = binding?.kind === 'declaration' ? binding.node : variable ? binding.declarator.init : null
    const returned = isFunction(target) ? returnsOf(target) : []
    return returned.length === 1 ? returned[0]! : null
  }
}

/** `[Op.or]`: the symbols by which Sequelize knows its operators. */
function operatorName(key: TSESTree.Node): string | null {
  if (key.type !== 'MemberExpression' || key.computed) return null
  const { object } = key
  const holder =
    object.type === 'Identifier'
      ? object.name
      : object.type === 'MemberExpression'
        ? memberName(object)
        : null
  return holder === 'Op' ? `[Op.${memberName(key)}]` : null
}

function isEmptyObject(node: TSESTree.Node): boolean {
  return node.type === 'ObjectExpression' && node.properties.length === 0
}

/** A later property hides earlier ones of its name, unless it may be missing. */
function lastWins(properties: readonly PropertyView[]): PropertyView[] {
  const kept: PropertyView[] = []
  const hidden = new Set<string>()
  for (const property of properties.toReversed()) {
    if (hidden.has(property.name)) continue
    kept.push(property)
    if (property.optional === null) hidden.add(property.name)
  }
  return kept.toReversed()
}
