import type { TSESTree } from '@typescript-eslint/utils'
import type { Evidence } from '../../confinement/verdict.ts'
import type { Judged, JudgedQuery } from '../judge.ts'
import { linksOf } from '../links.ts'

/** A mention that is confined to the tenant which the request names. */
export interface Claimed {
  readonly mention: Judged
  /** The expression that gives the tenant. */
  readonly source: TSESTree.Node
  /** Where the request holds it, or the parameter that callers hand it over by. */
  readonly path: string
  readonly by: 'request' | 'parameter'
}

/** Mentions of a query whose tenant predicate has a value that the request chooses, and no other. */
export function claimedIn(judged: JudgedQuery): readonly Claimed[] {
  const { query, occurrences } = judged
  return occurrences.flatMap((mention): readonly Claimed[] => {
    const index = mention.verdict.kind === 'confined' ? keyIndex(mention.verdict.evidence) : null
    const value = index === null ? undefined : query.values[index]
    const source = index === null ? null : query.sources[index]
    if (value?.kind !== 'request' && value?.kind !== 'parameter') return []
    if (source == null || isAlsoTrusted(judged, mention)) return []
    return [{ mention, source, path: value.path, by: value.kind }]
  })
}

function keyIndex(evidence: Evidence): number | null {
  if (evidence.kind === 'parent') return keyIndex(evidence.by)
  return evidence.kind === 'key' && evidence.operand.kind === 'parameter' ? evidence.operand.index : null
}

/** `clinic_id = $request AND clinic_id = $trusted` finds nothing of another tenant. */
function isAlsoTrusted({ query }: JudgedQuery, { occurrence }: Judged): boolean {
  return linksOf(query.statement).links.some(
    ({ of, to }) =>
      of === occurrence.id && to.kind === 'parameter' && query.values[to.index]?.kind === 'trusted',
  )
}
