import { loadTenancy } from '../../rules/tenancy/read.ts'
import { readArguments, usage } from './arguments.ts'
import { auditFormats, auditJson, writeAudit } from './audit-formats.ts'
import { printAudit } from './audit-print.ts'
import { type Command, exitCodes } from './command.ts'
import { readReportOptions, writeReport } from './report-files.ts'

const help = `
Usage: watertight audit [PATH]... [--database URL] [--tenancy FILE] [--statements FILE] [--baseline FILE]
                        [--report FORMAT=FILE]... [--json]

Holds a PostgreSQL schema to the tenancy model: row-level security, policies, keys, views, grants; and captured
statements: is every relation that they touch confined to one tenant? Nothing is run and nothing is changed.

  PATH                  SQL files or folders of migrations, in the order in which they are applied
  --database URL        a live database; only its catalog is read
  --tenancy FILE        the tenancy model (tenancy.json)
  --statements FILE     captured SQL statements, - for standard input: one a line, or ended by semicolons, or JSON;
                        migrations or a database beside them tell which column is whose
  --baseline FILE       accepted findings, a JSON list of { "id", "reason", "until": "YYYY-MM-DD" }; only others count
  --report FORMAT=FILE  write a report as well; FORMAT is one of ${auditFormats.join(', ')}
  --json                one JSON document on standard output, and nothing else there

Exit code 0 clean, 1 findings, 2 usage or configuration, 3 inconclusive: something could not be read or decided.

Examples:
  watertight audit migrations/
  watertight audit --database postgres://localhost/app --report sarif=audit.sarif
  watertight audit migrations/ --statements captured.sql
  watertight audit migrations/ --baseline baseline.json
`

/** Audits migrations, a live database, captured statements, or all of them. */
export const audit: Command = {
  name: 'audit',
  summary: 'hold migrations, a live database or captured statements to tenancy.json',
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
      throw usage('audit', 'name migrations, a live database with --database URL, or captured --statements')
    }
    const reports = readReportOptions(options.report, auditFormats, io.cwd)
    const tenancy = loadTenancy(options.tenancy ?? 'tenancy.json', { cwd: io.cwd })
    const { runAudit } = await import('./audit-run.ts')
    const result = await runAudit({ ...options, paths: positionals, tenancy }, io)
    for (const { format, file } of reports) writeReport(file, writeAudit(format, result))
    if (options.json) io.stdout.write(auditJson(result))
    else printAudit(result, io.stdout)
    return exitCodes[result.verdict]
  },
}
