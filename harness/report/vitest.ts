import type { Finding } from '../run/events.ts'

/**
 * A Vitest file that replays the receipts of the findings and fails while a leak is there. `receiptPath` and `target` are
 * written as given, so they should be relative to where the tests run.
 */
export function writeVitest(
  findings: readonly Finding[],
  receiptPath: (receipt: string) => string,
  target: string,
): string {
  const cases = findings
    .filter((finding): finding is Finding & { receipt: string } => finding.receipt !== null)
    .map((finding) => `  ${literal([finding.title, receiptPath(finding.receipt)])},`)
  return [
    "import { spawnSync } from 'node:child_process'",
    "import { describe, expect, it } from 'vitest'",
    '',
    `const target = ${literal(target)}`,
    '',
    "describe('tenant isolation', () => {",
    '  it.each([',
    ...cases.map((line) => `  ${line}`),
    "  ])('%s', (_title, receipt) => {",
    "    const replay = spawnSync('npx', ['watertight', 'replay', receipt, target], { encoding: 'utf8' })",
    '    expect(replay.status, replay.stdout + replay.stderr).toBe(0)',
    '  }, 120_000)',
    '})',
    '',
  ].join('\n')
}

/** JSON is a JavaScript literal, line separators included since ES2019. */
function literal(value: unknown): string {
  return JSON.stringify(value)
}
