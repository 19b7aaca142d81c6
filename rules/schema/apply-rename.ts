import type { RangeVar, RenameStmt } from 'libpg-query'
import type { RelationName } from '../sql/statement.ts'
import { relationOf } from './ast.ts'
import { renameMentions } from './apply-drop.ts'
import { functionsNamed } from './apply-function.ts'
import {
  family,
  findTable,
  findView,
  isNameTaken,
  qualify,
  sameRelation,
  type Draft,
  type DraftTable,
} from './draft.ts'
import type { Reading } from './reading.ts'
import { isSymbol, tokenize } from './tokens.ts'

/** The expression with one of the table's columns renamed; a name after a dot belongs to the table only if that says so. */
function renameInText(text: string, table: DraftTable, from: string, to: string): string {
  const tokens = tokenize(text)
  let result = ''
  let at = 0
  tokens.forEach((token, index) => {
    const written = token.kind === 'quoted' ? token.text.slice(1, -1) : token.text
    const isName = (token.kind === 'word' || token.kind === 'quoted') && written === from
    const call = isSymbol(tokens[index + 1], '(')
    const qualifier = isSymbol(tokens[index - 1], '.') ? tokens[index - 2]?.text : undefined
    const own = qualifier === undefined || qualifier === table.name
    if (!isName || call || !own || isSymbol(tokens[index + 1], '.')) return
    result += text.slice(at, token.start) + (/^[a-z_][a-z0-9_]*$/.test(to) ? to : `"${to}"`)
    at = token.end
  })
  return result + text.slice(at)
}

function renameColumn(draft: Draft, table: DraftTable, from: string, to: string): void {
  const follow = (column: string): string => (column === from ? to : column)
  const expression = (text: string | null): string | null =>
    text === null ? null : renameInText(text, table, from, to)
  for (const column of table.columns) if (column.name === from) column.name = to
  table.keys = table.keys.map((key) => ({ ...key, columns: key.columns.map(follow) }))
  table.indexes = table.indexes.map((index) => ({ ...index, columns: index.columns.map(follow) }))
  table.policies = table.policies.map((policy) => ({
    ...policy,
    using: expression(policy.using),
    check: expression(policy.check),
  }))
  for (const other of draft.tables) {
    other.keys = other.keys.map((key) =>
      key.kind === 'foreign' && sameRelation(key.references, table)
        ? { ...key, referencedColumns: key.referencedColumns.map(follow) }
        : key,
    )
  }
}

function renameIndex(draft: Draft, from: string, to: string): void {
  for (const table of draft.tables) {
    table.indexes = table.indexes.map((index) => (index.name === from ? { ...index, name: to } : index))
    table.keys = table.keys.map((key) => (key.name === from ? { ...key, name: to } : key))
  }
}

function renameSchema(draft: Draft, from: string, to: string): void {
  for (const item of [...draft.tables, ...draft.views]) {
    if (item.schema !== from) continue
    item.schema = to
    renameMentions(draft, { schema: from, name: item.name }, { schema: to, name: item.name })
  }
  for (const item of draft.functions) {
    if (item.schema !== from) continue
    followFunction(draft, item, { schema: to, name: item.name })
    item.schema = to
  }
  draft.types = draft.types.map((type) => (type.schema === from ? { ...type, schema: to } : type))
}

/** Triggers go on to run a function that is renamed or moved. */
function followFunction(draft: Draft, from: RelationName, to: RelationName): void {
  for (const table of draft.tables) {
    table.triggers = table.triggers.map((trigger) =>
      sameRelation(trigger.runs, from) ? { ...trigger, runs: to } : trigger,
    )
  }
}

function renameRole(draft: Draft, from: string, to: string): void {
  const follow = (name: string): string => (name === from ? to : name)
  for (const role of draft.roles) {
    role.name = follow(role.name)
    role.memberOf = role.memberOf.map(follow)
  }
  for (const item of [...draft.tables, ...draft.views, ...draft.functions]) {
    item.owner = item.owner === null ? null : follow(item.owner)
  }
  draft.grants = draft.grants.map((grant) => ({ ...grant, grantee: follow(grant.grantee) }))
  for (const table of draft.tables) {
    table.policies = table.policies.map((policy) => ({ ...policy, roles: policy.roles.map(follow) }))
  }
}

/** `ALTER … RENAME` of everything that the picture holds. */
export function rename(reading: Reading, statement: RenameStmt): void {
  const { draft } = reading
  const to = statement.newname ?? ''
  const from = statement.subname ?? ''
  const relation = statement.relation === undefined ? null : relationOf(statement.relation as RangeVar)
  const table = relation === null ? null : findTable(draft, relation)
  switch (statement.renameType) {
    case 'OBJECT_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
    case 'OBJECT_INDEX': {
      const item = table ?? (relation === null ? null : findView(draft, relation))
      if (item === null) {
        if (relation !== null) renameIndex(draft, relation.name, to)
        return
      }
      const held = qualify(draft, item)
      if (isNameTaken(draft, held.schema, to)) return
      item.name = to
      renameMentions(draft, held, { schema: held.schema, name: to })
      return
    }
    case 'OBJECT_COLUMN':
      if (table !== null) for (const member of family(draft, table)) renameColumn(draft, member, from, to)
      return
    case 'OBJECT_TABCONSTRAINT':
      if (table !== null) {
        table.keys = table.keys.map((key) => (key.name === from ? { ...key, name: to } : key))
      }
      return
    case 'OBJECT_POLICY':
      if (table !== null) {
        table.policies = table.policies.map((policy) =>
          policy.name === from ? { ...policy, name: to } : policy,
        )
      }
      return
    case 'OBJECT_TRIGGER':
      if (table !== null) {
        table.triggers = table.triggers.map((trigger) =>
          trigger.name === from ? { ...trigger, name: to } : trigger,
        )
      }
      return
    case 'OBJECT_SCHEMA':
      renameSchema(draft, from, to)
      return
    case 'OBJECT_ROLE':
      renameRole(draft, from, to)
      return
    case 'OBJECT_FUNCTION':
    case 'OBJECT_PROCEDURE':
      if (statement.object !== undefined && 'ObjectWithArgs' in statement.object) {
        for (const target of functionsNamed(reading, statement.object.ObjectWithArgs)) {
          followFunction(draft, target, { schema: target.schema, name: to })
          target.name = to
        }
      }
      return
    default:
  }
}
