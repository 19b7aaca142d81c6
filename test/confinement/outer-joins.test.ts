import { describe, expect, it } from 'vitest'
import { confine } from '../../rules/confinement/confine.ts'
import type { OwnershipOf, TenantValue } from '../../rules/confinement/verdict.ts'
import { toStatements } from '../../rules/sql/statements.ts'

const ownershipOf: OwnershipOf = ({ name }) =>
  name.startsWith('child')
    ? { kind: 'through', column: 'main_id', parent: 'main', parentColumn: 'id' }
    : name.startsWith('leaf')
      ? { kind: 'through', column: 'child_id', parent: 'child0', parentColumn: 'id' }
      : name === 'code'
        ? { kind: 'global', reason: 'reference data' }
        : { kind: 'owned', column: 'tenant_id' }

const tenantValue: TenantValue = (operand) => (operand.kind === 'parameter' ? 'tenant' : 'unknown')

function verdictsOf(text: string): Record<string, string> {
  const parsed = toStatements(text, { columnsOf: () => null })
  if (parsed.kind === 'error') throw new Error(parsed.message)
  const verdicts = confine(parsed.statements[0]!.statement!, ownershipOf, tenantValue)
  return Object.fromEntries(
    verdicts.map(({ occurrence, verdict }) => [
      occurrence.relation.name,
      verdict.kind === 'unknown' ? verdict.reason : verdict.kind,
    ]),
  )
}

const many = Array.from({ length: 20 }, (_, index) => index)
const children = many.map((index) => `LEFT JOIN child${index} ON child${index}.main_id = main.id`).join(' ')

describe('many outer joins', () => {
  it('decides every mention, however many joins stand beside each other', () => {
    const verdicts = verdictsOf(`SELECT main.id FROM main ${children} WHERE main.tenant_id = $1`)
    expect(Object.keys(verdicts)).toHaveLength(21)
    expect(new Set(Object.values(verdicts))).toEqual(new Set(['confined']))
  })

  it('decides a leak as well', () => {
    const verdicts = verdictsOf(`SELECT main.id FROM main ${children} WHERE main.id = 7`)
    expect(new Set(Object.values(verdicts))).toEqual(new Set(['leak']))
  })

  it('follows a join that only a later join speaks of', () => {
    const chained = `${children} LEFT JOIN leaf ON leaf.child_id = child0.id LEFT JOIN leaf2 ON leaf2.child_id = child1.id`
    const verdicts = verdictsOf(`SELECT main.id FROM main ${chained} WHERE main.tenant_id = $1`)
    expect(verdicts).toMatchObject({ main: 'confined', leaf: 'confined', leaf2: 'leak' })
  })

  it('reads a sub-query under the join that it speaks of', () => {
    const inside = 'SELECT 1 FROM leaf WHERE leaf.child_id = child0.id'
    const where = `main.tenant_id = $1 AND NOT EXISTS (${inside})`
    expect(verdictsOf(`SELECT main.id FROM main ${children} WHERE ${where}`)).toMatchObject({
      main: 'confined',
      leaf: 'confined',
    })
    expect(verdictsOf(`SELECT main.id FROM main ${children} WHERE NOT EXISTS (${inside})`)).toMatchObject({
      main: 'leak',
      leaf: 'leak',
    })
  })

  it('judges the inside of an optional derived table', () => {
    const derived = (condition: string): string =>
      `LEFT JOIN (SELECT other.id FROM other WHERE ${condition} EXISTS (SELECT 1 FROM third WHERE third.id = other.id)) d ON d.id = main.id`
    const confined = verdictsOf(
      `SELECT main.id FROM main ${derived('other.tenant_id = $1 AND')} WHERE main.tenant_id = $1`,
    )
    expect(confined).toMatchObject({ main: 'confined', other: 'confined', third: 'leak' })
    const open = verdictsOf(
      `SELECT main.id FROM main ${derived('')} ${children} WHERE main.tenant_id = $1 AND d.id IS NOT NULL`,
    )
    expect(open).toMatchObject({ main: 'confined', other: 'leak', third: 'leak' })
  })

  it('leaves only those undecided that a condition ties together', () => {
    const tied = many.map((index) => `child${index}.x IS NULL`).join(' OR ')
    const verdicts = verdictsOf(
      `WITH plain AS MATERIALIZED (SELECT id FROM other WHERE tenant_id = $1)
       SELECT main.id FROM main ${children} WHERE (${tied}) AND main.id IN (SELECT id FROM third)`,
    )
    const undecided = 'the statement is too complex to decide'
    expect(verdicts).toMatchObject({
      other: 'confined',
      main: undecided,
      child0: undecided,
      third: undecided,
    })
  })

  it('leaves nothing undecided where no tenant is spoken of', () => {
    const tied = many.map((index) => `child${index}.x IS NULL`).join(' OR ')
    const text = (condition: string): string =>
      `SELECT main.id FROM main ${children} WHERE (${tied}) AND ${condition}`
    expect(verdictsOf(text('main.x = 1'))).toMatchObject({ main: 'leak', child0: 'leak' })
    const undecided = 'the statement is too complex to decide'
    expect(verdictsOf(text('main.tenant_id = $1'))).toMatchObject({ child0: undecided })
    expect(verdictsOf(text('visible(main.*)'))).toMatchObject({ child0: undecided })
  })
})
