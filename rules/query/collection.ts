import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import { isConstant, variableOf } from '../source/module.ts'
import { element, type Identities, type Identity, isEqual } from './identity.ts'
import type { ExtractionScope } from './library.ts'

/** A set, map, dictionary or array: what every value in it is, and what every key that it has is. */
export interface Collection {
  /** What `has`, `includes`, `get` and `[…]` ask for; null where that is not known. */
  readonly keys: Identity | null
  readonly values: Identity | null
  /** Values are reached by key: the collection is no list of them. */
  readonly isKeyed: boolean
}

/** Functions of the usual libraries that make a dictionary of a list: `keyBy(rows, 'id')`. */
const keyed = /^(?:keyBy|indexBy|groupBy|partitionBy)$/

/** Methods after which a value may be there that was not there before. */
const fills = /^(?:push|unshift|splice|fill|copyWithin|add|set)$/

/** Tells what is in the collections of a file, through the calls and loops that fill them. */
export class Collections {
  readonly #scope: ExtractionScope
  readonly #identities: Identities
  readonly #known = new Map<TSESTree.Node, Collection | null>()
  readonly #fills = new Map<TSESLint.Scope.Variable, readonly Fill[]>()

  constructor(scope: ExtractionScope, identities: Identities) {
    this.#scope = scope
    this.#identities = identities
  }

  of(given: TSESTree.Node, depth: number): Collection | null {
    const node = unwrap(given, true)
    const known = this.#known.get(node)
    if (known !== undefined) return known
    // Not known while it is being found, so that what leads back to itself ends.
    this.#known.set(node, null)
    const found = this.#collectionOf(node, depth)
    this.#known.set(node, found)
    return found
  }

  #collectionOf(node: TSESTree.Node, depth: number): Collection | null {
    if (node.type === 'Identifier') return this.#named(node, depth)
    const made = this.#made(node, depth)
    if (made !== null) return made
    const list = this.#identities.of(node, depth + 1)
    return list?.call == null ? null : listOf(list)
  }

  /** What a variable holds that is filled after it was made: `ids.push(row.id)`. Undefined: nothing fills it. */
  filled(identifier: TSESTree.Identifier, depth: number): Collection | null | undefined {
    const fills = this.#fillsOf(identifier)
    if (fills.length === 0) return undefined
    const init = this.#initOf(identifier)
    const shape = init === null ? null : emptyShape(init)
    if (shape === null) return null
    const keys: Identity[] = []
    const values: Identity[] = []
    for (const { key, value } of fills) {
      const filled = value === null ? null : this.#identities.of(value, depth + 1)
      const under = key === null ? filled : this.#identities.of(key, depth + 1)
      if (filled === null || under === null) return null
      keys.push(under)
      values.push(filled)
    }
    return { keys: only(keys), values: only(values), isKeyed: shape === 'keyed' }
  }

  #named(identifier: TSESTree.Identifier, depth: number): Collection | null {
    const { sourceCode } = this.#scope
    if (!isConstant(sourceCode, identifier)) return null
    const filled = this.filled(identifier, depth)
    if (filled !== undefined) return filled
    const init = this.#initOf(identifier)
    if (init !== null) return this.of(init, depth + 1)
    const list = this.#identities.of(identifier, depth + 1)
    return list?.call == null ? null : listOf(list)
  }

  /** What the declaration gives the variable itself. */
  #initOf(identifier: TSESTree.Identifier): TSESTree.Node | null {
    const declarator = variableOf(this.#scope.sourceCode, identifier)?.defs[0]?.node
    return declarator?.type === 'VariableDeclarator' && declarator.id.type === 'Identifier'
      ? declarator.init
      : null
  }

  #made(node: TSESTree.Node, depth: number): Collection | null {
    if (node.type === 'NewExpression' && node.callee.type === 'Identifier') {
      const [source] = node.arguments
      if (source === undefined) return null
      if (node.callee.name === 'Map') return this.#entries(source, depth)
      const values = node.callee.name === 'Set' ? this.#identities.of(source, depth + 1) : null
      return values?.call == null ? null : listOf(values)
    }
    if (node.type !== 'CallExpression') return null
    const callee = unwrap(node.callee)
    const name = callee.type === 'MemberExpression' ? memberName(callee) : nameOf(callee)
    const [first, second] = node.arguments
    if (name === null || first === undefined) return null
    if (name === 'fromEntries') return this.#entries(first, depth)
    const list = keyed.test(name) && second !== undefined ? this.#identities.of(first, depth + 1) : null
    if (list?.call == null) return null
    const values = element(list)
    return { keys: this.#keyOf(second!, values, depth), values, isKeyed: true }
  }

  /** `rows.map((row) => [row.id, row])` */
  #entries(source: TSESTree.Node, depth: number): Collection | null {
    const call = unwrap(source, true)
    if (call.type !== 'CallExpression' || call.callee.type !== 'MemberExpression') return null
    const [callback] = call.arguments
    if (memberName(call.callee) !== 'map' || !isFunction(callback)) return null
    const returned = returnsOf(callback).map((one) => unwrap(one))
    const [pair] = returned
    if (returned.length !== 1 || pair?.type !== 'ArrayExpression') return null
    const [key, value] = pair.elements.map((one) =>
      one === null || one.type === 'SpreadElement' ? null : this.#identities.of(one, depth + 1),
    )
    return { keys: key ?? null, values: value ?? null, isKeyed: true }
  }

  /** The second argument of `keyBy`: the name of a member, or a callback that reads it. */
  #keyOf(by: TSESTree.Node, values: Identity, depth: number): Identity | null {
    if (by.type === 'Literal' && typeof by.value === 'string') {
      return { ...values, path: [...values.path, by.value] }
    }
    if (!isFunction(by)) return null
    const returned = returnsOf(by)
    const [parameter] = by.params
    const [read] = returned.map((one) => unwrap(one))
    if (returned.length !== 1 || parameter?.type !== 'Identifier' || read?.type !== 'MemberExpression') {
      return returned.length === 1 ? this.#identities.of(returned[0]!, depth + 1) : null
    }
    const name = memberName(read)
    const isOwn = read.object.type === 'Identifier' && read.object.name === parameter.name
    return isOwn && name !== null ? { ...values, path: [...values.path, name] } : null
  }

  /** Every place that puts something into the variable. */
  #fillsOf(identifier: TSESTree.Identifier): readonly Fill[] {
    const variable = variableOf(this.#scope.sourceCode, identifier)
    if (variable === null) return []
    const known = this.#fills.get(variable)
    if (known !== undefined) return known
    const found = variable.references.flatMap((reference) => fillsAt(reference.identifier))
    this.#fills.set(variable, found)
    return found
  }
}

