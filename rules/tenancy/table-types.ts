import type { TSESTree } from '@typescript-eslint/utils'
import type { SourceModule } from '../source/module.ts'
import { keyOf, splitName } from './names.ts'
import { readProgram } from './program.ts'
import type { DatabaseShape } from './shape.ts'
import { type TableType, TableKeys } from './table-keys.ts'
import { noteBefore } from './type-notes.ts'
import { type Member, type TypeDeclaration, TypeDeclarations } from './type-declarations.ts'

const columnTypes = /\b(?:Generated|GeneratedAlways|ColumnType|JSONColumnType)\b/
const objectType =
  /^[ \t]*(?:export[ \t]+)?(?:default[ \t]+)?(?:interface\s+\w+[^{;=]*|type\s+\w+\s*=\s*)\{/gm
const database =
  /^[ \t]*(?:export[ \t]+)?(?:default[ \t]+)?(?:interface|type)\s+\w*(?:DB|Database|Schema|Tables)\b/m
const tableNote = /\*\s*Represents the (?:table|view|materialized view) (\S+)/
/** A file that only gathers tables declares none. */
const besides = 0.01

/** About how many tables a file declares as types of Kysely or Kanel, told from its text. */
export function countTableTypes(text: string): number {
  const noted = text.match(new RegExp(tableNote, 'g'))?.length ?? 0
  if (noted > 0) return noted
  const imported = text.match(/\bimport\s+(?:type\s+)?\{([^}]*)\}\s*from\s*['"]kysely['"]/)?.[1] ?? ''
  if (columnTypes.test(imported)) return besides + (text.match(objectType)?.length ?? 0)
  return database.test(text) || /\b__brand\b/.test(text) ? besides : 0
}

/**
 * The shape that TypeScript types of tables tell: those that Kanel, kysely-codegen and prisma-kysely generate, and
 * those that people write for Kysely.
 *
 * @throws {@link Problem} `E-PARSER-MISSING`.
 */
export function shapeOfTableTypes(files: readonly string[]): DatabaseShape {
  const { modules, parse, unread } = readProgram(files, 'set of table types')
  const declarations = new TypeDeclarations(parse)
  const tables = tablesOf(modules, declarations)
  const keys = new TableKeys(tables, declarations)
  const notes = [...unread]
  if (!keys.branded && tables.length > 0) {
    notes.push(
      'keys, which these types do not tell: id was taken for the primary key, and project_id for a reference to projects',
    )
  }
  return {
    relations: tables.map((table) => keys.relationOf(table)),
    settings: new Map(),
    rowSecurity: new Map(),
    unread: notes,
  }
}

/** Tables that a note of Kanel names, and those that are members of a type that gathers tables. */
function tablesOf(modules: readonly SourceModule[], declarations: TypeDeclarations): readonly TableType[] {
  const found = new Map<TSESTree.Node, TableType>()
  const names = new Set<string>()
  const add = (written: string, kind: 'table' | 'view', declaration: TypeDeclaration) => {
    const name = keyOf(splitName(written))
    const members = declarations.membersOf(declaration)
    if (members === null || found.has(declaration.node) || names.has(name)) return
    names.add(name)
    found.set(declaration.node, { name, kind, declaration, members })
  }
  const all = modules.flatMap(declarationsIn)
  for (const one of all) {
    const note = tableNote.exec(noteBefore(one.node, one.module.text))
    if (note !== null) add(note[1]!, / view /.test(note[0]) ? 'view' : 'table', one)
  }
  for (const one of all) {
    for (const [name, table] of gathered(one, declarations, (node) => found.has(node)))
      add(name, 'table', table)
  }
  return [...found.values()]
}

/** The tables that `interface Database { users: UsersTable }` gathers; none when it is an object of another kind. */
function gathered(
  one: TypeDeclaration,
  declarations: TypeDeclarations,
  isTable: (node: TSESTree.Node) => boolean,
): readonly (readonly [string, TypeDeclaration])[] {
  const tables: [string, TypeDeclaration][] = []
  for (const { name, type } of declarations.membersOf(one) ?? []) {
    const declaration = declarations.find(type)
    if (declaration === null || declarations.membersOf(declaration) === null) return []
    tables.push([name, declaration])
  }
  const telling = tables.some(
    ([, table]) => isTable(table.node) || declarations.membersOf(table)!.some(isStoredColumn),
  )
  return telling ? tables : []
}

/** Only a type of a table says what a column holds when it is read and written. */
function isStoredColumn({ type }: Member): boolean {
  const { node } = type
  return (
    node.type === 'TSTypeReference' &&
    node.typeName.type === 'Identifier' &&
    columnTypes.test(node.typeName.name)
  )
}

function declarationsIn(module: SourceModule): TypeDeclaration[] {
  return module.program.body.flatMap((statement) => {
    const exported =
      statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration'
    const node: TSESTree.Node | null = exported ? statement.declaration : statement
    return node?.type === 'TSInterfaceDeclaration' || node?.type === 'TSTypeAliasDeclaration'
      ? [{ node, module }]
      : []
  })
}
