import type { TSESTree } from '@typescript-eslint/utils'
import { functionAround } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import type { JudgedQuery } from '../judge.ts'
import { type Claimed, claimedIn } from './claimed.ts'
import { entranceOf } from './entry-point.ts'
import { declaredAround } from './declared.ts'

/** A tenant of the request that nothing ties to the actor. */
export interface Untrusted {
  readonly claimed: Claimed
  /** A request gets there, and nothing that may be a guard stands before it. */
  readonly certain: boolean
}

/** Tenants that were told already, by function. */
const toldIn = new WeakMap<QueryContext, Map<TSESTree.Node | null, Set<string>>>()

/** The untrusted tenants of a call; each is told at the first query of a function that is confined to it. */
export function untrustedIn(
  node: TSESTree.Node,
  queries: readonly JudgedQuery[],
  file: QueryContext,
): readonly Untrusted[] {
  const { membership } = file.proofs
  const told = toldIn.get(file) ?? new Map<TSESTree.Node | null, Set<string>>()
  toldIn.set(file, told)
  const around = functionAround(node)
  const known = told.get(around) ?? new Set<string>()
  told.set(around, known)
  return queries.flatMap(claimedIn).flatMap((claimed): readonly Untrusted[] => {
    const authority = known.has(claimed.path) ? 'proved' : membership.of(claimed.source, node)
    if (authority === 'proved' || declaredAround(claimed.path, node, file) !== null) return []
    const reads = claimed.mention.occurrence.access === 'read'
    if (reads && membership.isCheckedAfter(claimed.source, node)) return []
    known.add(claimed.path)
    const name = claimed.path.split('.').at(-1)!
    return [{ claimed, certain: authority === 'none' && entranceOf(node, name, file) === 'open' }]
  })
}
