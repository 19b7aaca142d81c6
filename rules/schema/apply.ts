import type { Node, RangeVar, SelectStmt } from 'libpg-query'
import { parseSql } from '../sql/parse.ts'
import { namesOf, relationOf, relationOfNames, roleOf, rolesOf, wordOf } from './ast.ts'
import { alterTable } from './apply-alter.ts'
import { drop, dropRole, moveToSchema } from './apply-drop.ts'
import { alterFunction, createFunction, ownFunction } from './apply-function.ts'
import {
  alterDefaultPrivileges,
  alterRole,
  createRole,
  grant,
  grantRole,
  setSearchPath,
  setVariable,
  storeSetting,
} from './apply-grant.ts'
import { createIndex } from './apply-index.ts'
import { runBody, runDo } from './apply-procedure.ts'
import { alterPolicy, createPolicy } from './apply-policy.ts'
import { rename } from './apply-rename.ts'
import { createTable } from './apply-table.ts'
import { createTrigger } from './apply-trigger.ts'
import { createTableAs, createView, selectInto } from './apply-view.ts'
import { creationSchema, defaultSearchPath, findTable, type DraftFunction } from './draft.ts'
import type { Reading } from './reading.ts'

/** Words that change a schema; a routine that runs one of them is out of the reader's reach. */
const changesSchema = /\b(alter|create|drop|grant|revoke|reassign)\s+\w/i

function addType(reading: Reading, names: readonly string[]): void {
  const { schema, name } = relationOfNames(names)
  reading.draft.types.push({ schema: schema ?? creationSchema(reading.draft), name })
}

/** Calls in a SELECT list, with the values of their constant arguments. */
function callsIn(select: SelectStmt): { name: string; values: (string | null)[] }[] {
  return (select.targetList ?? []).flatMap((node) => {
    if (!('ResTarget' in node) || node.ResTarget.val === undefined) return []
    const value = node.ResTarget.val
    if (!('FuncCall' in value)) return []
    const name = namesOf(value.FuncCall.funcname).at(-1) ?? ''
    return [{ name, values: (value.FuncCall.args ?? []).map(wordOf) }]
  })
}

/** `SELECT set_config(…)`, `SELECT … INTO`, and calls of routines that would change the schema. */
function select(reading: Reading, statement: SelectStmt): void {
  const { draft } = reading
  selectInto(reading, statement)
  for (const { name, values } of callsIn(statement)) {
    if (name === 'set_config' && values[0] === 'search_path') {
      setSearchPath(draft, (values[1] ?? '').split(','))
    }
    const routine = draft.functions.find((known) => known.name === name)
    if (routine !== undefined && changesSchema.test(routine.body)) callRoutine(reading, routine, values)
  }
}

/** A routine that changes the schema is run in thought, with the values that it is called with. */
function callRoutine(reading: Reading, routine: DraftFunction, values: readonly (string | null)[]): void {
  const names = routine.parameters
  if (routine.language !== 'plpgsql' || depth > deepest) {
    const reason = `a call of ${routine.name}(), which changes the schema`
    reading.draft.unread.push({ reason, origin: reading.origin })
    return
  }
  depth++
  runBody(
    reading,
    routine.body,
    new Map(names.map((name, index) => [name, values[index] ?? null])),
    applyText,
  )
  depth--
}

/** Nesting of calls; a routine that calls itself would not end. */
let depth = 0
const deepest = 8

