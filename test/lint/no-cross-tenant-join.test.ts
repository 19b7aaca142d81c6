import rule from '../../rules/lint/no-cross-tenant-join.ts'
import { handler, ruleTester, withoutSuggestions } from '../support/rule-tester.ts'

const tenant = '[request.clinic.id]'

ruleTester().run('no-cross-tenant-join', withoutSuggestions(rule) as never, {
  valid: [
    {
      name: 'joined on the tenant key',
      code: handler(
        `await pool.query('SELECT * FROM visits v JOIN patients p ON p.id = v.patient_id AND p.clinic_id = v.clinic_id WHERE v.clinic_id = $1', ${tenant})`,
      ),
    },
    {
      name: 'both filtered',
      code: handler(
        `await pool.query('SELECT * FROM visits v, patients p WHERE p.id = v.patient_id AND p.clinic_id = $1 AND v.clinic_id = $1', ${tenant})`,
      ),
    },
    {
      name: 'a child through its confined parent',
      code: handler(
        `await pool.query('SELECT * FROM visits v JOIN notes n ON n.visit_id = v.id WHERE v.clinic_id = $1', ${tenant})`,
      ),
    },
    {
      name: 'reference data',
      code: handler(
        `await pool.query('SELECT * FROM visits v JOIN medicines m ON m.id = v.medicine_id WHERE v.clinic_id = $1', ${tenant})`,
      ),
    },
    {
      name: 'along a reference from a confined row',
      code: handler(
        `await pool.query('SELECT * FROM visits v JOIN patients p ON p.id = v.patient_id WHERE v.clinic_id = $1', ${tenant})`,
      ),
    },
    {
      name: 'along a reference from a row in the schema of a tenant',
      code: handler(
        'const of = (tenant, id) => pool.query(`SELECT * FROM "${tenant}".scans s JOIN public.patients p ON p.id = s.patient_id WHERE s.id = $1`, [id])',
      ),
    },
    {
      name: 'hangs on a row that is a finding itself',
      code: handler(
        "await pool.query('SELECT * FROM visits v JOIN patients p ON p.id = v.patient_id AND p.name = v.name WHERE v.id = $1', [request.params.id])",
      ),
      options: [{ requireExplicit: true }],
    },
    {
      name: 'the first relation is the business of require-tenant-filter',
      code: handler("await pool.query('SELECT * FROM patients')"),
    },
  ],
  invalid: [
    {
      name: 'joined on a column that is no key',
      code: handler(
        `await pool.query('SELECT * FROM visits v JOIN patients p ON p.name = v.name WHERE v.clinic_id = $1', ${tenant})`,
      ),
      errors: [{ messageId: 'missing' }],
    },
    {
      name: 'joined to a row in the schema of a tenant on a column that is no key',
      code: handler(
        'const of = (tenant, id) => pool.query(`SELECT * FROM "${tenant}".scans s JOIN public.patients p ON p.name = s.name WHERE s.id = $1`, [id])',
      ),
      errors: [{ messageId: 'missing' }],
    },
    {
      name: 'joined to a row in a schema that the request names',
      code: handler(
        'await pool.query(`SELECT * FROM "${request.query.tenant}".scans s JOIN public.patients p ON p.id = s.patient_id`)',
      ),
      errors: [{ messageId: 'missing' }],
    },
    {
      name: 'joined by an id that the request names',
      code: handler(
        "await pool.query('SELECT * FROM visits v JOIN patients p ON p.id = $2 WHERE v.clinic_id = $1', [request.clinic.id, request.query.patient])",
      ),
      errors: [{ messageId: 'missing' }],
    },
    {
      name: 'key to key is no reference',
      code: handler(
        `await pool.query('SELECT * FROM visits v JOIN patients p ON p.id = v.id WHERE v.clinic_id = $1', ${tenant})`,
      ),
      errors: [{ messageId: 'missing' }],
    },
    {
      name: 'a reference that an outer join does not bind',
      code: handler(
        `await pool.query('SELECT * FROM visits v RIGHT JOIN patients p ON v.patient_id = v.id WHERE v.clinic_id = $1 OR p.name IS NOT NULL', ${tenant})`,
      ),
      errors: [{ messageId: 'missing' }],
    },
    {
      name: 'one branch of an OR follows the reference',
      code: handler(
        `await pool.query('SELECT * FROM visits v JOIN patients p ON (p.id = v.patient_id OR p.name = v.name) WHERE v.clinic_id = $1', ${tenant})`,
      ),
      errors: [{ messageId: 'missing' }],
    },
    {
      name: 'along a reference, when explicit filters are asked for',
      code: handler(
        `await pool.query('SELECT * FROM visits v JOIN patients p ON p.id = v.patient_id WHERE v.clinic_id = $1', ${tenant})`,
      ),
      options: [{ requireExplicit: true }],
      errors: [
        {
          messageId: 'missing',
          data: {
            relation: 'patients',
            reason: 'no condition binds it to a tenant',
            predicate: 'p.clinic_id = request.clinic.id',
            others: '',
            reach: '',
          },
        },
      ],
    },
    {
      name: 'an escape for one relation of a statement excuses none of the others',
      code: handler(
        `// watertight-ignore reason="patients of one ward" relation=patients
        await pool.query('SELECT * FROM visits v JOIN patients p ON p.name = v.name JOIN notes n ON n.text = v.name WHERE v.clinic_id = $1', ${tenant})`,
      ),
      errors: [
        {
          messageId: 'missing',
          data: {
            relation: 'notes',
            reason: 'no condition binds it to a tenant',
            predicate: 'n.visit_id = visits.id with visits.clinic_id = request.clinic.id',
            others: '',
            reach: ' Likely: it is joined through `text`, which other tenants may have too.',
          },
        },
      ],
    },
    {
      name: 'several relations of one statement are one hole, and each is named',
      code: handler(
        `await pool.query('SELECT * FROM visits v JOIN patients p ON p.name = v.name JOIN patients q ON q.name = v.name JOIN notes n ON n.text = v.name JOIN invoices i ON i.text = v.name WHERE v.clinic_id = $1', ${tenant})`,
      ),
      errors: [
        {
          messageId: 'missing',
          data: {
            relation: 'patients',
            reason: 'no condition binds it to a tenant',
            predicate: 'p.clinic_id = request.clinic.id',
            others: ' The same holds of `notes`.',
            reach: ' Likely: it is joined through `name`, which other tenants may have too.',
          },
        },
      ],
    },
    {
      name: 'the filter in the ON clause of the side that an outer join keeps',
      code: handler(
        `await pool.query('SELECT * FROM visits v RIGHT JOIN patients p ON p.id = v.patient_id AND p.clinic_id = $1', ${tenant})`,
      ),
      errors: [{ messageId: 'missing' }],
    },
    {
      name: 'UPDATE … FROM',
      code: handler(
        `await pool.query('UPDATE visits v SET name = p.name FROM patients p WHERE p.id = v.patient_id AND v.clinic_id = $1', ${tenant})`,
      ),
      options: [{ requireExplicit: true }],
      errors: [{ messageId: 'missing' }],
    },
    {
      name: 'undecided, when unknown is asked for',
      code: handler(
        `await pool.query(\`SELECT * FROM visits v JOIN patients p ON p.id = v.patient_id \${more(request)} WHERE v.clinic_id = $1\`, ${tenant})`,
      ),
      options: [{ reportUnknown: true }],
      errors: [{ messageId: 'unknown' }],
    },
  ],
})
