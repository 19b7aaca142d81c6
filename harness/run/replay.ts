import { Problem } from '../../rules/problem.ts'
import type { LoadedTarget } from '../target/load.ts'
import type { CampaignOptions, ReplayResult } from './options.ts'

/**
 * Runs the receipt's sequence again on freshly provisioned tenants. `receipt` is the path of the file.
 *
 * @public
 */
export async function replayReceipt(
  receipt: string,
  target: LoadedTarget,
  options: Pick<CampaignOptions, 'directory' | 'knockOutSql' | 'postgres' | 'signal' | 'allowHosts'> = {},
): Promise<ReplayResult> {
  void options
  throw new Problem(
    'E-INTERNAL',
    `No runner for ${target.target.name} and ${receipt}.`,
    'Wait for the runner.',
  )
}
