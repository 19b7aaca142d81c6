import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../source/binding.ts'
import { unwrap } from '../../../source/children.ts'
import type { Operand } from '../../../sql/statement.ts'
import { columnName, itemName } from '../../naming.ts'
import type { Interpolation } from '../../query.ts'
import type { Conversion, Level, Placed } from './conversion.ts'
import type { Environment } from './environment.ts'
import { arrayParts } from './list.ts'
import { columnOf } from './mention.ts'
import { operandOf, sourceOf } from './operand.ts'
import { tableOf, type Table } from './table.ts'

/** One text that a `sql` template can become. `$n` in it stands for `holes[n - 1]`. */
export interface FragmentText {
  readonly text: string
  readonly holes: readonly (() => Operand)[]
  readonly interpolations: readonly Interpolation[]
  /** A part of the text is chosen at run time, so that it cannot be parsed. */
  readonly unseen: boolean
}

/** Conditional fragments multiply; beyond this many the template counts as not seen. */
const maximumTexts = 16

export const empty: FragmentText = { text: '', holes: [], interpolations: [], unseen: false }

/** A `sql` template, or one of the functions on the tag that make a part of one: `sql.raw(…)`, `sql.join(…)`. */
export type FragmentNode = TSESTree.TaggedTemplateExpression | TSESTree.CallExpression

export function fragmentIn(
  node: TSESTree.Node,
  environment: Environment,
  conversion: Conversion,
): FragmentNode | null {
  if (node.type === 'TaggedTemplateExpression')
    return conversion.evaluator.operatorOf(node.tag, environment) === 'sql' ? node : null
  if (node.type !== 'CallExpression') return null
  const method = sqlMethod(node, environment, conversion)
  return method !== null && /^(raw|join|identifier|empty|fromList)$/.test(method) ? node : null
}

/** `raw` of `sql.raw(…)`. */
function sqlMethod(
  node: TSESTree.CallExpression,
  environment: Environment,
  conversion: Conversion,
): string | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return null
  return conversion.evaluator.operatorOf(callee.object, environment) === 'sql' ? memberName(callee) : null
}

