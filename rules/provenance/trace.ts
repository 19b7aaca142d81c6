import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { presenceOf } from './assertion.ts'
import { isFunction, memberName } from '../source/binding.ts'
import { returnsOf, unwrap } from '../source/children.ts'
import { areExhaustive } from './arms.ts'
import { isGuarded } from './guard.ts'
import { type SourceModule, isConstant } from '../source/module.ts'
import { type IsConstant, type Place, placeOf } from './place.ts'
import { join } from './join.ts'
import type { Provenance } from './provenance.ts'
import {
  hasRequestDecorator,
  isOftenMissing,
  matchesTrusted,
  readsRequest,
  requestSegment,
} from './request.ts'
import { routeParameters } from './route-file.ts'
import { writesInRounds, writesOf } from './writes.ts'
import { makers } from './makers.ts'

export interface TracerOptions {
  readonly sourceCode: TSESLint.SourceCode
  readonly module: SourceModule
  readonly trusted: readonly string[]
  /** Is this call a query? Then what it returns are rows. */
  readonly isQuery: (node: TSESTree.Node) => boolean
  /** Value of a constant of another module. */
  readonly importedConstant: (
    node: TSESTree.Node,
  ) => { readonly value: string | number | boolean | null } | null
}

const absent: Provenance = { kind: 'literal', value: null, nullable: true }

/** Methods whose result is made of the object they are called on. */
const carriers = new Set(
  `trim toLowerCase toUpperCase toString valueOf toJSON slice substring substr split replace replaceAll padStart padEnd at
   map filter flat flatMap concat join sort toSorted reverse toReversed find findLast pop shift normalize
   keys values entries get toISOString`.split(/\s+/),
)

/** Callbacks whose first parameter is an element of the array. */
const iterations = new Set(
  'map filter forEach flatMap some every find findLast findIndex sort reduce toSorted'.split(' '),
)

/** Values that are made of so many others, one inside the other, are not traced to their ends: the stack is not endless. */
const depthLimit = 400

/** Tells where values of the linted file come from. */
export class Tracer {
  readonly #options: TracerOptions
  readonly #known = new Map<TSESTree.Node, Provenance>()
  readonly #busy = new Set<TSESTree.Node>()

  readonly #isConstant: IsConstant

  constructor(options: TracerOptions) {
    this.#options = options
    this.#isConstant = (identifier) => isConstant(options.sourceCode, identifier)
  }

  provenanceOf(node: TSESTree.Node): Provenance {
    const known = this.#known.get(node)
    if (known !== undefined) return known
    if (this.#busy.has(node) || this.#busy.size >= depthLimit) {
      return { kind: 'unknown', path: this.#text(node), nullable: false }
    }
    this.#busy.add(node)
    try {
      const found = this.#narrow(node, this.#trace(node))
      this.#known.set(node, found)
      return found
    } finally {
      this.#busy.delete(node)
    }
  }

  #text(node: TSESTree.Node): string {
    return this.#options.sourceCode.getText(node)
  }

  #narrow(node: TSESTree.Node, found: Provenance): Provenance {
    const named = node.type === 'Identifier' || node.type === 'MemberExpression'
    if (!found.nullable || !named || found.kind === 'literal') return found
    return isGuarded(node, this.#options.sourceCode.text) ? { ...found, nullable: false } : found
  }

  #trace(node: TSESTree.Node): Provenance {
    switch (node.type) {
      case 'Literal': {
        const { value } = node
        const plain = typeof value === 'object' && value !== null ? String(value) : value
        if (typeof plain === 'bigint') return { kind: 'literal', value: String(plain), nullable: false }
        return { kind: 'literal', value: plain as string | null, nullable: plain === null || plain === '' }
      }
      case 'TSNonNullExpression':
        return { ...this.provenanceOf(node.expression), nullable: false }
      case 'TSAsExpression':
      case 'TSTypeAssertion':
        return this.#asserted(node)
      case 'ChainExpression':
      case 'TSSatisfiesExpression':
        return this.provenanceOf(node.expression)
      case 'AwaitExpression':
      case 'UnaryExpression':
      case 'SpreadElement':
      case 'YieldExpression':
        if (node.type === 'UnaryExpression' && node.operator === 'void') return absent
        return node.argument ? this.provenanceOf(node.argument) : absent
      case 'TemplateLiteral':
        return this.#made(node, node.expressions)
      case 'BinaryExpression':
        return this.#made(node, [node.left, node.right])
      case 'LogicalExpression':
        return this.#logical(node)
      case 'ConditionalExpression':
        return this.#joined([node.consequent, node.alternate])
      case 'AssignmentExpression':
        return this.provenanceOf(node.right)
      case 'SequenceExpression':
        return this.provenanceOf(node.expressions.at(-1)!)
      case 'ArrayExpression':
        return this.#made(node, node.elements)
      case 'ObjectExpression':
        return this.#made(node, node.properties.map(propertyPart))
      case 'NewExpression':
        return this.#made(node, node.arguments)
      case 'Identifier':
        if (node.name === 'undefined') return absent
        return this.#place(node)
      case 'MemberExpression':
      case 'ThisExpression':
        return this.#place(node)
      case 'CallExpression':
        return this.#call(node)
      case 'TaggedTemplateExpression':
        if (this.#options.isQuery(node)) return { kind: 'row', path: this.#text(node.tag), nullable: false }
        return { kind: 'unknown', path: this.#text(node), nullable: false }
      default:
        return { kind: 'unknown', path: this.#text(node), nullable: false }
    }
  }

  #asserted(node: TSESTree.TSAsExpression | TSESTree.TSTypeAssertion): Provenance {
    const found = this.provenanceOf(node.expression)
    const inner = unwrap(node.expression)
    const named = inner.type === 'MemberExpression' || inner.type === 'Identifier'
    return found.kind === 'request' && found.nullable && named ? this.#place(node) : found
  }

  #joined(nodes: readonly (TSESTree.Node | null)[]): Provenance {
    return join(nodes.filter((one) => one !== null).map((one) => this.provenanceOf(one)))
  }

