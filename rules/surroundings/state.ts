import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../source/binding.ts'
import { functionAround, unwrap } from '../source/children.ts'
import { variableOf } from '../source/module.ts'
import type { ExtractionScope } from '../query/library.ts'
import type { FileView } from './file.ts'
import { exportOf, isGlobal } from '../source/origin.ts'
import { isNamedTenant, isTenantName } from './tenant-name.ts'

/** A write to something that all requests of the process share. */
export interface SharedWrite {
  readonly node: TSESTree.AssignmentExpression | TSESTree.CallExpression
  /** As in the source: `currentClinic`, `this.clinicId`. */
  readonly place: string
  /** Last name of the place. */
  readonly name: string
  readonly value: TSESTree.Node
  readonly kind: 'variable' | 'global' | 'field'
  /** Is it read in another function than the one that writes it? */
  readonly isReadElsewhere: boolean
}

/** What functions of the file write to module variables, objects of the module, globals, static fields, and fields of singletons. */
export function sharedWrites(file: FileView): readonly SharedWrite[] {
  const assignments = file.all('AssignmentExpression').flatMap((node): SharedWrite[] => {
    const around = functionAround(node)
    const left = unwrap(node.left)
    if (around === null || !/^(=|\?\?=|\|\|=)$/.test(node.operator)) return []
    const shared = left.type === 'Identifier' ? ofVariable(left, around, file) : ofMember(left, around, file)
    if (shared === null) return []
    const place = file.scope.sourceCode.getText(left)
    return [{ ...shared, node, place, value: node.right }]
  })
  return [...assignments, ...file.all('CallExpression').flatMap((node) => assignedAtOnce(node, file))]
}

/** `Object.assign(state, { clinicId })`. */
function assignedAtOnce(node: TSESTree.CallExpression, file: FileView): readonly SharedWrite[] {
  const around = functionAround(node)
  const callee = unwrap(node.callee)
  const [target, ...sources] = node.arguments
  if (around === null || target === undefined || callee.type !== 'MemberExpression') return []
  const { scope } = file
  if (memberName(callee) !== 'assign' || !isGlobal(scope.definitionOf(callee.object), 'Object')) return []
  return sources.flatMap((source) =>
    (scope.objectOf(source)?.properties ?? []).flatMap(({ name, value }): SharedWrite[] => {
      const shared = ofNamed(unwrap(target), name, around, file)
      const place = `${scope.sourceCode.getText(target)}.${name}`
      return shared === null ? [] : [{ ...shared, node, place, value }]
    }),
  )
}

type Shared = Pick<SharedWrite, 'kind' | 'name' | 'isReadElsewhere'>

function ofVariable(left: TSESTree.Identifier, around: TSESTree.Node, { scope }: FileView): Shared | null {
  const variable = moduleVariable(left, scope)
  if (variable === null || isTypeOnly(variable)) return null
  const exported = isExported(variable)
  return { kind: 'variable', name: left.name, isReadElsewhere: exported || isReadOutside(variable, around) }
}

/** The variable, when it lives as long as the module. */
function moduleVariable(
  identifier: TSESTree.Identifier,
  { sourceCode }: ExtractionScope,
): TSESLint.Scope.Variable | null {
  const variable = variableOf(sourceCode, identifier)
  const definition = variable?.defs[0]
  if (variable == null || definition?.node.type !== 'VariableDeclarator') return null
  return functionAround(definition.node) === null ? variable : null
}

const isTypeOnly = (variable: TSESLint.Scope.Variable): boolean => variable.references.length === 0

function isExported(variable: TSESLint.Scope.Variable): boolean {
  const declaration = variable.defs[0]!.node.parent
  return declaration?.parent?.type === 'ExportNamedDeclaration'
}

function isReadOutside(variable: TSESLint.Scope.Variable, around: TSESTree.Node): boolean {
  return variable.references.some((one) => {
    if (!one.isRead()) return false
    const reader = functionAround(one.identifier as TSESTree.Node)
    return reader !== around
  })
}

function ofMember(left: TSESTree.Node, around: TSESTree.Node, file: FileView): Shared | null {
  if (left.type !== 'MemberExpression') return null
  const name = memberName(left)
  // A computed key makes it a map of entries, each under its own key.
  if (name === null || (left.computed && left.property.type !== 'Literal')) return null
  return ofNamed(unwrap(left.object), name, around, file)
}

function ofNamed(object: TSESTree.Node, name: string, around: TSESTree.Node, file: FileView): Shared | null {
  if (object.type === 'ThisExpression') return ofField(name, around, file)
  if (object.type !== 'Identifier') return null
  const { scope } = file
  if (/^(globalThis|global)$/.test(object.name) && isGlobal(scope.definitionOf(object), object.name))
    return { kind: 'global', name, isReadElsewhere: true }
  if (isClassName(object, scope))
    return { kind: 'field', name, isReadElsewhere: isFieldReadOutside(object.name, name, around, file) }
  const variable = moduleVariable(object, scope)
  const holder = variable === null ? null : holderOf(variable)
  if (variable === null || holder === null) return null
  return {
    kind: 'variable',
    name,
    isReadElsewhere: isExported(variable) || isMemberReadOutside(variable, name, around),
  }
}

