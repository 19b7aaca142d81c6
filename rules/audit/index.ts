/** `watertight/audit`: holds a PostgreSQL schema to its tenancy model. */
import { readCatalog, type CatalogQuery } from '../schema/from-catalog.ts'
import { readMigrations } from '../schema/from-migrations.ts'
import { readMigrationFiles, type MigrationFile } from '../schema/migration-files.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import { auditSchema, type AuditReport } from './report.ts'

/**
 * Audits the schema that SQL files leave behind, without running them.
 *
 * @param files In the order in which they are applied; see {@link readMigrationFiles} for folders.
 * @public
 */
export function auditMigrations(files: readonly MigrationFile[], tenancy: Tenancy): AuditReport {
  return auditSchema(readMigrations(files), tenancy)
}

/**
 * Audits the schema of a live database; reads the catalog only.
 *
 * @param query Sends one statement and returns its rows.
 * @public
 */
export async function auditDatabase(query: CatalogQuery, tenancy: Tenancy): Promise<AuditReport> {
  return auditSchema(await readCatalog(query), tenancy)
}

export { applyBaseline, readBaseline } from './baseline.ts'
export { auditStatements } from './statements.ts'
export type { BaselineEntry, BaselineResult } from './baseline.ts'
export type { StatementReport, StatementVerdict } from './statements.ts'
export { auditSchema, readCatalog, readMigrationFiles, readMigrations }
export type { AuditReport, AuditVerdict } from './report.ts'
export type { AuditFinding, Direction, PolicyVerdict } from './check.ts'
export type { CatalogQuery, MigrationFile }
export type { Schema } from '../schema/schema.ts'
