import { describe, expect, it } from 'vitest'
import { clinic } from '../support/rule-tester.ts'
import { verdictsIn } from '../support/queries.ts'

/** `filter`: a condition that a helper in another file composes. */
const verdict = (where: string, before = ''): readonly string[] =>
  verdictsIn(
    `import { Pool } from 'pg'
import { filterOf } from './filters'
const pool = new Pool()
export async function list(request) {
  const filter = filterOf(request.query)
  const { raw } = request.query
  ${before}
  return pool.query(\`SELECT v.* FROM visits v ${where}\`, [request.clinic.id])
}
`,
    clinic,
  )

describe('a condition that is not in sight', () => {
  it.each<readonly [string, string, readonly string[]]>([
    ['in brackets of its own', 'WHERE v.clinic_id = $1 AND (${filter})', ['visits: confined']],
    ['in front, with room', 'WHERE ( ${filter} ) AND v.clinic_id = $1', ['visits: confined']],
    ['without brackets', 'WHERE v.clinic_id = $1 AND ${filter}', ['visits: unknown']],
    ['in brackets with more', 'WHERE v.clinic_id = $1 AND (${filter} ${filter})', ['visits: unknown']],
    ['in brackets that hold a branch', 'WHERE v.clinic_id = $1 OR (${filter})', ['visits: unknown']],
    [
      'one in brackets, one without',
      'WHERE v.clinic_id = $1 AND (${filter}) AND ${filter}',
      ['visits: unknown'],
    ],
    ['alone: it may hold the tenant', 'WHERE (${filter})', ['visits: unknown']],
    ['text of the request', 'WHERE v.clinic_id = $1 AND (${raw})', ['visits: unknown']],
    [
      'beside a joined relation that it may confine',
      'JOIN notes n ON n.author = v.author WHERE v.clinic_id = $1 AND (${filter})',
      ['visits: confined', 'notes: unknown'],
    ],
  ])('%s', (_, where, expected) => {
    expect(verdict(where)).toEqual(expected)
  })
})
