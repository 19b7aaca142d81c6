import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import {
  auditStatements,
  type Schema,
  type StatementReport,
  type StatementVerdict,
} from '../../rules/audit/index.ts'
import { readStatements } from '../../rules/audit/captured.ts'
import type { Tenancy } from '../../rules/tenancy/tenancy.ts'
import { usage } from './arguments.ts'
import type { Io } from './command.ts'

/** A mention of a relation that is not confined, with the place in the capture. */
export interface OpenStatement extends Omit<StatementVerdict, 'statement'> {
  /** Of its first occurrence. */
  readonly line: number
  readonly times: number
}

/** What the captured statements do. */
export interface CapturedReport extends Omit<StatementReport, 'open'> {
  readonly file: string
  /** In the order in which they were captured. */
  readonly open: readonly OpenStatement[]
}

/** Audits a file of captured statements, `-` for standard input. @throws {@link Problem} `E-USAGE` when there are none */
export function auditCaptured(
  source: string,
  tenancy: Tenancy,
  schema: Schema | null,
  io: Io,
): CapturedReport {
  const file = source === '-' ? '<stdin>' : relative(io.cwd, resolve(io.cwd, source)).replaceAll('\\', '/')
  const captured = readStatements(textOf(source === '-' ? 0 : resolve(io.cwd, source), file))
  // A capture that was switched off must not pass for a program that asks for nothing.
  if (captured.length === 0) throw usage('audit', `${file} holds no statement`)
  const report = auditStatements(
    captured.map(({ text }) => text),
    tenancy,
    schema,
  )
  const open = report.open.map(({ statement, ...mention }) => {
    const { line, times } = captured[statement]!
    return { ...mention, line, times }
  })
  return { ...report, file, open }
}

function textOf(source: string | 0, shown: string): string {
  try {
    return readFileSync(source, 'utf8')
  } catch (error) {
    throw usage('audit', `cannot read the captured statements ${shown}: ${(error as Error).message}`)
  }
}
