import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { linksOf } from '../links.ts'
import { isKey } from '../reference.ts'
import { answersTenant, isLogin, tenantNames } from './actor.ts'
import { calleeName } from '../../source/callee.ts'
import { checkedAfter, isRejectedIn } from './checked-after.ts'
import { partsOf } from './expression.ts'
import { guardedByCall } from './guard-calls.ts'
import { Handed, type Picking } from './handed.ts'
import { tiedToActor } from './own-row.ts'
import { statementsBefore } from './statements-before.ts'
import { tenantComparedIn } from './tenant-comparison.ts'
import { asksForPresence } from './presence.ts'

/**
 * The check that a value has passed before `at`: a call that refuses and is handed the value, a comparison of what was read by it, or a
 * guard around the handler that names it. Answers in words; null when there is none.
 */
export function guardOf(picking: Picking, at: TSESTree.Node, file: QueryContext): string | null {
  return (
    guardedByCall(picking, at, file) ??
    tiedToActor(picking, at, file) ??
    checkedRead(new Handed(picking, file), picking, at, file)
  )
}

/** `if (input.id) { … }`: where there is no id, nothing is picked by it either. */
function whereThere(statement: TSESTree.Node, handed: Handed): readonly TSESTree.Node[] | null {
  if (statement.type !== 'IfStatement' || !asksForPresence(statement.test, (node) => handed.is(node)))
    return null
  const { consequent } = statement
  return consequent.type === 'BlockStatement' ? consequent.body : [consequent]
}

/** Reads by one value before a query that are looked at for a check of theirs; each look goes through the whole function. */
const readLimit = 16

/** `const row = await getRow(id)`, then a check of what the row says of its tenant, then the write by the same id. */
function checkedRead(
  handed: Handed,
  { absentPicksNone }: Picking,
  at: TSESTree.Node,
  file: QueryContext,
): string | null {
  const names = tenantNames(file.tenancy)
  const { identities } = file.proofs
  const isRow = (node: TSESTree.Node): boolean => {
    const call = identities.of(node)?.call ?? null
    return call !== null && handed.isHandedTo(call)
  }
  const isTenant = (node: TSESTree.Node): boolean => {
    if (!isRow(node)) return false
    const { call, path } = identities.of(node)!
    return path.length === 0 ? answersTenant(calleeName(call!), file.tenancy) : names.test(path.at(-1)!)
  }
  let reads = 0
  const before = [...statementsBefore(at)].flatMap((one) => {
    const inner = absentPicksNone ? whereThere(one, handed) : null
    return inner === null ? [{ one, among: [] }] : inner.map((each) => ({ one: each, among: inner }))
  })
  for (const { one: statement, among } of before) {
    if (statement.type === 'IfStatement') {
      const compared = tenantComparedIn(statement.test, { isTenant, isRow, until: at }, file)
      if (compared !== null) return compared
    }
    if (statement.type !== 'VariableDeclaration') continue
    for (const { init } of statement.declarations) {
      const call = init === null ? null : unwrap(init, true)
      // `schema.parse(input)` and `getSession(request)` read no row.
      if (call?.type !== 'CallExpression' || partsOf(call, file) !== null) continue
      if (isLogin(calleeName(call) ?? '')) continue
      if (isFoundForTenant(call, handed, among, file)) return 'a look-up of it for the tenant'
      if (!handed.isHandedTo(call) || reads >= readLimit) continue
      reads += 1
      const checked = checkedAfter(call, file, at)
      if (checked !== null) return checked
    }
  }
  return null
}

/** A query for a row of the tenant by the value as its key, without which one of the statements leaves. */
function isFoundForTenant(
  call: TSESTree.CallExpression,
  handed: Handed,
  statements: readonly TSESTree.Node[],
  file: QueryContext,
): boolean {
  const [judged, ...others] = file.proofs.sites.ofCall(call)?.queries ?? []
  if (judged === undefined || others.length > 0 || !isRejectedIn(statements, call, file)) return false
  const { query, occurrences } = judged
  const [mention, ...more] = occurrences
  if (mention === undefined || more.length > 0 || mention.ownership.kind === 'global') return false
  const { relation, id } = mention.occurrence
  return (
    file.proofs.standingOf(judged, id) === 'confined' &&
    linksOf(query.statement).links.some(({ of, column, to }) => {
      const source = to.kind === 'parameter' && of === id ? query.sources[to.index] : null
      return source != null && handed.is(unwrap(source, true)) && isKey({ relation, column }, file.tenancy)
    })
  )
}
