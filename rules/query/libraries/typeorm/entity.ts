import type { TSESTree } from '@typescript-eslint/utils'
import type { Access, RelationName } from '../../../sql/statement.ts'
import { splitName } from '../../../tenancy/names.ts'
import type { Draft } from '../../draft.ts'
import { leadOf, type Entity, type Lead } from '../prisma/entity.ts'
import type { Target } from './target.ts'

/** One mention of the entity. */
export function mention(
  target: Target,
  alias: string | null,
  access: Access,
  node: TSESTree.Node,
  draft: Draft,
): Entity {
  return { occurrence: draft.occurrence(storedName(target), alias, access, node), relation: target.relation }
}

function storedName({ relation, name }: Target): RelationName {
  const stored = splitName(relation?.name ?? name)
  return { schema: stored.schema, name: stored.name }
}

/** The entity that a relation property leads to. */
export const leadTarget = ({ field, relation }: Lead): Target => ({ relation, name: field.to })

/**
 * The column that a property stands for when no relation of the tenancy model is called so: TypeORM names the column of `tenant`
 * `tenantId`. Null: it is a plain column, or nothing tells.
 */
export function joinColumnOf(entity: Entity, property: string, draft: Draft): string | null {
  const { relation } = entity
  if (relation === null) return null
  const { tenancy } = draft.scope
  const lead = leadOf(entity, property, tenancy)
  if (lead !== null) return lead.field.many ? null : (lead.field.on[0]?.[0] ?? null)
  if (Object.hasOwn(relation.properties, property)) return null
  const column = tenancy.columnOf(relation.name, `${property}Id`)
  const { ownership } = relation
  const owns = ownership.kind === 'owned' || ownership.kind === 'through'
  return owns && ownership.column === column ? column : null
}
