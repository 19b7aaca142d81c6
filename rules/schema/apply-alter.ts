import type { AlterTableCmd, AlterTableStmt, PartitionCmd, RangeVar } from 'libpg-query'
import { flagOf, itemsOf, optionsOf, relationOf, roleOf } from './ast.ts'
import { addColumn, addConstraint, inheritFrom, setNullable } from './apply-table.ts'
import {
  family,
  findTable,
  findView,
  qualify,
  sameRelation,
  type DraftTable,
  type DraftView,
} from './draft.ts'
import { expressionText, type Reading } from './reading.ts'
import { isSymbol, isWord } from './tokens.ts'
import { typeOf } from './type-name.ts'

/** Source of each `SET DEFAULT` in order, null for `DROP DEFAULT`; the tree has no place for them. */
function defaultsIn(reading: Reading): (string | null)[] {
  const found: (string | null)[] = []
  const { tokens } = reading
  let depth = 0
  for (let index = 0; index + 1 < tokens.length; index++) {
    if (isSymbol(tokens[index], '(')) depth++
    if (isSymbol(tokens[index], ')')) depth--
    if (depth > 0 || !isWord(tokens[index + 1], 'default')) continue
    if (isWord(tokens[index], 'set')) {
      const text = expressionText(reading, index + 2)
      found.push(text.toLowerCase() === 'null' ? null : text)
    } else if (isWord(tokens[index], 'drop')) found.push(null)
  }
  return found
}

function dropColumn(table: DraftTable, name: string): void {
  table.columns = table.columns.filter((column) => column.name !== name)
  table.keys = table.keys.filter((key) => !key.columns.includes(name))
  table.indexes = table.indexes.filter((index) => !index.columns.includes(name))
  const mention = new RegExp(`(?<![\\w$])${name.replace(/[^\w]/g, '\\$&')}(?![\\w$])`)
  // PostgreSQL drops the policies that speak of the column, and asks for CASCADE first.
  table.policies = table.policies.filter(({ using, check }) => !mention.test(`${using ?? ''} ${check ?? ''}`))
}

const partitionCommand = (command: AlterTableCmd): PartitionCmd | null =>
  command.def !== undefined && 'PartitionCmd' in command.def ? command.def.PartitionCmd : null

function attach(reading: Reading, parent: DraftTable, child: DraftTable | null, partition: boolean): void {
  // The server refuses a circle, and nothing below would end on one.
  if (child === null || family(reading.draft, child).includes(parent)) return
  child.inherits.push({ schema: parent.schema, name: parent.name })
  child.partition = partition
  const keys = child.keys
  const indexes = child.indexes
  inheritFrom(reading, child, parent)
  // Keys and indexes that the child has already are attached instead of made.
  const same = (left: readonly string[], right: readonly string[]): boolean => left.join() === right.join()
  child.keys = child.keys.filter(
    (key) =>
      keys.includes(key) || !keys.some((own) => own.kind === key.kind && same(own.columns, key.columns)),
  )
  child.indexes = child.indexes.filter(
    (index) => indexes.includes(index) || !indexes.some((own) => same(own.columns, index.columns)),
  )
}

function detach(parent: DraftTable, child: DraftTable | null): void {
  if (child === null) return
  child.inherits = child.inherits.filter((other) => !sameRelation(other, parent))
  child.partition = false
}

