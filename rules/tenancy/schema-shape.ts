import type { Schema, Table, View } from '../schema/schema.ts'
import type { Block, FromItem, RelationName } from '../sql/statement.ts'
import { keyOf } from './names.ts'
import type { DatabaseShape, ReferenceShape, RelationShape } from './shape.ts'

const settingPattern = /current_setting\s*\(\s*'([^']+)'/gi

/** The shape of a schema that was read from migrations or from a live catalog. */
export function shapeOfSchema(schema: Schema): DatabaseShape {
  const settings = new Map<string, number>()
  const rowSecurity = new Map<string, 'enabled' | 'forced'>()
  for (const table of schema.tables) {
    if (table.rowSecurity) rowSecurity.set(keyOf(table), table.forceRowSecurity ? 'forced' : 'enabled')
    for (const policy of table.policies) {
      const text = `${policy.using?.text ?? ''} ${policy.check?.text ?? ''}`
      const read = new Set([...text.matchAll(settingPattern)].map((match) => match[1]!))
      for (const name of read) settings.set(name, (settings.get(name) ?? 0) + 1)
    }
  }
  return {
    relations: [...schema.tables.map(shapeOfTable), ...schema.views.map(shapeOfView)],
    settings,
    rowSecurity,
    unread: schema.unread.map(({ reason, origin }) =>
      origin === null ? reason : `${origin.file}:${origin.line}: ${reason}`,
    ),
  }
}

function shapeOfTable(table: Table): RelationShape {
  const primary = table.keys.find((key) => key.kind === 'primary')
  const references: ReferenceShape[] = []
  for (const key of table.keys) {
    if (key.kind !== 'foreign') continue
    references.push({
      columns: key.columns,
      to: keyOf(key.references),
      toColumns: key.referencedColumns,
      cascades: key.onDelete === 'cascade',
    })
  }
  return {
    name: keyOf(table),
    kind: 'table',
    columns: table.columns.map(({ name, nullable }) => ({
      name,
      nullable: nullable && !(primary?.columns.includes(name) ?? false),
    })),
    primaryKey: primary?.columns ?? [],
    references,
    derivedFrom: table.inherits.map(keyOf),
    model: null,
    properties: {},
    relationFields: {},
  }
}

function shapeOfView(view: View): RelationShape {
  const names = new Set<string>()
  const under = new Set<string>()
  if (view.block !== null) {
    for (const output of outputsOf(view.block)) names.add(output)
    for (const relation of relationsIn(view.block)) under.add(keyOf(relation))
  }
  return {
    name: keyOf(view),
    kind: 'view',
    columns: [...names].map((name) => ({ name, nullable: true })),
    primaryKey: [],
    references: [],
    derivedFrom: [...under],
    model: null,
    properties: {},
    relationFields: {},
  }
}

/** Names that the view certainly returns; those behind `*` are left to the tables under it. */
function outputsOf(block: Block): string[] {
  if (block.kind === 'set') return block.branches[0] === undefined ? [] : outputsOf(block.branches[0])
  if (block.kind === 'opaque') return []
  return block.outputs.flatMap(({ name }) => (name === null ? [] : [name]))
}

function relationsIn(block: Block): RelationName[] {
  const found = block.ctes.flatMap((cte) => relationsIn(cte.block))
  if (block.kind === 'set') return found.concat(block.branches.flatMap(relationsIn))
  if (block.kind === 'opaque') return found.concat(block.occurrences.map(({ relation }) => relation))
  if (block.kind === 'select') return found.concat(block.from.flatMap(relationsInItem))
  return found.concat(block.target.relation)
}

function relationsInItem(item: FromItem): RelationName[] {
  if (item.kind === 'relation') return [item.relation]
  if (item.kind === 'derived') return relationsIn(item.block)
  if (item.kind === 'join') return [...relationsInItem(item.left), ...relationsInItem(item.right)]
  return []
}
