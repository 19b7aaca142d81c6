import type { TSESTree } from '@typescript-eslint/utils'
import { below, belowOf, someBelow } from '../../source/below.ts'
import { isFunction } from '../../source/binding.ts'
import { functionAround, unwrap } from '../../source/children.ts'
import { leaves } from '../../provenance/guard.ts'
import type { QueryContext } from '../context.ts'
import { isSelf } from './actor.ts'
import { calleeName } from '../../source/callee.ts'
import { isDiscarded } from './asked.ts'
import { isBlind } from './blind-guard.ts'
import { calledFunction } from './called-function.ts'
import { isMembership } from './column.ts'
import { workingText } from './delegated.ts'
import { askedForPublic } from './published.ts'
import { isRefusing, onlyTells, refusalAlone } from './refusal.ts'
import { exemptsRoles } from './role-exemption.ts'
import { RowTrail } from './row-trail.ts'
import { comparedSide, isKeptByHelper, isTold, type Rows } from './tenant-comparison.ts'
import { tenantMapChecked } from './tenant-map.ts'
import { isNothing } from '../../source/nothing.ts'

/** A look-up that is handed the tenant of a row together with the actor: `findMember(row.teamId, session.user.id)`. */
function isMembershipProof(call: TSESTree.CallExpression, trail: RowTrail, file: QueryContext): boolean {
  const { text } = file.scope.sourceCode
  return (
    !onlyTells(calleeName(call) ?? '') &&
    !isComponent(call) &&
    !(isDiscarded(call) && refusesNobody(call, file)) &&
    call.arguments.some(
      // What a callback does with the row is looked at by itself.
      (argument) => !isFunction(argument) && someBelow(argument, (node) => trail.leadsToTenant(node)),
    ) &&
    namesUser.test(text.slice(...call.range))
  )
}

/** `Invitation({ team, user })`, which makes what is shown or sent. */
const isComponent = (call: TSESTree.CallExpression): boolean => /^[A-Z]/.test(calleeName(call) ?? '')

/** A function in sight that comes back whatever it found: `await invalidate(cache, row, session)`. */
function refusesNobody(call: TSESTree.CallExpression, file: QueryContext): boolean {
  const target = calledFunction(call, file)
  const written = target === null ? null : workingText(target, file)
  return written !== null && refusalAlone(written) !== 'throws'
}

/**
 * A query of memberships by the tenant of a row and who is logged in, whose absence turns the request away:
 * `const member = await db…from(members).where(and(eq(members.teamId, team.id), eq(members.userId, user.id))); if (!member) return`.
 */
function isMembershipRead(call: TSESTree.CallExpression, trail: RowTrail, file: QueryContext): boolean {
  const site = file.proofs.sites.at(call)
  const reads = site?.queries.some(({ occurrences }) =>
    occurrences.some(
      ({ occurrence, ownership }) =>
        occurrence.access === 'read' && ownership.kind === 'owned' && isMembership(occurrence.relation.name),
    ),
  )
  const isActor = site?.queries.some(({ query }) =>
    query.sources.some((source) => source !== null && namesActor(source, file)),
  )
  const throws = site?.queries.every(({ query }) => query.answer.throws) === true
  return (
    reads === true &&
    isActor === true &&
    someBelow(call, (node) => trail.leadsToTenant(node)) &&
    (throws || isRejectedWithout(call, file))
  )
}

/** Is a value who is logged in, rather than somebody whom the request names? */
function namesActor(value: TSESTree.Node, { scope }: QueryContext): boolean {
  const written = scope.sourceCode.getText(value)
  if (isSelf(written)) return true
  return namesUser.test(written) && !['request', 'literal'].includes(scope.provenanceOf(value).kind)
}

/** Does the function leave when the call found nothing? */
function isRejectedWithout(call: TSESTree.CallExpression, file: QueryContext): boolean {
  const around = functionAround(call)
  return around !== null && isRejectedIn(belowOf(around, 'IfStatement'), call, file)
}

