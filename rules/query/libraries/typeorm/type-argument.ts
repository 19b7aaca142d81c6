import type { TSESTree } from '@typescript-eslint/utils'
import type { Definition } from '../../../source/definition.ts'
import type { ExtractionScope } from '../../library.ts'
import { isClass, targetOfDefinition, type Target } from './target.ts'

type ClassDefinition = Extract<Definition, { kind: 'class' }>

/** A type together with the module in which its names mean something. */
export interface TypePlace {
  readonly type: TSESTree.TypeNode
  readonly module: string
}

/** Beyond this, a chain of base classes is not followed. */
const depthLimit = 12

/** The first type argument of `Repository<User>`, also inside `Promise<…>` and unions. */
export function firstArgument(type: TSESTree.TypeNode, name: RegExp): TSESTree.TypeNode | null {
  if (type.type === 'TSUnionType' || type.type === 'TSIntersectionType') {
    for (const one of type.types) {
      const found = firstArgument(one, name)
      if (found !== null) return found
    }
    return null
  }
  if (type.type !== 'TSTypeReference') return null
  const written = type.typeName.type === 'Identifier' ? type.typeName.name : ''
  const [argument] = type.typeArguments?.params ?? []
  if (argument === undefined) return null
  return name.test(written) || argument.type !== 'TSTypeReference'
    ? argument
    : (firstArgument(argument, name) ?? argument)
}

/**
 * The entity that a type names. A parameter of the class around it (`class Crud<T> { repository: Repository<T> }`) is told by
 * what the class `self`, through which it is reached, gives its bases.
 */
export function targetOfType(
  place: TypePlace,
  self: Definition | null,
  scope: ExtractionScope,
): Target | null {
  const { type, module } = place
  if (type.type !== 'TSTypeReference') return null
  const name = type.typeName.type === 'Identifier' ? type.typeName.name : null
  const owner = name === null ? null : classWithParameter(type, name)
  if (owner === null) return targetOfDefinition(scope.definitionIn(type, module), scope)
  const given = self?.kind === 'class' ? argumentsOf(self, owner).get(name!) : undefined
  return given === undefined ? null : targetOfType(given, null, scope)
}

/** The class around a type whose parameter has this name. */
function classWithParameter(type: TSESTree.Node, name: string): TSESTree.Node | null {
  for (let at: TSESTree.Node | undefined = type.parent; at != null; at = at.parent) {
    const parameters = isClass(at) ? at.typeParameters?.params : undefined
    if (parameters?.some((one) => one.name.name === name) === true) return at
  }
  return null
}

/** What the type parameters of the base class `owner` stand for, seen from `self`. */
function argumentsOf(self: ClassDefinition, owner: TSESTree.Node): ReadonlyMap<string, TypePlace> {
  let known: ReadonlyMap<string, TypePlace> = new Map()
  let at = self
  for (let depth = 0; depth < depthLimit && at.node !== owner; depth++) {
    const base: Definition | null = at.extends
    if (base?.kind !== 'class') return new Map()
    known = passedOn(at, base, known)
    at = base
  }
  return at.node === owner ? known : new Map()
}

function passedOn(
  from: ClassDefinition,
  base: ClassDefinition,
  known: ReadonlyMap<string, TypePlace>,
): ReadonlyMap<string, TypePlace> {
  const given = isClass(from.node) ? (from.node.superTypeArguments?.params ?? []) : []
  const parameters = isClass(base.node) ? (base.node.typeParameters?.params ?? []) : []
  const passed = new Map<string, TypePlace>()
  parameters.forEach((parameter, index) => {
    const type = given[index]
    if (type === undefined) return
    const plain =
      type.type === 'TSTypeReference' && type.typeName.type === 'Identifier' ? type.typeName.name : ''
    passed.set(parameter.name.name, known.get(plain) ?? { type, module: from.module })
  })
  return passed
}

/** The first type argument that a class gives the library's class it extends, directly or through bases in sight. */
export function inheritedArgument(
  definition: ClassDefinition,
  isBase: (definition: Definition) => boolean,
): TypePlace | 'none' | null {
  let known: ReadonlyMap<string, TypePlace> = new Map()
  let at = definition
  for (let depth = 0; depth < depthLimit; depth++) {
    const base: Definition | null = at.extends
    if (base === null) return null
    if (isBase(base)) {
      const [type] = isClass(at.node) ? (at.node.superTypeArguments?.params ?? []) : []
      if (type === undefined) return 'none'
      const plain =
        type.type === 'TSTypeReference' && type.typeName.type === 'Identifier' ? type.typeName.name : ''
      return known.get(plain) ?? { type, module: at.module }
    }
    if (base.kind !== 'class') return null
    known = passedOn(at, base, known)
    at = base
  }
  return null
}
