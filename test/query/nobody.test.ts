import { describe, expect, it } from 'vitest'
import type { TenancyFile } from '../../rules/tenancy/tenancy.ts'
import { contextOf } from '../support/queries.ts'

const tenancy: TenancyFile = {
  tenantRoot: 'schools',
  tenantColumns: ['school_id'],
  trusted: ['ctx.schoolId'],
  relations: {
    schools: { root: 'id' },
    templates: { owned: 'school_id' },
    courses: { owned: 'school_id' },
  },
}

/** The standing of every mention that its statement does not confine. */
function standingsIn(text: string): readonly string[] {
  const code = `import { Pool } from 'pg'
const pool = new Pool()
export const run = (ctx, id) => pool.query(\`${text}\`, [ctx.schoolId, id])`
  const file = contextOf(code, tenancy)!
  return file.sites.flatMap(({ queries }) =>
    queries.flatMap((judged) =>
      judged.occurrences
        .filter(({ verdict }) => verdict.kind === 'leak')
        .map((mention) => `${mention.occurrence.relation.name}: ${file.standingOf(judged, mention)}`),
    ),
  )
}

describe('rows of no tenant beside those of the tenant', () => {
  it.each([
    [
      "the tenant's or nobody's",
      'SELECT * FROM templates WHERE id = $2 AND (school_id = $1 OR school_id IS NULL)',
    ],
    ["nobody's alone", 'SELECT * FROM templates WHERE id = $2 AND school_id IS NULL'],
    [
      'with other conditions in each alternative',
      "SELECT * FROM templates WHERE (school_id = $1 AND id = $2) OR (school_id IS NULL AND name = 'plain')",
    ],
  ])('%s', (_, text) => {
    expect(standingsIn(text)).toEqual(['templates: reference'])
  })
})

describe('what only looks like it', () => {
  it.each([
    ['an alternative without the tenant', 'SELECT * FROM templates WHERE school_id IS NULL OR id = $2'],
    ["anybody's", 'SELECT * FROM templates WHERE id = $2 AND school_id IS NOT NULL'],
    ['all but nobody', 'SELECT * FROM templates WHERE id = $2 AND NOT (school_id IS NULL)'],
    ['another column that is empty', 'SELECT * FROM templates WHERE school_id = $1 OR language IS NULL'],
    ['a value that is empty', 'SELECT * FROM templates WHERE school_id = $1 OR $2::uuid IS NULL'],
    ['a write', 'UPDATE templates SET name = $2 WHERE school_id = $1 OR school_id IS NULL'],
    ['a deletion', 'DELETE FROM templates WHERE id = $2 AND school_id IS NULL'],
  ])('%s', (_, text) => {
    expect(standingsIn(text)).toEqual(['templates: open'])
  })

  it("says nothing of rows that are joined with nobody's", () => {
    expect(
      standingsIn('SELECT * FROM templates t JOIN courses c ON c.name = t.name WHERE t.school_id IS NULL'),
    ).toEqual(['templates: reference', 'courses: open'])
  })
})
