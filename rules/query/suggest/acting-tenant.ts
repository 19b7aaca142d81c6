import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { canonicalRoot } from '../../provenance/request.ts'
import { annotationOf, type Binding, bindingOfParameter, isFunction } from '../../source/binding.ts'
import { signatureOf } from '../../source/class-member.ts'
import { isConstant } from '../../source/module.ts'
import type { TenancyRelation } from '../../tenancy/tenancy.ts'
import type { ExtractionScope } from '../library.ts'

/** A variable that can be read at some place. */
interface Readable {
  readonly name: string
  readonly node: TSESTree.Identifier
  readonly parameter: Extract<Binding, { kind: 'parameter' }> | null
}

/**
 * Source text that gives the acting tenant at a place: a variable or parameter that holds it, a trusted path whose beginning is a
 * parameter in scope, or a variable that is named like the tenant column. Null: nothing in scope certainly does.
 */
export function actingTenantAt(
  at: TSESTree.Node,
  column: string,
  relation: TenancyRelation | null,
  scope: ExtractionScope,
): string | null {
  const readable = readableAt(at, scope)
  return (
    readable.find((one) => holdsTrusted(one, scope))?.name ??
    trustedPath(readable, scope) ??
    readable.find((one) => isNamedLike(one, column, relation) && isUsable(one, scope))?.name ??
    null
  )
}

/** Variables of the functions around a place, innermost first; those of the module are nobody's tenant. */
export function readableAt(at: TSESTree.Node, { sourceCode }: ExtractionScope): readonly Readable[] {
  const found = new Map<string, Readable | null>()
  let scope: TSESLint.Scope.Scope | null = sourceCode.getScope?.(at) ?? null
  for (; scope !== null && scope.type !== 'module' && scope.type !== 'global'; scope = scope.upper) {
    for (const variable of scope.variables) {
      if (!found.has(variable.name)) found.set(variable.name, readable(variable, at, sourceCode))
    }
  }
  return [...found.values()].filter((one) => one !== null)
}

function readable(
  { name, defs }: TSESLint.Scope.Variable,
  at: TSESTree.Node,
  sourceCode: TSESLint.SourceCode,
): Readable | null {
  const [definition] = defs
  const node = definition?.name
  if (defs.length !== 1 || node?.type !== 'Identifier' || !isConstant(sourceCode, node)) return null
  const owner = definition!.node as TSESTree.Node
  if (isFunction(owner) && (definition!.type as string) === 'Parameter') {
    const binding = bindingOfParameter(owner, name)
    return binding?.kind === 'parameter' ? { name, node, parameter: binding } : null
  }
  const declared = owner.type === 'VariableDeclarator' && owner.range[1] <= at.range[0]
  return declared ? { name, node, parameter: null } : null
}

/** `const clinicId = request.clinic.id` */
function holdsTrusted({ node }: Readable, scope: ExtractionScope): boolean {
  const found = scope.provenanceOf(node)
  if (found.kind !== 'trusted' || found.nullable) return false
  const last = found.path.split('.').at(-1)
  return scope.tenancy.trusted.some((path) => path.split('.').at(-1) === last)
}

function trustedPath(all: readonly Readable[], scope: ExtractionScope): string | null {
  for (const trusted of scope.tenancy.trusted) {
    const segments = trusted.split('.')
    if (!segments.every((segment) => /^[\w$]+$/.test(segment))) continue
    for (const one of all) {
      const members = membersFrom(one, segments)
      if (members !== null && hasMembers(one, members)) return [one.name, ...members].join('.')
    }
  }
  return null
}

/** What has to be read from a parameter to get to the end of a trusted path. */
function membersFrom({ name, parameter }: Readable, segments: readonly string[]): readonly string[] | null {
  if (parameter === null || parameter.default !== null) return null
  const path = parameter.path.map((step) => step.name)
  if (path.length > 0 && path.every((step, index) => step === segments[index + 1])) {
    return segments.slice(path.length + 1)
  }
  return canonicalRoot(name) === canonicalRoot(segments[0]!) ? segments.slice(1) : null
}

/** A type that is written out has to know the members. */
function hasMembers({ parameter }: Readable, members: readonly string[]): boolean {
  const path = [...parameter!.path.map((step) => step.name ?? ''), ...members]
  let type = annotationOf(parameter!.pattern)
  for (const name of path) {
    if (type?.type !== 'TSTypeLiteral') return true
    const signature = signatureOf(type.members, name)
    if (signature === null || signature.optional) return false
    type = signature.typeAnnotation?.typeAnnotation ?? null
  }
  return type?.type !== 'TSUnionType'
}

/** `clinicId` and `clinic_id` for the column `clinic_id`. */
export function isNamedLike(
  { name }: { readonly name: string },
  column: string,
  relation: TenancyRelation | null,
): boolean {
  const words = (text: string): string => text.replaceAll('_', '').toLowerCase()
  return words(name) === words(column) || (relation !== null && name === propertyOf(relation, column))
}

function isUsable({ node }: Readable, scope: ExtractionScope): boolean {
  const { kind, nullable } = scope.provenanceOf(node)
  return !nullable && kind !== 'request' && kind !== 'literal'
}

/** The name by which an ORM's model knows a column. */
export function propertyOf(relation: TenancyRelation, column: string): string {
  return Object.entries(relation.properties).find(([, stored]) => stored === column)?.[0] ?? column
}
