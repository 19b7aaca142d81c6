import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, keyName, memberName } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import type { Provenance } from './provenance.ts'
import type { Reader } from '../source/reader.ts'
import type { ObjectView, PropertyView } from './view.ts'
import { areCompatible, type Decision, decisionOf, inWords, unless, type Write, writesOf } from './writes.ts'

/** Beyond this many nested spreads and aliases, an object is not in sight any more. */
const depthLimit = 20

/** An object that is written in more ways than this is not in sight either. */
const propertyLimit = 200

/** Properties of an object expression, with constants, spreads, conditional spreads and later assignments followed. */
export function objectOf(
  node: TSESTree.Node,
  reader: Reader,
  provenanceOf: (node: TSESTree.Node) => Provenance,
): ObjectView | null {
  const collector = new ObjectCollector(reader, node)
  if (!collector.object(node, always, 0)) return null
  const open = collector.open.map((part) => ({ ...part, provenance: provenanceOf(part.node) }))
  return { properties: collector.properties, open }
}

/** The tests that must hold for a property to be there, outermost first. */
type When = readonly Decision[]

const always: When = []

class ObjectCollector {
  readonly properties: PropertyView[] = []
  readonly open: { readonly node: TSESTree.Node; readonly reason: string }[] = []
  readonly #reader: Reader
  /** Writes after this use do not count. */
  readonly #at: TSESTree.Node
  /** Names of the variables that are being followed. */
  readonly #followed: string[] = []

  constructor(reader: Reader, at: TSESTree.Node) {
    this.#reader = reader
    this.#at = at
  }

  /** Collects what an expression brings; false when it could not be seen through. */
  object(node: TSESTree.Node, when: When, depth: number): boolean {
    if (depth > depthLimit) return false
    const bare = unwrap(node)
    const again = (inner: TSESTree.Node, also: When = when): boolean => this.object(inner, also, depth + 1)
    switch (bare.type) {
      case 'ObjectExpression':
        for (const property of bare.properties) this.#property(property, when, depth)
        return true
      case 'LogicalExpression':
        if (bare.operator === '&&') return again(bare.right, this.#and(when, bare.left, true))
        return isEmptyObject(bare.right) && again(bare.left, this.#and(when, bare.left, true))
      case 'ConditionalExpression': {
        const taken = again(bare.consequent, this.#and(when, bare.test, true))
        return again(bare.alternate, this.#and(when, bare.test, false)) && taken
      }
      case 'Identifier':
        return bare.name === 'undefined' || this.#variable(bare, when, depth)
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

  #and(when: When, test: TSESTree.Node, taken: boolean): When {
    return [...when, decisionOf(test, taken, this.#reader.sourceCode.text)]
  }

  #variable(identifier: TSESTree.Identifier, when: When, depth: number): boolean {
    // `where = { ...where, done }` spreads what was there before.
    const isWithinItself = this.#followed.includes(identifier.name)
    const at = isWithinItself ? identifier : this.#at
    const writes = writesOf(this.#reader.sourceCode, identifier, at) ?? []
    this.#followed.push(identifier.name)
    const isSeen = this.#writes(writes, identifier, when, depth)
    this.#followed.pop()
    return isSeen
  }

  #writes(writes: readonly Write[], identifier: TSESTree.Identifier, when: When, depth: number): boolean {
    const from = writes.findLastIndex((one) => one.kind !== 'member' && one.conditional === null)
    if (from < 0 && (writes.length === 0 || !this.#isDeclaredEmpty(identifier))) return false
    const start = this.properties.length
    for (const write of writes.slice(Math.max(0, from))) {
      const also = [...when, ...write.decisions.toReversed()]
      if (write.kind === 'member') this.#memberWrite(write, also)
      else {
        const value = this.#written(write, identifier)
        this.#replace(start, also, () => true)
        if (value === null || !this.object(value, also, depth + 1)) return false
      }
      if (this.properties.length > propertyLimit) return false
    }
    return true
  }

  /** `let where`, to be written in the branches that follow. */
  #isDeclaredEmpty(identifier: TSESTree.Identifier): boolean {
    const binding = this.#reader.module.bindingOf(identifier)
    return binding?.kind === 'variable' && binding.declarator.init === null
  }

  /** Where something is written under some tests, what was there before is there only when they do not hold. */
  #replace(start: number, when: When, isReplaced: (property: PropertyView) => boolean): void {
    const kept = this.properties.slice(start).flatMap((property) => {
      if (!isReplaced(property) || !areCompatible(property.when, when)) return [property]
      const shared = property.when.findIndex(({ key }, index) => key !== when[index]?.key)
      const common = property.when.slice(0, shared < 0 ? property.when.length : shared)
      const own = property.when.slice(common.length)
      const further = when.slice(common.length).filter(({ key }) => !own.some((one) => one.key === key))
      // The later test comes first, as it does for what is written under it.
      return unless(further).map((also) => this.#view(property, [...common, ...also, ...own]))
    })
    this.properties.splice(start, Infinity, ...kept)
  }

  #add(property: Omit<PropertyView, 'optional' | 'when'>, when: When): void {
    this.#replace(0, when, ({ name }) => name === property.name)
    this.properties.push(this.#view(property, when))
  }

  #view({ name, value, node }: Omit<PropertyView, 'optional' | 'when'>, when: When): PropertyView {
    return { name, value, node, when, optional: inWords(when) }
  }

  /** The value that a write gives the variable itself, through destructuring. */
  #written(write: Write, identifier: TSESTree.Identifier): TSESTree.Node | null {
    const binding = this.#reader.module.bindingOf(identifier)
    const path = write.kind === 'initial' && binding?.kind === 'variable' ? binding.path : []
    if (path.length === 0) return write.value
    const value = this.#reader.resolve(identifier)
    return value === identifier ? null : value
  }

  #memberWrite(write: Write, when: When): void {
    const { node, value } = write
    if (node.type !== 'AssignmentExpression' || node.left.type !== 'MemberExpression') return
    const name = memberName(node.left) ?? operatorName(node.left.property)
    if (name === null || value === null) this.open.push({ node, reason: 'a computed key' })
    else this.#add({ name, value, node }, when)
  }

  #property(property: TSESTree.Property | TSESTree.SpreadElement, when: When, depth: number): void {
    if (property.type === 'SpreadElement') {
      const before = [...this.properties]
      if (this.object(property.argument, when, depth + 1)) return
      this.properties.splice(0, Infinity, ...before)
      const text = this.#reader.sourceCode.getText(property.argument)
      this.open.push({ node: property.argument, reason: `\`...${text}\` could not be seen through` })
      return
    }
    const constant = property.computed ? this.#reader.constantOf(property.key) : null
    const name =
      keyName(property.key, property.computed) ??
      (constant === null ? operatorName(property.key) : String(constant.value))
    if (name === null) this.open.push({ node: property, reason: 'a computed key' })
    else this.#add({ name, value: property.value, node: property }, when)
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
