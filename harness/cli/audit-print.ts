import type { AuditFinding, BaselineEntry, PolicyVerdict } from '../../rules/audit/index.ts'
import { paintFor, type Terminal, withoutControls } from '../report/console.ts'
import type { AuditResult } from './audit-result.ts'
import { textTable } from './text-table.ts'

type Paint = ReturnType<typeof paintFor>

/** Findings with file, line and the SQL that closes them; then what was proved about each policy and statement. */
export function printAudit(raw: AuditResult, terminal: Terminal): void {
  const paint = paintFor(terminal)
  const result = withoutControls(raw)
  const lines = [
    ...result.findings.flatMap((finding) => findingLines(finding, paint)),
    ...policyLines(result.policies, paint),
    ...statementLines(result, paint),
    ...unreadLines(result, paint),
    ...baselineLines(result, paint),
    verdictLine(result, paint),
  ]
  terminal.write(`${lines.join('\n')}\n`)
}

function findingLines(
  { origin, check, direction, message, fix, object }: AuditFinding,
  paint: Paint,
): string[] {
  const place = origin === null ? object : `${origin.file}:${origin.line}`
  const mark = direction === 'open' ? paint.red('✗ open') : paint.yellow('✗ closed')
  return [
    `${paint.bold(place)}  ${mark}  ${paint.dim(check)}`,
    `  ${message}`,
    ...(fix === null ? [] : fix.split('\n').map((line) => paint.cyan(`    ${line}`))),
    '',
  ]
}

function policyLines(policies: readonly PolicyVerdict[], paint: Paint): string[] {
  if (policies.length === 0) return []
  const color = { confined: paint.green, leak: paint.red, unknown: paint.yellow }
  const rows = policies.map(({ table, command, verdict, counterexample, reason }) => [
    table,
    command,
    color[verdict](verdict),
    counterexample === null ? (verdict === 'confined' ? '' : reason) : `the row ${rowText(counterexample)}`,
  ])
  return [paint.bold('Policies'), ...textTable(rows, '  '), '']
}

function rowText(row: Readonly<Record<string, string | null>>): string {
  const fields = Object.entries(row).map(([column, value]) => `${column} = ${value ?? 'NULL'}`)
  return `(${fields.join(', ')})`
}

function unreadLines({ unread }: AuditResult, paint: Paint): string[] {
  if (unread.length === 0) return []
  return [
    paint.bold('Not read, so nothing is known about it'),
    ...unread.map(
      ({ reason, origin }) => `  ${origin === null ? '' : `${origin.file}:${origin.line}: `}${reason}`,
    ),
    '',
  ]
}

function statementLines({ statements }: AuditResult, paint: Paint): string[] {
  if (statements === null || statements.open.length === 0) return []
  const { file, open } = statements
  const mark = { leak: paint.red('✗ leak'), unknown: paint.yellow('? unknown'), confined: '' }
  return [
    paint.bold('Captured statements'),
    ...open.flatMap(({ line, times, relation, verdict, reason, text }) => [
      `  ${paint.bold(`${file}:${line}`)}  ${mark[verdict]}  ${relation ?? ''}${times > 1 ? paint.dim(`  ${times} times`) : ''}`,
      `    ${reason}`,
      paint.dim(`    ${shortened(text)}`),
    ]),
    '',
  ]
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}

function baselineLines({ known, stale, expired }: AuditResult, paint: Paint): string[] {
  const entries = (what: string, list: readonly BaselineEntry[]) =>
    list.map(({ id, until }) => paint.yellow(`baseline: ${id} ${what} (until ${until})`))
  return [
    ...(known.length > 0 ? [paint.bold('Accepted by the baseline')] : []),
    ...known.map(({ entry }) => paint.dim(`  ${entry.id} until ${entry.until}: ${entry.reason}`)),
    ...entries('has expired, so what it accepted counts again', expired),
    ...entries('matches nothing any more; take it out', stale),
  ]
}

function verdictLine({ verdict, findings, policies, unread, statements }: AuditResult, paint: Paint): string {
  const color = { clean: paint.green, finding: paint.red, inconclusive: paint.yellow }[verdict]
  const proved = policies.filter((policy) => policy.verdict === 'confined').length
  const captured =
    statements === null
      ? ''
      : `, ${statements.statements} statements with ${statements.open.length} of ${statements.confined + statements.open.length} relations open`
  return color.bold(
    `${verdict.toUpperCase()}  ${findings.length} finding${findings.length === 1 ? '' : 's'}, ` +
      `${proved} of ${policies.length} policy gates confined, ${unread.length} not read${captured}`,
  )
}
