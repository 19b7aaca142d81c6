import type { TSESTree } from '@typescript-eslint/utils'
import type { QueryContext } from '../context.ts'
import { isFound } from '../found.ts'
import { linksOf } from '../links.ts'
import { isSelf } from './actor.ts'
import { isInvitation, isMembership } from './column.ts'
import { Handed, type Picking } from './handed.ts'
import { contains } from '../../source/children.ts'

/**
 * `await db.enrollment.update({ where: { userId_projectId: { userId: session.user.id, projectId } } })`: a row that ties the actor to
 * the value was found, by a call that throws or whose absence is turned away. Answers in words; null when there is none.
 */
export function tiedToActor(picking: Picking, at: TSESTree.Node, file: QueryContext): string | null {
  const handed = new Handed(picking, file)
  const { identities } = file.proofs
  const { text } = file.scope.sourceCode
  for (const site of file.sites) {
    const [judged, ...others] = site.queries
    if (judged === undefined || others.length > 0) continue
    if (site.node.range[0] >= at.range[0] || contains(site.node, at)) continue
    const { links, required } = linksOf(judged.query.statement)
    const sourceOf = (index: number): TSESTree.Node | null => judged.query.sources[index] ?? null
    const found = judged.occurrences.find(({ occurrence: { id, relation, access } }) => {
      if (access === 'insert' || !required.has(id) || !isTie(relation.name)) return false
      const sources = links.flatMap(({ of, to }) =>
        of === id && to.kind === 'parameter' && to.list !== true ? (sourceOf(to.index) ?? []) : [],
      )
      return sources.some((source) => handed.is(source)) && sources.some((source) => isActor(source, file))
    })
    if (found !== undefined && isFound(site, at, identities, text)) {
      return `the \`${found.occurrence.relation.name}\` of whoever is logged in`
    }
  }
  return null
}

/** Rows that nobody makes for himself: a membership, an invitation, an enrolment. */
const isTie = (relation: string): boolean =>
  isMembership(relation) || isInvitation(relation) || /enroll?ments?$/i.test(relation)

/** Who is logged in, by a member of the session that the request does not choose. */
function isActor(source: TSESTree.Node, { scope }: QueryContext): boolean {
  const provenance = scope.provenanceOf(source)
  if (provenance.kind === 'request' || provenance.kind === 'literal') return false
  return isSelf(scope.sourceCode.getText(source)) || isSelf(provenance.path)
}
