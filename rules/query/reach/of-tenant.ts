import type { TSESTree } from '@typescript-eslint/utils'
import { placeOf } from '../../provenance/place.ts'
import { canonicalRoot } from '../../provenance/request.ts'
import { unwrap } from '../../source/children.ts'
import { isConstant, linted } from '../../source/module.ts'
import type { QueryContext } from '../context.ts'
import { tenantNames } from './actor.ts'
import { partsOf } from './expression.ts'
import type { SteeringValue } from './steering.ts'

/** Helpers within helpers that make a value. */
const nestingLimit = 6

/** Are all values that pick the rows made of a tenant that is in scope? Then the query does not ignore it. */
export function areOfTenant(values: readonly SteeringValue[], file: QueryContext): boolean {
  const told = values.filter(({ provenance }) => provenance.kind !== 'literal')
  return told.length > 0 && told.every(({ node }) => node !== null && isOfTenant(node, file, 0))
}

/**
 * `workspace.defaultProjectId`, `programOf(workspace)`, `loadGroup({ workspaceId, id })`: a member of the tenant, or what a function made or
 * found that was handed it.
 */
function isOfTenant(given: TSESTree.Node, file: QueryContext, depth: number): boolean {
  const node = unwrap(given, true)
  if (depth > nestingLimit) return false
  const again = (inner: TSESTree.Node): boolean => isOfTenant(inner, file, depth + 1)
  const parts = partsOf(node, file)
  if (parts !== null) {
    const told = parts.filter((part) => file.scope.provenanceOf(part).kind !== 'literal')
    return told.length > 0 && told.every(again)
  }
  const { sourceCode, filename } = file.scope
  const module = linted(sourceCode, filename)
  const { base, path } = placeOf(node, module, (identifier) => isConstant(sourceCode, identifier))
  switch (base.kind) {
    case 'call':
      return base.node.arguments.some((argument) =>
        argument.type === 'ObjectExpression'
          ? (file.scope.objectOf(argument)?.properties ?? []).some(({ value }) => again(value))
          : again(argument),
      )
    case 'parameter':
      return isNamed(path, file)
    case 'expression':
      return base.node !== node && again(base.node)
    case 'variable': {
      const writes = file.scope.writesOf(base.node, given) ?? []
      const values = writes.filter(({ kind }) => kind !== 'member').map(({ value }) => value)
      return values.length > 0 && values.every((value) => value !== null && again(value))
    }
    case 'name':
      return false
  }
}

/** A call that is handed the tenant beside what it looks for: what it returns is not the session, whatever its name is. */
export function isLookUpForTenant(call: TSESTree.CallExpression, file: QueryContext): boolean {
  return call.arguments.some((argument) =>
    argument.type === 'ObjectExpression'
      ? (file.scope.objectOf(argument)?.properties ?? []).some(({ value }) => isOfTenant(value, file, 0))
      : isOfTenant(argument, file, 0),
  )
}

/** Does a path lead through the tenant, or a place that the tenancy model trusts? What the request says is no tenant in scope. */
function isNamed(path: readonly string[], { tenancy }: QueryContext): boolean {
  const names = tenantNames(tenancy)
  if (path.some((name) => names.test(name))) return true
  const [root] = path
  return (
    root !== undefined &&
    path.length === 1 &&
    tenancy.trusted.some((place) => place.includes('.') && canonicalRoot(place.split('.')[0]!) === root)
  )
}