/** Does one of the statements leave when the call found nothing? */
export function isRejectedIn(
  statements: readonly TSESTree.Node[],
  call: TSESTree.CallExpression,
  { proofs: { identities } }: QueryContext,
): boolean {
  const root = identities.of(call)?.root
  const isResult = (node: TSESTree.Node): boolean => node === call || identities.of(node)?.root === root
  if (root === undefined) return false
  return statements.some(
    (one) =>
      one.type === 'IfStatement' &&
      one.range[1] > call.range[0] &&
      leaves(one.consequent) &&
      asksForNone(one.test, isResult),
  )
}

/** `!row`, `!row || …`, `rows.length === 0`, `row === null` */
function asksForNone(test: TSESTree.Node, isResult: (node: TSESTree.Node) => boolean): boolean {
  const node = unwrap(test)
  if (node.type === 'LogicalExpression' && node.operator === '||') {
    return asksForNone(node.left, isResult) || asksForNone(node.right, isResult)
  }
  if (node.type === 'UnaryExpression' && node.operator === '!') return isResult(unwrap(node.argument, true))
  if (node.type !== 'BinaryExpression' || !/^===?$/.test(node.operator)) return false
  const { left, right } = node
  const isNone = isNothing(right) || (right.type === 'Literal' && right.value === 0)
  return isNone && isResult(unwrap(left))
}

const namesUser = /\b(?:user|userId|session|currentUser|actor|member|auth)\b|[a-z]UserId\b/

/**
 * After a call that reads rows: does the code compare their tenant, or hand them to a check, before it goes on (to `until`, where
 * that is given)?
 */
export function checkedAfter(
  call: TSESTree.CallExpression,
  file: QueryContext,
  until?: TSESTree.Node,
): string | null {
  const mapped = tenantMapChecked(call, file, (other) => isTold(other, until ?? call, file), until)
  if (mapped !== null) return mapped
  const around = functionAround(call)
  const trail = around === null ? null : RowTrail.of(call, around, file)
  if (around === null || trail === null) return null
  const rows: Rows = {
    isTenant: (node) => trail.leadsToTenant(node),
    isRow: (node) => trail.belongs(node),
    ...(until === undefined ? {} : { until }),
  }
  for (const node of below(around)) {
    if (node.range[1] <= call.range[0]) continue
    if (until !== undefined && node.range[0] >= until.range[0]) continue
    const found = node === call ? null : checkIn(node, rows, trail, file)
    if (found !== null) return found
  }
  return null
}

/** The check of rows that a node is, in words. */
function checkIn(node: TSESTree.Node, rows: Rows, trail: RowTrail, file: QueryContext): string | null {
  const { text } = file.scope.sourceCode
  if (node.type === 'BinaryExpression') {
    const side = comparedSide(node, rows, file)
    return side === null ? null : `the comparison of \`${text.slice(side.range[0], side.range[1])}\``
  }
  if (node.type === 'IfStatement') {
    const flag = leaves(node.consequent) ? askedForPublic(node.test) : null
    return flag !== null && trail.belongs(flag)
      ? `the test of \`${file.scope.sourceCode.getText(flag)}\``
      : null
  }
  if (node.type !== 'CallExpression') return null
  // The last of these that holds names it.
  if (isRefusing(calleeName(node))) {
    const isOfRow = (inner: TSESTree.Node): boolean => trail.belongs(inner)
    const isHanded = node.arguments.some((argument) => someBelow(argument, isOfRow))
    if (isHanded && !isBlind(node, file) && !exemptsRoles(node, isOfRow, file))
      return `\`${calleeName(node)}\``
  }
  if (isKeptByHelper(node, rows, file)) return `\`${calleeName(node)}\``
  if (isMembershipRead(node, trail, file)) return 'the membership that was read for the tenant of the row'
  return !file.proofs.sites.isInQuery(node) && isMembershipProof(node, trail, file)
    ? `\`${calleeName(node)}\` for the tenant of the row`
    : null
}
