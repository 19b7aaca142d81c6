import type { TSESTree } from '@typescript-eslint/utils'
import { contains } from '../source/children.ts'
import { functionsAround } from '../query/reach/actor.ts'
import { actingTenantAt, readableAt } from '../query/suggest/acting-tenant.ts'
import type { TenancyRelation } from '../tenancy/tenancy.ts'
import type { FileView } from './file.ts'
import { isTenantName } from './tenant-name.ts'

/** Whether a place knows for whom it acts. `text`: an expression that certainly gives the tenant there; null: none that can be written. */
export interface ActingTenant {
  readonly text: string | null
}

/** The acting tenant as a place knows it: a variable, a trusted path, or a use of one around it. Null: nobody has told it. */
export function actingTenantNear(
  at: TSESTree.Node,
  relation: TenancyRelation,
  file: FileView,
): ActingTenant | null {
  const { scope, tenancy } = file
  const { ownership } = relation
  const column = ownership.kind === 'owned' ? ownership.column : (tenancy.tenantColumns[0] ?? '')
  const text = actingTenantAt(at, column, relation, scope)
  if (text !== null) return { text }
  if (readableAt(at, scope).some(({ name }) => isTenantName(name, tenancy))) return { text: null }
  const outermost = functionsAround(at).at(-1)
  if (outermost === undefined) return null
  const used = file
    .all('MemberExpression')
    .some((node) => contains(outermost, node) && scope.provenanceOf(node).kind === 'trusted')
  return used ? { text: null } : null
}
