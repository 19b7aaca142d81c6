import { describe, expect, it } from 'vitest'
import { applyBaseline, auditMigrations, readBaseline } from '../../rules/audit/index.ts'
import { loadTenancy } from '../../rules/tenancy/read.ts'
import { base, tenancy } from './stories.ts'

const hole = `ALTER TABLE tasks ALTER COLUMN org_id DROP NOT NULL;`
const report = auditMigrations(
  [base, hole].map((text, step) => ({ file: `${step}.sql`, text })),
  loadTenancy(tenancy),
)
const entry = { id: 'nullable-tenant-column/public.tasks.org_id', reason: 'issue 12', until: '2030-01-31' }

describe('a baseline', () => {
  it('accepts a finding until its day is over', () => {
    expect(report.verdict).toBe('finding')
    const during = applyBaseline(report, [entry], '2030-01-31')
    expect(during.report).toMatchObject({ verdict: 'clean', findings: [] })
    expect(during.accepted.map(({ finding }) => finding.id)).toEqual([entry.id])
    const after = applyBaseline(report, [entry], '2030-02-01')
    expect(after.report).toEqual(report)
    expect(after.expired).toEqual([entry])
  })

  it('names entries that match nothing', () => {
    const gone = { ...entry, id: 'rls-disabled/public.gone' }
    const result = applyBaseline(report, [gone], '2030-01-01')
    expect(result.stale).toEqual([gone])
    expect(result.report).toEqual(report)
  })

  it.each([
    ['{}', 'no list'],
    ['[', 'not valid'],
    ['[null]', 'entry 1 has no id'],
    [JSON.stringify([{ ...entry, reason: ' ' }]), 'has no reason'],
    [JSON.stringify([{ ...entry, until: 'never' }]), 'no date'],
    [JSON.stringify([{ ...entry, until: '2030-02-31' }]), 'no date'],
  ])('refuses %s', (text, message) => {
    expect(() => readBaseline(text)).toThrow(message)
  })

  it('is read as written', () => {
    expect(readBaseline(JSON.stringify([entry]))).toEqual([entry])
  })
})
