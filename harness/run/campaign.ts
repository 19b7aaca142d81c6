import { Problem } from '../../rules/problem.ts'
import type { CampaignSummary } from './events.ts'
import type { CampaignOptions, Emit } from './options.ts'

/**
 * Runs one campaign (or one shard of it) and returns the summary that it also emits last. Infrastructure failures after
 * the options are resolved end as verdict `inconclusive` with the problem's code; wrong options throw a {@link Problem}.
 *
 * @public
 */
export async function runCampaign(options: CampaignOptions, emit: Emit): Promise<CampaignSummary> {
  void emit
  throw new Problem('E-INTERNAL', `No runner for ${options.target.target.name}.`, 'Wait for the runner.')
}