/** A value of null is not in sight. */
interface Fill {
  readonly key: TSESTree.Node | null
  readonly value: TSESTree.Node | null
}

function fillsAt(use: TSESTree.Node): readonly Fill[] {
  const member = use.parent
  if (member?.type !== 'MemberExpression' || member.object !== use) return []
  const { parent } = member
  if (parent.type === 'AssignmentExpression' && parent.left === member) {
    // A member of a known name belongs to an object, not to a collection.
    return member.computed ? [{ key: member.property, value: parent.right }] : []
  }
  if (parent.type !== 'CallExpression' || parent.callee !== member) return []
  const name = memberName(member) ?? ''
  const [first, second] = parent.arguments
  if (!fills.test(name)) return []
  if (name === 'set' && first !== undefined && second !== undefined) return [{ key: first, value: second }]
  if (!/^(?:push|unshift|add)$/.test(name)) return [{ key: null, value: null }]
  return parent.arguments.map((value) => ({
    key: null,
    value: value.type === 'SpreadElement' ? null : value,
  }))
}

const listOf = (list: Identity): Collection => ({
  keys: element(list),
  values: element(list),
  isKeyed: false,
})

const nameOf = (node: TSESTree.Node): string | null => (node.type === 'Identifier' ? node.name : null)

/** The one identity that all of them are. */
function only(all: readonly Identity[]): Identity | null {
  const [first] = all
  return first !== undefined && all.every((one) => isEqual(one, first)) ? first : null
}

/** `[]` and `new Set()` are lists of values, `{}` and `new Map()` have keys; null where something is in it already. */
function emptyShape(init: TSESTree.Node): 'list' | 'keyed' | null {
  const node = unwrap(init)
  switch (node.type) {
    case 'ArrayExpression':
      return node.elements.length === 0 ? 'list' : null
    case 'ObjectExpression':
      return node.properties.length === 0 ? 'keyed' : null
    case 'NewExpression': {
      const name = nameOf(node.callee)
      if (node.arguments.length > 0) return null
      return name === 'Set' ? 'list' : name === 'Map' ? 'keyed' : null
    }
    default:
      return null
  }
}
