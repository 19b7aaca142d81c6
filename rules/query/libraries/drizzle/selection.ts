import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../../source/children.ts'
import type { Operand, Output } from '../../../sql/statement.ts'
import type { PropertyView } from '../../library.ts'
import type { Conversion, Level } from './conversion.ts'
import type { Environment } from './environment.ts'
import type { Mention } from './mention.ts'
import { opaque, operandOf, sourceOf } from './operand.ts'

export const everything: readonly Output[] = [{ name: null, operand: null, of: null }]

const aggregates =
  /^(count|countdistinct|sum|sumdistinct|avg|avgdistinct|min|max|(array|string|json|jsonb|xml)_agg|json(b)?_object_agg|group_concat|json_group_array|bool_(and|or)|every)$/i

export function isAggregate(operand: Operand): boolean {
  switch (operand.kind) {
    case 'call':
      return aggregates.test(operand.name) || operand.arguments.some(isAggregate)
    case 'opaque':
      return operand.mentions.some(isAggregate)
    default:
      return false
  }
}

/** What `select({…})` and `returning({…})` ask for. */
export function outputsOf(
  fields: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly Output[] {
  const source = sourceOf({ node: unwrap(fields), environment }, level, conversion)
  if (source !== null && source !== 'absent') return [wholeOf(source)]
  const bound = fields.type === 'Identifier' ? environment.get(fields.name) : undefined
  if (bound?.kind === 'argument') return outputsOf(bound.node, bound.environment, level, conversion)
  return fieldOutputs(fields, '', environment, level, conversion)
}

function fieldOutputs(
  fields: TSESTree.Node,
  prefix: string,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly Output[] {
  const view = conversion.draft.scope.objectOf(fields)
  if (view === null) {
    const operand = opaque('outputs that could not be followed', [], fields, conversion)
    return [{ name: null, operand, of: null }]
  }
  return [
    ...view.properties.flatMap((property) => fieldOutput(property, prefix, environment, level, conversion)),
    ...view.open.map(({ node, reason }): Output => {
      const source = sourceOf({ node: unwrap(node), environment }, level, conversion)
      if (source !== null && source !== 'absent') return wholeOf(source)
      return { name: null, operand: opaque(reason, [], node, conversion), of: null }
    }),
  ]
}

/** Fields of a nested object are named by their whole path, so that none is taken for a column of the row itself. */
function fieldOutput(
  { name, value }: PropertyView,
  prefix: string,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly Output[] {
  const node = unwrap(conversion.draft.scope.resolve(unwrap(value)))
  if (node.type === 'ObjectExpression')
    return fieldOutputs(node, `${prefix}${name}.`, environment, level, conversion)
  const source = sourceOf({ node: unwrap(value), environment }, level, conversion)
  if (source !== null && source !== 'absent') return [wholeOf(source)]
  const operand = operandOf(value, environment, level, conversion)
  return [{ name: `${prefix}${name}`, operand, of: null }]
}

function wholeOf(mention: Mention): Output {
  const of = mention.kind === 'rowset' ? null : (mention.id ?? null)
  return { name: null, operand: null, of }
}
