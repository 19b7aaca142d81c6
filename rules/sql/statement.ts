/**
 * The relational form of one SQL statement, independent of who wrote it: the PostgreSQL parser or a query
 * builder. Everything above (confinement, queries, policies, captured statements) reasons on this form.
 *
 * All of it is frozen tagged data. A new `kind` must break every exhaustive `switch` over it.
 */

/** Half-open range in UTF-16 code units of the text that the statement came from. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A possibly schema-qualified relation name, folded as PostgreSQL folds it (unquoted names in lower case). */
export interface RelationName {
  readonly schema: string | null
  readonly name: string
}

/** Identifies one *mention* of a relation inside one statement. The same table joined twice has two. */
export type OccurrenceId = number

/** What the statement does to the rows of this mention. `conflict` is the row an upsert runs into. */
export type Access = 'read' | 'insert' | 'update' | 'delete' | 'truncate'

/** One mention of a base relation (table, partition, view). */
export interface Occurrence {
  readonly kind: 'relation'
  readonly id: OccurrenceId
  readonly relation: RelationName
  readonly alias: string | null
  readonly access: Access
  readonly span: Span | null
}

/** A sub-select, CTE reference or set operation in FROM, with the names under which its columns are visible. */
export interface Derived {
  readonly kind: 'derived'
  /**
   * Lets columns speak of this mention: `{ kind: 'column', occurrence: id, column: name }` is the output of that name. Drawn
   * from the same numbers as occurrences. Needed where one block is mentioned twice (a CTE); without it, columns speak of
   * the block's own occurrences.
   */
  readonly id?: OccurrenceId
  readonly alias: string | null
  readonly block: Block
  readonly lateral: boolean
  readonly span: Span | null
}

/** A set-returning function, VALUES list, or anything else in FROM that is no stored relation. */
export interface Rowset {
  readonly kind: 'rowset'
  readonly alias: string | null
  readonly reason: string
  readonly span: Span | null
}

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'cross'

export interface Join {
  readonly kind: 'join'
  readonly type: JoinType
  readonly left: FromItem
  readonly right: FromItem
  /** NATURAL and USING are rewritten to equalities. `null` for CROSS JOIN. */
  readonly on: Condition | null
  readonly span: Span | null
}

export type FromItem = Occurrence | Derived | Rowset | Join

/**
 * A scalar expression, as far as confinement needs to see it. Casts are dropped; they are injective between the types
 * that tenant keys have (uuid, text, integer).
 */
export type Operand =
  /** `occurrence` is null when the name could not be bound to one mention (ambiguous or outer unknown). */
  | {
      readonly kind: 'column'
      readonly occurrence: OccurrenceId | null
      readonly column: string
      readonly span: Span | null
    }
  /** Index into {@link Statement.parameters}. */
  | { readonly kind: 'parameter'; readonly index: number; readonly span: Span | null }
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null; readonly span: Span | null }
  /** `current_setting(name [, missing_ok])`, also wrapped in `nullif(…, '')` (then `emptyIsNull`) and scalar sub-selects. */
  | {
      readonly kind: 'setting'
      readonly name: string
      readonly missingOk: boolean
      readonly emptyIsNull: boolean
      readonly span: Span | null
    }
  /**
   * Any other function or operator: deterministic in its arguments only when `strict` is known to hold. `excluded` with one
   * column of the target is the value that an upsert proposed.
   */
  | {
      readonly kind: 'call'
      readonly name: string
      readonly arguments: readonly Operand[]
      readonly span: Span | null
    }
  | { readonly kind: 'subquery'; readonly block: Block; readonly span: Span | null }
  /** Not understood; `mentions` are the operands found inside, so that nothing in it goes unseen. */
  | {
      readonly kind: 'opaque'
      readonly reason: string
      readonly mentions: readonly Operand[]
      readonly span: Span | null
    }

export type Comparison =
  | '='
  | '<>'
  | '<'
  | '<='
  | '>'
  | '>='
  | 'is distinct from'
  | 'is not distinct from'
  | 'like'
  | 'ilike'
  | 'similar'
  | 'regex'

