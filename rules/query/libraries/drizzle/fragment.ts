import type { TSESTree } from '@typescript-eslint/utils'
import { toStatements } from '../../../sql/statements.ts'
import type { Block, Condition, OccurrenceId, Operand, SelectBlock } from '../../../sql/statement.ts'
import { graft } from '../../graft.ts'
import { bindColumn, itemName, type Naming } from '../../naming.ts'
import type { Maybe } from './condition.ts'
import type { Conversion, Level } from './conversion.ts'
import type { Environment } from './environment.ts'
import { fragmentTexts, type FragmentNode, type FragmentText } from './fragment-text.ts'
import { columnIn, type Mention } from './mention.ts'

/** `where(sql\`…\`)`: the fragment as a condition on what is visible around it. An empty one is none. */
export function fragmentCondition(
  node: FragmentNode,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Maybe {
  const texts = fragmentTexts(node, environment, level, conversion)
  const present = texts.filter((text) => text.unseen || text.text.trim() !== '')
  const conditions = present.map((text): Condition => {
    const around = (fragment: string): string => `SELECT 1${fromList(level.naming)} WHERE (${fragment}\n)`
    const select = readIn(text, around, node, level, conversion)
    return numberCondition(text, node, conversion) ?? select?.where ?? unseen(text, node, conversion)
  })
  const absent = present.length < texts.length ? 'one of the texts that it can be is empty' : null
  if (conditions.length === 0) return { condition: null, absent }
  return {
    condition: conditions.length === 1 ? conditions[0]! : { kind: 'or', operands: conditions },
    absent,
  }
}

/** `sql\`0\`` and `sql\`1\`` are FALSE and TRUE to the databases that have no booleans. */
function numberCondition(text: FragmentText, node: FragmentNode, conversion: Conversion): Condition | null {
  const number = text.unseen ? null : /^\s*\(?\s*([01])\s*\)?\s*$/.exec(text.text)?.[1]
  return number == null
    ? null
    : { kind: 'constant', value: number === '1', span: conversion.draft.spanOf(node) }
}

/** `select({ n: sql\`…\` })`, `eq(sql\`lower(…)\`, …)`: the fragment as a value. */
export function fragmentOperand(
  node: FragmentNode,
  environment: Environment,
  level: Level,
  conversion: Conversion,
): Operand {
  const operands = fragmentTexts(node, environment, level, conversion).map((text): Operand => {
    const proposed = excluded(text, node, level, conversion)
    if (proposed !== null) return proposed
    const around = (fragment: string): string => `SELECT (${fragment}\n)${fromList(level.naming)}`
    const select = readIn(text, around, node, level, conversion)
    const outputs = select?.outputs ?? []
    return outputs.length === 1 && outputs[0]!.operand !== null
      ? outputs[0]!.operand
      : unseen(text, node, conversion)
  })
  if (operands.length === 1) return operands[0]!
  const span = conversion.draft.spanOf(node)
  return { kind: 'opaque', reason: 'one of several fragments', mentions: operands, span }
}

/** `sql\`excluded.title\``: the value that an upsert proposed. */
function excluded(
  text: FragmentText,
  node: FragmentNode,
  level: Level,
  conversion: Conversion,
): Operand | null {
  const name = text.unseen ? null : /^\s*excluded\s*\.\s*["`]?(\w+)["`]?\s*$/i.exec(text.text)?.[1]
  if (name == null) return null
  const { tenancy } = conversion.draft.scope
  return bindColumn(`excluded.${name}`, level.naming, tenancy, conversion.draft.spanOf(node))
}

/** `db.execute(sql\`…\`)`: the statements of a text that the template can become. Null where it cannot be parsed. */
export function fragmentBlocks(
  text: FragmentText,
  node: TSESTree.Node,
  conversion: Conversion,
): readonly Block[] | null {
  const parsed = text.unseen ? null : toStatements(inDoubleQuotes(text.text))
  if (parsed?.kind !== 'parsed') return null
  for (const interpolation of text.interpolations) conversion.draft.interpolate(interpolation)
  return parsed.statements.flatMap(({ statement }) =>
    statement === null
      ? []
      : [graftBlock(statement.block, statement.parameters, text, node, conversion, () => null)],
  )
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

/** MySQL and SQLite quote names with backticks. */
const inDoubleQuotes = (text: string): string => text.replaceAll('`', '"')

/** Names of this level and of those around it, none twice: an inner name hides an outer one. */
function visibleNames(naming: Naming): ReadonlyMap<string, Mention> {
  const names = new Map<string, Mention>()
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
  const parsed = toStatements(inDoubleQuotes(around(text.text)))
  const statement =
    parsed.kind === 'parsed' && parsed.statements.length === 1 ? parsed.statements[0]!.statement : null
  if (statement?.block.kind !== 'select') return null
  for (const interpolation of text.interpolations) conversion.draft.interpolate(interpolation)
  const names = visibleNames(level.naming)
  const items = new Map<OccurrenceId, Mention>()
  for (const item of statement.block.from) {
    const known = item.kind === 'relation' ? names.get(item.relation.name) : undefined
    if (item.kind === 'relation' && known !== undefined) items.set(item.id, known)
  }
  const part: SelectBlock = { ...statement.block, from: [] }
  const { tenancy } = conversion.draft.scope
  return graftBlock(part, statement.parameters, text, node, conversion, (occurrence, column) => {
    if (occurrence === null) return bindColumn(column, level.naming, tenancy, conversion.draft.spanOf(node))
    const item = items.get(occurrence)
    return item === undefined ? null : columnIn(item, column, node, conversion)
  })
}

function graftBlock<B extends Block>(
  block: B,
  parameters: readonly { readonly name: string }[],
  text: FragmentText,
  node: TSESTree.Node,
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
      const found: Operand = made.get(index) ??
        holeOf(parameters[index]?.name, text) ?? {
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
