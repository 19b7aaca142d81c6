import type { TSESTree } from '@typescript-eslint/utils'
import { functionAround } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import type { Exposure } from '../reach/exposure.ts'
import type { JudgedQuery } from '../judge.ts'
import { type Claimed, claimedIn } from './claimed.ts'
import { entranceOf } from './entry-point.ts'
import { declaredAround } from './declared.ts'

/** A tenant of the request that nothing ties to the actor. */
export interface Untrusted {
  readonly claimed: Claimed
  /** A request gets there, and nothing that may be a guard stands before it. */
  readonly certain: boolean
  /** The way from the entry point, where others hand it over. */
  readonly exposure?: Exposure
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
  const all = queries.flatMap((judged) => claimedIn(judged).map((claimed) => ({ judged, claimed })))
  return all.flatMap(({ judged, claimed }): readonly Untrusted[] => {
    if (claimed.by === 'parameter') {
      if (known.has(claimed.path) || membership.of(claimed.source, node) !== 'none') return []
      known.add(claimed.path)
      const exposure = file.tenantExposureOf(judged, claimed.mention, claimed.source)
      return exposure?.kind === 'certain' ? [{ claimed, certain: true, exposure }] : []
    }
    const authority = known.has(claimed.path) ? 'proved' : membership.of(claimed.source, node)
    if (authority === 'proved' || declaredAround(claimed.path, node, file) !== null) return []
    const reads = claimed.mention.occurrence.access === 'read'
    if (reads && membership.isCheckedAfter(claimed.source, node)) return []
    known.add(claimed.path)
    const name = claimed.path.split('.').at(-1)!
    return [{ claimed, certain: authority === 'none' && entranceOf(node, name, file) === 'open' }]
  })
}
