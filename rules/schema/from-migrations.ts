import { parseSql } from '../sql/parse.ts'
import { applyNode } from './apply.ts'
import { defaultSearchPath, emptyDraft, finish, type Draft } from './draft.ts'
import { keepUpward, type MigrationFile } from './migration-files.ts'
import { readingOf } from './reading.ts'
import type { Schema } from './schema.ts'
import { lineOf, splitScript } from './script.ts'

/**
 * Reads SQL files, in the order in which they are applied, into the schema that they leave behind. Nothing is run. A
 * statement that does not parse, or whose effect cannot be seen without running it, is listed in `unread` with its place; all
 * others count.
 *
 * @public
 */
export function readMigrations(files: readonly MigrationFile[]): Schema {
  const draft = emptyDraft()
  for (const file of files) applyFile(draft, file)
  return finish(draft)
}

function applyFile(draft: Draft, { file, text }: MigrationFile): void {
  // Every file is a session of its own.
  draft.searchPath = defaultSearchPath
  draft.role = null
  const script = keepUpward(text)
  for (const statement of splitScript(script)) {
    const parsed = parseSql(statement.text)
    if (parsed.kind === 'error') {
      const start = statement.start + parsed.offset
      const origin = { file, start, end: statement.end, line: lineOf(script, start) }
      draft.unread.push({ reason: `not parsed: ${parsed.message}`, origin })
      continue
    }
    const reading = readingOf(draft, file, script, statement, parsed.offsetOf)
    for (const { node } of parsed.statements) applyNode(reading, node)
  }
}
