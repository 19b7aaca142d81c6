import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { auditDatabase, auditMigrations, type AuditReport } from '../../rules/audit/index.ts'
import { checks } from '../../rules/audit/checks.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { base, stories, tenancy } from './stories.ts'

const model = loadTenancy(tenancy)
const suffix = randomBytes(4).toString('hex')
const roleNames = ['owner', 'app', 'dbadmin']

/** Roles belong to the whole server, so every story has its own. Names of settings and keys stay as they are. */
const withRoles = (sql: string, story: number): string =>
  sql.replace(/(?<![\w.'])(owner|app|dbadmin)(?![\w.])/gi, (name) =>
    name === 'OWNER' ? name : `${name}_${suffix}_${story}`,
  )

const withoutRoles = (report: AuditReport): string[] =>
  report.findings.map(({ id }) => id.replace(new RegExp(`_${suffix}_\\d+`, 'g'), ''))

/** Ends the story's roles, so that a shared server is left as it was. */
async function dropRoles(pool: FreshDatabase['pool'], story: number): Promise<void> {
  for (const name of roleNames) {
    const role = `${name}_${suffix}_${story}`
    const { rows } = await pool.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role])
    if (rows.length > 0) await pool.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`)
  }
}

describe('clean, a hole, clean again; on a server and offline', () => {
  it.each(stories.map((story, index) => [`${story.check}: ${story.title}`, story, index] as const))(
    '%s',
    async (_, story, index) => {
      const { pool } = await freshDatabase()
      const applied: string[] = []
      const both = async (sql: string): Promise<{ live: AuditReport; offline: AuditReport }> => {
        const text = withRoles(sql, index)
        applied.push(text)
        await pool.query(text)
        const live = await auditDatabase(async (question) => (await pool.query(question)).rows, model)
        const files = applied.map((part, step) => ({ file: `${step}.sql`, text: part }))
        return { live, offline: auditMigrations(files, model) }
      }
      const clean = await both(base)
      expect(clean.live.findings).toEqual([])
      expect(clean.live.verdict).toBe('clean')
      expect(clean.offline).toEqual(clean.live)

      const open = await both(story.make)
      expect(withoutRoles(open.live)).toEqual([...story.finds].toSorted())
      expect(withoutRoles(open.offline)).toEqual(withoutRoles(open.live))
      expect(open.offline.policies).toEqual(open.live.policies)
      expect(open.offline.unread).toEqual([])
      for (const { origin } of open.offline.findings) expect(origin).not.toBeNull()

      const closed = await both(story.close)
      expect(closed.live.findings).toEqual([])
      expect(closed.offline.findings).toEqual([])
      await dropRoles(pool, index)
    },
  )

  it('has a story for every check', () => {
    expect(stories.map(({ check }) => check).toSorted()).toEqual(checks.map(({ id }) => id).toSorted())
  })
})

const repairable = stories.flatMap((story, index) => {
  const files = [base, story.make].map((text, step) => ({ file: `${step}.sql`, text }))
  const fixed = auditMigrations(files, model).findings.some(({ fix }) => fix !== null)
  return fixed ? [[story.check, story, index + stories.length] as const] : []
})

describe('the repair that a finding offers', () => {
  it('exists for most checks', () => expect(repairable.length).toBeGreaterThan(stories.length / 2))

  it.each(repairable)('%s', async (_, story, index) => {
    const { pool } = await freshDatabase()
    const files = [base, story.make].map((sql, step) => ({
      file: `${step}.sql`,
      text: withRoles(sql, index),
    }))
    for (const { text } of files) await pool.query(text)
    for (const { fix } of auditMigrations(files, model).findings) if (fix !== null) await pool.query(fix)
    const after = await auditDatabase(async (question) => (await pool.query(question)).rows, model)
    // Switching row security on without a policy locks tenants out: safe, and the next finding says so.
    expect(after.findings.filter(({ direction }) => direction === 'open')).toEqual([])
    await dropRoles(pool, index)
  })
})