/** Partitions, inheritance and row security of foreign tables are not modelled: they are tables without protection. */
const handlers: Readonly<Record<string, (reading: Reading, node: Node) => void>> = {
  CreateStmt: (reading, node) => 'CreateStmt' in node && createTable(reading, node.CreateStmt),
  CreateForeignTableStmt: (reading, node) => {
    if (!('CreateForeignTableStmt' in node)) return
    const base = node.CreateForeignTableStmt.base
    if (base !== undefined) createTable(reading, base)
  },
  CreateTableAsStmt: (reading, node) =>
    'CreateTableAsStmt' in node && createTableAs(reading, node.CreateTableAsStmt),
  SelectStmt: (reading, node) => 'SelectStmt' in node && select(reading, node.SelectStmt),
  AlterTableStmt: (reading, node) => 'AlterTableStmt' in node && alterTable(reading, node.AlterTableStmt),
  IndexStmt: (reading, node) => 'IndexStmt' in node && createIndex(reading, node.IndexStmt),
  CreatePolicyStmt: (reading, node) =>
    'CreatePolicyStmt' in node && createPolicy(reading, node.CreatePolicyStmt),
  AlterPolicyStmt: (reading, node) => 'AlterPolicyStmt' in node && alterPolicy(reading, node.AlterPolicyStmt),
  CreateTrigStmt: (reading, node) => 'CreateTrigStmt' in node && createTrigger(reading, node.CreateTrigStmt),
  ViewStmt: (reading, node) => 'ViewStmt' in node && createView(reading, node.ViewStmt),
  CreateFunctionStmt: (reading, node) =>
    'CreateFunctionStmt' in node && createFunction(reading, node.CreateFunctionStmt),
  AlterFunctionStmt: (reading, node) =>
    'AlterFunctionStmt' in node && alterFunction(reading, node.AlterFunctionStmt),
  CreateRoleStmt: (reading, node) => 'CreateRoleStmt' in node && createRole(reading, node.CreateRoleStmt),
  AlterRoleStmt: (reading, node) => 'AlterRoleStmt' in node && alterRole(reading, node.AlterRoleStmt),
  AlterRoleSetStmt: (reading, node) =>
    'AlterRoleSetStmt' in node &&
    storeSetting(reading, node.AlterRoleSetStmt, node.AlterRoleSetStmt.database ?? null),
  AlterDatabaseSetStmt: (reading, node) =>
    'AlterDatabaseSetStmt' in node &&
    storeSetting(reading, node.AlterDatabaseSetStmt, node.AlterDatabaseSetStmt.dbname ?? null),
  DropRoleStmt: (reading, node) => 'DropRoleStmt' in node && dropRole(reading, node.DropRoleStmt),
  GrantStmt: (reading, node) => 'GrantStmt' in node && grant(reading, node.GrantStmt),
  GrantRoleStmt: (reading, node) => 'GrantRoleStmt' in node && grantRole(reading, node.GrantRoleStmt),
  AlterDefaultPrivilegesStmt: (reading, node) =>
    'AlterDefaultPrivilegesStmt' in node && alterDefaultPrivileges(reading, node.AlterDefaultPrivilegesStmt),
  DropStmt: (reading, node) => 'DropStmt' in node && drop(reading, node.DropStmt),
  RenameStmt: (reading, node) => 'RenameStmt' in node && rename(reading, node.RenameStmt),
  VariableSetStmt: (reading, node) =>
    'VariableSetStmt' in node && setVariable(reading.draft, node.VariableSetStmt, defaultSearchPath),
  AlterObjectSchemaStmt: (reading, node) => {
    if (!('AlterObjectSchemaStmt' in node)) return
    const { relation, newschema } = node.AlterObjectSchemaStmt
    if (relation !== undefined && newschema !== undefined) {
      moveToSchema(reading, relationOf(relation as RangeVar), newschema)
    }
  },
  AlterOwnerStmt: (reading, node) => {
    if (!('AlterOwnerStmt' in node)) return
    const { object, newowner } = node.AlterOwnerStmt
    if (object !== undefined && 'ObjectWithArgs' in object) {
      ownFunction(reading, object.ObjectWithArgs, newowner)
    }
  },
  ReassignOwnedStmt: (reading, node) => {
    if (!('ReassignOwnedStmt' in node)) return
    const from = rolesOf(node.ReassignOwnedStmt.roles, reading.draft.role)
    const to = roleOf(node.ReassignOwnedStmt.newrole) ?? reading.draft.role
    const { tables, views, functions } = reading.draft
    for (const item of [...tables, ...views, ...functions]) {
      if (item.owner !== null && from.includes(item.owner)) item.owner = to
    }
  },
  CreateSchemaStmt: (reading, node) => {
    if (!('CreateSchemaStmt' in node)) return
    const { draft } = reading
    const held = draft.searchPath
    draft.searchPath = [node.CreateSchemaStmt.schemaname ?? creationSchema(draft), ...held]
    for (const element of node.CreateSchemaStmt.schemaElts ?? []) applyNode(reading, element)
    draft.searchPath = held
  },
  CreateEnumStmt: (reading, node) =>
    'CreateEnumStmt' in node && addType(reading, namesOf(node.CreateEnumStmt.typeName)),
  CreateDomainStmt: (reading, node) =>
    'CreateDomainStmt' in node && addType(reading, namesOf(node.CreateDomainStmt.domainname)),
  CompositeTypeStmt: (reading, node) => {
    if (!('CompositeTypeStmt' in node)) return
    const { schema, name } = relationOf(node.CompositeTypeStmt.typevar as RangeVar)
    addType(reading, schema === null ? [name] : [schema, name])
  },
  DoStmt: (reading, node) => 'DoStmt' in node && runDo(reading, node.DoStmt, applyText),
  CallStmt: (reading) => {
    reading.draft.unread.push({ reason: 'a procedure call', origin: reading.origin })
  },
  RuleStmt: (reading, node) => {
    if (!('RuleStmt' in node)) return
    const table = findTable(reading.draft, relationOf(node.RuleStmt.relation as RangeVar))
    if (table !== null) {
      reading.draft.unread.push({
        reason: `a rewrite rule on ${table.schema}.${table.name}`,
        origin: reading.origin,
      })
    }
  },
}

function applyText(reading: Reading, text: string): void {
  const parsed = parseSql(text)
  if (parsed.kind !== 'parsed') return
  for (const { node } of parsed.statements) {
    // In PL/pgSQL, `SELECT … INTO` gives a variable its value, and makes no table.
    if ('SelectStmt' in node && node.SelectStmt.intoClause !== undefined) continue
    applyNode(reading, node)
  }
}

/** Applies one parsed statement. Statements that do not change the picture (data, comments, extensions) pass by. */
export function applyNode(reading: Reading, node: Node): void {
  const tag = Object.keys(node)[0] ?? ''
  handlers[tag]?.(reading, node)
}