/** A predicate under SQL's three-valued logic. */
export type Condition =
  | { readonly kind: 'and'; readonly operands: readonly Condition[] }
  | { readonly kind: 'or'; readonly operands: readonly Condition[] }
  | { readonly kind: 'not'; readonly operand: Condition }
  | {
      readonly kind: 'compare'
      readonly operator: Comparison
      readonly left: Operand
      readonly right: Operand
      readonly span: Span | null
    }
  /** `operand IN (values)`, `= ANY(array)`; a parameter that holds a whole array is one value with `list: true`. */
  | {
      readonly kind: 'in'
      readonly operand: Operand
      readonly values: readonly Operand[]
      readonly list: boolean
      readonly span: Span | null
    }
  /** `(operands) IN (SELECT …)`, positionally. */
  | {
      readonly kind: 'inQuery'
      readonly operands: readonly Operand[]
      readonly block: Block
      readonly span: Span | null
    }
  | { readonly kind: 'exists'; readonly block: Block; readonly span: Span | null }
  | { readonly kind: 'isNull'; readonly operand: Operand; readonly span: Span | null }
  /** A boolean expression used as a predicate: a boolean column, parameter or function. */
  | { readonly kind: 'truth'; readonly operand: Operand; readonly span: Span | null }
  /** `null` is SQL's UNKNOWN. */
  | { readonly kind: 'constant'; readonly value: boolean | null; readonly span: Span | null }
  /**
   * A predicate that the program may leave out at run time (`$if`, conditional spread, `undefined` in Prisma): it confines
   * nothing, but saying *why* is worth a message of its own.
   */
  | {
      readonly kind: 'optional'
      readonly condition: Condition
      readonly reason: string
      readonly span: Span | null
    }
  | {
      readonly kind: 'opaque'
      readonly reason: string
      readonly mentions: readonly Operand[]
      readonly span: Span | null
      /** What it says is that a declared relation ties the two rows whose keys are mentioned, by columns or a table out of sight. */
      readonly associates?: true
    }

/** One column that a block returns. `name` is null for `*`, then `operand` is null too and `of` says which mention, or all. */
export interface Output {
  readonly name: string | null
  readonly operand: Operand | null
  readonly of: OccurrenceId | null
}

/** One written column. `operand` is null where the statement takes the column's default. */
export interface Assignment {
  readonly column: string
  readonly operand: Operand | null
  readonly span: Span | null
}

/** The rows of an INSERT: literal rows (one list of assignments each), a query, or rows that could not be seen. */
export type InsertSource =
  | { readonly kind: 'rows'; readonly rows: readonly (readonly Assignment[])[] }
  | { readonly kind: 'query'; readonly columns: readonly string[]; readonly block: Block }
  | { readonly kind: 'opaque'; readonly reason: string; readonly known: readonly Assignment[] }

/** ON CONFLICT. `target` holds the arbiter's columns, or is null for a constraint name or no target. */
export interface Conflict {
  readonly target: readonly string[] | null
  readonly constraint: string | null
  readonly action: 'nothing' | 'update'
  readonly set: readonly Assignment[]
  readonly where: Condition | null
  readonly span: Span | null
}

export type SetOperator = 'union' | 'intersect' | 'except'

/** One query level. Sub-queries, CTEs and the branches of set operations are blocks of their own. */
export type Block = SelectBlock | InsertBlock | UpdateBlock | DeleteBlock | SetBlock | OpaqueBlock

interface BlockBase {
  readonly ctes: readonly { readonly name: string; readonly block: Block }[]
  readonly span: Span | null
}

export interface SelectBlock extends BlockBase {
  readonly kind: 'select'
  readonly from: readonly FromItem[]
  readonly where: Condition | null
  readonly having: Condition | null
  readonly outputs: readonly Output[]
  /** Rows are merged (GROUP BY, DISTINCT, aggregates, window functions): an outer filter comes too late to confine. */
  readonly merges: boolean
  /** LIMIT or OFFSET. */
  readonly limited: boolean
  /** Operands outside WHERE and outputs (ORDER BY, GROUP BY, …), kept so that sub-queries inside them are seen. */
  readonly others: readonly Operand[]
}

export interface InsertBlock extends BlockBase {
  readonly kind: 'insert'
  readonly target: Occurrence
  readonly source: InsertSource
  readonly conflict: Conflict | null
  readonly outputs: readonly Output[]
}

export interface UpdateBlock extends BlockBase {
  readonly kind: 'update'
  readonly target: Occurrence
  readonly set: readonly Assignment[]
  /** The written columns could not all be seen (`SET ...spread`). */
  readonly openSet: boolean
  readonly from: readonly FromItem[]
  readonly where: Condition | null
  readonly outputs: readonly Output[]
}

export interface DeleteBlock extends BlockBase {
  readonly kind: 'delete'
  readonly target: Occurrence
  readonly from: readonly FromItem[]
  readonly where: Condition | null
  readonly outputs: readonly Output[]
}

export interface SetBlock extends BlockBase {
  readonly kind: 'set'
  readonly operator: SetOperator
  readonly all: boolean
  readonly branches: readonly Block[]
}

/** A level that could not be read; the relations found in it are still named. */
export interface OpaqueBlock extends BlockBase {
  readonly kind: 'opaque'
  readonly reason: string
  readonly occurrences: readonly Occurrence[]
}

/** One executable statement. */
export interface Statement {
  readonly block: Block
  /** One entry per parameter, in order of first use. `name` is `$1`, `:id` or the source text of an interpolation. */
  readonly parameters: readonly { readonly name: string; readonly span: Span | null }[]
}