  #logical(node: TSESTree.LogicalExpression): Provenance {
    const left = this.provenanceOf(node.left)
    const right = this.provenanceOf(node.right)
    if (node.operator === '&&') return { ...right, nullable: true }
    const isAbsent = right.kind === 'literal' && right.nullable
    const worst = isAbsent ? left : join([left, right])
    return { ...worst, nullable: right.nullable }
  }

  /** A value that is made of others is none of them, and is always there. */
  #made(node: TSESTree.Node, parts: readonly (TSESTree.Node | null)[]): Provenance {
    const found = this.#joined(parts)
    if (found.kind !== 'literal') return { ...found, nullable: false }
    return { kind: 'literal', value: null, written: this.#text(node), nullable: false }
  }

  #place(node: TSESTree.Node): Provenance {
    const { module } = this.#options
    const place = placeOf(node, module, this.#isConstant)
    const found = this.#withMembers(node, this.#classify(place, node))
    const nullable = found.nullable || place.nullable
    if (place.default === null) return { ...found, nullable }
    const fallback = this.provenanceOf(place.default)
    return { ...join([found, fallback]), nullable: fallback.nullable }
  }

  /** An array or object that starts as a constant is also made of what is pushed into it. */
  #withMembers(node: TSESTree.Node, found: Provenance): Provenance {
    if (node.type !== 'Identifier') return found
    const members = (writesOf(this.#options.sourceCode, node, node) ?? []).filter(
      (write) => write.kind === 'member',
    )
    const parts = members.flatMap((write) =>
      write.node.type === 'CallExpression' ? write.node.arguments : write.value === null ? [] : [write.value],
    )
    if (parts.length === 0) return found
    return { ...join([found, this.#joined(parts)]), nullable: found.nullable }
  }

  /** Trusted and request-made values are told by their path alone. */
  #byPath(place: Place): Provenance | null {
    const path = place.path.join('.')
    const segment = requestSegment(place.path, place.anonymous)
    const trusted = this.#options.trusted.find((one) => matchesTrusted(place.path, one, place.anonymous))
    if (trusted !== undefined) return { kind: 'trusted', path, nullable: false }
    if (segment < 0) return null
    return { kind: 'request', path, nullable: this.#mayBeMissing(place, segment) }
  }

  /** Nobody has to send a query parameter or header; a claim about its type, or the route itself, says that it is there. */
  #mayBeMissing(place: Place, segment: number): boolean {
    const { module } = this.#options
    const claim = place.asserted === null ? 'unknown' : presenceOf(place.asserted, module)
    if (claim !== 'unknown') return claim === 'absent'
    const [holder, name] = place.path.slice(segment)
    if (holder === 'query' && name !== undefined && routeParameters(module.filename).has(name)) return false
    return isOftenMissing(holder!)
  }

  #classify(place: Place, node: TSESTree.Node): Provenance {
    const byPath = this.#byPath(place)
    if (byPath !== null) return byPath
    const path = place.path.join('.')
    const { base } = place
    switch (base.kind) {
      case 'expression':
        return base.node === node ? { kind: 'unknown', path, nullable: false } : this.provenanceOf(base.node)
      case 'call':
        return base.node === node
          ? { kind: 'unknown', path, nullable: false }
          : this.#ofCall(base.node, place)
      case 'variable':
        return this.#ofVariable(base.node, node, path)
      case 'parameter': {
        const call = base.binding.function.parent
        const iterated = call.type === 'CallExpression' && base.binding.index === 0 ? call.callee : null
        if (iterated?.type === 'MemberExpression' && iterations.has(memberName(iterated) ?? '')) {
          return { ...this.provenanceOf(iterated.object), nullable: false }
        }
        if (hasRequestDecorator(base.binding.pattern)) return { kind: 'request', path, nullable: false }
        return { kind: 'parameter', path, nullable: false }
      }
      case 'name': {
        const constant = this.#options.importedConstant(node)
        if (constant !== null) return { kind: 'literal', value: constant.value, nullable: false }
        return { kind: 'unknown', path, nullable: path.startsWith('process.env.') }
      }
    }
  }

  /** Members of what a call returned: a row when the call is a query. */
  #ofCall(call: TSESTree.CallExpression, place: Place): Provenance {
    if (this.#options.isQuery(call)) return { kind: 'row', path: place.path.join('.'), nullable: false }
    const found = this.provenanceOf(call)
    return found.kind === 'literal' ? { kind: 'unknown', path: place.path.join('.'), nullable: false } : found
  }

  #ofVariable(identifier: TSESTree.Identifier, at: TSESTree.Node, path: string): Provenance {
    const writes = (writesOf(this.#options.sourceCode, identifier, at) ?? []).filter(
      ({ kind }) => kind !== 'member',
    )
    // The last writes that leave no way without one of them: an unconditional one, or one in each arm of a test.
    const last = writes.findLastIndex((_, index) =>
      areExhaustive(writes.slice(index).map(({ decisions }) => decisions)),
    )
    const values = writes.slice(Math.max(0, last)).map(({ value }) => value)
    const others = writesInRounds(this.#options.sourceCode, identifier, at).map(({ value }) => value)
    if (values.length + others.length === 0 || [...values, ...others].includes(null)) {
      return { kind: 'unknown', path, nullable: false }
    }
    const first = this.#joined(values)
    const later = others.length === 0 ? first : this.#joined(others)
    // A walk goes where the rows lead from its beginning, whatever it finds on its way.
    const isWalk = (first.kind === 'parameter' || first.kind === 'row') && later.kind === 'unknown'
    const found = isWalk ? { ...first, nullable: first.nullable || later.nullable } : join([first, later])
    const certain = last >= 0
    return { ...found, nullable: found.nullable || !certain }
  }

  #call(node: TSESTree.CallExpression): Provenance {
    if (this.#options.isQuery(node)) return { kind: 'row', path: this.#text(node.callee), nullable: false }
    const place = placeOf(node, this.#options.module, this.#isConstant)
    const byPath = this.#byPath(place)
    if (byPath !== null) return byPath
    const callee = unwrap(node.callee)
    const name =
      callee.type === 'Identifier'
        ? callee.name
        : callee.type === 'MemberExpression'
          ? memberName(callee)
          : null
    if (callee.type === 'MemberExpression' && carriers.has(name ?? '')) {
      const carried = this.provenanceOf(callee.object)
      if (carried.kind !== 'unknown' || !makers.test(name ?? ''))
        return { ...carried, nullable: carried.nullable }
    }
    if (makers.test(name ?? '') && node.arguments.length > 0) {
      return { ...this.#joined(node.arguments), nullable: false }
    }
    const found = this.#helper(node, callee)
    if (found !== null && found.kind !== 'unknown') return found
    if (readsRequest(name ?? '', node.arguments)) {
      return { kind: 'request', path: 'request.body', nullable: false }
    }
    return found ?? { kind: 'unknown', path: place.path.join('.'), nullable: false }
  }

  /** A function of this file that returns a simple expression: what it returns, told for these arguments. */
  #helper(node: TSESTree.CallExpression, callee: TSESTree.Node): Provenance | null {
    if (callee.type !== 'Identifier') return null
    const binding = this.#options.module.bindingOf(callee)
    const target =
      binding?.kind === 'declaration'
        ? binding.node
        : binding?.kind === 'variable' && binding.path.length === 0
          ? binding.declarator.init
          : null
    if (!isFunction(target)) return null
    const returned = returnsOf(target)
    if (returned.length === 0) return null
    return join(returned.map((value) => this.#substituted(value, node, target)))
  }

  #substituted(value: TSESTree.Node, call: TSESTree.CallExpression, target: TSESTree.Node): Provenance {
    const found = this.provenanceOf(value)
    if (found.kind !== 'parameter') return found
    const place = placeOf(value, this.#options.module, this.#isConstant)
    if (place.base.kind !== 'parameter' || place.base.binding.function !== target) return found
    const argument = call.arguments[place.base.binding.index]
    if (argument === undefined) return absent
    const [, ...members] = place.path
    if (members.length === 0) return this.provenanceOf(argument)
    const given = placeOf(argument, this.#options.module, this.#isConstant)
    const whole = { ...given, path: [...given.path, ...members], nullable: given.nullable || place.nullable }
    return { ...this.#classify(whole, value), nullable: whole.nullable }
  }
}

function propertyPart(property: TSESTree.Property | TSESTree.SpreadElement): TSESTree.Node {
  return property.type === 'Property' ? property.value : property.argument
}
