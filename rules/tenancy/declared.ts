/** A model as an ORM's code declares it, before the names that it leaves to the ORM are filled in. */
export interface DeclaredModel {
  /** Unique among the models of one source; relations name their goal by it. */
  readonly key: string
  /** As queries call it. */
  readonly name: string
  /** SQL name, as a key of `tenancy.json`. */
  readonly table: string
  readonly kind: 'table' | 'view'
  readonly columns: readonly DeclaredColumn[]
  readonly relations: readonly DeclaredRelation[]
}

export interface DeclaredColumn {
  readonly property: string
  readonly column: string
  readonly nullable: boolean
  readonly primary: boolean
}

/** `column` null: named by the ORM; `referenced` null: the primary key of the other side, else its property or column. */
export interface JoinColumn {
  readonly column: string | null
  readonly referenced: string | null
}

interface RelationEnd {
  /** Null when no property leads there. */
  readonly property: string | null
  /** Key of the model, null when it was not found. */
  readonly to: string | null
}

export type DeclaredRelation = OwnedRelation | InverseRelation | JoinedRelation

/** The columns lie on the other side: in its relation `mappedBy`, or those of `on`. */
export interface InverseRelation extends RelationEnd {
  readonly side: 'inverse'
  readonly many: boolean
  readonly mappedBy: string | null
  /** Own column and column of the other side. */
  readonly on?: readonly (readonly [string, string])[]
}

/** The columns lie here. */
export interface OwnedRelation extends RelationEnd {
  readonly side: 'owner'
  /** Empty: named by the ORM. */
  readonly columns: readonly JoinColumn[]
  readonly nullable: boolean
  readonly primary: boolean
  readonly cascades: boolean
  /** Is there a foreign key in the database? A key that leads to one of several tables has none. */
  readonly constrained: boolean
  /** The property that shows the key itself, beside the one that holds the other entity. */
  readonly keyProperty: string | null
}

/** Many to many, over a table of its own. `table` is null on the side that does not name it. */
export interface JoinedRelation extends RelationEnd {
  readonly side: 'joined'
  readonly table: JoinTable | null
}

export interface JoinTable {
  /** Null: named by the ORM. */
  readonly name: string | null
  /** Key of the model that the join table is, null when it is none. */
  readonly model: string | null
  readonly own: readonly JoinColumn[]
  readonly other: readonly JoinColumn[]
}

/** A join table of a model with itself has to tell two columns apart that would have one name. */
export type Twin = '' | '_1' | '_2'

/** A column that a foreign key leads to. */
export type KeyColumn = Pick<DeclaredColumn, 'property' | 'column'>

/** The names that an ORM makes where the code gives none. */
export interface Naming {
  readonly joinColumn: (property: string, referenced: KeyColumn) => string
  readonly joinTable: (owner: DeclaredModel, property: string, target: DeclaredModel) => string
  readonly joinTableColumn: (model: DeclaredModel, referenced: string, property: string, twin: Twin) => string
}