/** Every text that the fragment can become: nested `sql` templates are put in, conditional ones both ways. */
export function fragmentTexts(
  node: FragmentNode,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly FragmentText[] {
  if (node.type === 'CallExpression') {
    const method = sqlMethod(node, environment, conversion) ?? ''
    return sqlCall(method, node, environment, level, conversion)
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

/** Joins two texts; the placeholders of the second are numbered after those of the first. */
function append(first: FragmentText, second: FragmentText): FragmentText {
  const shift = first.holes.length
  const text = shift === 0 ? second.text : second.text.replace(/\$(\d+)/g, (_, n) => `$${Number(n) + shift}`)
  return {
    text: first.text + text,
    holes: [...first.holes, ...second.holes],
    interpolations: [...first.interpolations, ...second.interpolations],
    unseen: first.unseen || second.unseen,
  }
}

const hole = (operand: () => Operand): FragmentText => ({ ...empty, text: '$1', holes: [operand] })

function interpolated(
  expression: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly FragmentText[] {
  const { draft, evaluator } = conversion
  const found = evaluator.alternativesOf(expression, environment)
  if (found === null) return [hole(() => draft.value(expression))]
  const parts = found.map((one): readonly FragmentText[] =>
    // What is undefined leaves no trace in the text.
    one.node === null ? [empty] : part({ node: one.node, environment: one.environment }, level, conversion),
  )
  // A value that is one of several values is still one value.
  const plain = parts.every(([one, ...more]) => more.length === 0 && (one === empty || one?.text === '$1'))
  if (parts.length > 1 && plain) return [hole(() => operandOf(expression, environment, level, conversion))]
  return parts.flat()
}

function part(placed: Placed, level: Level, conversion: Conversion): readonly FragmentText[] {
  const { node, environment } = placed
  const fragment = fragmentIn(node, environment, conversion)
  if (fragment !== null) return fragmentTexts(fragment, environment, level, conversion)
  const name = nameText(placed, level, conversion)
  if (name !== null) return [{ ...empty, text: name }]
  return [hole(() => operandOf(node, environment, level, conversion))]
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A table or column in the text of the query: as the name that Drizzle writes. */
function nameText({ node, environment }: Placed, level: Level, conversion: Conversion): string | null {
  const { scope } = conversion.draft
  if (node.type === 'MemberExpression') {
    const property = memberName(node)
    const object = unwrap(node.object)
    const source = sourceOf({ node: object, environment }, level, conversion)
    if (property !== null && source !== null && source !== 'absent' && source.kind === 'relation') {
      const visible = itemName(source)
      // A second mention of the same name hides the first in text, not in the program.
      const same = level.naming.items.filter((one) => itemName(one) === visible)
      return visible === null || same.length > 1 || !same.includes(source)
        ? null
        : `${quote(visible)}.${quote(columnOf(source, property, conversion))}`
    }
    if (property !== null && source === 'absent') {
      const table = tableOf(object, scope)
      if (table !== null)
        return `${quote(table.alias ?? table.name)}.${quote(columnFor(table, property, conversion))}`
    }
    if (source !== null) return null
  }
  if (!/^(Identifier|MemberExpression|CallExpression)$/.test(node.type)) return null
  if (node.type === 'Identifier' && environment.has(node.name)) return null
  const table = tableOf(node, scope)
  if (table === null || table.evidence === 'named') return null
  const stored = table.schema === null ? quote(table.name) : `${quote(table.schema)}.${quote(table.name)}`
  return table.alias === null ? stored : `${stored} ${quote(table.alias)}`
}

/** The SQL column of a table that only the text mentions. */
function columnFor(table: Table, property: string, conversion: Conversion): string {
  const { tenancy } = conversion.draft.scope
  const item = {
    kind: 'relation',
    id: -1,
    relation: { schema: table.schema, name: table.name },
    alias: null,
    access: 'read',
    span: null,
  } as const
  return table.columns?.get(property) ?? columnName(item, property, tenancy)
}

function sqlCall(
  method: string,
  node: TSESTree.CallExpression,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly FragmentText[] {
  const { scope } = conversion.draft
  const [first, separator] = node.arguments
  if (method === 'empty') return [empty]
  if (first === undefined) return [{ ...empty, unseen: true }]
  const text = textOf(first, environment, level, conversion)
  switch (method) {
    case 'identifier':
      // Drizzle quotes the name, so that it is no injection; but which name it is cannot be seen.
      return [text === null ? { ...empty, unseen: true } : { ...empty, text: quote(text) }]
    case 'raw': {
      if (text !== null) return [{ ...empty, text }]
      const pasted: Interpolation = {
        node: first,
        position: 'fragment',
        provenance: scope.provenanceOf(first),
      }
      return [{ ...empty, interpolations: [pasted], unseen: true }]
    }
    case 'join':
      return joined(first, separator, environment, level, conversion)
    default:
      return [{ ...empty, unseen: true }]
  }
}

/** A constant text, also the name of a column: `sql.identifier(table.column.name)`. */
function textOf(
  node: TSESTree.Node,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): string | null {
  const value = conversion.draft.scope.constantOf(node)?.value
  if (typeof value === 'string') return value
  if (node.type !== 'MemberExpression' || memberName(node) !== 'name') return null
  const column = unwrap(node.object)
  if (column.type !== 'MemberExpression') return null
  const source = sourceOf({ node: unwrap(column.object), environment }, level, conversion)
  const property = memberName(column)
  if (source === null || source === 'absent' || source.kind !== 'relation' || property === null) return null
  return columnOf(source, property, conversion)
}

/** `sql.join(values, separator)`. A list of values whose length is not known stands as two values, so that it is none alone. */
function joined(
  list: TSESTree.Node,
  separator: TSESTree.Node | undefined,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): readonly FragmentText[] {
  const between = separator === undefined ? [empty] : interpolated(separator, environment, level, conversion)
  const parts = arrayParts(list, environment, conversion)
  if (between.length !== 1) return [{ ...empty, unseen: true }]
  const certain = parts.every((one) => one.kind === 'one' && one.optional === null)
  if (!certain) {
    const [only] = parts
    const isList = parts.length === 1 && only?.kind === 'open' && between[0]!.text.trim() === ','
    if (!isList) return [{ ...empty, unseen: true }]
    const value = (): Operand => conversion.draft.value(list)
    return [{ ...empty, text: '$1, $2', holes: [value, value] }]
  }
  let texts: readonly FragmentText[] = [empty]
  parts.forEach((one, index) => {
    const next = one.kind === 'one' ? interpolated(one.node, one.environment, level, conversion) : [empty]
    texts = texts.flatMap((before) =>
      next.map((added) => append(index === 0 ? before : append(before, between[0]!), added)),
    )
  })
  return texts.length > maximumTexts ? [{ ...empty, unseen: true }] : texts
}
