import type { TSESTree } from '@typescript-eslint/utils'
import { functionAround } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { Identities } from '../identity.ts'
import type { JudgedQuery } from '../judge.ts'
import { type Claimed, claimedIn } from './claimed.ts'
import { entranceOf } from './entry-point.ts'
import { Membership } from './membership.ts'

/** A tenant of the request that nothing ties to the actor. */
export interface Untrusted {
  readonly claimed: Claimed
  /** A request gets there, and nothing that may be a guard stands before it. */
  readonly certain: boolean
}

interface FileState {
  readonly membership: Membership
  /** Tenants that were told already, by function. */
  readonly told: Map<TSESTree.Node | null, Set<string>>
}

const states = new WeakMap<QueryContext, FileState>()

function stateOf(file: QueryContext): FileState {
  const known = states.get(file)
  if (known !== undefined) return known
  const membership = new Membership(file.scope, file.sites, new Identities(file.scope))
  const made = { membership, told: new Map() }
  states.set(file, made)
  return made
}

/** What runs before the queries of a file. */
export const membershipOf = (file: QueryContext): Membership => stateOf(file).membership

/** The untrusted tenants of a call; each is told at the first query of a function that is confined to it. */
export function untrustedIn(
  node: TSESTree.Node,
  queries: readonly JudgedQuery[],
  file: QueryContext,
): readonly Untrusted[] {
  const { membership, told } = stateOf(file)
  const around = functionAround(node)
  const known = told.get(around) ?? new Set<string>()
  told.set(around, known)
  return queries.flatMap(claimedIn).flatMap((claimed): readonly Untrusted[] => {
    const authority = known.has(claimed.path) ? 'proved' : membership.of(claimed.source, node)
    if (authority === 'proved' || isGuarded(claimed, node, file)) return []
    const reads = claimed.mention.occurrence.access === 'read'
    if (reads && membership.isCheckedAfter(claimed.source, node)) return []
    known.add(claimed.path)
    return [{ claimed, certain: authority === 'none' && entranceOf(node, file.scope) === 'open' }]
  })
}

/** A wrapper that the tenancy model says proves this input: `projectProcedure` proves `input.projectId`. */
function isGuarded({ path }: Claimed, node: TSESTree.Node, { tenancy, scope }: QueryContext): boolean {
  const named = Object.entries(tenancy.guards).filter(([, inputs]) =>
    inputs.some((input) => path === input || path.endsWith(`.${input}`)),
  )
  if (named.length === 0) return false
  for (let at = node.parent; at != null; at = at.parent) {
    if (at.type !== 'CallExpression') continue
    const callee = scope.sourceCode.getText(at.callee)
    if (named.some(([guard]) => callee.split(/[^\w$]+/).includes(guard))) return true
  }
  return false
}
