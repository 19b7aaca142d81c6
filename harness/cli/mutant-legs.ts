import { relative, resolve } from 'node:path'
import { auditMigrations, readMigrationFiles } from '../../rules/audit/index.ts'
import { Problem } from '../../rules/problem.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'
import { detectSources } from '../../rules/tenancy/sources.ts'
import { campaignLeg, type LegFinding, type Legs } from '../run/mutant-legs.ts'
import type { CampaignOptions } from '../run/options.ts'
import { lintDirectory } from './lint-directory.ts'

/** The three ways to kill a mutant, over a copy of the service. `tenancy` is the path of the service's model. */
export function legsFor(
  tenancy: string,
  campaign: Omit<CampaignOptions, 'directory' | 'knockOutSql' | 'signal'>,
): Legs {
  return {
    lint: (directory) => lintLeg(directory, tenancy),
    audit: async (directory) => auditLeg(directory, tenancy),
    fuzz: campaignLeg(campaign),
  }
}

async function lintLeg(directory: string, tenancy: string): Promise<LegFinding[]> {
  // A mutant may have lost the row-level security that the tenancy model declares: the explicit filter has to stand alone.
  const { findings, fatal, files } = await lintDirectory(directory, tenancy, 'strict')
  const broken = fatal[0]
  if (broken !== undefined) {
    throw new Problem('E-MUTANT', `${broken.file} cannot be linted: ${broken.message}`, 'Mend the edits.')
  }
  if (files === 0)
    throw new Problem('E-MUTANT', `${directory} holds no source to lint.`, 'Name the service with --service.')
  return findings.map(({ ruleId, file, message }) => {
    const rule = ruleId.replace(/^watertight\//, '')
    return { key: `${rule} ${file} ${message}`, by: rule, message: `${file}: ${message}` }
  })
}

function auditLeg(directory: string, tenancy: string): LegFinding[] {
  const sources = detectSources(directory).filter((path) => !path.endsWith('.prisma'))
  if (sources.length === 0) {
    throw new Problem(
      'E-SCHEMA-MISSING',
      `${directory} holds no SQL migrations.`,
      'Leave the audit out with --legs lint,fuzz.',
    )
  }
  const files = readMigrationFiles(sources).map(({ file, text }) => ({
    file: relative(directory, file),
    text,
  }))
  const { findings } = auditMigrations(files, loadTenancy(resolve(tenancy)))
  return findings.map(({ id, check, message }) => ({ key: id, by: check, message }))
}
