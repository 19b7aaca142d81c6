import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { inferTenancy } from '../../rules/tenancy/infer.ts'
import type { DatabaseShape, RelationShape } from '../../rules/tenancy/shape.ts'

/** Files of a project in a folder of their own, removed after the test. */
export function projectOf(files: Readonly<Record<string, string>>): {
  folder: string
  paths: readonly string[]
} {
  const folder = mkdtempSync(join(tmpdir(), 'models-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const paths = Object.entries(files).map(([name, text]) => {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  })
  return { folder, paths }
}

export function relationOf(shape: DatabaseShape, name: string): RelationShape {
  const found = shape.relations.find((relation) => relation.name === name)
  if (found === undefined)
    throw new Error(`no ${name} among ${shape.relations.map((one) => one.name).join(', ')}`)
  return found
}

/** `id! team_id` (`!` is NOT NULL), `id`, `team_id -> teams.id`, by relation. */
export function told(shape: DatabaseShape, name: string): readonly string[] {
  const { columns, primaryKey, references } = relationOf(shape, name)
  return [
    columns.map((column) => column.name + (column.nullable ? '' : '!')).join(' '),
    `key ${primaryKey.join(' ')}`,
    ...references.map(
      ({ columns: own, to, toColumns, cascades }) =>
        `${own.join('+')} -> ${to}.${toColumns.join('+')}${cascades ? ' cascade' : ''}`,
    ),
  ]
}

/** `tasks: owned tenant_id`, by name. */
export function decided(shape: DatabaseShape): Readonly<Record<string, string>> {
  const { relations } = inferTenancy([shape]).file
  return Object.fromEntries(
    Object.entries(relations).map(([name, entry]) => {
      if ('owned' in entry) return [name, `owned ${entry.owned}`]
      if ('ownedThrough' in entry) return [name, `through ${entry.ownedThrough.join(' ')}`]
      return [name, 'root' in entry ? 'root' : 'global' in entry ? 'global' : 'unknown']
    }),
  )
}
