import type { CampaignRecord } from './record.ts'

/** The document of `watertight fuzz --json` and `merge --json`; `docs/json.md` holds its schema. */
export function writeJson({ summary, warnings }: Pick<CampaignRecord, 'summary' | 'warnings'>): string {
  const { matrix: _, ...coverage } = summary.coverage
  const document = {
    ...summary,
    coverage,
    warnings: warnings.map(({ code, message }) => ({ code, message })),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
