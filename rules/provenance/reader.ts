import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { isFunction, keyName, memberName } from './binding.ts'
import { returnsOf, unwrap } from './children.ts'
import type { Definer } from './define.ts'
import { type SourceModule, isConstant } from './module.ts'
import type { Tracer } from './trace.ts'
import type { ArrayView, ElementView, ObjectView, PropertyView } from './view.ts'
import { type Write, decisionOf, writesOf } from './writes.ts'

type Constant = { readonly value: string | number | boolean | null }

interface OpenPart {
  readonly node: TSESTree.Node
  readonly reason: string
}

/** Beyond this many nested spreads and aliases, an object is not in sight any more. */
const depthLimit = 20

/** Sees through constants, spreads and appends to the parts of objects and arrays. */
export class Reader {
  readonly #sourceCode: TSESLint.SourceCode
  readonly #module: SourceModule
  readonly #definer: Definer
  readonly #tracer: () => Tracer

  constructor(sourceCode: TSESLint.SourceCode, module: SourceModule, definer: Definer, tracer: () => Tracer) {
    this.#sourceCode = sourceCode
    this.#module = module
    this.#definer = definer
    this.#tracer = tracer
  }

  /** The expression that a node stands for, through constants that are written once. */
  resolve(node: TSESTree.Node, depth = 0): TSESTree.Node {
    const bare = unwrap(node)
    if (depth > depthLimit) return bare
    if (bare.type === 'Identifier') {
      const binding = this.#module.bindingOf(bare)
      if (
        binding?.kind !== 'variable' ||
        binding.declarator.init === null ||
        !isConstant(this.#sourceCode, bare)
      )
        return bare
      let value = this.resolve(binding.declarator.init, depth + 1)
      for (const { name } of binding.path) {
        const held = name === null ? null : this.#held(value, name)
        if (held === null) return bare
        value = this.resolve(held, depth + 1)
      }
      return value
    }
    if (bare.type === 'MemberExpression') {
      const name = memberName(bare)
      const object = name === null ? null : this.resolve(bare.object, depth + 1)
      const held = object === null ? null : this.#held(object, name!)
      return held === null ? bare : this.resolve(held, depth + 1)
    }
    return bare
  }

  #held(object: TSESTree.Node, name: string): TSESTree.Node | null {
    if (object.type === 'ObjectExpression') {
      if (object.properties.some((one) => one.type === 'SpreadElement' || one.computed)) return null
      const found = object.properties.find(
        (one) => one.type === 'Property' && keyName(one.key, one.computed) === name,
      )
      return found?.type === 'Property' ? found.value : null
    }
    if (object.type !== 'ArrayExpression' || !/^\d+$/.test(name)) return null
    const elements = object.elements.slice(0, Number(name) + 1)
    return elements.some((one) => one?.type === 'SpreadElement') ? null : (elements[Number(name)] ?? null)
  }

  /** Value of a constant expression, also of a constant that another local module exports. */
  constantOf(node: TSESTree.Node, depth = 0): Constant | null {
    if (depth > depthLimit) return null
    const value = this.resolve(node)
    switch (value.type) {
      case 'Literal':
        return typeof value.value === 'bigint' || value.value instanceof RegExp
          ? null
          : { value: value.value as string | number | boolean | null }
      case 'TemplateLiteral': {
        const parts = value.expressions.map((one) => this.constantOf(one, depth + 1))
        if (parts.includes(null)) return null
        return {
          value: value.quasis.map((one, i) => one.value.cooked + String(parts[i]?.value ?? '')).join(''),
        }
      }
      case 'BinaryExpression': {
        if (value.operator !== '+') return null
        const left = this.constantOf(value.left, depth + 1)?.value
        const right = this.constantOf(value.right, depth + 1)?.value
        if (left === undefined || right === undefined) return null
        const text = typeof left === 'string' || typeof right === 'string'
        return { value: text ? `${left}${right}` : Number(left) + Number(right) }
      }
      case 'UnaryExpression':
        return value.operator === '-' ? negated(this.constantOf(value.argument, depth + 1)) : null
      case 'Identifier':
      case 'MemberExpression':
        return this.importedConstant(value)
      default:
        return null
    }
  }

