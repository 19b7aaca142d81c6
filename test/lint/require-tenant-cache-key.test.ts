import rule from '../../rules/lint/require-tenant-cache-key.ts'
import { clinic, ruleTester } from '../support/rule-tester.ts'

const code = (body: string): string => `
import { Pool } from 'pg'
import Redis from 'ioredis'
import { LRUCache } from 'lru-cache'
import { unstable_cache } from 'next/cache'
import memoize from 'p-memoize'
const pool = new Pool()
const redis = new Redis()
const lru = new LRUCache({ max: 100 })
const map = new Map()
const read = "SELECT * FROM patients WHERE clinic_id = $1 AND slug = $2"
const rowsOf = (clinicId, slug) => pool.query('SELECT * FROM patients WHERE clinic_id = $1 AND slug = $2', [clinicId, slug])
export async function handle(request, slug, clinicId, userId) {
  ${body}
}
`

const confined =
  "const rows = await pool.query('SELECT * FROM patients WHERE clinic_id = $1 AND slug = $2', [clinicId, slug]);"

ruleTester().run('require-tenant-cache-key', rule as never, {
  valid: [
    {
      name: 'the tenant in the key',
      code: code(`${confined} await redis.set(\`patient:\${clinicId}:\${slug}\`, JSON.stringify(rows))`),
    },
    {
      name: 'the trusted tenant',
      code: code(
        `${confined} const key = ['patient', request.clinic.id, slug].join(':'); lru.set(key, rows)`,
      ),
    },
    {
      name: 'an id that only one tenant has',
      code: code(
        "const row = await pool.query('SELECT * FROM visits WHERE clinic_id = $1 AND id = $2', [clinicId, request.params.visitId]); map.set(`visit:${request.params.visitId}`, row)",
      ),
    },
    {
      name: 'no tenant data',
      code: code(
        "const rows = await pool.query('SELECT * FROM medicines WHERE slug = $1', [slug]); lru.set(slug, rows)",
      ),
    },
    {
      name: 'not confined, which another rule tells',
      code: code(
        "const rows = await pool.query('SELECT * FROM patients WHERE slug = $1', [slug]); lru.set(slug, rows)",
      ),
    },
    {
      name: 'nothing of the rows',
      code: code(`${confined} await redis.set(\`seen:\${slug}\`, '1'); await redis.set('last', rows.length)`),
    },
    {
      name: 'a key that could not be seen',
      code: code(`${confined} await redis.set(keyFor(request), rows); await redis.set(request.keys(), rows)`),
    },
    {
      name: 'a map of the function',
      code: code(`${confined} const own = new Map(); own.set(slug, rows); return own`),
    },
    { name: 'no cache', code: code(`${confined} reply.set(slug, rows)`) },
    {
      name: 'every value of the query',
      code: code(
        "const rows = await pool.query('SELECT * FROM patients WHERE clinic_id = $1', [slug]); await redis.set(`patients:${slug}`, rows)",
      ),
    },
    {
      name: 'an argument of the cached function',
      code: code(
        "return unstable_cache(async (clinic, slug) => pool.query('SELECT * FROM patients WHERE clinic_id = $1 AND slug = $2', [clinic, slug]), ['patient'])(clinicId, slug)",
      ),
    },
    {
      name: 'a part of the key',
      code: code(`return unstable_cache(async () => rowsOf(clinicId, slug), ['patient', clinicId, slug])()`),
    },
    {
      name: 'an object with the tenant in it',
      code: code(
        "return unstable_cache(async (wanted) => pool.query('SELECT * FROM patients WHERE clinic_id = $1 AND slug = $2', [wanted.clinicId, wanted.slug]), ['patient'])(wanted)",
      ),
    },
    {
      name: 'memoised by the tenant',
      code: code(
        "return memoize(async (clinicId) => pool.query('SELECT * FROM patients WHERE clinic_id = $1', [clinicId]))",
      ),
    },
    {
      name: "React's cache ends with the request",
      code: "import { cache } from 'react'\nimport { Pool } from 'pg'\nconst pool = new Pool()\nexport const make = (clinicId) => cache(async (slug) => pool.query('SELECT * FROM patients WHERE clinic_id = $1 AND slug = $2', [clinicId, slug]))",
    },
  ],
  invalid: [
    {
      code: code(`${confined} await redis.set(\`patient:\${slug}\`, JSON.stringify(rows.rows[0]), 'EX', 60)`),
      errors: [
        {
          messageId: 'key',
          data: { relation: 'patients', key: '`patient:${slug}`', tenant: 'request.clinic.id' },
        },
      ],
    },
    {
      name: 'a constant',
      code: code(`${confined} await redis.setex('patients', 60, JSON.stringify({ rows }))`),
      errors: [{ messageId: 'key' }],
    },
    {
      name: 'a map of the module',
      code: code(`${confined} map.set(slug, rows)`),
      errors: [{ messageId: 'key' }],
    },
    {
      name: 'through a constant and a function of the file',
      code: code('const key = `p:${slug}`; const found = await rowsOf(clinicId, slug); lru.set(key, found)'),
      errors: [{ messageId: 'key' }],
    },
    {
      name: 'users are in several tenants',
      code: code(
        "const rows = await pool.query('SELECT * FROM visits WHERE clinic_id = $1', [clinicId]); await redis.set(`visits:${userId}`, JSON.stringify(rows))",
      ),
      options: [{ allowGlobalIds: false }],
      errors: [{ messageId: 'key' }],
    },
    {
      name: 'the tenant only in the closure',
      code: code(
        "return unstable_cache(async () => pool.query('SELECT * FROM patients WHERE clinic_id = $1', [clinicId]), ['patients'])()",
      ),
      errors: [{ messageId: 'key' }],
    },
    {
      name: 'memoised by the first argument alone',
      code: code(
        "return memoize(async (slug, clinicId) => pool.query('SELECT * FROM patients WHERE clinic_id = $1 AND slug = $2', [clinicId, slug]))",
      ),
      errors: [{ messageId: 'arguments' }],
    },
    {
      name: 'cache-manager, injected',
      code: "import { Cache } from 'cache-manager'\nimport { Pool } from 'pg'\nexport class Patients { constructor(private cache: Cache, private pool: Pool) {}\n list(clinicId, page) { return this.cache.wrap(`patients:${page}`, async () => this.pool.query('SELECT * FROM patients WHERE clinic_id = $1 LIMIT 10 OFFSET $2', [clinicId, page])) } }",
      errors: [{ messageId: 'key' }],
    },
  ],
})

ruleTester({
  ...clinic,
  rowLevelSecurity: 'forced',
  relations: { ...clinic.relations, users: { global: 'users are in several clinics' } },
}).run('require-tenant-cache-key under row-level security', rule as never, {
  valid: [
    code(
      "const rows = await pool.query('SELECT * FROM visits'); await redis.set(`visits:${clinicId}`, JSON.stringify(rows))",
    ),
  ],
  invalid: [
    {
      code: code(
        "const rows = await pool.query('SELECT * FROM visits'); await redis.set(`visits:${userId}`, JSON.stringify(rows))",
      ),
      errors: [{ messageId: 'key' }],
    },
  ],
})
