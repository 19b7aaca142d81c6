import type { DropRoleStmt, DropStmt, Node } from 'libpg-query'
import type { RelationName } from '../sql/statement.ts'
import { namesOf, relationOfNames, rolesOf } from './ast.ts'
import { functionsNamed } from './apply-function.ts'
import { dropTrigger } from './apply-trigger.ts'
import { findTable, findView, qualify, sameRelation, type Draft } from './draft.ts'
import type { Reading } from './reading.ts'

/** The parts of a dropped object's name: a list, a type name or a bare string. */
function nameParts(node: Node): string[] {
  if ('List' in node) return namesOf(node.List.items)
  if ('TypeName' in node) return namesOf(node.TypeName.names)
  return namesOf([node])
}

function forgetGrants(draft: Draft, relation: RelationName): void {
  draft.grants = draft.grants.filter(({ object }) => !sameRelation(object, relation))
}

/** Views that read the relation fall with it; PostgreSQL asks for CASCADE first. */
function dropReaders(draft: Draft, relation: RelationName): void {
  for (const view of draft.views.filter(({ reads }) => reads.some((read) => sameRelation(read, relation)))) {
    dropView(draft, view)
  }
}

function dropTable(draft: Draft, relation: RelationName): void {
  const table = findTable(draft, relation)
  if (table === null) return
  draft.tables = draft.tables.filter((other) => other !== table)
  for (const other of draft.tables) {
    other.keys = other.keys.filter((key) => key.kind !== 'foreign' || !sameRelation(key.references, table))
  }
  forgetGrants(draft, table)
  for (const child of draft.tables.filter(({ inherits }) =>
    inherits.some((parent) => sameRelation(parent, table)),
  )) {
    dropTable(draft, child)
  }
  dropReaders(draft, table)
}

function dropView(draft: Draft, relation: RelationName): void {
  const view = findView(draft, relation)
  if (view === null) return
  draft.views = draft.views.filter((other) => other !== view)
  forgetGrants(draft, view)
  dropReaders(draft, view)
}

function dropIndex(draft: Draft, relation: RelationName): void {
  for (const table of draft.tables) {
    if (relation.schema !== null && table.schema !== relation.schema) continue
    if (relation.schema === null && !draft.searchPath.includes(table.schema)) continue
    const found = table.indexes.some(({ name }) => name === relation.name)
    table.indexes = table.indexes.filter(({ name }) => name !== relation.name)
    if (found) table.keys = table.keys.filter(({ name }) => name !== relation.name)
  }
}

function dropPolicy(draft: Draft, parts: readonly string[]): void {
  const table = findTable(draft, relationOfNames(parts.slice(0, -1)))
  if (table !== null) table.policies = table.policies.filter(({ name }) => name !== parts.at(-1))
}

function dropSchema(draft: Draft, name: string): void {
  for (const table of draft.tables.filter(({ schema }) => schema === name)) dropTable(draft, table)
  for (const view of draft.views.filter(({ schema }) => schema === name)) dropView(draft, view)
  draft.functions = draft.functions.filter(({ schema }) => schema !== name)
  draft.types = draft.types.filter(({ schema }) => schema !== name)
}

/** `DROP …` of everything that the picture holds. */
export function drop(reading: Reading, statement: DropStmt): void {
  const { draft } = reading
  for (const node of statement.objects ?? []) {
    const parts = nameParts(node)
    switch (statement.removeType) {
      case 'OBJECT_TABLE':
        dropTable(draft, relationOfNames(parts))
        break
      case 'OBJECT_VIEW':
      case 'OBJECT_MATVIEW':
        dropView(draft, relationOfNames(parts))
        break
      case 'OBJECT_INDEX':
        dropIndex(draft, relationOfNames(parts))
        break
      case 'OBJECT_POLICY':
        dropPolicy(draft, parts)
        break
      case 'OBJECT_TRIGGER':
        dropTrigger(draft, parts)
        break
      case 'OBJECT_SCHEMA':
        dropSchema(draft, parts.at(-1) ?? '')
        break
      case 'OBJECT_TYPE':
      case 'OBJECT_DOMAIN': {
        const type = relationOfNames(parts)
        draft.types = draft.types.filter(
          (known) => known.name !== type.name || (type.schema !== null && known.schema !== type.schema),
        )
        break
      }
      case 'OBJECT_FUNCTION':
      case 'OBJECT_PROCEDURE':
      case 'OBJECT_ROUTINE':
        if ('ObjectWithArgs' in node) {
          const gone = functionsNamed(reading, node.ObjectWithArgs)
          draft.functions = draft.functions.filter((known) => !gone.includes(known))
          // Triggers fall with the function that they run; PostgreSQL asks for CASCADE first.
          for (const table of draft.tables) {
            table.triggers = table.triggers.filter(({ runs }) => !gone.some((one) => sameRelation(one, runs)))
          }
        }
        break
      default:
    }
  }
}

export function dropRole(reading: Reading, statement: DropRoleStmt): void {
  const names = rolesOf(statement.roles, null)
  const { draft } = reading
  draft.roles = draft.roles.filter(({ name }) => !names.includes(name))
  draft.grants = draft.grants.filter(({ grantee }) => !names.includes(grantee))
}

/** Where an object moves, for `SET SCHEMA`. */
export function moveToSchema(reading: Reading, relation: RelationName, schema: string): void {
  const { draft } = reading
  const from = qualify(draft, relation)
  const moved = findTable(draft, relation) ?? findView(draft, relation)
  if (moved === null) return
  moved.schema = schema
  renameMentions(draft, from, { schema, name: relation.name })
}

/** Everything that names a relation follows when it is renamed or moved. */
export function renameMentions(draft: Draft, from: RelationName, to: RelationName): void {
  const follow = (relation: RelationName): RelationName => (sameRelation(relation, from) ? to : relation)
  for (const table of draft.tables) {
    table.inherits = table.inherits.map(follow)
    table.keys = table.keys.map((key) =>
      key.kind === 'foreign' ? { ...key, references: follow(key.references) } : key,
    )
    table.policies = table.policies.map((policy) => ({ ...policy, table: follow(policy.table) }))
  }
  for (const view of draft.views) view.reads = view.reads.map(follow)
  draft.grants = draft.grants.map((grant) => ({ ...grant, object: follow(grant.object) }))
}
