import rule from '../../rules/lint/require-tenant-on-insert.ts'
import { handler, ruleTester, withoutSuggestions } from '../support/rule-tester.ts'

ruleTester().run('require-tenant-on-insert', withoutSuggestions(rule) as never, {
  valid: [
    handler(
      "await pool.query('INSERT INTO patients (clinic_id, name) VALUES ($1, $2)', [request.clinic.id, request.body.name])",
    ),
    handler("await pool.query('INSERT INTO medicines (name) VALUES ($1)', [request.body.name])"),
    {
      name: 'copied from confined rows',
      code: handler(
        "await pool.query('INSERT INTO visits (clinic_id, patient_id) SELECT clinic_id, id FROM patients WHERE clinic_id = $1', [request.clinic.id])",
      ),
    },
  ],
  invalid: [
    {
      code: handler("await pool.query('INSERT INTO patients (name) VALUES ($1)', [request.body.name])"),
      errors: [
        {
          messageId: 'missing',
          data: {
            relation: 'patients',
            column: 'clinic_id',
            tenant: 'request.clinic.id',
            others: '',
            reach: ' Likely: `request.clinic.id` is in scope, and the query ignores it.',
          },
        },
      ],
    },
    {
      name: 'several rows, one without',
      code: handler(
        "await pool.query('INSERT INTO patients (clinic_id, name) VALUES ($1, $2), (NULL, $2)', [request.clinic.id, 'x'])",
      ),
      errors: [{ messageId: 'missing' }],
    },
    {
      name: 'under a parent that may be foreign',
      code: handler(
        "await pool.query('INSERT INTO notes (visit_id, text) VALUES ($1, $2)', [request.body.visitId, request.body.text])",
      ),
      errors: [{ messageId: 'through' }],
    },
  ],
})