/** A plain object of the module; what a call gives (a request, a store, a proxy) may keep its values wherever it likes. */
function holderOf(variable: TSESLint.Scope.Variable): TSESTree.ObjectExpression | null {
  const { node } = variable.defs[0]!
  const init = node.type === 'VariableDeclarator' && node.init !== null ? unwrap(node.init) : null
  return init?.type === 'ObjectExpression' ? init : null
}

function isMemberReadOutside(
  variable: TSESLint.Scope.Variable,
  name: string,
  around: TSESTree.Node,
): boolean {
  return variable.references.some(({ identifier }) => {
    const node = identifier as TSESTree.Node
    if (functionAround(node) === around) return false
    const { parent } = node
    // The object as a whole goes somewhere, and with it what it holds.
    if (parent?.type !== 'MemberExpression' || parent.object !== node)
      return parent?.type !== 'VariableDeclarator'
    const assigned = parent.parent?.type === 'AssignmentExpression' && parent.parent.left === parent
    return memberName(parent) === name && !assigned
  })
}

function isClassName(identifier: TSESTree.Identifier, { sourceCode }: ExtractionScope): boolean {
  const definition = variableOf(sourceCode, identifier)?.defs[0]
  return (definition?.node.type as string | undefined) === 'ClassDeclaration'
}

function ofField(name: string, around: TSESTree.Node, file: FileView): Shared | null {
  const method = methodAround(around)
  const owner = method?.parent.parent
  if (method === null || owner === undefined) return null
  if (method.kind === 'constructor') return null
  if (!method.static && !isSingleton(owner, file)) return null
  return { kind: 'field', name, isReadElsewhere: isFieldReadOutside('this', name, around, file, owner) }
}

/** The method whose `this` a function has. */
function methodAround(node: TSESTree.Node): TSESTree.MethodDefinition | null {
  for (let at: TSESTree.Node | null | undefined = node; at != null; at = at.parent) {
    if (at.type === 'MethodDefinition') return at
    if (isFunction(at) && at.type !== 'ArrowFunctionExpression' && at.parent.type !== 'MethodDefinition')
      return null
  }
  return null
}

/** NestJS makes one instance for the whole process, unless the scope says otherwise; others are made by the file itself. */
function isSingleton(owner: TSESTree.Node, file: FileView): boolean {
  if (owner.type !== 'ClassDeclaration' && owner.type !== 'ClassExpression') return false
  const { scope } = file
  for (const { expression } of owner.decorators ?? []) {
    if (expression.type !== 'CallExpression') continue
    const exported = exportOf(scope.definitionOf(expression.callee))
    if (exported?.module !== '@nestjs/common' || !/^(Injectable|Controller)$/.test(exported.name)) continue
    const [options] = expression.arguments
    return options === undefined || !/\bscope\b/.test(scope.sourceCode.getText(options))
  }
  return file.all('NewExpression').some((made) => {
    if (made.callee.type !== 'Identifier' || made.callee.name !== owner.id?.name) return false
    return functionAround(made) === null
  })
}

function isFieldReadOutside(
  object: string,
  name: string,
  around: TSESTree.Node,
  file: FileView,
  owner: TSESTree.Node | null = null,
): boolean {
  return file.all('MemberExpression').some((member) => {
    if (memberName(member) !== name || file.scope.sourceCode.getText(member.object) !== object) return false
    if (owner !== null && (member.range[0] < owner.range[0] || member.range[1] > owner.range[1])) return false
    const assigned = member.parent.type === 'AssignmentExpression' && member.parent.left === member
    return !assigned && functionAround(member) !== around
  })
}

/** Is what is kept a tenant, a user, or what one request sent? The reason in words; null when it is not. */
export function keptOf({ value, name }: SharedWrite, { scope, tenancy }: FileView): string | null {
  const bare = unwrap(value, true)
  if (scope.constantOf(bare) !== null) return null
  const { kind } = scope.provenanceOf(value)
  if (kind === 'trusted') return 'the acting tenant'
  if (kind === 'request') return 'what one request sent'
  if (bare.type !== 'Identifier' && bare.type !== 'MemberExpression' && bare.type !== 'CallExpression')
    return null
  const { node } = { node: bare }
  const named = node.type !== 'CallExpression' && isNamedTenant(node, tenancy)
  if (named || (kind === 'parameter' && isTenantName(name, tenancy))) return 'the tenant of one request'
  return null
}
