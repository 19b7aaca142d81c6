import type { TSESTree } from '@typescript-eslint/utils'
import { toStatements } from '../sql/statements.ts'
import type {
  Block,
  Condition,
  FromItem,
  Join,
  OccurrenceId,
  Operand,
  SelectBlock,
} from '../sql/statement.ts'
import type { Draft } from './draft.ts'
import { graft } from './graft.ts'
import { bindColumn, bindItemColumn, itemName, itemsOf, type Naming } from './naming.ts'
import type { Interpolation } from './query.ts'

/** One text that a piece of raw SQL can become. `$n` in it stands for `holes[n - 1]`. */
export interface FragmentText {
  readonly text: string
  readonly holes: readonly (() => Operand)[]
  readonly interpolations: readonly Interpolation[]
  /** A part of the text is chosen at run time, so that it cannot be parsed. */
  readonly unseen: boolean
}

export const emptyFragment: FragmentText = { text: '', holes: [], interpolations: [], unseen: false }

/** Joins two texts; the placeholders of the second are numbered after those of the first. */
export function append(first: FragmentText, second: FragmentText): FragmentText {
  const shift = first.holes.length
  return {
    text:
      first.text +
      (shift === 0 ? second.text : second.text.replace(/\$(\d+)/g, (_, n) => `$${Number(n) + shift}`)),
    holes: [...first.holes, ...second.holes],
    interpolations: [...first.interpolations, ...second.interpolations],
    unseen: first.unseen || second.unseen,
  }
}

/** Raw SQL as a condition on what is visible around it. */
export function fragmentCondition(
  texts: readonly FragmentText[],
  node: TSESTree.Node,
  naming: Naming,
  draft: Draft,
): Condition {
  const conditions = texts.map((text): Condition => {
    const around = (fragment: string): string => `SELECT 1${fromList(naming)} WHERE (${fragment}\n)`
    return readIn(text, around, node, naming, draft)?.where ?? unseen(text, node, draft)
  })
  return conditions.length === 1 ? conditions[0]! : { kind: 'or', operands: conditions }
}

/** Raw SQL as a value. */
export function fragmentOperand(
  texts: readonly FragmentText[],
  node: TSESTree.Node,
  naming: Naming,
  draft: Draft,
): Operand {
  const operands = texts.map((text): Operand => {
    const around = (fragment: string): string => `SELECT (${fragment}\n)${fromList(naming)}`
    const outputs = readIn(text, around, node, naming, draft)?.outputs ?? []
    return outputs.length === 1 && outputs[0]!.operand !== null
      ? outputs[0]!.operand
      : unseen(text, node, draft)
  })
  if (operands.length === 1) return operands[0]!
  return {
    kind: 'opaque',
    reason: 'one of several fragments',
    mentions: operands,
    span: draft.spanOf(node),
  }
}

/** The SELECT list that raw SQL stands in: several outputs, each perhaps with a name. Null: it could not be read. */
export function fragmentOutputs(
  text: FragmentText,
  node: TSESTree.Node,
  naming: Naming,
  draft: Draft,
): SelectBlock['outputs'] | null {
  return (
    readIn(text, (fragment) => `SELECT ${fragment}\n${fromList(naming)}`, node, naming, draft)?.outputs ??
    null
  )
}

/** One join that raw SQL adds to what stands before it. */
export interface FragmentJoin {
  readonly type: Join['type']
  readonly right: FromItem
  readonly on: Condition | null
}

