import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName, type Step } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import { isConstant, linted, type SourceModule, variableOf } from '../source/module.ts'
import { type Collection, Collections } from './collection.ts'
import type { CallNode, ExtractionScope } from './library.ts'
import { MemberTests } from './member-test.ts'

/**
 * Which value an expression is: two expressions with the same root and path have the same value wherever both can be
 * evaluated. `*` in the path is some element of an array.
 */
export interface Identity {
  /** A variable that is never written again, or what one call returned. */
  readonly root: string
  /** The call at the root, null for a variable and for a tagged template. */
  readonly call: TSESTree.CallExpression | null
  /** The call or the tagged template at the root, null for a variable. */
  readonly origin: CallNode | null
  readonly path: readonly string[]
}

const depthLimit = 20

/** Methods that hand their callback an element first. */
const iterations = /^(map|flatMap|forEach|filter|some|every|find|findLast)$/

/** Functions that write the same value another way. */
const conversions = /^(?:Number|String|BigInt|parseInt)$/

/** Methods that return some of the elements. */
const selections = /^(filter|slice|toSorted|sort|reverse|toReversed)$/

/** Tells values of one file apart, and finds those that are the same. */
export class Identities {
  readonly #scope: ExtractionScope
  readonly #module: SourceModule

  readonly #isQuery: (node: TSESTree.Node) => boolean
  readonly #collections: Collections
  readonly #known = new Map<TSESTree.Node, Identity | null>()
  readonly #named = new Map<TSESTree.Node, Identity | null>()
  /** A value that leads back to itself is followed no further. */
  readonly #busy = new Set<TSESTree.Node>()
  readonly tests: MemberTests

  /** `isQuery` tells calls that go to the database from those on arrays. */
  constructor(scope: ExtractionScope, isQuery: (node: TSESTree.Node) => boolean = () => false) {
    this.#scope = scope
    this.#isQuery = isQuery
    this.#module = linted(scope.sourceCode, scope.filename)
    this.#collections = new Collections(scope, this)
    this.tests = new MemberTests(scope, this)
  }

  of(given: TSESTree.Node, depth = 0): Identity | null {
    const node = unwrap(given, true)
    const known = this.#known.get(node)
    if (known !== undefined) return known
    if (depth > depthLimit || this.#busy.has(node)) return null
    this.#busy.add(node)
    const found = this.#identityOf(node, depth)
    this.#busy.delete(node)
    this.#known.set(node, found)
    return found
  }

  #identityOf(node: TSESTree.Node, depth: number): Identity | null {
    switch (node.type) {
      case 'Identifier':
        return this.#ofIdentifier(node, depth)
      case 'MemberExpression': {
        const name = memberName(node)
        // A computed index is never a member of a known name, but some value of what has keys.
        if (name === null) return this.#keyed(node.object, depth)?.values ?? null
        const object = this.of(node.object, depth + 1)
        return object === null ? null : this.#member(object, name, depth)
      }
      case 'CallExpression':
        return this.#ofCall(node, depth)
      case 'TaggedTemplateExpression':
        return { root: rootAt(node), call: null, origin: node, path: [] }
      case 'ArrayExpression': {
        const [only] = node.elements
        const spread = node.elements.length === 1 && only?.type === 'SpreadElement'
        return spread ? this.of(only.argument, depth + 1) : null
      }
      case 'NewExpression': {
        const [values] = node.arguments
        const set = node.callee.type === 'Identifier' && node.callee.name === 'Set'
        return set && values !== undefined ? this.of(values, depth + 1) : null
      }
      default:
        return null
    }
  }

  /** What is in a set, map, dictionary or array. */
  collectionOf(node: TSESTree.Node, depth = 0): Collection | null {
    return depth > depthLimit ? null : this.#collections.of(node, depth)
  }

