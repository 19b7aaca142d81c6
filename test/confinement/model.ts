import { confine } from '../../rules/confinement/confine.ts'
import type { OccurrenceVerdict, Ownership, OwnershipOf } from '../../rules/confinement/verdict.ts'
import { toStatements } from '../../rules/sql/statements.ts'

const model: Record<string, Ownership> = {
  orgs: { kind: 'root', key: 'id' },
  members: { kind: 'through', column: 'org_id', parent: 'orgs', parentColumn: 'id' },
  projects: { kind: 'owned', column: 'tenant_id' },
  tasks: { kind: 'owned', column: 'tenant_id' },
  comments: { kind: 'through', column: 'task_id', parent: 'tasks', parentColumn: 'id' },
  likes: { kind: 'through', column: 'comment_id', parent: 'comments', parentColumn: 'id' },
  countries: { kind: 'global', reason: 'reference data' },
}

export const ownershipOf: OwnershipOf = ({ name }) => model[name] ?? { kind: 'unknown' }

/** Verdicts on one statement where `$1` and the setting `app.tenant` are the tenant and `$9` is not known. */
export function verdictsOf(text: string): readonly OccurrenceVerdict[] {
  const parsed = toStatements(text)
  if (parsed.kind === 'error') throw new Error(`${parsed.message}: ${text}`)
  const statement = parsed.statements[0]!.statement!
  return confine(statement, ownershipOf, (operand) => {
    if (operand.kind === 'setting') return operand.name === 'app.tenant' ? 'tenant' : 'other'
    if (operand.kind === 'literal') return 'other'
    if (operand.kind !== 'parameter') return 'unknown'
    const { name } = statement.parameters[operand.index]!
    return name === '$1' ? 'tenant' : name === '$9' ? 'unknown' : 'other'
  })
}

/** `projects confined, tasks leak weak`, in the order of the text. */
export function summary(text: string): string {
  return verdictsOf(text)
    .map(({ occurrence, verdict }) => {
      const detail =
        verdict.kind === 'leak'
          ? ` ${verdict.reason.kind}`
          : verdict.kind === 'confined' && verdict.evidence.kind === 'empty'
            ? ' empty'
            : ''
      return `${occurrence.relation.name} ${verdict.kind}${detail}`
    })
    .join(', ')
}
