import type { CreateTrigStmt, RangeVar } from 'libpg-query'
import { namesOf, relationOf, relationOfNames } from './ast.ts'
import { type Draft, findTable, findView } from './draft.ts'
import type { Reading } from './reading.ts'

/** `CREATE [OR REPLACE] [CONSTRAINT] TRIGGER`. */
export function createTrigger(reading: Reading, statement: CreateTrigStmt): void {
  const { draft, origin } = reading
  const relation = relationOf(statement.relation as RangeVar)
  const name = statement.trigname ?? ''
  const table = findTable(draft, relation)
  if (table === null) {
    const view = findView(draft, relation)
    const on = view === null ? `what is not known: ${relation.name}` : `the view ${view.schema}.${view.name}`
    draft.unread.push({ reason: `trigger ${name} on ${on}`, origin })
    return
  }
  const named = relationOfNames(namesOf(statement.funcname))
  const known = draft.functions.find(
    (one) =>
      one.name === named.name &&
      (named.schema === null ? draft.searchPath.includes(one.schema!) : one.schema === named.schema),
  )
  const runs = { schema: known?.schema ?? named.schema, name: named.name }
  table.triggers = [...table.triggers.filter((other) => other.name !== name), { name, runs, origin }]
}

export function dropTrigger(draft: Draft, parts: readonly string[]): void {
  const table = findTable(draft, relationOfNames(parts.slice(0, -1)))
  if (table !== null) table.triggers = table.triggers.filter(({ name }) => name !== parts.at(-1))
}