  #keyed(node: TSESTree.Node, depth: number): Collection | null {
    const collection = this.collectionOf(node, depth + 1)
    return collection?.isKeyed === true ? collection : null
  }

  /** The list that a value is an element of, or itself where it is one. */
  listAround(node: TSESTree.Node): TSESTree.Node | null {
    const bare = unwrap(node)
    if (bare.type !== 'Identifier' || !isConstant(this.#scope.sourceCode, bare)) return bare
    const binding = this.#module.bindingOf(bare)
    if (binding?.kind === 'element' && binding.path.length === 0) return binding.iterable
    const call = binding?.kind === 'parameter' ? binding.function.parent : null
    const callee = call?.type === 'CallExpression' ? unwrap(call.callee) : null
    const isElement = binding?.kind === 'parameter' && binding.index === 0 && binding.path.length === 0
    if (callee?.type !== 'MemberExpression' || !isElement) return bare
    return iterations.test(memberName(callee) ?? '') ? callee.object : bare
  }

  /** The same by names alone: it tells the elements of an array apart by the variables that hold them. */
  byName(given: TSESTree.Node): Identity | null {
    const node = unwrap(given, true)
    const known = this.#named.get(node)
    if (known !== undefined) return known
    const found = this.#nameOf(node)
    this.#named.set(node, found)
    return found
  }

  #nameOf(node: TSESTree.Node): Identity | null {
    if (node.type === 'MemberExpression' && !node.computed) {
      const object = this.byName(node.object)
      const name = memberName(node)
      return object === null || name === null ? null : { ...object, path: [...object.path, name] }
    }
    if (node.type !== 'Identifier' || !isConstant(this.#scope.sourceCode, node)) return null
    const [definition] = variableOf(this.#scope.sourceCode, node)?.defs ?? []
    const root = `${node.name}@${definition?.name.range[0]}`
    return definition === undefined ? null : { root, call: null, origin: null, path: [] }
  }

  /** Do both certainly have the same value? */
  areSame(one: TSESTree.Node, other: TSESTree.Node): boolean {
    const first = this.of(one)
    const second = this.of(other)
    if (first !== null && second !== null && !first.path.includes('*') && isEqual(first, second)) return true
    const named = this.byName(one)
    const again = this.byName(other)
    return named !== null && again !== null && isEqual(named, again)
  }

  #ofIdentifier(node: TSESTree.Identifier, depth: number): Identity | null {
    const { sourceCode } = this.#scope
    const variable = variableOf(sourceCode, node)
    const binding = this.#module.bindingOf(node)
    if (variable === null || binding === null || !isConstant(sourceCode, node)) return null
    const [definition] = variable.defs
    const root = `${node.name}@${definition?.name.range[0]}`
    const itself: Identity = { root, call: null, origin: null, path: [] }
    switch (binding.kind) {
      case 'variable': {
        const { init } = binding.declarator
        const filled = binding.path.length === 0 ? this.#collections.filled(node, depth + 1) : undefined
        if (filled !== undefined) return (filled?.isKeyed === false ? filled.values : null) ?? itself
        const from = init === null ? null : this.of(init, depth + 1)
        return (from && this.#follow(from, binding.path, depth)) ?? itself
      }
      case 'element': {
        const entry = this.#entryOf(binding.iterable, binding.path, depth)
        if (entry !== undefined) return entry ?? itself
        const from = this.of(binding.iterable, depth + 1)
        return (from && this.#follow(element(from), binding.path, depth)) ?? itself
      }
      case 'parameter': {
        const call = binding.function.parent
        const callee = call.type === 'CallExpression' ? unwrap(call.callee) : null
        if (binding.index !== 0 || callee?.type !== 'MemberExpression') return itself
        if (!iterations.test(memberName(callee) ?? '')) return itself
        const from = this.of(callee.object, depth + 1)
        return (from && this.#follow(element(from), binding.path, depth)) ?? itself
      }
      default:
        return itself
    }
  }

  /** `for (const [id, row] of map)`, and the same of `map.entries()`; undefined: it is no map. */
  #entryOf(iterable: TSESTree.Node, path: readonly Step[], depth: number): Identity | null | undefined {
    const call = unwrap(iterable, true)
    const callee = call.type === 'CallExpression' ? unwrap(call.callee) : null
    const isEntries = callee?.type === 'MemberExpression' && memberName(callee) === 'entries'
    const [given] = call.type === 'CallExpression' ? call.arguments : []
    const map = isEntries ? (given ?? callee.object) : iterable
    const collection = this.#keyed(map, depth)
    const [side, ...steps] = path
    if (collection === null || side === undefined) return collection === null ? undefined : null
    const from = side.name === '0' ? collection.keys : side.name === '1' ? collection.values : null
    return from === null ? null : this.#follow(from, steps, depth)
  }

  #follow(from: Identity, steps: readonly Step[], depth: number): Identity | null {
    let identity: Identity | null = from
    for (const { name, default: value, rest } of steps) {
      // What is left of an object or array after some was picked out.
      if (rest === true) continue
      if (identity === null || name === null || value !== null) return null
      identity = this.#member(identity, name, depth)
    }
    return identity
  }

  #member(object: Identity, name: string, depth: number): Identity | null {
    const index = /^\d+$/.test(name)
    if (index && object.call !== null && object.path.length === 0) {
      const array = isTogether(object.call) ? object.call.arguments[0] : undefined
      const chosen = array?.type === 'ArrayExpression' ? array.elements[Number(name)] : null
      if (chosen != null && chosen.type !== 'SpreadElement') return this.of(chosen, depth + 1)
    }
    return { ...object, path: [...object.path, index ? '*' : name] }
  }

  #ofCall(node: TSESTree.CallExpression, depth: number): Identity | null {
    const callee = unwrap(node.callee)
    const name = callee.type === 'MemberExpression' ? (memberName(callee) ?? '') : ''
    const [converted] = node.arguments
    if (callee.type === 'Identifier' && conversions.test(callee.name) && converted !== undefined) {
      return this.of(converted, depth + 1)
    }
    if (callee.type === 'MemberExpression' && name === 'then' && isFirstOf(converted)) {
      const rows = this.of(callee.object, depth + 1)
      return rows === null ? null : element(rows)
    }
    const wrapped = callee.type === 'MemberExpression' ? this.#queryWithin(callee) : null
    if (wrapped !== null) return this.of(wrapped, depth + 1)
    if (callee.type === 'MemberExpression' && !this.#isQuery(node) && !this.#isQueryLike(callee)) {
      const [callback] = node.arguments
      if (/^(map|flatMap)$/.test(name) && isFunction(callback)) {
        const returned = returnsOf(callback)
        return returned.length === 1 ? this.of(returned[0]!, depth + 1) : null
      }
      const inside = this.#inside(callee, name, converted, depth)
      if (inside !== undefined) return inside
      const kept = name === 'filter' ? this.tests.kept(node) : null
      if (kept !== null) return kept
      if (selections.test(name)) return this.of(callee.object, depth + 1)
      if (/^(find|at|findLast)$/.test(name)) {
        const from = this.of(callee.object, depth + 1)
        return from === null ? null : element(from)
      }
    }
    return { root: rootAt(node), call: node, origin: node, path: [] }
  }

  /** `cached(db.selectFrom(…)).executeTakeFirst()`: what a wrapper of one builder gives is what the builder gives. */
  #queryWithin(callee: TSESTree.MemberExpression): TSESTree.Node | null {
    if (!/^execute(?:TakeFirst(?:OrThrow)?)?$/.test(memberName(callee) ?? '')) return null
    const wrapper = unwrap(callee.object)
    if (wrapper.type !== 'CallExpression' || wrapper.callee.type !== 'Identifier') return null
    const [query, ...others] = wrapper.arguments.map((argument) => unwrap(argument)).filter(this.#isQuery)
    return query !== undefined && others.length === 0 && query === unwrap(wrapper.arguments[0]!)
      ? query
      : null
  }

  /** `map.get(id)`, `map.keys()`, `Object.values(map)`, `Array.from(ids)`; undefined: it is none of these. */
  #inside(
    callee: TSESTree.MemberExpression,
    name: string,
    given: TSESTree.Node | undefined,
    depth: number,
  ): Identity | null | undefined {
    const object = unwrap(callee.object)
    const holder = object.type === 'Identifier' ? object.name : ''
    if (given !== undefined && holder === 'Array' && name === 'from') return this.of(given, depth + 1)
    if (!/^(?:get|keys|values)$/.test(name)) return undefined
    const collection = this.#keyed(holder === 'Object' && given !== undefined ? given : object, depth)
    if (collection === null) return undefined
    return name === 'keys' ? collection.keys : collection.values
  }

  /** `db.boards.find(…)` is no array. */
  #isQueryLike(callee: TSESTree.MemberExpression): boolean {
    const object = unwrap(callee.object, true)
    return object.type === 'Identifier' && this.#module.bindingOf(object)?.kind === 'import'
  }
}

const rootAt = ({ range }: CallNode): string => `call@${range[0]}:${range[1]}`

export const isEqual = (one: Identity, other: Identity): boolean =>
  one.root === other.root && (one.path === other.path || one.path.join('.') === other.path.join('.'))

export const element = (identity: Identity): Identity => ({ ...identity, path: [...identity.path, '*'] })

/** `(rows) => rows[0]`, `takeFirst`. */
function isFirstOf(callback: TSESTree.Node | undefined): boolean {
  if (callback?.type === 'Identifier') return /^(?:take)?(?:first|one)/i.test(callback.name)
  if (callback?.type !== 'ArrowFunctionExpression') return false
  const body = unwrap(callback.body)
  return body.type === 'MemberExpression' && ['0', 'at'].includes(memberName(body) ?? '')
}

/** `Promise.all([…])`, `$transaction([…])`: the results stand in the order of the array. */
function isTogether({ callee }: TSESTree.CallExpression): boolean {
  return callee.type === 'MemberExpression' && /^(all|\$transaction)$/.test(memberName(callee) ?? '')
}