function applyCommand(
  reading: Reading,
  table: DraftTable,
  command: AlterTableCmd,
  defaults: (string | null)[],
): void {
  const { draft } = reading
  const name = command.name ?? ''
  const all = family(reading.draft, table)
  const column = (of: DraftTable) => of.columns.find((candidate) => candidate.name === name)
  switch (command.subtype) {
    case 'AT_AddColumn':
      if (command.def !== undefined && 'ColumnDef' in command.def) {
        for (const member of all) addColumn(reading, member, command.def.ColumnDef)
      }
      return
    case 'AT_DropColumn':
      for (const member of all) dropColumn(member, name)
      return
    case 'AT_ColumnDefault': {
      const text = defaults.shift() ?? null
      for (const member of all) {
        const found = column(member)
        if (found !== undefined) found.default = text
      }
      return
    }
    case 'AT_DropNotNull':
    case 'AT_SetNotNull':
      for (const member of all) setNullable(member, name, command.subtype === 'AT_DropNotNull')
      return
    case 'AT_AlterColumnType':
      if (command.def !== undefined && 'ColumnDef' in command.def) {
        const type = typeOf(command.def.ColumnDef.typeName ?? {}, (own) => qualifyType(reading, own))
        for (const member of all) {
          const found = column(member)
          if (found !== undefined) found.type = type.text
        }
      }
      return
    case 'AT_AddIdentity':
    case 'AT_DropIdentity': {
      const found = column(table)
      if (found !== undefined) found.generated = command.subtype === 'AT_AddIdentity' ? 'identity' : null
      return
    }
    case 'AT_DropExpression': {
      const found = column(table)
      if (found !== undefined) found.generated = null
      return
    }
    case 'AT_AddConstraint':
      if (command.def !== undefined && 'Constraint' in command.def) {
        addConstraint(reading, table, command.def.Constraint, [])
      }
      return
    case 'AT_DropConstraint':
      dropConstraint(table, name)
      return
    case 'AT_AttachPartition':
    case 'AT_DetachPartition': {
      const child = findTable(draft, relationOf(partitionCommand(command)?.name as RangeVar))
      if (command.subtype === 'AT_AttachPartition') attach(reading, table, child, true)
      else if (child !== null) detach(table, child)
      return
    }
    case 'AT_AddInherit':
    case 'AT_DropInherit': {
      if (command.def === undefined || !('RangeVar' in command.def)) return
      const parent = findTable(draft, relationOf(command.def.RangeVar))
      if (parent === null) return
      if (command.subtype === 'AT_AddInherit') attach(reading, parent, table, false)
      else detach(parent, table)
      return
    }
    default:
      applySwitch(table, command, reading)
  }
}

function qualifyType(reading: Reading, name: string): string {
  const { draft } = reading
  return draft.types.find((type) => type.name === name)?.schema ?? draft.searchPath[0] ?? 'public'
}

function dropConstraint(table: DraftTable, name: string): void {
  table.keys = table.keys.filter((key) => key.name !== name)
}

/** The commands that change the table's protection: its origin moves to the statement that weakens or strengthens it. */
function applySwitch(table: DraftTable, command: AlterTableCmd, reading: Reading): void {
  switch (command.subtype) {
    case 'AT_EnableRowSecurity':
      table.rowSecurity = true
      return
    case 'AT_DisableRowSecurity':
      table.rowSecurity = false
      table.origin = reading.origin
      return
    case 'AT_ForceRowSecurity':
      table.forceRowSecurity = true
      return
    case 'AT_NoForceRowSecurity':
      table.forceRowSecurity = false
      table.origin = reading.origin
      return
    case 'AT_ChangeOwner':
      table.owner = roleOf(command.newowner) ?? reading.draft.role
      return
    default:
  }
}

function applyViewCommand(reading: Reading, view: DraftView, command: AlterTableCmd): void {
  if (command.subtype === 'AT_ChangeOwner') view.owner = roleOf(command.newowner) ?? reading.draft.role
  const resets = command.subtype === 'AT_ResetRelOptions'
  if (command.subtype !== 'AT_SetRelOptions' && !resets) return
  for (const option of optionsOf(itemsOf(command.def))) {
    const on = !resets && flagOf(option)
    if (option.defname === 'security_invoker') view.securityInvoker = on
    if (option.defname === 'security_barrier') view.securityBarrier = on
  }
  view.origin = reading.origin
}

/** `ALTER TABLE`, `ALTER VIEW`, `ALTER MATERIALIZED VIEW` in all that matters to tenancy. */
export function alterTable(reading: Reading, statement: AlterTableStmt): void {
  const { draft } = reading
  if (statement.objtype === 'OBJECT_INDEX' || statement.objtype === 'OBJECT_SEQUENCE') return
  if (statement.objtype === 'OBJECT_TYPE' || statement.objtype === 'OBJECT_FOREIGN_TABLE') return
  const relation = relationOf(statement.relation as RangeVar)
  const commands = (statement.cmds ?? []).flatMap((node) =>
    'AlterTableCmd' in node ? [node.AlterTableCmd] : [],
  )
  const view = findView(draft, relation)
  if (view !== null) {
    for (const command of commands) applyViewCommand(reading, view, command)
    return
  }
  const table = findTable(draft, relation)
  if (table === null) {
    if (statement.missing_ok === true) return
    const { schema, name } = qualify(draft, relation)
    draft.unread.push({
      reason: `a change of a table that is not known: ${schema}.${name}`,
      origin: reading.origin,
    })
    return
  }
  const defaults = defaultsIn(reading)
  for (const command of commands) applyCommand(reading, table, command, defaults)
}
