import type { TSESTree } from '@typescript-eslint/utils'
import { isGivenToRoute, isRouteHandler } from '../../provenance/place.ts'
import { isFunction, keyName, memberName } from '../../source/binding.ts'
import { unwrap } from '../../source/children.ts'
import { linted } from '../../source/module.ts'
import type { ExtractionScope } from '../library.ts'
import { calledName } from './membership.ts'

/** What of a request an object holds: `raw`: any key. `validated`: those of a schema that is not in sight. */
export type Body = 'raw' | 'validated'

const readers = /^(json|parseBody|formData|text|query|queries|body)$/

/** Is the expression an object that the request fills, so that it may hold one of these keys? Null: certainly none of them. */
export function bodyOf(
  given: TSESTree.Node,
  keys: ReadonlySet<string>,
  scope: ExtractionScope,
  depth = 0,
): Body | null {
  const node = unwrap(given, true)
  const found = scope.provenanceOf(node)
  if (found.kind !== 'request' || depth > 8) return null
  switch (node.type) {
    case 'Identifier':
      return ofIdentifier(node, keys, scope, depth)
    case 'MemberExpression': {
      const object = unwrap(node.object, true)
      const isResult = memberName(node) === 'data' && object.type !== 'ThisExpression'
      const inner = isResult ? bodyOf(object, keys, scope, depth + 1) : 'raw'
      return inner === 'raw' && isInput(found.path) ? 'validated' : inner
    }
    case 'CallExpression':
      if (readers.test(calledName(node))) return 'raw'
      return ofParse(node, keys, scope)
    case 'LogicalExpression':
      return bodyOf(node.left, keys, scope, depth + 1)
    default:
      return 'validated'
  }
}

/** A procedure's `input` has passed the schema that the procedure declares. */
const isInput = (path: string): boolean =>
  path.split('.').some((segment) => /^(input|parsedInput)$/.test(segment))

function ofIdentifier(
  node: TSESTree.Identifier,
  keys: ReadonlySet<string>,
  scope: ExtractionScope,
  depth: number,
): Body | null {
  const binding = linted(scope.sourceCode, scope.filename).bindingOf(node)
  if (binding?.kind === 'variable') {
    const { init, id } = binding.declarator
    const rest = binding.path.at(-1)?.name === null
    if (rest && id.type === 'ObjectPattern' && takesAny(id, keys)) return null
    return init === null ? 'validated' : bodyOf(init, keys, scope, depth + 1)
  }
  if (binding?.kind !== 'parameter') return 'validated'
  if (isInput(binding.path.map(({ name }) => name ?? '').join('.')) || node.name === 'input')
    return 'validated'
  const { pattern } = binding
  if (binding.path.at(-1)?.name === null && pattern.type === 'ObjectPattern' && takesAny(pattern, keys)) {
    return null
  }
  return isRouteHandler(binding.function) || binding.path.some(({ name }) => name === 'body')
    ? 'raw'
    : 'validated'
}

/** `const { clinicId, ...rest } = body`: the rest has no `clinicId`. */
function takesAny({ properties }: TSESTree.ObjectPattern, keys: ReadonlySet<string>): boolean {
  return properties.some(
    (property) => property.type === 'Property' && keys.has(keyName(property.key, property.computed) ?? ''),
  )
}

/** `schema.parse(body)` with the keys of `z.object({ … })` in sight lets those keys through and no other. */
function ofParse(
  node: TSESTree.CallExpression,
  keys: ReadonlySet<string>,
  scope: ExtractionScope,
): Body | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return 'validated'
  const schema = scope.resolve(callee.object)
  if (schema.type !== 'CallExpression' || calledName(schema) !== 'object') return 'validated'
  const [shape] = schema.arguments
  if (shape?.type !== 'ObjectExpression') return 'validated'
  const named = shape.properties.map((property) =>
    property.type === 'Property' ? keyName(property.key, property.computed) : null,
  )
  if (named.includes(null)) return 'validated'
  return named.some((name) => keys.has(name!)) ? 'raw' : null
}

/** Does the route around a node declare a schema, so that the framework has validated the body? */
export function hasRouteSchema(at: TSESTree.Node): boolean {
  for (let node: TSESTree.Node | undefined = at; node != null; node = node.parent) {
    if (!isFunction(node)) continue
    const given = givenToRoute(node)
    if (given !== null) {
      return (given.parent as TSESTree.CallExpression).arguments.some(
        (argument) => argument !== given && speaksOfSchema(argument),
      )
    }
  }
  return false
}

/** The handler, or the call that it is wrapped in: `router.patch('/:id', validate(schema), asyncHandler(handler))`. */
function givenToRoute(handler: TSESTree.Node): TSESTree.Node | null {
  for (let node = handler; node.parent?.type === 'CallExpression'; node = node.parent) {
    if (isGivenToRoute(node)) return node
    if (node.parent.callee === node) return null
  }
  return null
}

const ofSchema = /schema|zod|joi|dto(?![a-z])|celebrate/i
const ofValidity = /valid(?:at|(?![a-z]))/i
/** What else is said to be valid: `validateToken()`, `isValidUser`, `invalidate(cache)`. */
const ofCredential =
  /invalid|token|jwt|session|auth|user|role|permission|access|signature|csrf|api_?key|login|tenant|captcha/i
/** Parts of a request beside its body. */
const besideBody = /params?(?![a-z])|quer(?:y|ies)|headers?(?![a-z])|cookies?(?![a-z])/i

/** `{ schema: { body } }`, `validate(createPatient)`, `check(createPatientSchema)`; a `requireRole('admin')` says nothing of the body. */
function speaksOfSchema(node: TSESTree.Node): boolean {
  switch (node.type) {
    case 'Identifier':
      return isOfSchema(node.name)
    case 'MemberExpression':
      return isOfSchema(memberName(node) ?? '') || speaksOfSchema(node.object)
    case 'CallExpression':
      return (
        !besideBody.test(calledName(node)) &&
        (speaksOfSchema(node.callee) || node.arguments.some(speaksOfSchema))
      )
    case 'ObjectExpression':
      return node.properties.some(
        (property) =>
          property.type === 'Property' &&
          /^(?:schema|body|validate)$/.test(keyName(property.key, property.computed) ?? ''),
      )
    default:
      return false
  }
}

const isOfSchema = (name: string): boolean =>
  ofSchema.test(name) || (ofValidity.test(name) && !ofCredential.test(name))
