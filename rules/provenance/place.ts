import type { TSESTree } from '@typescript-eslint/utils'
import { type Assertion, assertionAround, assertionOfPattern, readMember } from './assertion.ts'
import { type Binding, type FunctionNode, annotationOf, memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import { signatureOf } from '../source/class-member.ts'
import type { SourceModule } from '../source/module.ts'
import { isDereferenced } from './dereferenced.ts'
import { isGuarded } from './guard.ts'
import { canonicalRoot } from './request.ts'

/** Where a chain of aliases, destructurings and member accesses begins. */
export type Base =
  | { readonly kind: 'parameter'; readonly binding: Extract<Binding, { kind: 'parameter' }> }
  | { readonly kind: 'call'; readonly node: TSESTree.CallExpression }
  /** A value with operators of its own, to be judged as an expression. */
  | { readonly kind: 'expression'; readonly node: TSESTree.Node }
  /** A variable that is written several times. */
  | { readonly kind: 'variable'; readonly node: TSESTree.Identifier }
  | { readonly kind: 'name' }

/** A value told by the path of members that leads to it: `request.tenant.id`. */
export interface Place {
  readonly path: readonly string[]
  readonly base: Base
  /** An optional chain, a type or a destructuring default says so. */
  readonly nullable: boolean
  /** Default of the destructuring that brings the value. */
  readonly default: TSESTree.Node | null
  /** The root is a destructured (nameless) parameter; `path[0]` is `''`. */
  readonly anonymous: boolean
  /** What the program claims of the value's type, where it does so on the way. */
  readonly asserted: Assertion | null
}

export type IsConstant = (identifier: TSESTree.Identifier) => boolean

const depthLimit = 30

/** Follows a value to where its chain begins. `isConstant` tells variables that are written only once. */
export function placeOf(
  expression: TSESTree.Node,
  module: SourceModule,
  isConstant: IsConstant,
  depth = 0,
): Place {
  const place = bareOf(expression, module, isConstant, depth)
  const asserted = assertionAround(expression)
  return asserted === null ? place : { ...place, asserted }
}

function bareOf(
  expression: TSESTree.Node,
  module: SourceModule,
  isConstant: IsConstant,
  depth: number,
): Place {
  const node = unwrap(expression, true)
  const optional = expression.type !== 'TSNonNullExpression'
  const next = (at: TSESTree.Node): Place => placeOf(at, module, isConstant, depth + 1)
  if (depth > depthLimit) return named([''], { kind: 'name' })
  switch (node.type) {
    case 'Identifier':
      return ofIdentifier(node, module, isConstant, next)
    case 'ThisExpression':
      return named(['this'], { kind: 'name' })
    case 'MemberExpression': {
      const found = next(node.object)
      // What an object that is there holds is not missing because the object might have been.
      const isThere =
        (found.nullable || node.optional) &&
        (isGuarded(node.object, module.text) || isRead(node.object, isConstant))
      const object = isThere ? { ...found, nullable: false } : found
      const place = step(object, memberName(node) ?? '*', isThere)
      const mayBeMissing = (node.optional && !isThere) || object.nullable || place.nullable
      return { ...place, nullable: optional && mayBeMissing }
    }
    case 'CallExpression': {
      const callee = unwrap(node.callee)
      const path =
        callee.type === 'MemberExpression' || callee.type === 'Identifier' ? next(callee).path : ['']
      return named([...path.slice(0, -1), `${path.at(-1)}()`], { kind: 'call', node })
    }
    default:
      return named([''], { kind: 'expression', node })
  }
}

/** A variable that is written once, a member of which was read before. */
function isRead(given: TSESTree.Node, isConstant: IsConstant): boolean {
  const node = unwrap(given)
  return node.type === 'Identifier' && isConstant(node) && isDereferenced(node)
}

function named(path: readonly string[], base: Base): Place {
  return { path, base, nullable: false, default: null, anonymous: false, asserted: null }
}

/** Continues into the value of an object expression where there is one; else appends to the path. */
function step(object: Place, name: string, isThere = false): Place {
  const { base } = object
  const path = [...object.path, name]
  const asserted = readMember(object.asserted, name)
  if (base.kind === 'parameter') {
    const { binding } = base
    const annotation = annotationOf(binding.pattern)
    const nullable = object.nullable || isOptional(isThere ? present(annotation) : annotation, [name])
    return { ...object, path, asserted, default: null, nullable }
  }
  return { ...object, path, asserted, default: null }
}

function ofIdentifier(
  node: TSESTree.Identifier,
  module: SourceModule,
  isConstant: IsConstant,
  next: (at: TSESTree.Node) => Place,
): Place {
  const binding = module.bindingOf(node)
  switch (binding?.kind) {
    case 'variable': {
      const { init } = binding.declarator
      if (init === null || !isConstant(node)) return named([node.name], { kind: 'variable', node })
      const given = next(init)
      const from = { ...given, asserted: assertionOfPattern(binding.declarator.id) ?? given.asserted }
      if (binding.path.length === 0) {
        return from.base.kind === 'expression' ? { ...from, path: [node.name] } : from
      }
      return follow(from, binding.path, next)
    }
    case 'element':
      return follow(step(next(binding.iterable), '*'), binding.path, next)
    case 'parameter':
      return ofParameter(node, binding)
    default:
      return named([canonicalRoot(node.name)], { kind: 'name' })
  }
}

function follow(
  from: Place,
  path: readonly { readonly name: string | null; readonly default: TSESTree.Node | null }[],
  next: (at: TSESTree.Node) => Place,
): Place {
  let place = from
  for (const { name, default: value } of path) {
    const held = name === null ? null : propertyValue(place.base, name)
    place = held === null ? { ...step(place, name ?? '*'), default: value } : next(held)
  }
  return place
}

/** The value that an object expression in sight gives a property. */
function propertyValue(base: Base, name: string): TSESTree.Node | null {
  if (base.kind !== 'expression' || base.node.type !== 'ObjectExpression') return null
  if (base.node.properties.some((property) => property.type !== 'Property')) return null
  for (const property of base.node.properties) {
    if (property.type !== 'Property' || property.computed) continue
    if (property.key.type === 'Identifier' && property.key.name === name) return property.value
  }
  return null
}

const routeMethods = /^(get|post|put|patch|delete|all|head|options|route|use|addHook|preHandler|param)$/

/** Is the function the handler of a route, so that its first parameter is the request whatever its name? */
export function isRouteHandler(node: FunctionNode): boolean {
  return isGivenToRoute(node)
}

/** Is the node an argument of a call that makes a route, behind its path? */
export function isGivenToRoute(node: TSESTree.Node): boolean {
  const call = node.parent
  if (call?.type !== 'CallExpression' || call.callee.type !== 'MemberExpression' || call.callee === node)
    return false
  const name = memberName(call.callee)
  const [first] = call.arguments
  const path = first?.type === 'Literal' && typeof first.value === 'string' && first.value.startsWith('/')
  return name !== null && routeMethods.test(name) && (path || name === 'use') && first !== node
}

function ofParameter(node: TSESTree.Identifier, binding: Extract<Binding, { kind: 'parameter' }>): Place {
  const base: Base = { kind: 'parameter', binding }
  const annotation = annotationOf(binding.pattern)
  const names = binding.path.map((one) => one.name ?? '*')
  const root = binding.path.length === 0 ? rootName(node.name, binding, annotation) : ''
  const absent = binding.path.length === 0 && isOptionalParameter(binding.pattern)
  return {
    path: root === '' && isRequestType(annotation) ? ['request', ...names] : [root, ...names],
    base,
    nullable: binding.default === null && (absent || isOptional(annotation, names)),
    default: binding.default,
    anonymous: root === '',
    asserted: null,
  }
}

function rootName(
  name: string,
  binding: Extract<Binding, { kind: 'parameter' }>,
  annotation: TSESTree.TypeNode | null,
): string {
  const canonical = canonicalRoot(name)
  if (isRequestType(annotation)) return 'request'
  const contextual = canonical === 'c' || canonical === 'ctx' || canonical === 'context'
  return binding.index === 0 && !contextual && isRouteHandler(binding.function) ? 'request' : canonical
}

function isRequestType(annotation: TSESTree.TypeNode | null): boolean {
  return (
    annotation?.type === 'TSTypeReference' &&
    annotation.typeName.type === 'Identifier' &&
    /Request$/.test(annotation.typeName.name)
  )
}

function isOptionalParameter(pattern: TSESTree.Node): boolean {
  if (pattern.type === 'TSParameterProperty') return isOptionalParameter(pattern.parameter)
  return pattern.type === 'Identifier' && pattern.optional === true
}

/** Does a type, or the member at `path` of a literal type, admit `undefined` or `null`? */
export function isOptional(annotation: TSESTree.TypeNode | null, path: readonly string[]): boolean {
  if (annotation === null) return false
  if (annotation.type === 'TSUnionType') {
    return annotation.types.some((type) => isNothing(type) || isOptional(type, path))
  }
  const [name, ...rest] = path
  if (name === undefined) return isNothing(annotation)
  if (annotation.type !== 'TSTypeLiteral') return false
  const signature = signatureOf(annotation.members, name)
  if (signature === null) return false
  return signature.optional || isOptional(signature.typeAnnotation?.typeAnnotation ?? null, rest)
}

/** A type without the alternatives of nothing. */
function present(annotation: TSESTree.TypeNode | null): TSESTree.TypeNode | null {
  if (annotation?.type !== 'TSUnionType') return annotation
  return { ...annotation, types: annotation.types.filter((type) => !isNothing(type)) }
}

function isNothing(type: TSESTree.TypeNode): boolean {
  return type.type === 'TSUndefinedKeyword' || type.type === 'TSNullKeyword'
}
