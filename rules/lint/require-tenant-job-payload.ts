import type { TSESLint, TSESTree } from '@typescript-eslint/utils'
import { tenantText } from '../query/advice.ts'
import { guardOf } from '../query/reach/guards.ts'
import { alone } from '../query/reach/handed.ts'
import { addedProperty } from '../query/suggest/edit.ts'
import { propertyOf } from '../query/suggest/acting-tenant.ts'
import { type ActingTenant, actingTenantNear } from '../surroundings/acting-tenant.ts'
import type { FileView } from '../surroundings/file.ts'
import { type Job, jobsOf } from '../surroundings/jobs.ts'
import { type OwnedPart, ownedParts, payloadOf, tellsTenant } from '../surroundings/payload.ts'
import { defineFileRule } from '../surroundings/rule.ts'
import { camelCase } from '../tenancy/case.ts'

interface Options {
  /** Report only jobs whose rows the request chooses with nothing that checks them before. */
  readonly onlyCertain: boolean
  /** Report also payloads of which a part is out of sight. */
  readonly reportUnknown: boolean
}

/** Work on one tenant's rows that is handed over without saying which tenant's. */
export default defineFileRule<Options>({
  name: 'require-tenant-job-payload',
  description: 'Require the payload of jobs about tenant-owned rows to name the tenant',
  evenSingleTenant: false,
  presets: ['recommended', 'strict'],
  hasSuggestions: true,
  messages: {
    chosen:
      'The request chooses `{{part}}`, a row of `{{relation}}`, and the job is not told for which tenant: the worker has nobody to check it against. Put {{tenant}} into the payload.',
    missing:
      '`{{part}}` is handed to a job as a row of `{{relation}}` without its tenant: the worker cannot confine its queries. Put {{tenant}} into the payload.',
    addTenant: 'Add `{{text}}`.',
  },
  schema: {
    onlyCertain: {
      type: 'boolean',
      description: 'Report only jobs whose rows the request chooses with nothing that checks them before.',
    },
    reportUnknown: {
      type: 'boolean',
      description: 'Report also payloads of which a part is out of sight.',
    },
  },
  defaults: { onlyCertain: false, reportUnknown: false },
  mentions: (text) => /bull|pg-boss|graphile-worker|inngest|trigger|queue|boss/i.test(text),
  check(file, options, report) {
    for (const job of jobsOf(file)) {
      const payload = payloadOf(job.payload, file)
      if (tellsTenant(payload, file) || (payload.open && !options.reportUnknown)) continue
      const parts = ownedParts(payload, file)
      const chosen = parts.find((part) => isChosen(part, job, file))
      const part = chosen ?? (options.onlyCertain ? undefined : parts[0])
      if (part === undefined) continue
      const actor = actingTenantNear(job.node, part.relation, file)
      if (actor === null) continue
      const data = {
        part: file.scope.sourceCode.getText(part.value),
        relation: part.relation.name,
        tenant: actor.text ?? tenantText(file.tenancy),
      }
      report(chosen === undefined ? 'missing' : 'chosen', job.payload, data, added(job, part, actor, file))
    }
  },
})

/** Does the request choose the row, and does nothing on the way look whose it is? */
function isChosen({ value }: OwnedPart, { node }: Job, file: FileView): boolean {
  if (file.scope.provenanceOf(value).kind !== 'request') return false
  const analysis = file.analysis()
  return analysis.proofs.factsAt(value, node).length === 0 && guardOf(alone(value), node, analysis) === null
}

/** Certain where the payload is written out and something in scope gives the tenant. */
function added(
  { payload }: Job,
  { relation }: OwnedPart,
  { text }: ActingTenant,
  { scope, tenancy }: FileView,
): TSESLint.ReportSuggestionArray<string> {
  const object: TSESTree.Node = payload
  if (text === null || object.type !== 'ObjectExpression') return []
  const { ownership } = relation
  const column = ownership.kind === 'owned' ? ownership.column : tenancy.tenantColumns[0]
  if (column === undefined || scope.objectOf(object)?.open.length !== 0) return []
  const known = propertyOf(relation, column)
  const edit = addedProperty(object, known === column ? camelCase(column) : known, text)
  if (edit === null) return []
  const fix: TSESLint.ReportFixFunction = (fixer) =>
    edit.insertions.map((one) => fixer.insertTextBeforeRange([one.at, one.at], one.text))
  return [{ messageId: 'addTenant', data: { text: edit.text }, fix }]
}
