import type { Key, Table } from '../schema/schema.ts'
import type { AuditCheck, AuditContext } from './check.ts'
import {
  isChild,
  isTenantData,
  ownershipOf,
  quote,
  quoteRelation,
  subjectsOf,
  type Subject,
} from './subjects.ts'

type LocalKey = Exclude<Key, { kind: 'foreign' }>

/** Values that nobody can guess, and that are looked up before any tenant is known. */
const secret =
  /(?:^|_)(?:token|secret|nonce|api_?key)(?:_?(?:hash|digest))?$|^(?:token|key)_?(?:hash|digest)$/i

/** Does a value of this column belong to one tenant already: its key, or a reference to a row that has one? */
function bindsTenant(context: AuditContext, table: Table, column: string): boolean {
  return table.keys.some((key) => {
    if (key.kind !== 'foreign' || !key.columns.includes(column)) return false
    return isTenantData(ownershipOf(context, key.references))
  })
}

/** A random identifier cannot be guessed, so that its uniqueness tells nothing. */
function isRandom(table: Table, name: string): boolean {
  const column = table.columns.find((candidate) => candidate.name === name)
  if (column === undefined) return false
  // An identifier of another relation is random where it is made, and known to whoever knows that row.
  const refers = table.keys.some((key) => key.kind === 'foreign' && key.columns.includes(name))
  return (column.type === 'uuid' && !refers) || secret.test(name)
}

/** A primary key on an identifier, whether the database or the application makes it. */
function isSurrogate(table: Table, key: LocalKey): boolean {
  if (key.kind !== 'primary') return false
  return key.columns.some((name) => {
    const column = table.columns.find((candidate) => candidate.name === name)
    const generated = column?.default !== null || column?.generated !== null || column?.type === 'uuid'
    return generated || /(?:^|_)id$|Id$/i.test(name)
  })
}

function isBound(context: AuditContext, { table, ownership }: Subject, key: LocalKey): boolean {
  const own = ownership.kind === 'owned' || ownership.kind === 'through' ? ownership.column : null
  return key.columns.some((column) => column === own || bindsTenant(context, table, column))
}

function widened({ table, ownership }: Subject, key: LocalKey): string | null {
  if (ownership.kind !== 'owned' || key.kind === 'exclusion') return null
  const columns = [
    quote(ownership.column),
    ...key.columns.map((name) => (name.startsWith('(') ? name : quote(name))),
  ]
  const relation = quoteRelation(table)
  const isIndex = table.indexes.some(({ name }) => name === key.name)
  if (!isIndex) {
    const kind = key.kind === 'primary' ? 'PRIMARY KEY' : 'UNIQUE'
    return `ALTER TABLE ${relation} DROP CONSTRAINT ${quote(key.name)}, ADD ${kind} (${columns.join(', ')});`
  }
  const where = key.predicate === null ? '' : ` WHERE ${key.predicate}`
  const index = `${quote(table.schema ?? 'public')}.${quote(key.name)}`
  return `DROP INDEX ${index};\nCREATE UNIQUE INDEX ${quote(key.name)} ON ${relation} (${columns.join(', ')})${where};`
}

export const uniqueWithoutTenant: AuditCheck = {
  id: 'unique-without-tenant',
  direction: 'open',
  title: 'A unique key that spans all tenants',
  catalogue: 59,
  *run(context) {
    for (const subject of subjectsOf(context)) {
      const { table, ownership, name } = subject
      if ((ownership.kind !== 'owned' && ownership.kind !== 'through') || isChild(context, table)) continue
      for (const key of table.keys) {
        if (key.kind === 'foreign' || isSurrogate(table, key) || isBound(context, subject, key)) continue
        if (key.columns.some((column) => isRandom(table, column))) continue
        yield {
          object: `${key.name} on ${name}`,
          origin: key.origin ?? table.origin,
          message:
            `${key.name} makes (${key.columns.join(', ')}) unique over all tenants of ${name}: a tenant that meets the ` +
            `error learns that another one has the value, and cannot use it. Add the tenant to the key.`,
          fix: widened(subject, key),
          key: `${name}/${key.name}`,
        }
      }
    }
  },
}
