import { relative, resolve } from 'node:path'
import {
  auditSchema,
  readCatalog,
  readMigrationFiles,
  readMigrations,
  type Schema,
} from '../../rules/audit/index.ts'
import type { Tenancy } from '../../rules/tenancy/tenancy.ts'
import { baselineFrom } from './audit-baseline.ts'
import { auditResult, type AuditResult, mergeReports } from './audit-result.ts'
import { auditCaptured } from './audit-statements.ts'
import type { Io } from './command.ts'
import { withDatabase } from './database.ts'

/** What to audit, as the command line named it. */
export interface AuditRequest {
  readonly paths: readonly string[]
  readonly database: string | null
  readonly statements: string | null
  readonly baseline: string | null
  readonly tenancy: Tenancy
}

/** Audits everything that was named; apart from the command, so that the parser is only loaded when it is needed. */
export async function runAudit(request: AuditRequest, io: Io): Promise<AuditResult> {
  const { statements, tenancy } = request
  const baseline = request.baseline === null ? [] : baselineFrom(resolve(io.cwd, request.baseline))
  const schemas = await schemasOf(request, io)
  const report = mergeReports(schemas.map((schema) => auditSchema(schema, tenancy)))
  // Statements run against the database, so its columns count where one is at hand.
  const captured = statements === null ? null : auditCaptured(statements, tenancy, schemas.at(-1) ?? null, io)
  return auditResult(report, captured, baseline, new Date().toISOString().slice(0, 10))
}

async function schemasOf({ paths, database }: AuditRequest, io: Io): Promise<Schema[]> {
  const schemas: Schema[] = []
  if (paths.length > 0) {
    const shown = readMigrationFiles(paths.map((path) => resolve(io.cwd, path))).map(({ file, text }) => ({
      file: relative(io.cwd, file).replaceAll('\\', '/'),
      text,
    }))
    schemas.push(readMigrations(shown))
  }
  if (database !== null) schemas.push(await withDatabase(database, readCatalog))
  return schemas
}
