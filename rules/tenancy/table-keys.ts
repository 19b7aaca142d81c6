import type { TSESTree } from '@typescript-eslint/utils'
import { keyOf, splitName } from './names.ts'
import type { ReferenceShape, RelationShape } from './shape.ts'
import {
  type LocatedType,
  type Member,
  type TypeDeclaration,
  type TypeDeclarations,
} from './type-declarations.ts'
import { noteBefore } from './type-notes.ts'
import { wordsOf } from './vocabulary.ts'

/** An interface or object type that stands for a table. */
export interface TableType {
  readonly name: string
  readonly kind: 'table' | 'view'
  readonly declaration: TypeDeclaration
  readonly members: readonly Member[]
}

/** Wrappers of Kysely and its generators whose first argument is what a column holds when it is read. */
const columnWrapper = /^(?:Generated(?:Always)?|(?:JSON)?ColumnType|Nullable)$/

/**
 * Columns and keys of tables that are told as types. Generators that brand ids (`UsersId = string & { __brand: … }`) thereby tell
 * the foreign keys; where ids are plain strings and numbers, names of columns are all there is to go by.
 */
export class TableKeys {
  readonly branded: boolean
  readonly #tables: readonly TableType[]
  readonly #declarations: TypeDeclarations
  /** By the alias that declares the id. */
  readonly #owners = new Map<TSESTree.Node, TableType>()
  readonly #byWords = new Map<string, TableType | null>()

  constructor(tables: readonly TableType[], declarations: TypeDeclarations) {
    this.#tables = tables
    this.#declarations = declarations
    for (const table of tables) {
      const words = wordsOf(table.name).join('_')
      this.#byWords.set(words, this.#byWords.has(words) ? null : table)
      for (const { type } of table.members) {
        const id = this.#brandOf(type)
        const owner = id === null ? null : this.#ownerOf(id)
        if (id !== null && owner !== null) this.#owners.set(id.node, owner)
      }
    }
    this.branded = this.#owners.size > 0
  }

  relationOf(table: TableType): RelationShape {
    const primaryKey = this.#primaryKeyOf(table)
    return {
      name: table.name,
      kind: table.kind,
      columns: table.members.map(({ name, optional, type }) => ({
        name,
        nullable: optional || this.#isNullable(type),
      })),
      primaryKey,
      references: table.members.flatMap((member) => this.#referenceOf(member, table, primaryKey)),
      derivedFrom: [],
      model: null,
      properties: {},
      relationFields: {},
    }
  }

  #primaryKeyOf(table: TableType): readonly string[] {
    const noted = table.members.filter(({ node, type }) =>
      /\bprimary key\b/i.test(noteBefore(node, type.module.text)),
    )
    if (noted.length > 0) return noted.map(({ name }) => name)
    const own = table.members.filter(({ type }) => this.#targetOf(type) === table)
    const key = own.find(({ name }) => name === 'id') ?? own[0]
    if (key !== undefined) return [key.name]
    return table.members.some(({ name }) => name === 'id') ? ['id'] : []
  }

  #referenceOf(member: Member, table: TableType, primaryKey: readonly string[]): readonly ReferenceShape[] {
    if (table.kind === 'view') return []
    const target = this.branded ? this.#targetOf(member.type) : this.#namedBy(member.name)
    if (target === null || target.kind === 'view') return []
    if (target === table && primaryKey.includes(member.name)) return []
    const [key, ...more] = this.#primaryKeyOf(target)
    return key === undefined || more.length > 0
      ? []
      : [{ columns: [member.name], to: target.name, toColumns: [key], cascades: false }]
  }

  #targetOf(type: LocatedType): TableType | null {
    const id = this.#brandOf(type)
    return id === null ? null : (this.#owners.get(id.node) ?? null)
  }

  /** `project_id` and `projectId` → the one table `projects`, when it has a key for them to refer to. */
  #namedBy(column: string): TableType | null {
    const words = wordsOf(column)
    if (words.length < 2 || !/^(?:id|uuid)$/.test(words.at(-1)!)) return null
    return this.#byWords.get(words.slice(0, -1).join('_')) ?? null
  }

  /** The alias of a branded id that a column holds. */
  #brandOf({ node, module }: LocatedType): TypeDeclaration | null {
    if (node.type === 'TSUnionType') {
      const found = node.types
        .map((one) => this.#brandOf({ node: one, module }))
        .filter((one) => one !== null)
      return found.length === 1 ? found[0]! : null
    }
    const read = firstArgument(node)
    if (read !== null) return this.#brandOf({ node: read, module })
    const declaration = this.#declarations.find({ node, module })
    if (declaration?.node.type !== 'TSTypeAliasDeclaration') return null
    const { typeAnnotation } = declaration.node
    if (brandIn(typeAnnotation) !== null) return declaration
    return this.#brandOf({ node: typeAnnotation, module: declaration.module })
  }

  /** The table that an id identifies: its note or its brand names it, or it is declared beside it. */
  #ownerOf({ node, module }: TypeDeclaration): TableType | null {
    const note = /\bIdentifier type for (\S+)/.exec(noteBefore(node, module.text))?.[1]
    const brand = node.type === 'TSTypeAliasDeclaration' ? brandIn(node.typeAnnotation) : null
    for (const written of [note, brand]) {
      const name = written == null ? null : keyOf(splitName(written))
      const table = this.#tables.find((one) => one.name === name)
      if (table !== undefined) return table
    }
    const beside = this.#tables.filter(({ declaration }) => declaration.module.filename === module.filename)
    return beside.length === 1 ? beside[0]! : null
  }

  #isNullable({ node, module }: LocatedType): boolean {
    if (node.type === 'TSNullKeyword' || node.type === 'TSUndefinedKeyword') return true
    if (node.type === 'TSUnionType') return node.types.some((one) => this.#isNullable({ node: one, module }))
    if (node.type !== 'TSTypeReference') return false
    const name = node.typeName.type === 'Identifier' ? node.typeName.name : ''
    if (name === 'Nullable') return true
    const read = firstArgument(node)
    if (read !== null) return this.#isNullable({ node: read, module })
    const declaration = this.#declarations.find({ node, module })
    return (
      declaration?.node.type === 'TSTypeAliasDeclaration' &&
      declaration.node.typeAnnotation.type !== 'TSConditionalType' &&
      this.#isNullable({ node: declaration.node.typeAnnotation, module: declaration.module })
    )
  }
}

function firstArgument(node: TSESTree.Node): TSESTree.Node | null {
  if (node.type !== 'TSTypeReference' || node.typeName.type !== 'Identifier') return null
  return columnWrapper.test(node.typeName.name) ? (node.typeArguments?.params[0] ?? null) : null
}

/** `'public.users'` of `string & { __brand: 'public.users' }`. */
function brandIn(type: TSESTree.TypeNode): string | null {
  const parts = type.type === 'TSIntersectionType' ? type.types : []
  for (const part of parts) {
    for (const member of part.type === 'TSTypeLiteral' ? part.members : []) {
      if (member.type !== 'TSPropertySignature') continue
      const value = member.typeAnnotation?.typeAnnotation
      if (value?.type === 'TSLiteralType' && value.literal.type === 'Literal')
        return String(value.literal.value)
    }
  }
  return null
}
