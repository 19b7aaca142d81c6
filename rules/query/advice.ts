import type { LeakReason } from '../confinement/verdict.ts'
import { holdsHole } from '../sql/hole.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import type { Judged } from './judge.ts'

/** The relation as the statement names it, without a schema that is pasted in. */
export function relationText({ occurrence }: Judged): string {
  const { schema, name } = occurrence.relation
  const isPlain = schema === null || schema === 'public' || holdsHole(schema)
  return isPlain ? name : `${schema}.${name}`
}

/** The predicate that is missing, as SQL to be written by the reader. */
export function missingPredicate(judged: Judged, tenancy: Tenancy): string {
  const { ownership, occurrence } = judged
  const name = occurrence.alias ?? occurrence.relation.name
  switch (ownership.kind) {
    case 'owned':
      return `${name}.${ownership.column} = ${tenantText(tenancy)}`
    case 'root':
      return `${name}.${ownership.key} = ${tenantText(tenancy)}`
    case 'through': {
      const parent = tenancy.ownershipOf(splitRelation(ownership.parent))
      const key =
        parent.kind === 'owned' ? `${ownership.parent}.${parent.column}` : `the tenant of ${ownership.parent}`
      const link = `${name}.${ownership.column} = ${ownership.parent}.${ownership.parentColumn}`
      return `${link} with ${key} = ${tenantText(tenancy)}`
    }
    case 'global':
    case 'unknown':
      return `a condition on the tenant of ${name}`
  }
}

function splitRelation(text: string): { readonly schema: string | null; readonly name: string } {
  const dot = text.indexOf('.')
  return dot < 0 ? { schema: null, name: text } : { schema: text.slice(0, dot), name: text.slice(dot + 1) }
}

/** How this code base writes the acting tenant. */
export function tenantText(tenancy: Tenancy): string {
  return tenancy.trusted[0] ?? 'the acting tenant'
}

/** Why a leak is one, as the end of a sentence. */
export function leakText(reason: LeakReason): string {
  switch (reason.kind) {
    case 'unfiltered':
      return 'no condition binds it to a tenant'
    case 'branch':
      return `the branch \`${shortened(reason.branch)}\` of an OR lets other tenants' rows through`
    case 'optional':
      return `the tenant predicate may be left out: ${reason.reason}`
    case 'weak':
      return `its tenant key is only compared in a way that binds nothing (${reason.description})`
    case 'released':
      return `it sets \`${reason.column}\` to NULL, after which the row is nobody's`
    case 'outerJoin':
      return 'the tenant predicate stands in the ON clause of an outer join, which does not restrict this side'
    case 'unboundPeer':
      return `it is only bound to \`${reason.peer}\`, which is not confined itself`
  }
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 80 ? `${line.slice(0, 77)}...` : line
}
