import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Exposure } from '../../rules/query/reach/exposure.ts'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { contextOf } from './queries.ts'

/** The exposure of every mention that the statements of one file do not confine, in source order; the other files lie around it. */
export function exposuresOf(
  files: Readonly<Record<string, string>>,
  tenancy: TenancyFile,
  of = 'service.ts',
): readonly Exposure[] {
  const folder = mkdtempSync(join(tmpdir(), 'reach-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    const file = contextOf(files[of]!, tenancy, join(folder, of))!
    return file.sites.flatMap(({ queries }) =>
      queries.flatMap((judged) =>
        judged.occurrences
          .filter(({ verdict }) => verdict.kind === 'leak')
          .map((mention) => file.exposureOf(judged, mention)),
      ),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const exposureKinds = (
  files: Readonly<Record<string, string>>,
  tenancy: TenancyFile,
  of?: string,
): readonly Exposure['kind'][] => exposuresOf(files, tenancy, of).map(({ kind }) => kind)

/** Teams, and what they own. */
export const teamsWith = (
  relations: TenancyFile['relations'],
  more: Partial<TenancyFile> = {},
): TenancyFile => ({
  tenantRoot: 'teams',
  tenantColumns: ['teamId'],
  relations: { teams: { root: 'id', model: 'Team' }, ...relations },
  trusted: ['session.teamId'],
  ...more,
})

/** How the services of the tests begin. */
export const prisma = `import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n`
