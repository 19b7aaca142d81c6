import type { Finding } from '../run/events.ts'

/** One bash script with the reproduction of every finding, each in a sub-shell so that their variables stay apart. */
export function writeCurl(findings: readonly Finding[]): string {
  const parts = findings.map((finding) =>
    [
      comment(`${finding.id}`),
      comment(finding.title),
      comment(finding.evidence),
      '(',
      finding.curl.replace(/^#!.*\n/, '').trimEnd(),
      ')',
    ].join('\n'),
  )
  return ['#!/usr/bin/env bash', 'set -u', ...parts, ''].join('\n\n')
}

/** A line break in a title must not end the comment. */
function comment(text: string): string {
  return text
    .split(/[\r\n\u2028\u2029\u0085]+/)
    .map((line) => `# ${line}`)
    .join('\n')
}
