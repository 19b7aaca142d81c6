import { toStatements } from '../../../sql/statements.ts'
import type { Block, Condition, OccurrenceId, Operand, SelectBlock } from '../../../sql/statement.ts'
import { graft } from '../../graft.ts'
import { bindColumn, bindItemColumn, itemName, type Naming } from '../../naming.ts'
import type { Environment } from './chain.ts'
import type { Conversion, Level } from './conversion.ts'
import { fragmentTexts, type FragmentNode, type FragmentText } from './fragment-text.ts'

/** `where(sql\`…\`)`: the fragment as a condition on what is visible around it. */
export function fragmentCondition(
  node: FragmentNode,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Condition {
  const conditions = fragmentTexts(node, environment, level, conversion).map((text): Condition => {
    const select = readIn(
      text,
      (fragment) => `SELECT 1${fromList(level.naming)} WHERE (${fragment}\n)`,
      node,
      level,
      conversion,
    )
    return select?.where ?? { ...unseen(text, node, conversion) }
  })
  return conditions.length === 1 ? conditions[0]! : { kind: 'or', operands: conditions }
}

/** `select(sql\`…\`.as('x'))`, `where(sql\`…\`, '=', …)`: the fragment as a value. */
export function fragmentOperand(
  node: FragmentNode,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Operand {
  const operands = fragmentTexts(node, environment, level, conversion).map((text): Operand => {
    const select = readIn(
      text,
      (fragment) => `SELECT (${fragment}\n)${fromList(level.naming)}`,
      node,
      level,
      conversion,
    )
    const outputs = select?.outputs ?? []
    return outputs.length === 1 && outputs[0]!.operand !== null
      ? outputs[0]!.operand
      : unseen(text, node, conversion)
  })
  if (operands.length === 1) return operands[0]!
  return {
    kind: 'opaque',
    reason: 'one of several fragments',
    mentions: operands,
    span: conversion.draft.spanOf(node),
  }
}

/** `sql\`…\`.execute(db)`: the statements of each text that the template can become. Null where one cannot be parsed. */
export function fragmentBlocks(
  texts: readonly FragmentText[],
  node: FragmentNode,
  conversion: Conversion,
): readonly Block[] | null {
  const blocks: Block[] = []
  for (const text of texts) {
    const parsed = text.unseen ? null : toStatements(text.text)
    if (parsed?.kind !== 'parsed') return null
    for (const { statement } of parsed.statements) {
      if (statement === null) continue
      blocks.push(graftBlock(statement.block, statement.parameters, text, node, conversion, () => null))
    }
    for (const interpolation of text.interpolations) conversion.draft.interpolate(interpolation)
  }
  return blocks
}

function unseen(text: FragmentText, node: FragmentNode, conversion: Conversion) {
  for (const interpolation of text.interpolations) conversion.draft.interpolate(interpolation)
  return {
    kind: 'opaque',
    reason: 'raw SQL that could not be read',
    mentions: text.holes.map((operand) => operand()),
    span: conversion.draft.spanOf(node),
  } as const
}

/** Names of this level and of those around it, none twice: an inner name hides an outer one. */
function visibleNames(naming: Naming): ReadonlyMap<string, Naming['items'][number]> {
  const names = new Map<string, Naming['items'][number]>()
  for (let level: Naming | null = naming; level !== null; level = level.outer) {
    for (const item of level.items) {
      const name = itemName(item)
      if (name !== null && !names.has(name)) names.set(name, item)
    }
  }
  return names
}

function fromList(naming: Naming): string {
  const names = [...visibleNames(naming).keys()].map((name) => `"${name.replaceAll('"', '""')}"`)
  return names.length === 0 ? '' : ` FROM ${names.join(', ')}`
}

function readIn(
  text: FragmentText,
  around: (fragment: string) => string,
  node: FragmentNode,
  level: Level,
  conversion: Conversion,
): SelectBlock | null {
  if (text.unseen) return null
  const parsed = toStatements(around(text.text))
  const statement =
    parsed.kind === 'parsed' && parsed.statements.length === 1 ? parsed.statements[0]!.statement : null
  if (statement?.block.kind !== 'select') return null
  for (const interpolation of text.interpolations) conversion.draft.interpolate(interpolation)
  const names = visibleNames(level.naming)
  const items = new Map<OccurrenceId, Naming['items'][number]>()
  for (const item of statement.block.from) {
    const known = item.kind === 'relation' ? names.get(item.relation.name) : undefined
    if (item.kind === 'relation' && known !== undefined) items.set(item.id, known)
  }
  const { tenancy } = conversion.draft.scope
  const span = conversion.draft.spanOf(node)
  const { parameters } = statement
  const part: SelectBlock = { ...statement.block, from: [] }
  return graftBlock(part, parameters, text, node, conversion, (occurrence, column) => {
    if (occurrence === null) return bindColumn(column, level.naming, tenancy, span)
    const item = items.get(occurrence)
    return item === undefined ? null : bindItemColumn(item, column, tenancy, span)
  })
}

function graftBlock<B extends Block>(
  block: B,
  parameters: readonly { readonly name: string }[],
  text: FragmentText,
  node: FragmentNode,
  conversion: Conversion,
  column: (occurrence: OccurrenceId | null, column: string) => Operand | null,
): B {
  const { draft } = conversion
  const numbers = new Map<OccurrenceId, OccurrenceId>()
  const made = new Map<number, Operand>()
  const span = draft.spanOf(node)
  return graft(block, {
    occurrence: (id) => {
      if (!numbers.has(id)) numbers.set(id, draft.nextOccurrence())
      return numbers.get(id)!
    },
    parameter: (index) => {
      const operand = made.get(index) ?? holeOf(parameters[index]?.name, text)
      const found: Operand = operand ?? {
        kind: 'opaque',
        reason: 'a parameter without value',
        mentions: [],
        span,
      }
      made.set(index, found)
      return found
    },
    column,
    span: (old) => (old === null ? null : span),
  })
}

function holeOf(name: string | undefined, text: FragmentText): Operand | null {
  const number = /^\$(\d+)$/.exec(name ?? '')?.[1]
  return number === undefined ? null : (text.holes[Number(number) - 1]?.() ?? null)
}
