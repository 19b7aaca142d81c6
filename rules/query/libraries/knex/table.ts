import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../../source/binding.ts'
import type { Access, Block, Derived, FromItem, Occurrence, Rowset, Span } from '../../../sql/statement.ts'
import { fragmentFrom, type FragmentText } from '../../fragment.ts'
import type { Chain, Environment } from './chain.ts'
import { possible, subqueriesOf, textOf, type Conversion, type Level, type Placed } from './conversion.ts'
import { partIn, partMethod, rawTexts } from './raw.ts'

export type Table = Occurrence | Derived | Rowset

/** The table of `knex(…)`, `from(…)`, `join(…)`: a name, `{ alias: name }`, a sub-query, a callback that builds one, or raw SQL. */
export function tableOf(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
  access: Access,
): FromItem {
  const placed = possible(node, environment, conversion)
  if (placed.length === 1) return single(placed[0]!, level, conversion, access)
  return rowset('one of several tables', null, conversion.draft.spanOf(node))
}

function single(placed: Placed, level: Level, conversion: Conversion, access: Access): FromItem {
  const { draft } = conversion
  const { node, environment } = placed
  const span = draft.spanOf(node)
  const name = draft.scope.constantOf(node)?.value
  if (typeof name === 'string') return namedTable(name, node, level, conversion, access)
  const part = partIn(node, draft.scope)
  if (part !== null) return partTable(part, placed, level, conversion, access)
  const view = node.type === 'ObjectExpression' ? draft.scope.objectOf(node) : null
  const [only, ...more] = view?.properties ?? []
  if (only !== undefined && more.length === 0 && view?.open.length === 0) {
    return aliased(tableOf(only.value, environment, level, conversion, access), only.name)
  }
  const blocks =
    node.type === 'CallExpression' || isFunction(node) || node.type === 'Identifier'
      ? subqueriesOf(placed, level, conversion)
      : null
  if (blocks?.length === 1) return derived(blocks[0]!, aliasOf(placed, conversion), span, conversion)
  return rowset('a table that is chosen at run time', null, span)
}

function derived(block: Block, alias: string | null, span: Span, conversion: Conversion): Derived {
  const id = conversion.draft.nextOccurrence()
  return { kind: 'derived', id, alias, block, lateral: false, span }
}

function aliased(table: FromItem, alias: string): FromItem {
  return table.kind === 'join' ? table : { ...table, alias }
}

/** The last `.as('name')` of a builder. */
function aliasOf({ node, environment }: Placed, conversion: Conversion): string | null {
  const { evaluator } = conversion
  const target = evaluator.functionOf(node)
  const chains =
    target === null
      ? evaluator.chainsOf(node, environment)
      : evaluator.applied(target, { root: node, steps: [] }, [], environment)
  return chains?.[0] === undefined ? null : chainAlias(chains[0], conversion)
}

export function chainAlias(chain: Chain, conversion: Conversion): string | null {
  const step = chain.steps.findLast(({ method }) => method === 'as')
  return step === undefined ? null : textOf(step.call.arguments[0], step.environment, conversion)
}

/** `raw('tasks as t')`, `raw('generate_series(1, ?)', [n])`, `ref('tasks').as('t')`. */
function partTable(
  part: TSESTree.CallExpression,
  { node, environment }: Placed,
  level: Level,
  conversion: Conversion,
  access: Access,
): FromItem {
  const { draft } = conversion
  conversion.consumed.add(part)
  const span = draft.spanOf(node)
  if (partMethod(part, draft.scope) === 'ref') {
    const name = textOf(part.arguments[0], environment, conversion)
    return name === null
      ? rowset('a table that is chosen at run time', null, span)
      : namedTable(name, node, level, conversion, access)
  }
  return rawTable(rawTexts(part.arguments, environment, conversion), node, level, conversion)
}

/** Raw SQL as a FROM list. */
export function rawTable(
  texts: readonly FragmentText[],
  node: TSESTree.Node,
  level: Level,
  conversion: Conversion,
): FromItem {
  const { draft } = conversion
  const span = draft.spanOf(node)
  const items = texts.length === 1 ? fragmentFrom(texts[0]!, node, draft) : null
  if (items === null || items.length === 0) return rowset('raw SQL as a table', null, span)
  return items
    .map((item) => placedTable(item, level, conversion))
    .reduce((left, right) => ({ kind: 'join', type: 'cross', left, right, on: null, span }))
}

/** A name in raw SQL may be that of a CTE. */
function placedTable(item: FromItem, level: Level, conversion: Conversion): FromItem {
  if (item.kind !== 'relation' || item.relation.schema !== null) return item
  const cte = level.ctes.get(item.relation.name)
  if (cte === undefined) return item
  return derived(cte, item.alias ?? item.relation.name, item.span ?? { start: 0, end: 0 }, conversion)
}

/** `tasks`, `public.tasks`, `tasks as t`, or the name of a CTE. */
export function namedTable(
  text: string,
  node: TSESTree.Node,
  level: Level,
  conversion: Conversion,
  access: Access,
): Table {
  const [written, alias] = text
    .trim()
    .split(/\s+(?:as\s+)?/i)
    .map((part) => part.replaceAll('"', '').trim())
  const parts = written!.split('.')
  const name = parts.at(-1)!
  const schema = parts.length > 1 ? parts.at(-2)! : null
  const cte = schema === null ? level.ctes.get(name) : undefined
  if (cte !== undefined && access === 'read') {
    return derived(cte, alias ?? name, conversion.draft.spanOf(node), conversion)
  }
  return conversion.draft.occurrence({ schema: schema ?? level.schema, name }, alias ?? null, access, node)
}

export function rowset(reason: string, alias: string | null, span: Rowset['span']): Rowset {
  return { kind: 'rowset', alias, reason, span }
}
