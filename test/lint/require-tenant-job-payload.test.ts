import rule from '../../rules/lint/require-tenant-job-payload.ts'
import { withoutSuggestions, ruleTester } from '../support/rule-tester.ts'

const code = (body: string, parameters = 'request, patientId'): string => `
import { Pool } from 'pg'
import { FlowProducer, Queue } from 'bullmq'
import Bull from 'bull'
import PgBoss from 'pg-boss'
import { makeWorkerUtils, quickAddJob, type Task } from 'graphile-worker'
import { Inngest } from 'inngest'
import { task, tasks } from '@trigger.dev/sdk/v3'
const pool = new Pool()
const queue = new Queue('letters')
const flows = new FlowProducer()
const old = new Bull('letters')
const boss = new PgBoss('')
const inngest = new Inngest({ id: 'clinics' })
const remind = task({ id: 'remind', run: async (payload) => payload })
export async function handle(${parameters}) {
  const clinicId = request.clinic.id
  ${body}
}
`
const missing = [{ messageId: 'missing' }] as const
const chosen = [{ messageId: 'chosen' }] as const

ruleTester().run('require-tenant-job-payload', withoutSuggestions(rule) as never, {
  valid: [
    code("await queue.add('remind', { clinicId, patientId })"),
    {
      name: 'a trusted value under another name',
      code: code("await queue.add('remind', { for: request.clinic.id, patientId })"),
    },
    {
      name: 'nobody of a tenant',
      code: code("await queue.add('tidy', { medicineId: request.body.medicineId, days: 3 })"),
    },
    { name: 'no id', code: code("await queue.add('mail', { to: request.body.email })") },
    {
      name: 'the acting tenant is not known here',
      code: "import { Queue } from 'bullmq'\nconst queue = new Queue('letters')\nexport const later = (patientId) => queue.add('remind', { patientId })",
    },
    { name: 'another `add`', code: code("new Set().add({ patientId }); list.add('remind', { patientId })") },
    {
      name: 'a payload that is only partly in sight',
      code: code("await queue.add('remind', { ...rest(), patientId })"),
    },
    {
      name: 'a row that brings its tenant',
      code: code(
        "const { rows: [patient] } = await pool.query('SELECT * FROM patients WHERE id = $1 AND clinic_id = $2', [patientId, clinicId]); await queue.add('remind', { patient, patientId: patient.id })",
      ),
    },
    {
      name: 'in every job of a bulk',
      code: code(
        "await queue.addBulk(ids.map((patientId) => ({ name: 'remind', data: { patientId, clinicId } })))",
      ),
    },
    {
      name: 'pg-boss',
      code: code(
        "await boss.send('remind', { patientId, clinicId }); await boss.send({ name: 'remind', data: { patientId, clinicId } })",
      ),
    },
    { name: 'graphile-worker', code: code("await quickAddJob({}, 'remind', { patientId, clinicId })") },
    {
      name: 'Inngest',
      code: code("await inngest.send({ name: 'remind', data: { patientId, clinic: clinicId } })"),
    },
    { name: 'Trigger.dev', code: code('await remind.trigger({ patientId, clinicId })') },
    {
      name: 'checked before, where only certain findings are wanted',
      code: code(
        "const { rows: [patient] } = await pool.query('SELECT id FROM patients WHERE id = $1 AND clinic_id = $2', [request.params.patientId, clinicId]); if (!patient) throw new Error('404'); await queue.add('remind', { patientId: request.params.patientId })",
      ),
      options: [{ onlyCertain: true }],
    },
    {
      name: 'the caller chooses, where only certain findings are wanted',
      code: code("await queue.add('remind', { patientId })"),
      options: [{ onlyCertain: true }],
    },
  ],
  invalid: [
    {
      code: code("await queue.add('remind', { patientId: request.params.patientId })"),
      errors: [
        {
          messageId: 'chosen',
          data: { part: 'request.params.patientId', relation: 'patients', tenant: 'clinicId' },
        },
      ],
    },
    {
      name: 'chosen, looked up without the tenant',
      code: code(
        "const { rows: [patient] } = await pool.query('SELECT id FROM patients WHERE id = $1', [request.params.patientId]); if (!patient) throw new Error('404'); await queue.add('remind', { patientId: request.params.patientId })",
      ),
      options: [{ onlyCertain: true }],
      errors: chosen,
    },
    { name: 'the caller chooses', code: code("await queue.add('remind', { patientId })"), errors: missing },
    {
      name: 'an option names the tenant, which the worker is not given',
      code: code("await queue.add('remind', { patientId }, { jobId: clinicId })"),
      errors: missing,
    },
    { name: 'Bull, without a name', code: code('await old.add({ patientId })'), errors: missing },
    { name: 'Bull, with a name', code: code("await old.add('remind', { patientId })"), errors: missing },
    {
      name: 'a bulk',
      code: code("await queue.addBulk([{ name: 'remind', data: { patientId } }])"),
      errors: missing,
    },
    {
      name: 'a bulk that is mapped',
      code: code("await queue.addBulk(ids.map((patientId) => ({ name: 'remind', data: { patientId } })))"),
      errors: missing,
    },
    {
      name: 'a flow',
      code: code("await flows.add({ name: 'remind', queueName: 'letters', data: { patientId } })"),
      errors: missing,
    },
    {
      name: 'an injected queue',
      code: "import { Queue } from 'bullmq'\nexport class Letters { constructor(private readonly letters: Queue) {}\n send(clinicId: string, visitId: string) { return this.letters.add('send', { visitId }) } }",
      errors: missing,
    },
    { name: 'pg-boss', code: code("await boss.send('remind', { patientId })"), errors: missing },
    {
      name: 'pg-boss, as an object',
      code: code("await boss.send({ name: 'remind', data: { patientId } })"),
      errors: missing,
    },
    {
      name: 'pg-boss, published',
      code: code("await boss.publish('remind', { patientId })"),
      errors: missing,
    },
    {
      name: 'pg-boss, later',
      code: code("await boss.sendAfter('remind', { patientId }, {}, 60)"),
      errors: missing,
    },
    {
      name: 'pg-boss, inserted',
      code: code("await boss.insert([{ name: 'remind', data: { patientId } }])"),
      errors: missing,
    },
    {
      name: 'pg-boss, inserted under a name',
      code: code("await boss.insert('remind', [{ data: { patientId } }])"),
      errors: missing,
    },
    {
      name: 'graphile-worker',
      code: code("const worker = await makeWorkerUtils({}); await worker.addJob('remind', { patientId })"),
      errors: missing,
    },
    {
      name: 'graphile-worker, quick',
      code: code("await quickAddJob({}, 'remind', { patientId })"),
      errors: missing,
    },
    {
      name: 'graphile-worker, from a task',
      code: "import type { Task } from 'graphile-worker'\nexport const plan: Task = async ({ clinicId, visitId }, helpers) => { await helpers.addJob('remind', { visitId }) }",
      errors: missing,
    },
    {
      name: 'Inngest',
      code: code("await inngest.send({ name: 'remind', data: { patientId } })"),
      errors: missing,
    },
    {
      name: 'Inngest, several',
      code: code("await inngest.send([{ name: 'remind', data: { patientId } }])"),
      errors: missing,
    },
    {
      name: 'Trigger.dev, the task itself',
      code: code('await remind.trigger({ patientId })'),
      errors: missing,
    },
    {
      name: 'Trigger.dev, by name',
      code: code("await tasks.trigger('remind', { patientId })"),
      errors: missing,
    },
    {
      name: 'Trigger.dev, a batch',
      code: code("await tasks.batchTrigger('remind', [{ payload: { patientId } }])"),
      errors: missing,
    },
    {
      name: 'the id of a row that was read',
      code: code(
        "const { rows: [visit] } = await pool.query('SELECT id FROM visits WHERE patient_id = $1', [patientId]); await queue.add('remind', { subject: visit.id })",
      ),
      errors: [{ messageId: 'missing', data: { part: 'visit.id', relation: 'visits', tenant: 'clinicId' } }],
    },
    {
      name: 'a row without its tenant key',
      code: code(
        "const { rows: [visit] } = await pool.query('SELECT id, reason FROM visits WHERE clinic_id = $1', [clinicId]); await queue.add('remind', { visit })",
      ),
      errors: missing,
    },
    {
      name: 'partly in sight, when unknown is asked for',
      code: code("await queue.add('remind', { ...rest(), patientId })"),
      options: [{ reportUnknown: true }],
      errors: missing,
    },
  ],
})

ruleTester().run('require-tenant-job-payload suggests', rule as never, {
  valid: [],
  invalid: [
    {
      code: code("await queue.add('remind', { patientId })"),
      errors: [
        {
          messageId: 'missing',
          suggestions: [
            {
              messageId: 'addTenant',
              data: { text: 'clinicId' },
              output: code("await queue.add('remind', { patientId, clinicId })"),
            },
          ],
        },
      ],
    },
    {
      name: 'not where the payload is written elsewhere',
      code: code("const payload = { patientId }; await queue.add('remind', payload)"),
      errors: [{ messageId: 'missing', suggestions: [] }],
    },
  ],
})
