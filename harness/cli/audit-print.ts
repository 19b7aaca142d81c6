import type { AuditFinding, PolicyVerdict } from '../../rules/audit/index.ts'
import { paintFor, type Terminal, withoutControls } from '../report/console.ts'
import type { AuditResult } from './audit-result.ts'
import { textTable } from './text-table.ts'

type Paint = ReturnType<typeof paintFor>

/** Findings with file, line and the SQL that closes them; then what was proved about each policy. */
export function printAudit(raw: AuditResult, terminal: Terminal): void {
  const paint = paintFor(terminal)
  const result = withoutControls(raw)
  const lines = [
    ...result.findings.flatMap((finding) => findingLines(finding, paint)),
    ...policyLines(result.policies, paint),
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

function baselineLines({ known, fixed }: AuditResult, paint: Paint): string[] {
  const lines: string[] = []
  if (known.length > 0) lines.push(paint.dim(`${known.length} known from the baseline`))
  if (fixed.length > 0) lines.push(paint.dim(`${fixed.length} of the baseline are gone: ${fixed.join(', ')}`))
  return lines
}

function verdictLine({ verdict, findings, policies, unread }: AuditResult, paint: Paint): string {
  const color = { clean: paint.green, finding: paint.red, inconclusive: paint.yellow }[verdict]
  const proved = policies.filter((policy) => policy.verdict === 'confined').length
  return color.bold(
    `${verdict.toUpperCase()}  ${findings.length} finding${findings.length === 1 ? '' : 's'}, ` +
      `${proved} of ${policies.length} policy gates confined, ${unread.length} not read`,
  )
}
