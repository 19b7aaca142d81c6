import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import type { RelationName } from '../sql/statement.ts'
import { weightOfWord, wordsOf } from '../tenancy/vocabulary.ts'
import type { Query } from './query.ts'

/**
 * Whose tables a schema holds that the program pastes in: `"${tenant}".invoices` with a schema for each tenant.
 *
 * - `acting`: the schema is what the tenancy model trusts to name the authenticated tenant.
 * - `named`: by its name it is some tenant's; whether the acting one's, the callers decide.
 */
export type TenantSchema = 'acting' | 'named'

/** Null where the schema is written down, says nothing of a tenant, or is what the request asks for. */
export function tenantSchemaOf({ schema }: RelationName, query: Query): TenantSchema | null {
  if (schema === null) return null
  const pasted = query.interpolations.find(({ hole }) => hole === schema)
  if (pasted === undefined) return null
  // A helper that quotes the name is given the tenant under the name that the caller has for it.
  const { node, provenance } = pasted.given ?? pasted
  switch (provenance.kind) {
    case 'trusted':
      return 'acting'
    case 'request':
    case 'literal':
      return null
    default:
      return namesTenant(node) ? 'named' : null
  }
}

/** Words below this name a tenant in some products and an ordinary schema in others. */
const telling = 7

function namesTenant(node: TSESTree.Node): boolean {
  const bare = unwrap(node)
  switch (bare.type) {
    case 'Identifier':
      return isTelling(bare.name)
    case 'MemberExpression':
      return isTelling(memberName(bare) ?? '') || namesTenant(bare.object)
    case 'CallExpression':
      return namesTenant(bare.callee) || bare.arguments.some(namesTenant)
    default:
      return false
  }
}

const isTelling = (name: string): boolean => wordsOf(name).some((word) => weightOfWord(word) >= telling)