  importedConstant(node: TSESTree.Node): Constant | null {
    if (node.type !== 'Identifier' && node.type !== 'MemberExpression') return null
    const definition = this.#definer.definitionOf(node)
    if (definition.kind !== 'value' || definition.module === this.#module.filename) return null
    const { node: value } = definition
    if (value.type === 'TemplateLiteral' && value.expressions.length === 0) {
      return { value: value.quasis[0]!.value.cooked }
    }
    if (value.type !== 'Literal' || typeof value.value === 'object' || typeof value.value === 'bigint')
      return null
    return { value: value.value }
  }

  objectOf(node: TSESTree.Node): ObjectView | null {
    const properties: PropertyView[] = []
    const open: OpenPart[] = []
    const seen = this.#object(node, null, properties, open, node, 0)
    if (!seen) return null
    const tracer = this.#tracer()
    return {
      properties: lastWins(properties),
      open: open.map((part) => ({ ...part, provenance: tracer.provenanceOf(part.node) })),
    }
  }

  #object(
    node: TSESTree.Node,
    optional: string | null,
    properties: PropertyView[],
    open: OpenPart[],
    at: TSESTree.Node,
    depth: number,
  ): boolean {
    if (depth > depthLimit) return false
    const bare = unwrap(node)
    if (bare.type === 'ObjectExpression') {
      for (const property of bare.properties) this.#property(property, optional, properties, open, at, depth)
      return true
    }
    const again = (inner: TSESTree.Node, why: string | null): boolean =>
      this.#object(inner, why, properties, open, at, depth + 1)
    switch (bare.type) {
      case 'LogicalExpression':
        if (bare.operator === '&&') return again(bare.right, optional ?? this.#when(bare.left, true))
        return isEmptyObject(bare.right) ? again(bare.left, optional ?? this.#when(bare.left, true)) : false
      case 'ConditionalExpression': {
        const taken = again(bare.consequent, optional ?? this.#when(bare.test, true))
        return again(bare.alternate, optional ?? this.#when(bare.test, false)) && taken
      }
      case 'Identifier':
        if (bare.name === 'undefined') return true
        return this.#variable(bare, optional, properties, open, at, depth)
      case 'Literal':
        return bare.value === null || bare.value === false
      case 'CallExpression': {
        const returned = this.#returned(bare)
        return returned !== null && again(returned, optional)
      }
      case 'MemberExpression': {
        const value = this.resolve(bare)
        return value !== bare && again(value, optional)
      }
      default:
        return false
    }
  }

  #variable(
    identifier: TSESTree.Identifier,
    optional: string | null,
    properties: PropertyView[],
    open: OpenPart[],
    at: TSESTree.Node,
    depth: number,
  ): boolean {
    const writes = writesOf(this.#sourceCode, identifier, at)
    if (writes === null || writes.length === 0) return false
    const from = writes.findLastIndex((one) => one.kind !== 'member' && one.conditional === null)
    if (from < 0) return false
    for (const write of writes.slice(from)) {
      const why = optional ?? write.conditional
      if (write.kind !== 'member') {
        if (write.value === null) return false
        const binding = this.#module.bindingOf(identifier)
        const path = write.kind === 'initial' && binding?.kind === 'variable' ? binding.path : []
        const value = path.length === 0 ? write.value : this.resolve(identifier)
        if (value === identifier) return false
        if (!this.#object(value, why, properties, open, at, depth + 1)) return false
        continue
      }
      this.#memberWrite(write, why, properties, open)
    }
    return true
  }

  #memberWrite(write: Write, why: string | null, properties: PropertyView[], open: OpenPart[]): void {
    if (write.node.type !== 'AssignmentExpression' || write.node.left.type !== 'MemberExpression') return
    const name = memberName(write.node.left)
    if (name === null || write.value === null) open.push({ node: write.node, reason: 'a computed key' })
    else properties.push({ name, value: write.value, node: write.node, optional: why })
  }

  #property(
    property: TSESTree.Property | TSESTree.SpreadElement,
    optional: string | null,
    properties: PropertyView[],
    open: OpenPart[],
    at: TSESTree.Node,
    depth: number,
  ): void {
    if (property.type === 'SpreadElement') {
      const mark = properties.length
      if (this.#object(property.argument, optional, properties, open, at, depth + 1)) return
      properties.length = mark
      const text = this.#sourceCode.getText(property.argument)
      open.push({ node: property.argument, reason: `\`...${text}\` could not be seen through` })
      return
    }
    const name = keyName(property.key, property.computed) ?? this.#computedName(property)
    if (name === null) open.push({ node: property, reason: 'a computed key' })
    else properties.push({ name, value: property.value, node: property, optional })
  }

  #computedName(property: TSESTree.Property): string | null {
    const constant = this.constantOf(property.key)
    return constant === null ? null : String(constant.value)
  }

  /** What a function of this file returns, when it has one return. */
  #returned(call: TSESTree.CallExpression): TSESTree.Node | null {
    if (call.callee.type !== 'Identifier') return null
    const binding = this.#module.bindingOf(call.callee)
    const target =
      binding?.kind === 'declaration'
        ? binding.node
        : binding?.kind === 'variable' && binding.path.length === 0
          ? binding.declarator.init
          : null
    if (!isFunction(target)) return null
    const returned = returnsOf(target)
    return returned.length === 1 ? returned[0]! : null
  }

  #when(test: TSESTree.Node, taken: boolean): string {
    const decision = decisionOf(test, taken, this.#sourceCode.text)
    return `it depends on ${decision.taken ? '' : 'not '}\`${decision.key.replaceAll(/\s+/g, ' ')}\``
  }

  arrayOf(node: TSESTree.Node): ArrayView | null {
    const elements: ElementView[] = []
    const open: OpenPart[] = []
    return this.#array(node, null, elements, open, node, 0) ? { elements, open } : null
  }

  #array(
    node: TSESTree.Node,
    optional: string | null,
    elements: ElementView[],
    open: OpenPart[],
    at: TSESTree.Node,
    depth: number,
  ): boolean {
    if (depth > depthLimit) return false
    const bare = unwrap(node)
    if (bare.type === 'ArrayExpression') {
      this.#elements(bare.elements, optional, elements, open, at, depth)
      return true
    }
    if (bare.type === 'ConditionalExpression' || bare.type === 'LogicalExpression') {
      const test = bare.type === 'ConditionalExpression' ? bare.test : bare.left
      const first = bare.type === 'ConditionalExpression' ? bare.consequent : bare.right
      if (bare.type === 'LogicalExpression' && bare.operator !== '&&') return false
      const taken = this.#array(first, optional ?? this.#when(test, true), elements, open, at, depth + 1)
      if (bare.type === 'LogicalExpression') return taken
      const why = optional ?? this.#when(test, false)
      return this.#array(bare.alternate, why, elements, open, at, depth + 1) && taken
    }
    if (bare.type !== 'Identifier') {
      const value = this.resolve(bare)
      return value !== bare && this.#array(value, optional, elements, open, at, depth + 1)
    }
    const writes = writesOf(this.#sourceCode, bare, at)
    const from = writes?.findLastIndex((one) => one.kind !== 'member' && one.conditional === null) ?? -1
    if (writes === null || from < 0) return false
    for (const write of writes.slice(from)) {
      const why = optional ?? write.conditional
      if (write.kind === 'member') this.#push(write, why, elements, open, at, depth)
      else if (write.value === null || !this.#array(write.value, why, elements, open, at, depth + 1))
        return false
    }
    return true
  }

  #elements(
    nodes: readonly (TSESTree.Node | null)[],
    optional: string | null,
    elements: ElementView[],
    open: OpenPart[],
    at: TSESTree.Node,
    depth: number,
  ): void {
    for (const element of nodes) {
      if (element === null) continue
      if (element.type !== 'SpreadElement') elements.push({ value: element, optional })
      else if (!this.#array(element.argument, optional, elements, open, at, depth + 1)) {
        open.push({
          node: element,
          reason: `\`${this.#sourceCode.getText(element)}\` could not be seen through`,
        })
      }
    }
  }

  #push(
    write: Write,
    why: string | null,
    elements: ElementView[],
    open: OpenPart[],
    at: TSESTree.Node,
    depth: number,
  ): void {
    const call = write.node
    const name =
      call.type === 'CallExpression' && call.callee.type === 'MemberExpression'
        ? memberName(call.callee)
        : null
    if (call.type !== 'CallExpression' || name !== 'push') {
      if (name !== 'concat') open.push({ node: call, reason: 'it is changed other than by push' })
      return
    }
    this.#elements(call.arguments, why, elements, open, at, depth)
  }
}

function isEmptyObject(node: TSESTree.Node): boolean {
  return node.type === 'ObjectExpression' && node.properties.length === 0
}

function negated(constant: Constant | null): Constant | null {
  return typeof constant?.value === 'number' ? { value: -constant.value } : null
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
