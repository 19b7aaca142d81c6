import { Problem } from '../problem.ts'
import type { Schema } from '../schema/schema.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'

/** A quoted or plain, qualified or bare name of the model, as the schema would store it. */
function storedName(written: string): { schema: string | null; name: string } {
  const parts = [...written.matchAll(/"((?:[^"]|"")+)"|[^.]+/g)].map((part) =>
    part[1] === undefined ? part[0] : part[1].replaceAll('""', '"'),
  )
  return { schema: parts.length > 1 ? parts.at(-2)! : null, name: parts.at(-1) ?? written }
}

/**
 * Relations of the model that the schema does not have. Where part of the schema could not be read they may be there
 * after all, and only count as undecided.
 *
 * @throws Problem `E-TENANCY-RELATION` when everything was read.
 */
export function missingRelations(schema: Schema, tenancy: Tenancy): Schema['unread'] {
  const stored = [...schema.tables, ...schema.views]
  const missing = [...tenancy.relations.values()].filter(({ name: written, ownership }) => {
    // Nothing is claimed of a global relation that could turn out false: a tool's own table may be made at run time.
    if (ownership.kind === 'global') return false
    const wanted = storedName(written)
    const exact = (name: string): boolean =>
      name === wanted.name || name.toLowerCase() === wanted.name.toLowerCase()
    return !stored.some(
      (item) => exact(item.name) && (wanted.schema === null || item.schema === wanted.schema),
    )
  })
  if (missing.length === 0) return []
  if (schema.unread.length === 0) {
    throw new Problem(
      'E-TENANCY-RELATION',
      `The tenancy model names ${missing.map(({ name }) => name).join(', ')}, which the schema does not have.`,
      'Correct the name in tenancy.json, or audit all of the schema.',
    )
  }
  return missing.map(({ name }) => ({
    reason: `the tenancy model names ${name}, which nothing that could be read creates`,
    origin: null,
  }))
}
