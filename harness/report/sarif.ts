import { type CampaignRecord, oracleWords, stepLine } from './record.ts'

export interface SarifRule {
  readonly id: string
  readonly title: string
  readonly help: string
}

export interface SarifResult {
  readonly ruleId: string
  readonly level: 'error' | 'warning' | 'note'
  readonly message: string
  /** Stable across runs: code scanning tracks the result by it. */
  readonly fingerprint: string
  /** Forward slashes, relative to the repository; null where no file is at fault. */
  readonly location: { readonly file: string; readonly line: number } | null
  /** What is at fault when it is no file: an operation, a table. */
  readonly logical: string
}

/** A campaign as SARIF 2.1.0 for code scanning. A finding has no line, so it is shown at the target file. */
export function writeSarif({ summary, started }: CampaignRecord, targetFile: string | null): string {
  const oracles = started?.oracles ?? [...new Set(summary.findings.map(({ oracle }) => oracle))]
  const rules = oracles.map((id) => ({
    id,
    title: oracleWords[id],
    help: `The oracle ${id} accuses when it sees ${oracleWords[id]}.`,
  }))
  const results = summary.findings.map((finding): SarifResult => ({
    ruleId: finding.oracle,
    level: 'error',
    message: [finding.title, finding.evidence, ...finding.steps.map(stepLine)].join('\n'),
    fingerprint: finding.id,
    location: targetFile === null ? null : { file: targetFile, line: 1 },
    logical: finding.operation,
  }))
  return sarifLog(rules, results, summary.verdict === 'clean' || summary.verdict === 'finding')
}

/** A SARIF 2.1.0 log (OASIS standard) of one run. `finished` is false when the tool could not do its work. */
export function sarifLog(
  rules: readonly SarifRule[],
  results: readonly SarifResult[],
  finished: boolean,
): string {
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'watertight',
            informationUri: 'https://www.npmjs.com/package/watertight',
            rules: rules.map(({ id, title, help }) => ({
              id,
              shortDescription: { text: title },
              help: { text: help },
            })),
          },
        },
        invocations: [{ executionSuccessful: finished }],
        columnKind: 'utf16CodeUnits',
        results: results.map((result) => sarifResult(result, rules)),
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

function sarifResult(result: SarifResult, rules: readonly SarifRule[]) {
  const ruleIndex = rules.findIndex(({ id }) => id === result.ruleId)
  const physical =
    result.location === null
      ? {}
      : {
          physicalLocation: {
            artifactLocation: { uri: encodeURI(result.location.file) },
            region: { startLine: result.location.line },
          },
        }
  return {
    ruleId: result.ruleId,
    ...(ruleIndex < 0 ? {} : { ruleIndex }),
    level: result.level,
    message: { text: result.message },
    locations: [{ ...physical, logicalLocations: [{ fullyQualifiedName: result.logical }] }],
    partialFingerprints: { 'watertight/v1': result.fingerprint },
  }
}
