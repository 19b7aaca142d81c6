import type { TSESTree } from '@typescript-eslint/utils'
import type { Provenance } from '../provenance/provenance.ts'
import type { Statement } from '../sql/statement.ts'

/** The query libraries whose calls are understood. */
export type Library =
  | 'pg'
  /** SQL text through a client of another database, or one that is not known. */
  | 'sql'
  | 'postgres-js'
  | 'slonik'
  | 'kysely'
  | 'drizzle'
  | 'knex'
  | 'prisma'
  | 'typeorm'
  | 'mikro-orm'
  | 'sequelize'

/** What a call gives back when it is awaited, so that its rows are known again where the program goes on with them. */
export interface Answer {
  /**
   * `row`: one row, or null or undefined. `rows`: an array of rows. `result`: an object with the array in `rows`. `pair`: an array of the
   * rows and their number. `none`: no rows.
   */
  readonly shape: 'row' | 'rows' | 'result' | 'pair' | 'none'
  /** The call throws when no row matched. */
  readonly throws: boolean
}

/**
 * A database call as watertight understands it, whichever library made it. `values[i]` tells where
 * `statement.parameters[i]` came from.
 */
export interface Query {
  readonly kind: 'query'
  readonly library: Library
  /** The call that sends the statement, or builds it where it is not sent in sight. */
  readonly node: TSESTree.Node
  readonly statement: Statement
  readonly values: readonly Provenance[]
  /** The expression that gives `statement.parameters[i]`; null where none stands for it alone. */
  readonly sources: readonly (TSESTree.Node | null)[]
  /** Parameters that hold a column of the row that their source stands for as a whole: `save(row)` writes by `row.id`. */
  readonly members?: ReadonlyMap<number, string>
  /** Parameters that hold a column of the row which the first query of the same call writes. */
  readonly rowKeys?: ReadonlyMap<number, string>
  /** Interpolations into SQL *text*: each an injection risk and a hole in the analysis. */
  readonly interpolations: readonly Interpolation[]
  /** Node to report for an offset range of the statement's text, or for a column or relation of a builder call. */
  readonly nodeOf: (span: { readonly start: number; readonly end: number } | null) => TSESTree.Node
  /** The client that the call goes through, as source text (`tenantDb`, `ctx.prisma`), for `scopedClients`. */
  readonly client: string
  readonly answer: Answer
}

/** One value pasted into SQL text. */
export interface Interpolation {
  readonly node: TSESTree.Node
  /** Where in the grammar it lands: as a value it could be a parameter; elsewhere it cannot. */
  readonly position: 'value' | 'identifier' | 'fragment'
  readonly provenance: Provenance
  /** The name that it has in the statement, where it is one. */
  readonly hole?: string
  /** The argument that a helper in sight makes it of (`quoted(name)`). */
  readonly given?: { readonly node: TSESTree.Node; readonly provenance: Provenance }
  /** False: it lands where it cannot change which rows are touched (ORDER BY, LIMIT). */
  readonly widens?: boolean
  /** True: it stands in brackets of its own where a condition may stand, so that it is one condition, which is not in sight. */
  readonly enclosed?: boolean
}

/** A call that certainly goes to the database but whose statement could not be seen. */
export interface Opaque {
  readonly kind: 'opaque'
  readonly library: Library
  readonly node: TSESTree.Node
  /** What would have to be known, for the message and for `explain`. */
  readonly reason: string
  readonly interpolations: readonly Interpolation[]
}

export type QueryOrOpaque = Query | Opaque
