import { Problem } from '../../rules/problem.ts'
import { fold, splitName } from '../../rules/tenancy/names.ts'
import type { Tenancy } from '../../rules/tenancy/tenancy.ts'
import { type Queryable, queryRows } from '../postgres/connection.ts'

const relationsQuery = `
SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')`

/**
 * A model that names what the database does not have was written for another one: what it says of the rest is worth little.
 * Global relations may be absent, for nothing is claimed of them that could turn out false.
 *
 * @throws Problem E-TENANCY-RELATION
 */
export async function refuseUnknownRelations(client: Queryable, tenancy: Tenancy): Promise<void> {
  const stored = await queryRows<{ schema: string; name: string }>(client, relationsQuery)
  const missing = [...tenancy.relations.values()].filter(({ name: written, ownership }) => {
    if (ownership.kind === 'global') return false
    const wanted = splitName(written)
    return !stored.some(
      ({ schema, name }) =>
        (name === wanted.name || (!wanted.quoted && name === fold(wanted.name))) &&
        (wanted.schema === null || wanted.schema === schema || fold(wanted.schema) === schema),
    )
  })
  if (missing.length === 0) return
  throw new Problem(
    'E-TENANCY-RELATION',
    `The tenancy model names ${missing.map(({ name }) => name).join(', ')}, which the database does not have.`,
    'Correct the names in tenancy.json, or see that the service’s migrations have run.',
  )
}
