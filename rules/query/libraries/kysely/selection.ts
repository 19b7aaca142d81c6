import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../../../source/binding.ts'
import type { Operand, Output } from '../../../sql/statement.ts'
import { itemName } from '../../naming.ts'
import type { Chain, ChainStep, Environment } from './chain.ts'
import { possibleExpressions, type Conversion, type Level } from './conversion.ts'
import { operandOf, reference } from './operand.ts'
import { unwrapped } from './syntax.ts'
import { stringsOf } from './write.ts'

const aggregates: ReadonlySet<string> = new Set([
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'agg',
  'array_agg',
  'string_agg',
  'json_agg',
  'jsonb_agg',
  'bool_and',
  'bool_or',
])

interface Selection {
  readonly outputs: readonly Output[]
  /** An aggregate merges rows. */
  readonly merges: boolean
}

/** All that `select`, `selectAll`, `returning` and `returningAll` ask for. */
export function selectionOf(chain: Chain, start: ChainStep, level: Level, conversion: Conversion): Selection {
  const outputs: Output[] = []
  const selecting = start.method === 'selectFrom' || start.method === 'selectNoFrom'
  const [some, all] = selecting ? ['select', 'selectAll'] : ['returning', 'returningAll']
  for (const { method, call, environment } of chain.steps) {
    const [argument] = call.arguments
    if (method === 'clearSelect' || method === 'clearReturning') outputs.length = 0
    else if (method === all) outputs.push(...everything(argument, level, conversion))
    else if (method === some && argument !== undefined) {
      outputs.push(...selected(argument, environment, level, conversion))
    }
  }
  return { outputs, merges: outputs.some(({ operand }) => operand !== null && isAggregate(operand)) }
}

function everything(
  argument: TSESTree.Node | undefined,
  level: Level,
  conversion: Conversion,
): readonly Output[] {
  const names = argument === undefined ? [] : stringsOf(argument, conversion)
  if (names.length === 0) return [{ name: null, operand: null, of: null }]
  return names.map((name) => {
    const item = level.naming.items.find((one) => itemName(one) === name.split('.').at(-1))
    const of = item === undefined || item.kind === 'rowset' ? null : (item.id ?? null)
    return { name: null, operand: null, of }
  })
}

/** A column, an expression, an array of both, or a callback that returns one. */
function selected(
  argument: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly Output[] {
  const { draft } = conversion
  const placed = possibleExpressions(argument, environment, conversion)
  if (placed === null) {
    const span = draft.spanOf(argument)
    const operand: Operand = {
      kind: 'opaque',
      reason: 'outputs that could not be followed',
      mentions: [],
      span,
    }
    return [{ name: null, operand, of: null }]
  }
  return placed.flatMap(({ node: given, environment: inner }) => {
    const node = unwrapped(given)
    if (node.type === 'ArrayExpression') {
      return node.elements.flatMap((one) => {
        if (one === null) return []
        const element = one.type === 'SpreadElement' ? one.argument : one
        return isFunction(element)
          ? selected(element, inner, level, conversion)
          : selected(element, inner, level, conversion)
      })
    }
    const text = draft.scope.constantOf(node)?.value
    if (typeof text === 'string') return [column(text, node, level, conversion)]
    const names = node.type === 'CallExpression' ? [] : stringsOf(node, conversion)
    if (names.length > 0) return names.map((name) => column(name, node, level, conversion))
    const operand = operandOf(node, inner, level, conversion, 'value')
    return [{ name: aliasOf(node, conversion), operand, of: null }]
  })
}

function column(text: string, node: TSESTree.Node, level: Level, conversion: Conversion): Output {
  const [written, alias] = text.split(/\s+as\s+/i).map((part) => part.trim())
  const operand = reference(written!, node, level, conversion)
  const name = alias ?? (operand.kind === 'column' ? operand.column : written!.split('.').at(-1)!)
  return { name, operand, of: null }
}

/** `expression.as('name')`. An expression without a name has none that the query around it could use. */
function aliasOf(node: TSESTree.Node, conversion: Conversion): string {
  if (node.type === 'CallExpression') {
    const callee = unwrapped(node.callee)
    const [first] = node.arguments
    if (callee.type === 'MemberExpression' && memberName(callee) === 'as' && first !== undefined) {
      const value = conversion.draft.scope.constantOf(first)?.value
      if (typeof value === 'string') return value
    }
  }
  return '?column?'
}

function isAggregate(operand: Operand): boolean {
  switch (operand.kind) {
    case 'call':
      return aggregates.has(operand.name.toLowerCase()) || operand.arguments.some(isAggregate)
    case 'opaque':
      return operand.mentions.some(isAggregate)
    default:
      return false
  }
}
