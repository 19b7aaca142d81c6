import type { Block, Condition, RelationName } from '../sql/statement.ts'

/**
 * A database schema as far as tenancy is concerned; the same picture whether it was read from migrations, in order, or
 * from `pg_catalog`. Names are as PostgreSQL stores them.
 */
export interface Schema {
  readonly source: 'migrations' | 'catalog'
  readonly tables: readonly Table[]
  readonly views: readonly View[]
  readonly functions: readonly SqlFunction[]
  readonly roles: readonly Role[]
  readonly grants: readonly Grant[]
  /** `ALTER ROLE … SET`, `ALTER DATABASE … SET`. */
  readonly settings?: readonly StoredSetting[]
  /** Server version as `server_version_num`, null offline. */
  readonly serverVersion: number | null
  /** Statements that could not be read or are out of the reader's reach; counted, never dropped. */
  readonly unread: readonly { readonly reason: string; readonly origin: Origin | null }[]
}

/** Where a fact was stated. Null when it came from a live catalog. Offsets are UTF-16, `line` is 1-based. */
export interface Origin {
  readonly file: string
  readonly start: number
  readonly end: number
  readonly line: number
}

export interface Column {
  readonly name: string
  /** As `format_type` prints it: `uuid`, `character varying(80)`. */
  readonly type: string
  readonly nullable: boolean
  /** Source text of the default, null without one. */
  readonly default: string | null
  readonly generated: 'stored' | 'virtual' | 'identity' | null
  readonly collation: string | null
  readonly origin: Origin | null
}

export type Key =
  | {
      readonly kind: 'primary' | 'unique' | 'exclusion'
      readonly name: string
      /** An expression column is its source text in parentheses. */
      readonly columns: readonly string[]
      /** `WHERE` of a partial unique index. */
      readonly predicate: string | null
      /** NULLS NOT DISTINCT. */
      readonly nullsEqual: boolean
      readonly origin: Origin | null
    }
  | {
      readonly kind: 'foreign'
      readonly name: string
      readonly columns: readonly string[]
      readonly references: RelationName
      readonly referencedColumns: readonly string[]
      readonly onDelete: 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'
      readonly onUpdate: 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'
      /** `ON DELETE SET NULL (columns)`; null when the action takes all columns of the key. */
      readonly onDeleteColumns?: readonly string[] | null
      readonly origin: Origin | null
    }

export interface Policy {
  readonly name: string
  readonly table: RelationName
  readonly permissive: boolean
  readonly command: 'all' | 'select' | 'insert' | 'update' | 'delete'
  /** Role names; `public` for everyone. */
  readonly roles: readonly string[]
  readonly using: PolicyExpression | null
  readonly check: PolicyExpression | null
  readonly origin: Origin | null
}

/** `condition` speaks of the table as occurrence 0. */
export interface PolicyExpression {
  readonly text: string
  readonly condition: Condition
}

/** What runs when rows of a table are written. Internal ones, which enforce constraints, are none. */
export interface Trigger {
  readonly name: string
  readonly runs: RelationName
  readonly origin: Origin | null
}

export interface Index {
  readonly name: string
  readonly columns: readonly string[]
  readonly unique: boolean
  readonly origin: Origin | null
}

export interface Table extends RelationName {
  readonly owner: string | null
  readonly columns: readonly Column[]
  readonly keys: readonly Key[]
  readonly indexes: readonly Index[]
  readonly rowSecurity: boolean
  readonly forceRowSecurity: boolean
  readonly policies: readonly Policy[]
  readonly triggers: readonly Trigger[]
  /** Parent of a partition or INHERITS child. */
  readonly inherits: readonly RelationName[]
  readonly partition: boolean
  readonly origin: Origin | null
}

export interface View extends RelationName {
  readonly owner: string | null
  readonly materialized: boolean
  readonly securityInvoker: boolean
  readonly securityBarrier: boolean
  readonly checkOption: 'local' | 'cascaded' | null
  readonly block: Block | null
  readonly text: string
  /** Relations that the defining query mentions, sub-queries included. */
  readonly reads: readonly RelationName[]
  readonly origin: Origin | null
}

export interface SqlFunction extends RelationName {
  readonly arguments: string
  readonly language: string
  readonly securityDefiner: boolean
  readonly searchPath: string | null
  readonly volatility: 'immutable' | 'stable' | 'volatile'
  readonly leakproof: boolean
  readonly body: string
  readonly owner: string | null
  readonly origin: Origin | null
}

export interface Role {
  readonly name: string
  readonly superuser: boolean
  readonly bypassRls: boolean
  readonly login: boolean
  readonly memberOf: readonly string[]
  readonly origin: Origin | null
}

/** A setting that every session of a role or database starts with. */
export interface StoredSetting {
  readonly role: string | null
  readonly database: string | null
  readonly name: string
  readonly value: string
  readonly origin: Origin | null
}

export interface Grant {
  readonly grantee: string
  readonly object: RelationName
  readonly objectKind: 'table' | 'sequence' | 'function' | 'schema' | 'default'
  readonly privileges: readonly string[]
  readonly columns: readonly string[] | null
  readonly origin: Origin | null
}
