import { readFileSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { readMigrations } from '../schema/from-migrations.ts'
import { isForward, listMigrations, type MigrationFile } from '../schema/migration-files.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import type { AuditFinding } from './check.ts'
import { auditSchema } from './report.ts'

/** Folder of all migrations that a file is one step of. Prisma and diesel give every step a folder of its own. */
function migrationFolder(file: string): string {
  const own = dirname(file)
  return /^(?:migration|up)\.sql$/i.test(basename(file)) ? dirname(own) : own
}

const texts = new Map<string, { readonly stamp: string; readonly text: string }>()

/** Text of a file, read again only when its time or size has changed. */
function textOf(file: string): { readonly stamp: string; readonly text: string } {
  const { mtimeMs, size } = statSync(file)
  const stamp = `${mtimeMs}:${size}`
  const known = texts.get(file)
  if (known?.stamp === stamp) return known
  const fresh = { stamp, text: readFileSync(file, 'utf8') }
  texts.set(file, fresh)
  return fresh
}

interface Entry {
  readonly stamp: string
  readonly text: string | null
  readonly tenancy: Tenancy
  readonly findings: readonly AuditFinding[]
}

const folders = new Map<string, Entry>()

/**
 * Findings of the whole folder that have their origin in one file. `text` is what the editor holds, which counts more than
 * what is stored.
 *
 * @throws Problem as {@link auditSchema} does.
 */
export function findingsOfFile(file: string, text: string, tenancy: Tenancy): AuditFinding[] {
  if (!isForward(file)) return []
  const folder = migrationFolder(file)
  const stored =
    statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? listMigrations(folder) : []
  const paths = stored.includes(file) ? stored : [file]
  const isStored = stored.includes(file) && textOf(file).text === text
  const others = paths.filter((path) => path !== file || isStored)
  const stamp = others.map((path) => `${path}=${textOf(path).stamp}`).join('\n')
  const edited = isStored ? null : text
  const known = folders.get(folder)
  const valid = known?.stamp === stamp && known.text === edited && known.tenancy === tenancy
  const entry = valid ? known : { stamp, text: edited, tenancy, findings: audit(paths, file, text, tenancy) }
  folders.set(folder, entry)
  return entry.findings.filter(({ origin }) => origin?.file === file)
}

function audit(
  paths: readonly string[],
  file: string,
  text: string,
  tenancy: Tenancy,
): readonly AuditFinding[] {
  const files = paths.map((path): MigrationFile => ({
    file: path,
    text: path === file ? text : textOf(path).text,
  }))
  return auditSchema(readMigrations(files), tenancy).findings
}