/** `joinRaw('left join t on …')`: the joins in the order of the text. Null: it could not be read. */
export function fragmentJoins(
  text: FragmentText,
  node: TSESTree.Node,
  naming: Naming,
  draft: Draft,
): readonly FragmentJoin[] | null {
  const names = [...visibleNames({ ...naming, outer: null }).keys()].map(quoted)
  if (names.length === 0) return null
  const before = names.join(' CROSS JOIN ')
  const part = readIn(text, (fragment) => `SELECT 1 FROM ${before} ${fragment}\n`, node, naming, draft, true)
  const joins: FragmentJoin[] = []
  let at = part?.from.length === 1 ? part.from[0]! : null
  for (let count = countJoins(at) - (names.length - 1); count > 0 && at?.kind === 'join'; count--) {
    joins.unshift({ type: at.type, right: at.right, on: at.on })
    at = at.left
  }
  return joins.length === 0 ? null : joins
}

function countJoins(item: FromItem | null): number {
  return item?.kind === 'join' ? 1 + countJoins(item.left) : 0
}

/** `from(raw)`: what the text names as a FROM list. Null: it could not be read. */
export function fragmentFrom(
  text: FragmentText,
  node: TSESTree.Node,
  draft: Draft,
): readonly FromItem[] | null {
  const blocks = fragmentBlocks([{ ...text, text: `SELECT 1 FROM ${text.text}\n` }], node, draft)
  const block = blocks?.length === 1 ? blocks[0]! : null
  return block?.kind === 'select' ? block.from : null
}

/** Whole statements, one for each text. Null where one cannot be parsed. */
export function fragmentBlocks(
  texts: readonly FragmentText[],
  node: TSESTree.Node,
  draft: Draft,
): readonly Block[] | null {
  const blocks: Block[] = []
  for (const text of texts) {
    const parsed = text.unseen ? null : toStatements(text.text)
    if (parsed?.kind !== 'parsed') return null
    for (const { statement } of parsed.statements) {
      if (statement === null) continue
      blocks.push(graftBlock(statement.block, statement.parameters, text, node, draft, () => null))
    }
    for (const interpolation of text.interpolations) draft.interpolate(interpolation)
  }
  return blocks
}

function unseen(text: FragmentText, node: TSESTree.Node, draft: Draft) {
  for (const interpolation of text.interpolations) draft.interpolate(interpolation)
  return {
    kind: 'opaque',
    reason: 'raw SQL that could not be read',
    mentions: text.holes.map((operand) => operand()),
    span: draft.spanOf(node),
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

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

function fromList(naming: Naming): string {
  const names = [...visibleNames(naming).keys()].map(quoted)
  return names.length === 0 ? '' : ` FROM ${names.join(', ')}`
}

function readIn(
  text: FragmentText,
  around: (fragment: string) => string,
  node: TSESTree.Node,
  naming: Naming,
  draft: Draft,
  keepsFrom = false,
): SelectBlock | null {
  if (text.unseen) return null
  const parsed = toStatements(around(text.text))
  const statement =
    parsed.kind === 'parsed' && parsed.statements.length === 1 ? parsed.statements[0]!.statement : null
  if (statement?.block.kind !== 'select') return null
  for (const interpolation of text.interpolations) draft.interpolate(interpolation)
  const names = visibleNames(naming)
  const items = new Map<OccurrenceId, Naming['items'][number]>()
  for (const item of itemsOf(statement.block.from)) {
    const known = item.kind === 'relation' ? names.get(item.relation.name) : undefined
    if (item.kind === 'relation' && known !== undefined) items.set(item.id, known)
  }
  const { tenancy } = draft.scope
  const span = draft.spanOf(node)
  const { parameters } = statement
  const part: SelectBlock = keepsFrom ? statement.block : { ...statement.block, from: [] }
  return graftBlock(part, parameters, text, node, draft, (occurrence, column) => {
    if (occurrence === null) return bindColumn(column, naming, tenancy, span)
    const item = items.get(occurrence)
    return item === undefined ? null : bindItemColumn(item, column, tenancy, span)
  })
}

function graftBlock<B extends Block>(
  block: B,
  parameters: readonly { readonly name: string }[],
  text: FragmentText,
  node: TSESTree.Node,
  draft: Draft,
  column: (occurrence: OccurrenceId | null, column: string) => Operand | null,
): B {
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
