import { strings, type Content } from './ast.ts'
import type { AstNode } from './parse.ts'

/** PostgreSQL's own aggregates. One that an extension adds can stand beside a plain column only under GROUP BY. */
const aggregates = new Set(
  `any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp cume_dist dense_rank
  every json_agg json_agg_strict json_object_agg jsonb_agg jsonb_agg_strict jsonb_object_agg max min mode percent_rank
  percentile_cont percentile_disc range_agg range_intersect_agg rank regr_avgx regr_avgy regr_count regr_intercept regr_r2
  regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance
  xmlagg`.split(/\s+/),
)

/** Does this level make one row of several, or let one row speak of others? */
export function merges(node: Content<'SelectStmt'>): boolean {
  return (
    (node.groupClause?.length ?? 0) > 0 ||
    node.distinctClause !== undefined ||
    node.havingClause !== undefined ||
    hasAggregate(node.targetList) ||
    hasAggregate(node.sortClause)
  )
}

export function groupsOf(node: Content<'SelectStmt'>): 'none' | 'plain' | 'sets' {
  if (node.groupClause === undefined || node.groupClause.length === 0) return 'none'
  return node.groupClause.some((group: AstNode) => 'GroupingSet' in group) ? 'sets' : 'plain'
}

function hasAggregate(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(hasAggregate)
  if (typeof node !== 'object' || node === null) return false
  const known = node as AstNode
  // A sub-query merges its own rows.
  if ('SubLink' in known) return hasAggregate(known.SubLink.testexpr)
  if ('JsonArrayAgg' in known || 'JsonObjectAgg' in known) return true
  if ('FuncCall' in known) {
    const { funcname, over, agg_star, agg_distinct, agg_filter, agg_order, agg_within_group } = known.FuncCall
    if (over !== undefined || agg_star === true || agg_distinct === true || agg_within_group === true)
      return true
    if (agg_filter !== undefined || agg_order !== undefined) return true
    if (aggregates.has(strings(funcname).at(-1) ?? '')) return true
  }
  return Object.values(node).some(hasAggregate)
}
