import type { AuditCheck } from './check.ts'
import { subjectsOf, tableNamed, nameOf, ownershipOf } from './subjects.ts'

/** Tables in which migration tools keep their own books. */
const bookkeeping =
  /^(?:_prisma_migrations|schema_migrations?|pgmigrations|knex_migrations(?:_lock)?|__drizzle_migrations|__?kysely_migrations?(?:_lock)?|kysely_migration(?:_lock)?|typeorm_metadata|SequelizeMeta|mikro_orm_migrations|flyway_schema_history|databasechangelog(?:lock)?|goose_db_version|gorp_migrations|graphile_migrate\w*|atlas_schema_revisions|ar_internal_metadata)$/i

export const unclassifiedTable: AuditCheck = {
  id: 'unclassified-table',
  direction: 'open',
  title: 'A table that the tenancy model does not name',
  catalogue: 12,
  *run(context) {
    for (const { table, ownership, name } of subjectsOf(context)) {
      if (ownership.kind !== 'unknown' || bookkeeping.test(table.name)) continue
      const column = context.tenancy.tenantColumns.find((candidate) =>
        table.columns.some((own) => own.name === candidate),
      )
      const parent = table.keys.flatMap((key) => {
        const target = key.kind === 'foreign' ? tableNamed(context.schema, key.references) : null
        const kind = target === null ? 'unknown' : ownershipOf(context, target).kind
        return target !== null && (kind === 'owned' || kind === 'through') ? [nameOf(target)] : []
      })[0]
      const hint =
        column !== undefined
          ? `it has ${column}, so it is probably owned`
          : parent !== undefined
            ? `it refers to ${parent}, so its rows probably belong to tenants`
            : 'say whether its rows belong to tenants'
      yield {
        object: name,
        origin: table.origin,
        message: `${name} is not in the tenancy model: ${hint}. Add it to relations as owned, ownedThrough or global.`,
        fix: null,
        key: name,
      }
    }
  },
}
