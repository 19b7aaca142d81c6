import type { TypeName } from 'libpg-query'
import { integerOf, namesOf } from './ast.ts'

/** Internal name → name in `format_type`'s spelling, where the two differ. */
const spelled: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  varchar: 'character varying',
  bpchar: 'character',
  varbit: 'bit varying',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  time: 'time without time zone',
  timetz: 'time with time zone',
  char: '"char"',
}

const serials: Readonly<Record<string, string>> = {
  serial: 'integer',
  serial4: 'integer',
  bigserial: 'bigint',
  serial8: 'bigint',
  smallserial: 'smallint',
  serial2: 'smallint',
}

/** Types of `pg_catalog` that are written without their schema. */
const builtIn = new Set(
  (
    'uuid text json jsonb bytea inet cidr macaddr macaddr8 date money xml tsvector tsquery oid name numeric bit interval ' +
    'point line lseg box path polygon circle int4range int8range numrange tsrange tstzrange daterange int4multirange ' +
    'int8multirange nummultirange tsmultirange tstzmultirange datemultirange regclass regproc regtype jsonpath pg_lsn ' +
    'txid_snapshot pg_snapshot record trigger void anyelement refcursor xid xid8 tid cid'
  ).split(' '),
)

function withModifiers(name: string, modifiers: readonly number[]): string {
  if (modifiers.length === 0) return name
  const list = `(${modifiers.join(',')})`
  const zone = / with(out)? time zone$/.exec(name)
  return zone === null ? name + list : name.slice(0, zone.index) + list + zone[0]
}

export interface ColumnType {
  /** In the spelling of `format_type`; a type outside of `pg_catalog` always carries its schema. */
  readonly text: string
  /** `serial` and its kin: not null, with a sequence as default. */
  readonly serial: boolean
}

/** Spells a type as the catalog would. `schemaOf` says where an unqualified type that is not built in lives. */
export function typeOf(type: TypeName, schemaOf: (name: string) => string): ColumnType {
  const names = namesOf(type.names)
  const last = names.at(-1) ?? ''
  const qualified = names.length > 1 ? names.at(-2)! : null
  const serial = qualified === null ? serials[last] : undefined
  const isBuiltIn =
    qualified === 'pg_catalog' || (qualified === null && (last in spelled || builtIn.has(last)))
  const base = serial ?? (isBuiltIn ? (spelled[last] ?? last) : `${qualified ?? schemaOf(last)}.${last}`)
  const modifiers = (type.typmods ?? []).flatMap((node) => integerOf(node) ?? [])
  // An interval's modifier encodes fields, not a length.
  const text = last === 'interval' ? base : withModifiers(base, modifiers)
  const array = (type.arrayBounds ?? []).length > 0
  return { text: array ? `${text}[]` : text, serial: serial !== undefined }
}
