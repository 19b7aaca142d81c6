import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import type { Condition } from '../../../sql/statement.ts'
import type { Parts } from './clauses.ts'
import { conditionOf } from './condition.ts'
import { possibleExpressions, type Level } from './conversion.ts'
import { unwrapped } from './syntax.ts'

/**
 * `select((eb) => eb.fn.count('a.id').filterWhereRef('a.stageId', '=', 'stages.id').as('n'))`: of a select that gives this one aggregate and
 * nothing else, FILTER leaves the rows out that WHERE would. Rows of groups show all the same.
 */
export function filterOfOnlyAggregate(level: Level, { chain, conversion }: Parts): readonly Condition[] {
  const selecting = chain.steps.filter(({ method }) =>
    /^(?:select|selectAll|clearSelect|groupBy)$/.test(method),
  )
  const [step, ...others] = selecting
  const [argument] = step?.call.arguments ?? []
  if (step?.method !== 'select' || others.length > 0 || argument === undefined) return []
  if (step.optional !== null || step.call.arguments.length > 1) return []
  const placed = possibleExpressions(argument, step.environment, conversion)
  const [only] = placed ?? []
  if (placed?.length !== 1 || only === undefined) return []
  const filters = filtersOf(unwrapped(only.node))
  return (filters ?? []).map((call) => {
    const reading = methodOf(call) === 'filterWhereRef' ? 'reference' : 'value'
    return conditionOf(call.arguments, only.environment, level, conversion, reading, call)
  })
}

/** The `filterWhere` and `filterWhereRef` of one call of `fn.count`, `fn.max`, …; null where it is something else. */
function filtersOf(node: TSESTree.Node): readonly TSESTree.CallExpression[] | null {
  if (node.type !== 'CallExpression') return null
  const callee = unwrapped(node.callee)
  if (callee.type !== 'MemberExpression') return null
  const object = unwrapped(callee.object)
  const method = memberName(callee) ?? ''
  if (aggregates.test(method)) return isFunctionModule(object) ? [] : null
  const inner = filtersOf(object)
  if (inner === null) return null
  if (/^filterWhere(?:Ref)?$/.test(method)) return [...inner, node]
  return /^(?:as|distinct|orderBy)$/.test(method) ? inner : null
}

const aggregates = /^(?:count|countAll|sum|avg|min|max|agg|jsonAgg)$/

/** `eb.fn`, or `fn` taken out of it. */
const isFunctionModule = (node: TSESTree.Node): boolean =>
  node.type === 'MemberExpression'
    ? memberName(node) === 'fn'
    : node.type === 'Identifier' && node.name === 'fn'

function methodOf(call: TSESTree.CallExpression): string | null {
  const callee = unwrapped(call.callee)
  return callee.type === 'MemberExpression' ? memberName(callee) : null
}
