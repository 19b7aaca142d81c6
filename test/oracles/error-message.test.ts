import { describe, expect, it } from 'vitest'
import { CanaryRegistry } from '../../harness/model/canaries.ts'
import { IdentifierRegistry } from '../../harness/model/identifiers.ts'
import { judgeErrorMessage } from '../../harness/oracles/error-message.ts'
import type { Exchange } from '../../harness/oracles/oracle.ts'
import type { View } from '../../harness/oracles/view.ts'

const view: View = {
  canaries: new CanaryRegistry(),
  identifiers: new IdentifierRegistry(),
  planted: new Set(),
  nameOf: String,
  sharing: [],
  now: new Date(0),
}

function judge(body: string, status = 500): string | null {
  const exchange: Exchange = {
    operation: { id: 'x', method: 'GET', path: '/x', parameters: [], access: 'tenant', writes: false },
    relation: 'own',
    actor: 1,
    named: [],
    sent: new Set(),
    hinted: null,
    answer: { status, headers: {}, body, json: undefined, milliseconds: 1 },
  }
  return judgeErrorMessage(exchange, view)?.detail ?? null
}

describe('error-message', () => {
  it.each([
    ['duplicate key value violates unique constraint "projects_slug_key"', 'constraint'],
    ['Key (slug)=(alpha) already exists in Key (tenant, slug)=(1, 2)', 'constraint'],
    ['invalid input syntax for type uuid: "x"', 'sql'],
    ['relation "secrets" does not exist', 'sql'],
    ['new row violates row-level security policy for table "a"', 'sql'],
    ['SELECT * FROM users u WHERE u.id = $1', 'sql'],
    ['Error: x\\n    at handler (/srv/app/src/index.js:3:4)', 'stack'],
    ['Error: x\n    at async file:///app/a.mjs:3:4', 'stack'],
    ['cannot open /home/node/app/config.json', 'path'],
    ['{"code":"23505"}', 'code'],
    ['PrismaClientKnownRequestError', 'code'],
  ])('sees %s', (body, detail) => expect(judge(body)).toBe(detail))

  it.each([
    '{"type":"about:blank","title":"Not Found","status":404}',
    '{"error":"Please select a date from the list"}',
    '{"code":"42204","message":"invalid"}',
    '{"error":"title must be a string","path":"/title"}',
    '{"message":"Update your profile first"}',
    'The uploaded file /tmp is empty',
  ])('does not mind %s', (body) => expect(judge(body, 400)).toBeNull())

  it('does not look at what succeeded', () => expect(judge('relation "a" does not exist', 200)).toBeNull())
})
