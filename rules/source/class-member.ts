import type { TSESTree } from '@typescript-eslint/utils'
import { annotationOf, keyName } from './binding.ts'

/** Where a member of a class or object type gets its meaning. */
export type MemberSource =
  | { readonly kind: 'type'; readonly type: TSESTree.TypeNode; readonly value: TSESTree.Node | null }
  | { readonly kind: 'value'; readonly value: TSESTree.Node }
  /** Not declared here: look in what the class extends. */
  | { readonly kind: 'super'; readonly parents: readonly TSESTree.Node[] }

function source(type: TSESTree.TypeNode | null, value: TSESTree.Node | null): MemberSource | null {
  if (type !== null) return { kind: 'type', type, value }
  return value === null ? null : { kind: 'value', value }
}

/** Finds `this.name` of a class: field, method, getter, parameter property, or assignment in the constructor. */
export function classMember(node: TSESTree.Node, name: string): MemberSource | null {
  if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') return null
  let assigned: TSESTree.Node | null = null
  let declared: TSESTree.TypeNode | null = null
  for (const element of node.body.body) {
    if (element.type === 'MethodDefinition' && element.kind === 'constructor') {
      const parameter = element.value.params.find((one) => parameterPropertyName(one) === name)
      if (parameter !== undefined) return source(annotationOf(parameter), null)
      assigned ??= assignedInConstructor(element, name)
    } else if (element.type === 'PropertyDefinition' || element.type === 'MethodDefinition') {
      if (keyName(element.key, element.computed) !== name) continue
      if (element.type === 'MethodDefinition') return methodSource(element)
      declared = element.typeAnnotation?.typeAnnotation ?? null
      assigned = element.value ?? assigned
    }
  }
  const found = source(declared, assigned)
  return found ?? (node.superClass === null ? null : { kind: 'super', parents: [node.superClass] })
}

function methodSource(method: TSESTree.MethodDefinition): MemberSource | null {
  if (method.kind !== 'get') return { kind: 'value', value: method.value }
  const type = method.value.returnType?.typeAnnotation ?? null
  const last = method.value.body?.body.at(-1)
  return source(type, last?.type === 'ReturnStatement' ? last.argument : null)
}

function parameterPropertyName(parameter: TSESTree.Parameter): string | null {
  if (parameter.type !== 'TSParameterProperty') return null
  const inner =
    parameter.parameter.type === 'AssignmentPattern' ? parameter.parameter.left : parameter.parameter
  return inner.type === 'Identifier' ? inner.name : null
}

function assignedInConstructor(element: TSESTree.MethodDefinition, name: string): TSESTree.Node | null {
  for (const statement of element.value.body?.body ?? []) {
    if (statement.type !== 'ExpressionStatement') continue
    const { expression } = statement
    if (expression.type !== 'AssignmentExpression' || expression.left.type !== 'MemberExpression') continue
    const { object, property, computed } = expression.left
    if (object.type === 'ThisExpression' && keyName(property, computed) === name) return expression.right
  }
  return null
}

/** Finds a property of an interface or object type. */
export function typeMember(node: TSESTree.Node, name: string): MemberSource | null {
  const members =
    node.type === 'TSInterfaceDeclaration'
      ? node.body.body
      : node.type === 'TSTypeLiteral'
        ? node.members
        : null
  if (members === null) return null
  const signature = signatureOf(members, name)
  if (signature !== null) return source(signature.typeAnnotation?.typeAnnotation ?? null, null)
  if (node.type !== 'TSInterfaceDeclaration' || node.extends.length === 0) return null
  return { kind: 'super', parents: node.extends.map((parent) => parent.expression) }
}

export function signatureOf(
  members: readonly TSESTree.TypeElement[],
  name: string,
): TSESTree.TSPropertySignature | null {
  for (const member of members) {
    if (member.type === 'TSPropertySignature' && keyName(member.key, member.computed) === name) return member
  }
  return null
}
