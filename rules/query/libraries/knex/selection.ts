import type { TSESTree } from '@typescript-eslint/utils'
import type { Operand, Output } from '../../../sql/statement.ts'
import { holdsSubquery, widensNothing } from '../../draft.ts'
import { fragmentOutputs } from '../../fragment.ts'
import { itemName } from '../../naming.ts'
import type { ChainStep, Environment } from './chain.ts'
import { namesIn, possible, textOf, type Conversion, type Level } from './conversion.ts'
import { operandOf, reference } from './operand.ts'
import { partIn, partMethod, rawTexts } from './raw.ts'
import { chainAlias } from './table.ts'

const columnMethods: ReadonlySet<string> = new Set([
  'select',
  'column',
  'columns',
  'first',
  'pluck',
  'distinct',
  'distinctOn',
])

const aggregate = /^(count|sum|avg|min|max)(Distinct)?$/
const windowed = /^(rank|denseRank|rowNumber)$/

interface Selection {
  readonly outputs: readonly Output[]
  /** An aggregate merges rows. */
  readonly merges: boolean
}

/** All that the statement gives back; a SELECT that names no column gives all of them. */
export function selectionOf(steps: readonly ChainStep[], level: Level, conversion: Conversion): Selection {
  let outputs: Output[] = []
  let merges = false
  for (const { method, call, environment } of steps) {
    const add = (operands: readonly Output[]): number => outputs.push(...operands)
    if (method === 'clearSelect' || (method === 'clear' && clearsSelect(call, environment, conversion)))
      outputs = []
    else if (columnMethods.has(method)) {
      for (const argument of call.arguments) add(selected(argument, environment, level, conversion))
    } else if (aggregate.test(method)) {
      merges = true
      add(aggregated(method, call, environment, level, conversion))
    } else if (windowed.test(method)) merges = true
    if (method === 'distinct' || method === 'distinctOn' || method === 'groupBy' || method === 'groupByRaw')
      merges = true
  }
  if (outputs.length === 0) outputs.push(everything)
  return {
    outputs,
    merges: merges || outputs.some(({ operand }) => operand !== null && isAggregate(operand)),
  }
}

const everything: Output = { name: null, operand: null, of: null }

function clearsSelect(
  call: TSESTree.CallExpression,
  environment: Environment,
  conversion: Conversion,
): boolean {
  return namesIn(call.arguments, environment, conversion).some(
    (name) => name === 'select' || name === 'columns',
  )
}

/** What a write gives back: `returning(…)`, and the second argument of `insert`, `update`, `delete`. */
export function returnedBy(
  steps: readonly ChainStep[],
  level: Level,
  conversion: Conversion,
): readonly Output[] {
  return steps.flatMap(({ method, call, environment }): readonly Output[] => {
    const returning = returningOf(method, call)
    return returning.flatMap((one) => selected(one, environment, level, conversion))
  })
}

function returningOf(method: string, call: TSESTree.CallExpression): readonly TSESTree.Node[] {
  const [first, second, third] = call.arguments
  const some = (node: TSESTree.Node | undefined): readonly TSESTree.Node[] =>
    node === undefined || node.type === 'SpreadElement' ? [] : [node]
  switch (method) {
    case 'returning':
    case 'del':
    case 'delete':
      return some(first)
    case 'insert':
    case 'upsert':
      return some(second)
    case 'update':
      return first?.type === 'ObjectExpression' ? some(second) : some(third)
    default:
      return []
  }
}

/** A column, `{ alias: column }`, raw SQL, a sub-query, or an array of them. */
function selected(
  argument: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly Output[] {
  const { draft } = conversion
  if (argument.type === 'SpreadElement') return selected(argument.argument, environment, level, conversion)
  const text = textOf(argument, environment, conversion)
  if (text !== null) return [column(text, argument, level, conversion)]
  const [placed, ...more] = possible(argument, environment, conversion)
  if (placed === undefined || more.length > 0)
    return [unknownOutput(argument, environment, level, conversion)]
  const { node } = placed
  const part = partIn(node, draft.scope)
  if (part !== null && partMethod(part, draft.scope) === 'raw') {
    const texts = rawTexts(part.arguments, placed.environment, conversion)
    const [only, ...others] = texts
    const listed = only !== undefined && holdsSubquery(only.text) ? draft : widensNothing(draft)
    const outputs =
      only !== undefined && others.length === 0 ? fragmentOutputs(only, part, level.naming, listed) : null
    if (outputs !== null) {
      conversion.consumed.add(part)
      return outputs
    }
    return [unknownOutput(node, placed.environment, level, conversion)]
  }
  const view = node.type === 'ObjectExpression' ? draft.scope.objectOf(node) : null
  if (view !== null) {
    return view.properties.map(({ name, value }) => ({
      name,
      operand: operandOf(value, placed.environment, level, conversion, 'reference'),
      of: null,
    }))
  }
  const array = draft.scope.arrayOf(node)
  if (array !== null && array.open.length === 0) {
    return array.elements.flatMap(({ value }) => selected(value, placed.environment, level, conversion))
  }
  return [unknownOutput(node, placed.environment, level, conversion)]
}

/** A column list that is chosen at run time may be all columns; a sub-query keeps its name. */
function unknownOutput(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Output {
  const chains = conversion.evaluator.chainsOf(node, environment)
  const part = partIn(node, conversion.draft.scope)
  if (chains === null && part === null) return everything
  const operand = operandOf(node, environment, level, conversion, 'value')
  const name = chains?.[0] === undefined ? null : chainAlias(chains[0], conversion)
  return { name: name ?? '?column?', operand, of: null }
}

function column(text: string, node: TSESTree.Node, level: Level, conversion: Conversion): Output {
  const [written, alias] = text.split(/\s+as\s+/i).map((part) => part.trim())
  const parts = written!.split('.')
  if (parts.at(-1) === '*') {
    const item = level.naming.items.find((one) => itemName(one) === parts.at(-2))
    const of = item === undefined || item.kind === 'rowset' ? null : (item.id ?? null)
    return { name: null, operand: null, of }
  }
  const operand = reference(written!, node, level, conversion)
  const name = alias ?? (operand.kind === 'column' ? operand.column : parts.at(-1)!)
  return { name, operand, of: null }
}

function aggregated(
  method: string,
  call: TSESTree.CallExpression,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly Output[] {
  const given: readonly TSESTree.Node[] = call.arguments
  const span = conversion.draft.spanOf(call)
  const name = method.replace('Distinct', '').toLowerCase()
  const text = textOf(given[0], environment, conversion)
  const alias = text === null ? null : (text.split(/\s+as\s+/i)[1]?.trim() ?? null)
  const of = text === null || /^\*/.test(text) ? [] : [reference(text, given[0]!, level, conversion)]
  const operand: Operand = { kind: 'call', name, arguments: of, span }
  return [{ name: alias ?? name, operand, of: null }]
}

const aggregates = /^(count|sum|avg|min|max|\w+_agg|bool_and|bool_or|every)$/i

function isAggregate(operand: Operand): boolean {
  switch (operand.kind) {
    case 'call':
      return aggregates.test(operand.name) || operand.arguments.some(isAggregate)
    case 'opaque':
      return operand.mentions.some(isAggregate)
    default:
      return false
  }
}
