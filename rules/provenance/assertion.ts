import type { TSESTree } from '@typescript-eslint/utils'
import { annotationOf } from '../source/binding.ts'
import { signatureOf } from '../source/class-member.ts'
import type { SourceModule } from '../source/module.ts'

/** What the program claims of a value with `as T`, `: T` or `!`, and the members that were read from it since. */
export interface Assertion {
  /** Null: `!`. */
  readonly type: TSESTree.TypeNode | null
  readonly path: readonly string[]
}

/** Is a value there according to what the program claims? `unknown`: the claim says nothing about it. */
export type Presence = 'present' | 'absent' | 'unknown'

/** The outermost claim around an expression. */
export function assertionAround(node: TSESTree.Node): Assertion | null {
  switch (node.type) {
    case 'TSNonNullExpression':
      return { type: null, path: [] }
    case 'TSAsExpression':
    case 'TSTypeAssertion':
      return isConst(node.typeAnnotation)
        ? assertionAround(node.expression)
        : { type: node.typeAnnotation, path: [] }
    case 'ChainExpression':
    case 'TSSatisfiesExpression':
      return assertionAround(node.expression)
    case 'AwaitExpression':
      return assertionAround(node.argument)
    default:
      return null
  }
}

/** `const { id }: { id: string } = …` */
export function assertionOfPattern(pattern: TSESTree.Node): Assertion | null {
  const type = annotationOf(pattern)
  return type === null ? null : { type, path: [] }
}

export function readMember(assertion: Assertion | null, name: string): Assertion | null {
  return assertion === null ? null : { ...assertion, path: [...assertion.path, name] }
}

export function presenceOf({ type, path }: Assertion, module: SourceModule): Presence {
  if (type === null) return path.length === 0 ? 'present' : 'unknown'
  return presence(type, path, module, 0)
}

/** Types that refer to each other are followed no deeper than this. */
const depthLimit = 8

function presence(
  type: TSESTree.TypeNode,
  path: readonly string[],
  module: SourceModule,
  depth: number,
): Presence {
  const [name, ...rest] = path
  if (depth > depthLimit) return 'unknown'
  switch (type.type) {
    case 'TSUndefinedKeyword':
    case 'TSNullKeyword':
    case 'TSVoidKeyword':
      return 'absent'
    case 'TSAnyKeyword':
    case 'TSUnknownKeyword':
      return 'unknown'
    case 'TSUnionType': {
      const all = type.types.map((one) => presence(one, path, module, depth + 1))
      if (all.includes('absent')) return 'absent'
      return all.includes('unknown') ? 'unknown' : 'present'
    }
    case 'TSIntersectionType': {
      const all = type.types.map((one) => presence(one, path, module, depth + 1))
      return all.find((one) => one === 'present') ?? (all.includes('absent') ? 'absent' : 'unknown')
    }
    case 'TSTypeLiteral':
      return name === undefined ? 'present' : ofMember(type.members, name, rest, module, depth)
    case 'TSTypeReference':
      return ofReference(type, path, module, depth)
    default:
      return name === undefined ? 'present' : 'unknown'
  }
}

function ofMember(
  members: readonly TSESTree.TypeElement[],
  name: string,
  rest: readonly string[],
  module: SourceModule,
  depth: number,
): Presence {
  const signature = signatureOf(members, name)
  if (signature === null) return 'unknown'
  if (signature.optional) return 'absent'
  const type = signature.typeAnnotation?.typeAnnotation
  return type === undefined ? 'unknown' : presence(type, rest, module, depth + 1)
}

function ofReference(
  type: TSESTree.TSTypeReference,
  path: readonly string[],
  module: SourceModule,
  depth: number,
): Presence {
  const { typeName, typeArguments } = type
  if (typeName.type !== 'Identifier') return 'unknown'
  const inner = typeArguments?.params[0]
  if (typeName.name === 'Partial') return path.length === 0 ? 'present' : 'absent'
  if (typeName.name === 'NonNullable' && path.length === 0) return 'present'
  if (/^(Readonly|Required|NonNullable|Awaited|Promise)$/.test(typeName.name) && inner !== undefined) {
    return presence(inner, path, module, depth + 1)
  }
  const binding = module.bindingOf(typeName)
  const declared = binding?.kind === 'declaration' ? binding.node : null
  if (declared?.type === 'TSTypeAliasDeclaration') {
    return presence(declared.typeAnnotation, path, module, depth + 1)
  }
  if (declared?.type !== 'TSInterfaceDeclaration') return 'unknown'
  const [name, ...rest] = path
  return name === undefined ? 'present' : ofMember(declared.body.body, name, rest, module, depth)
}

const isConst = (type: TSESTree.TypeNode): boolean =>
  type.type === 'TSTypeReference' && type.typeName.type === 'Identifier' && type.typeName.name === 'const'
