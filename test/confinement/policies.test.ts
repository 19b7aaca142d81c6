import { describe, expect, it } from 'vitest'
import { confinePolicies, type PolicyRule } from '../../rules/confinement/policies.ts'
import { conditionOf } from '../../rules/sql/statements.ts'
import { ownershipOf } from './model.ts'

const table = { schema: 'public', name: 'projects' }
const columns = ['id', 'tenant_id', 'name', 'public']

const condition = (text: string | null): PolicyRule['using'] =>
  text === null ? null : conditionOf(text, { ...table, columns })

function rule(
  command: PolicyRule['command'],
  using: string | null,
  check: string | null = null,
  permissive = true,
): PolicyRule {
  return { permissive, command, using: condition(using), check: condition(check) }
}

const own = "tenant_id = nullif(current_setting('app.tenant', true), '')::uuid"

/** `select confined, insert leak(written), …` */
function decide(rules: readonly PolicyRule[]): string {
  return confinePolicies(table, rules, { ownershipOf, setting: 'app.tenant' })
    .map(
      ({ command, verdict, gate }) =>
        `${command} ${verdict.kind}${verdict.kind === 'leak' ? ` (${gate})` : ''}`,
    )
    .join(', ')
}

const everyCommand = (verdict: string): string =>
  ['select', 'insert', 'update', 'delete'].map((command) => `${command} ${verdict}`).join(', ')

describe('policies', () => {
  const cases: readonly (readonly [string, readonly PolicyRule[], string])[] = [
    ['no policy denies all', [], everyCommand('confined')],
    ['one for all commands', [rule('all', own)], everyCommand('confined')],
    [
      'the setting in a sub-select',
      [rule('all', "tenant_id = (select current_setting('app.tenant'))::uuid")],
      everyCommand('confined'),
    ],
    [
      'a check that says true',
      [rule('all', own, 'true')],
      'select confined, insert leak (written), update leak (written), delete confined',
    ],
    [
      'a second permissive policy widens',
      [rule('all', own), rule('select', 'public')],
      'select leak (existing), insert confined, update confined, delete confined',
    ],
    [
      'a restrictive policy narrows',
      [rule('all', 'true'), rule('all', own, null, false)],
      everyCommand('confined'),
    ],
    [
      'a setting that may be unset',
      [rule('select', `current_setting('app.tenant', true) is null or ${own}`)],
      'select leak (existing), insert confined, update confined, delete confined',
    ],
    [
      'a reset setting',
      [rule('select', `current_setting('app.tenant', true) = '' or ${own}`)],
      'select leak (existing), insert confined, update confined, delete confined',
    ],
    [
      'the setting of something else',
      [rule('delete', "tenant_id = current_setting('app.user')::uuid")],
      'select confined, insert confined, update confined, delete leak (existing)',
    ],
    [
      'a function that is not known',
      [rule('update', 'tenant_id = current_tenant()')],
      'select confined, insert confined, update unknown, delete confined',
    ],
    [
      'membership that names no tenant',
      [rule('select', 'exists (select 1 from members m where m.org_id = id)')],
      'select leak (existing), insert confined, update confined, delete confined',
    ],
  ]
  for (const [name, rules, expected] of cases) it(name, () => expect(decide(rules)).toBe(expected))

  it('shows a row that gets through', () => {
    const rules = [rule('all', `(name <> 'hidden' and public is null) or ${own}`)]
    const [select] = confinePolicies(table, rules, { ownershipOf, setting: 'app.tenant' })
    expect(select!.counterexample).toEqual({
      tenant_id: 'other-tenant',
      name: 'any value',
      public: null,
    })
  })

  it('shows a row for the setting that was never set', () => {
    const rules = [rule('all', `current_setting('app.tenant', true) is null or ${own}`)]
    const [select] = confinePolicies(table, rules, { ownershipOf, setting: 'app.tenant' })
    expect(select!.counterexample).toEqual({ tenant_id: 'other-tenant' })
  })

  it('has no row to show where everything is confined', () => {
    for (const decision of confinePolicies(table, [rule('all', own)], {
      ownershipOf,
      setting: 'app.tenant',
    })) {
      expect(decision.counterexample).toBeNull()
    }
  })
})
