import { relative, resolve } from 'node:path'
import type { AuditReport } from '../../rules/audit/index.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'
import type { Tenancy } from '../../rules/tenancy/tenancy.ts'
import { readArguments, usage } from './arguments.ts'
import { readBaseline } from './audit-baseline.ts'
import { auditFormats, auditJson, writeAudit } from './audit-formats.ts'
import { printAudit } from './audit-print.ts'
import { mergeReports } from './audit-result.ts'
import { type Command, exitCodes, type Io } from './command.ts'
import { withDatabase } from './database.ts'
import { readReportOptions, writeReport } from './report-files.ts'

const help = `
Usage: watertight audit [PATH]... [--database URL] [--tenancy FILE] [--statements FILE] [--baseline FILE]
                        [--report FORMAT=FILE]... [--json]

Holds a PostgreSQL schema to the tenancy model: row-level security, policies, keys, views, grants. Nothing is run and
nothing is changed.

  PATH                  SQL files or folders of migrations, in the order in which they are applied
  --database URL        a live database; only its catalog is read
  --tenancy FILE        the tenancy model (tenancy.json)
  --statements FILE     captured SQL statements; not audited in this version, and refused rather than ignored
  --baseline FILE       findings known already: an earlier --json document; only others count
  --report FORMAT=FILE  write a report as well; FORMAT is one of ${auditFormats.join(', ')}
  --json                one JSON document on standard output, and nothing else there

Exit code 0 clean, 1 findings, 2 usage or configuration, 3 inconclusive: something could not be read or decided.

Examples:
  watertight audit migrations/
  watertight audit --database postgres://localhost/app --report sarif=audit.sarif
  watertight audit migrations/ --json > baseline.json
  watertight audit migrations/ --baseline baseline.json
`

/** Audits migrations, a live database, or both. */
export const audit: Command = {
  name: 'audit',
  summary: 'hold migrations or a live database to tenancy.json',
  help,
  run: async (argv, io) => {
    const { options, positionals } = readArguments(
      'audit',
      argv,
      {
        database: 'one',
        tenancy: 'one',
        statements: 'one',
        baseline: 'one',
        report: 'many',
        json: 'flag',
      },
      { most: Infinity, what: '' },
    )
    if (positionals.length === 0 && options.database === null && options.statements === null) {
      throw usage('audit', 'name migrations, or a live database with --database URL')
    }
    const reports = readReportOptions(options.report, auditFormats, io.cwd)
    const tenancy = loadTenancy(options.tenancy ?? 'tenancy.json', { cwd: io.cwd })
    const known = options.baseline === null ? null : readBaseline(resolve(io.cwd, options.baseline))
    const result = mergeReports(
      await audits(positionals, options.database, options.statements, tenancy, io),
      known,
    )
    for (const { format, file } of reports) writeReport(file, writeAudit(format, result))
    if (options.json) io.stdout.write(auditJson(result))
    else printAudit(result, io.stdout)
    return exitCodes[result.verdict]
  },
}

async function audits(
  paths: readonly string[],
  database: string | null,
  statements: string | null,
  tenancy: Tenancy,
  io: Io,
): Promise<AuditReport[]> {
  const { auditDatabase, auditMigrations, readMigrationFiles } = await import('../../rules/audit/index.ts')
  const reports: AuditReport[] = []
  if (statements !== null) throw usage('audit', '--statements cannot be audited in this version')
  if (paths.length > 0) {
    const shown = readMigrationFiles(paths.map((path) => resolve(io.cwd, path))).map(({ file, text }) => ({
      file: relative(io.cwd, file).replaceAll('\\', '/'),
      text,
    }))
    reports.push(auditMigrations(shown, tenancy))
  }
  if (database !== null) {
    reports.push(await withDatabase(database, (query) => auditDatabase(query, tenancy)))
  }
  return reports
}
