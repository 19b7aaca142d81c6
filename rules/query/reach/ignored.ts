import type { TSESTree } from '@typescript-eslint/utils'
import { canonicalRoot } from '../../provenance/request.ts'
import type { Tenancy } from '../../tenancy/tenancy.ts'
import { functionsAround, tenantNames } from './actor.ts'
import { namesIn } from './entry.ts'

/** A tenant that is a parameter of the function around the query, which the query ignores. */
export function ignoredTenant(at: TSESTree.Node, tenancy: Tenancy): string | null {
  const names = tenantNames(tenancy)
  for (const around of functionsAround(at)) {
    for (const parameter of around.params) {
      const found = namesIn(parameter).find((name) => names.test(name)) ?? trustedIn(parameter, tenancy)
      if (found !== undefined) return found
    }
  }
  return null
}

/** The place of the tenancy model's `trusted` that begins in a parameter: `ctx` in `ctx.session.orgId`. */
function trustedIn(parameter: TSESTree.Node, tenancy: Tenancy): string | undefined {
  const roots = namesIn(parameter).map(canonicalRoot)
  return tenancy.trusted.find((path) => {
    const [root, ...members] = path.split('.')
    return members.length > 0 && roots.includes(canonicalRoot(root!))
  })
}
