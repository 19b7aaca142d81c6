import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import type { Operand } from '../../../sql/statement.ts'
import { append, emptyFragment as empty, type FragmentText } from '../../fragment.ts'
import type { Interpolation } from '../../query.ts'
import type { Environment } from './chain.ts'
import { possibleExpressions, type Conversion, type Level, type Placed } from './conversion.ts'
import { operandOf } from './operand.ts'
import { isSqlTag } from './receiver.ts'
import { unwrapped } from './syntax.ts'
import { stringsOf } from './write.ts'

/** Conditional fragments multiply; beyond this many the template counts as not seen. */
const maximumTexts = 16

/** A `sql` template, or one of the functions on the tag that make a part of one: `sql.ref(…)`, `sql.lit(…)`. */
export type FragmentNode = TSESTree.TaggedTemplateExpression | TSESTree.CallExpression

export function fragmentIn(node: TSESTree.Node, conversion: Conversion): FragmentNode | null {
  if (node.type === 'TaggedTemplateExpression')
    return isSqlTag(node.tag, conversion.draft.scope) ? node : null
  return node.type === 'CallExpression' && sqlMethod(node, conversion) !== null ? node : null
}

/** Every text that the fragment can become: nested `sql` templates are put in, conditional ones both ways. */
export function fragmentTexts(
  node: FragmentNode,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly FragmentText[] {
  if (node.type === 'CallExpression') {
    return sqlCall(sqlMethod(node, conversion) ?? '', node, environment, level, conversion)
  }
  let texts: readonly FragmentText[] = [empty]
  node.quasi.quasis.forEach((quasi, index) => {
    texts = texts.map((one) => append(one, { ...empty, text: quasi.value.cooked ?? quasi.value.raw }))
    const expression = node.quasi.expressions[index]
    if (expression === undefined) return
    const parts = interpolated(expression, environment, level, conversion)
    texts = texts.flatMap((one) => parts.map((part) => append(one, part)))
    if (texts.length > maximumTexts) texts = [{ ...texts[0]!, unseen: true }]
  })
  return texts
}

const hole = (operand: () => Operand): FragmentText => ({ ...empty, text: '$1', holes: [operand] })

function interpolated(
  expression: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly FragmentText[] {
  const placed = possibleExpressions(expression, environment, conversion)
  if (placed === null) return [hole(() => conversion.draft.value(expression))]
  const parts = placed.map((one) => part(one, level, conversion))
  // A value that is one of several values is still one value.
  const fragments = placed.some(({ node }) => fragmentIn(unwrapped(node), conversion) !== null)
  return fragments || parts.length === 1
    ? parts.flat()
    : [hole(() => operandOf(expression, environment, level, conversion, 'value'))]
}

/** `raw` of `sql.raw(…)`. */
function sqlMethod(node: TSESTree.CallExpression, conversion: Conversion): string | null {
  const callee = unwrapped(node.callee)
  if (callee.type !== 'MemberExpression') return null
  return isSqlTag(unwrapped(callee.object), conversion.draft.scope) ? memberName(callee) : null
}

function part(placed: Placed, level: Level, conversion: Conversion): readonly FragmentText[] {
  const node = unwrapped(placed.node)
  const { environment } = placed
  const fragment = fragmentIn(node, conversion)
  if (fragment !== null) return fragmentTexts(fragment, environment, level, conversion)
  return [hole(() => operandOf(node, environment, level, conversion, 'value'))]
}

const quoted = (name: string): string =>
  name
    .split('.')
    .map((one) => `"${one.replaceAll('"', '""')}"`)
    .join('.')

function sqlCall(
  method: string,
  node: TSESTree.CallExpression,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly FragmentText[] {
  const { scope } = conversion.draft
  const [first] = node.arguments
  if (first === undefined) return [{ ...empty, unseen: true }]
  const constant = scope.constantOf(first)
  const pasted = (position: Interpolation['position']): Interpolation => ({
    node: first,
    position,
    provenance: scope.provenanceOf(first),
  })
  switch (method) {
    case 'ref':
    case 'table':
    case 'id': {
      const names = node.arguments.flatMap((one) => stringsOf(one, conversion))
      if (names.length === node.arguments.length) return [{ ...empty, text: names.map(quoted).join('.') }]
      // Kysely quotes the name, so that it is no injection; but which name it is cannot be seen.
      return [{ ...empty, unseen: true }]
    }
    case 'lit':
      if (constant !== null) return [{ ...empty, text: literalText(constant.value) }]
      return [
        {
          ...hole(() => operandOf(first, environment, level, conversion, 'value')),
          interpolations: [pasted('value')],
        },
      ]
    case 'raw':
      if (typeof constant?.value === 'string') return [{ ...empty, text: constant.value }]
      return [{ ...empty, interpolations: [pasted('fragment')], unseen: true }]
    case 'join':
      return joined(first, node.arguments[1], environment, level, conversion)
    default:
      return [hole(() => conversion.draft.value(first))]
  }
}

function literalText(value: string | number | boolean | null): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
}

/** `sql.join(values, separator)`. A list whose length is not known stands as one value. */
function joined(
  list: TSESTree.Node,
  separator: TSESTree.Node | undefined,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly FragmentText[] {
  const array = conversion.draft.scope.arrayOf(list)
  if (
    array !== null &&
    array.open.length === 0 &&
    array.elements.every(({ optional }) => optional === null)
  ) {
    const between =
      separator === undefined
        ? [{ ...empty, text: ', ' }]
        : interpolated(separator, environment, level, conversion)
    let texts: readonly FragmentText[] = [empty]
    array.elements.forEach(({ value }, index) => {
      const next = interpolated(value, environment, level, conversion)
      texts = texts.flatMap((one) =>
        next.map((part) => append(index === 0 ? one : append(one, between[0]!), part)),
      )
    })
    return texts.length > maximumTexts ? [{ ...empty, unseen: true }] : texts
  }
  if (separator !== undefined || array !== null) return [{ ...empty, unseen: true }]
  return [hole(() => conversion.draft.value(list))]
}
