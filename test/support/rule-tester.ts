import * as parser from '@typescript-eslint/parser'
import { RuleTester } from '@typescript-eslint/rule-tester'
import { afterAll, describe, it } from 'vitest'
import type { WatertightRule } from '../../rules/query/rule.ts'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'

RuleTester.afterAll = afterAll
RuleTester.describe = describe
RuleTester.it = it
RuleTester.itOnly = it.only

/** A small product: names are chosen to be unlike those of the reference service. */
export const clinic: TenancyFile = {
  tenantRoot: 'clinics',
  tenantColumns: ['clinic_id'],
  setting: 'app.clinic',
  relations: {
    clinics: { root: 'id' },
    patients: { owned: 'clinic_id' },
    visits: { owned: 'clinic_id' },
    notes: { ownedThrough: ['visit_id', 'visits'] },
    medicines: { global: 'reference data' },
  },
  trusted: ['request.clinic.id', 'ctx.session.clinicId'],
  scopedClients: ['clinicDb'],
  unscopedClients: ['adminPool'],
  rowLevelSecurity: 'none',
}

/** A rule tester on TypeScript sources, under the {@link clinic} model unless another is given. */
export function ruleTester(tenancy: TenancyFile = clinic): RuleTester {
  return new RuleTester({
    languageOptions: { parser },
    settings: { watertight: { tenancy } },
  })
}

/** A file with a pool and a request in scope, and these statements in a handler. */
export function handler(body: string): string {
  return `
import { Pool } from 'pg'
const pool = new Pool()
export async function handle(request, reply) {
  ${body}
}
`
}

/** The rule without what it suggests, which has tests of its own. */
export function withoutSuggestions(rule: WatertightRule): WatertightRule {
  return {
    ...rule,
    create: (context) =>
      rule.create(
        Object.create(context, {
          report: {
            value: ({ suggest: _, ...descriptor }: Parameters<typeof context.report>[0]) =>
              context.report(descriptor as Parameters<typeof context.report>[0]),
          },
        }) as typeof context,
      ),
  }
}
