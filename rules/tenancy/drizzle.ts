import type { TSESTree } from '@typescript-eslint/utils'
import type { SourceModule } from '../source/module.ts'
import { lineOf } from '../source/position.ts'
import { type Declared, type Term, Follower } from '../source/term.ts'
import { cased, casingAround } from './drizzle-casing.ts'
import { type DrizzleRelation, DrizzleRelationReader } from './drizzle-relations.ts'
import { type DrizzleTable, DrizzleTableReader } from './drizzle-table.ts'
import { keyOf } from './names.ts'
import { readProgram } from './program.ts'
import type { DatabaseShape, ReferenceShape, RelationShape } from './shape.ts'
import type { RelationField } from './tenancy.ts'

const settingPattern = /current_setting\s*\(\s*\\?'([^'\\]+)\\?'/gi

/** About how many tables a file declares with Drizzle, told from its text. */
export function countDrizzle(text: string): number {
  const own = text.match(/(?<![.\w])(?:pg|mysql|sqlite)(?:Table|View)\s*\(/g)?.length ?? 0
  if (own > 0 || !/\bdrizzle-orm\b/.test(text)) return own
  const made = text.match(/=\s*[\w.]*[tT]able\w*\s*\(/g)?.length ?? 0
  return made + (/\b(?:relations|defineRelations)\s*\(/.test(text) ? 1 : 0)
}

/**
 * The shape of a Drizzle schema, over all its files and those that they refer to.
 *
 * @throws {@link Problem} `E-PARSER-MISSING`.
 */
export function shapeOfDrizzle(files: readonly string[]): DatabaseShape {
  const { modules, parse, unread } = readProgram(files, 'Drizzle schema')
  return new DrizzleSchema(modules, new Follower(parse), casingAround(files), [...unread]).shape()
}

/** The tables of one schema, found by the variables that hold them. */
class DrizzleSchema {
  readonly #tables = new Map<TSESTree.Node, DrizzleTable>()
  readonly #modules: readonly SourceModule[]
  readonly #follower: Follower
  readonly #casing: ReturnType<typeof casingAround>
  readonly #unread: string[]

  constructor(
    modules: readonly SourceModule[],
    follower: Follower,
    casing: ReturnType<typeof casingAround>,
    unread: string[],
  ) {
    this.#modules = modules
    this.#follower = follower
    this.#casing = casing
    this.#unread = unread
  }

  shape(): DatabaseShape {
    this.#readTables()
    const tables = [...this.#tables.values()]
    const relations = this.#relations()
    const settings = new Map<string, number>()
    for (const policy of tables.flatMap(({ policies }) => policies)) {
      for (const name of new Set([...policy.matchAll(settingPattern)].map((match) => match[1]!))) {
        settings.set(name, (settings.get(name) ?? 0) + 1)
      }
    }
    return {
      relations: tables.map((table) => this.#shapeOf(table, relations)),
      settings,
      rowSecurity: new Map(
        tables.filter((table) => table.rowSecurity).map((table) => [keyOf(table), 'enabled']),
      ),
      unread: [...new Set(this.#unread)],
    }
  }

  /** Tables that others refer to belong to the schema, wherever they lie. */
  #readTables(): void {
    const reader = new DrizzleTableReader(this.#follower, (at, what) => this.#note(at, what))
    const open = this.#modules.flatMap(variablesOf)
    const seen = new Set<TSESTree.Node>()
    for (const declared of open) {
      if (seen.has(declared.declarator)) continue
      seen.add(declared.declarator)
      const table = reader.read(declared)
      if (table === null) continue
      this.#tables.set(declared.declarator, table)
      open.push(...table.references.map(({ to }) => to), ...table.mentions)
    }
  }

  #relations(): DrizzleRelation[] {
    const byConstant = new Map(
      [...this.#tables.values()].map(({ constant, declared }) => [constant, declared]),
    )
    const reader = new DrizzleRelationReader(this.#follower, byConstant)
    return this.#modules.flatMap((module) =>
      variablesOf(module).flatMap(({ declarator }) =>
        declarator.init === null ? [] : reader.read(this.#follower.term(declarator.init, module)),
      ),
    )
  }

  #shapeOf(table: DrizzleTable, relations: readonly DrizzleRelation[]): RelationShape {
    const properties: Record<string, string> = {}
    for (const { property } of table.columns) {
      const column = this.#column(table, property)
      if (column !== property) properties[property] = column
    }
    return {
      name: keyOf(table),
      kind: table.kind,
      columns: table.columns.map(({ property, nullable }) => ({
        name: this.#column(table, property),
        nullable,
      })),
      primaryKey: table.primaryKey.map((property) => this.#column(table, property)),
      references: this.#references(table),
      derivedFrom: table.mentions.flatMap(({ declarator }) => {
        const under = this.#tables.get(declarator)
        return under === undefined ? [] : [keyOf(under)]
      }),
      model: table.constant,
      properties,
      relationFields: this.#fields(table, relations),
    }
  }

  #references(table: DrizzleTable): ReferenceShape[] {
    return table.references.flatMap(({ properties, to, toProperties, cascades }) => {
      const far = this.#tables.get(to.declarator)
      if (far === undefined) {
        this.#note(this.#follower.term(to.declarator, to.module), 'a table that is referred to')
        return []
      }
      return [
        {
          columns: properties.map((property) => this.#column(table, property)),
          to: keyOf(far),
          toColumns: toProperties.map((property) => this.#column(far, property)),
          cascades,
        },
      ]
    })
  }

  #fields(table: DrizzleTable, relations: readonly DrizzleRelation[]): Record<string, RelationField> {
    const fields: Record<string, RelationField> = {}
    for (const relation of relations) {
      const far = this.#tables.get(relation.to.declarator)
      if (relation.from.declarator !== table.declared.declarator || far === undefined) continue
      const on = this.#pairs(relation, relations).map(
        ([near, there]) => [this.#column(table, near), this.#column(far, there)] as const,
      )
      fields[relation.field] = { to: keyOf(far), many: relation.many, on }
    }
    return fields
  }

  /** What joins the two: as written, else as the other side writes it, else the only foreign key between them. */
  #pairs(
    relation: DrizzleRelation,
    relations: readonly DrizzleRelation[],
  ): readonly (readonly [string, string])[] {
    if (relation.on.length > 0 || relation.through) return relation.on
    const back = relations.find(
      (other) =>
        other !== relation &&
        other.from.declarator === relation.to.declarator &&
        other.to.declarator === relation.from.declarator &&
        other.name === relation.name &&
        other.on.length > 0,
    )
    if (back !== undefined) return back.on.map(([there, near]) => [near, there] as const)
    const keys = this.#tables
      .get(relation.to.declarator)!
      .references.filter(({ to }) => to.declarator === relation.from.declarator)
    const [key] = keys
    if (key === undefined || keys.length > 1) return []
    return key.toProperties.map((near, index) => [near, key.properties[index]!] as const)
  }

  #column(table: DrizzleTable, property: string): string {
    const named = table.columns.find((column) => column.property === property)?.name ?? null
    return named ?? cased(property, this.#casing)
  }

  #note({ node, module }: Term, what: string): void {
    this.#unread.push(`${module.filename}:${lineOf(node, module.text)}: ${what}`)
  }
}

/** Variables that a module declares at its top level. */
function variablesOf(module: SourceModule): Declared[] {
  return module.program.body.flatMap((statement) => {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declaration?.type !== 'VariableDeclaration') return []
    return declaration.declarations.map((declarator) => ({ declarator, module }))
  })
}
