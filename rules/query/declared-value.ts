import type { TSESTree } from '@typescript-eslint/utils'
import { annotationOf, isFunction, keyName, memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import { variableOf } from '../source/module.ts'
import type { ExtractionScope } from './library.ts'
import { isOfTransferObject } from './transfer-object.ts'

/** A type with the module that it is written in, where its names mean something. */
interface Written {
  readonly type: TSESTree.TypeNode
  readonly module: string
}

/** Type parameters of a declaration, and what stands for them. */
type Given = ReadonlyMap<string, Written>

const depthLimit = 6

/**
 * `input.source` of `inputs: Input<Source>[]`: is it a number or one of a few constants, by the types that the program declares for its own
 * values? What a client sent is whatever the client likes, so a type says nothing of that.
 */
export function isDeclaredHarmless(node: TSESTree.MemberExpression, scope: ExtractionScope): boolean {
  const name = memberName(node)
  const object = unwrap(node.object)
  if (name === null || object.type !== 'Identifier') return false
  if (scope.provenanceOf(node).kind === 'request' || isOfTransferObject(node, scope)) return false
  const holder = typeOfVariable(object, scope)
  return holder !== null && memberIsHarmless(holder, name, scope)
}

/** The annotation of a parameter; for that of a callback, and of a loop over a list, the type of the list's elements. */
function typeOfVariable(node: TSESTree.Identifier, scope: ExtractionScope): Written | null {
  const name = variableOf(scope.sourceCode, node)?.defs[0]?.name as TSESTree.Identifier | undefined
  if (name === undefined) return null
  const declared = annotationOf(name)
  if (declared !== null) return { type: declared, module: scope.filename }
  const list = listOver(name)
  if (list?.type !== 'Identifier' || list.name === name.name) return null
  const whole = typeOfVariable(list, scope)
  const element = whole === null ? null : elementOf(whole.type)
  return whole === null || element === null ? null : { type: element, module: whole.module }
}

const passes = /^(?:forEach|map|flatMap|filter|some|every|find)$/

/** The list whose element a name is: `list.map((name) => …)`, `for (const name of list)`. */
function listOver(name: TSESTree.Identifier): TSESTree.Node | null {
  const { parent } = name
  if (isFunction(parent) && parent.params[0] === name && parent.parent.type === 'CallExpression') {
    const callee = unwrap(parent.parent.callee)
    const isPass = parent.parent.arguments[0] === parent && callee.type === 'MemberExpression'
    return isPass && passes.test(memberName(callee) ?? '') ? unwrap(callee.object) : null
  }
  const loop = parent.type === 'VariableDeclarator' ? parent.parent.parent : null
  return loop?.type === 'ForOfStatement' && loop.left === parent.parent ? unwrap(loop.right) : null
}

function elementOf(type: TSESTree.TypeNode): TSESTree.TypeNode | null {
  if (type.type === 'TSArrayType') return type.elementType
  if (type.type === 'TSTypeOperator')
    return type.typeAnnotation === undefined ? null : elementOf(type.typeAnnotation)
  if (type.type !== 'TSTypeReference' || type.typeName.type !== 'Identifier') return null
  return /^(?:Readonly)?Array$/.test(type.typeName.name) ? (type.typeArguments?.params[0] ?? null) : null
}

function memberIsHarmless({ type, module }: Written, name: string, scope: ExtractionScope): boolean {
  if (type.type === 'TSTypeLiteral') return propertyIsHarmless(type.members, name, module, new Map(), scope)
  if (type.type !== 'TSTypeReference') return false
  const declared = declarationOf(type, module, scope)
  if (declared?.node.type !== 'TSInterfaceDeclaration') return false
  const { typeParameters, body } = declared.node
  const given = new Map<string, Written>()
  typeParameters?.params.forEach((parameter, index) => {
    const argument = type.typeArguments?.params[index]
    if (argument !== undefined) given.set(parameter.name.name, { type: argument, module })
  })
  return propertyIsHarmless(body.body, name, declared.module, given, scope)
}

function propertyIsHarmless(
  members: readonly TSESTree.TypeElement[],
  name: string,
  module: string,
  given: Given,
  scope: ExtractionScope,
): boolean {
  const property = members.find(
    (one) => one.type === 'TSPropertySignature' && keyName(one.key, one.computed) === name,
  )
  const type = property?.type === 'TSPropertySignature' ? property.typeAnnotation?.typeAnnotation : undefined
  return type !== undefined && isHarmless({ type, module }, given, scope, 0)
}

function isHarmless({ type, module }: Written, given: Given, scope: ExtractionScope, depth: number): boolean {
  switch (type.type) {
    case 'TSNumberKeyword':
    case 'TSBooleanKeyword':
    case 'TSUndefinedKeyword':
    case 'TSNullKeyword':
      return true
    case 'TSLiteralType':
      return type.literal.type === 'Literal' || type.literal.type === 'UnaryExpression'
    case 'TSUnionType':
      return type.types.every((one) => isHarmless({ type: one, module }, given, scope, depth + 1))
    case 'TSTypeReference': {
      if (depth > depthLimit || type.typeName.type !== 'Identifier') return false
      const argument = given.get(type.typeName.name)
      if (argument !== undefined) return isHarmless(argument, new Map(), scope, depth + 1)
      const declared = declarationOf(type, module, scope)?.node
      return declared?.type === 'TSEnumDeclaration' && isWrittenEnum(declared)
    }
    default:
      return false
  }
}

/** Every member stands in the source, or counts on from the one before it. */
const isWrittenEnum = ({ body }: TSESTree.TSEnumDeclaration): boolean =>
  body.members.every(({ initializer }) => initializer === undefined || initializer.type === 'Literal')

function declarationOf(
  { typeName }: TSESTree.TSTypeReference,
  module: string,
  scope: ExtractionScope,
): { readonly node: TSESTree.Node; readonly module: string } | null {
  const definition =
    module === scope.filename ? scope.definitionOf(typeName) : scope.definitionIn(typeName, module)
  return 'node' in definition && 'module' in definition ? definition : null
}
