import type { Condition, Operand } from '../../../sql/statement.ts'
import { unseenStep, type ChainStep } from './chain.ts'
import { conditionOf } from './condition.ts'
import { namesIn, type Conversion, type Level } from './conversion.ts'
import { conditionMethod, joinMethod } from './methods.ts'
import { partIn, rawTexts } from './raw.ts'

type Family = 'where' | 'having' | 'on'

/** One condition as it is written after the ones before it. */
interface Item {
  readonly or: boolean
  readonly condition: Condition
}

/**
 * The conditions of a builder as one: Knex writes them one after the other, `a AND b OR c`, so that AND binds tighter than OR
 * whatever the order of the calls. Null: there are none.
 */
export function groupOf(
  steps: readonly ChainStep[],
  family: Family,
  level: Level,
  conversion: Conversion,
): Condition | null {
  let items: Item[] = []
  for (const step of steps) {
    if (clears(step, family, conversion)) items = []
    if (step.method === unseenStep) {
      if (family === 'having') continue
      // Out of sight, an OR may have been added as well as an AND.
      const span = conversion.draft.spanOf(step.call)
      const anything: Operand = { kind: 'column', occurrence: null, column: '*', span }
      const reason = 'something out of sight changes the query'
      const condition: Condition = { kind: 'opaque', reason, mentions: [anything], span }
      const before = joined(items)
      items = [
        { or: false, condition: before === null ? condition : { kind: 'or', operands: [before, condition] } },
      ]
      continue
    }
    const item = itemOf(step, family, level, conversion)
    if (item !== null) items.push(...spliced(item, step, family, conversion))
  }
  return joined(items)
}

/** Knex puts no brackets around raw SQL, so that an OR in it stands beside the other conditions. */
function spliced(item: Item, step: ChainStep, family: Family, conversion: Conversion): readonly Item[] {
  const { condition } = item
  const inner = condition.kind === 'optional' ? condition.condition : condition
  if (inner.kind !== 'or' || !isOpenRaw(step, family, conversion, inner.operands)) return [item]
  return inner.operands.map((operand, index): Item => {
    if (index > 0) return { or: true, condition: operand }
    return {
      ...item,
      condition: condition.kind === 'optional' ? { ...condition, condition: operand } : operand,
    }
  })
}

function isOpenRaw(
  { method, call, environment }: ChainStep,
  family: Family,
  conversion: Conversion,
  branches: readonly Condition[],
): boolean {
  const [first, ...more] = call.arguments
  const part = first === undefined || more.length > 0 ? null : partIn(first, conversion.draft.scope)
  const raw = readMethod(method, family)?.suffix === 'Raw'
  if (!raw && part === null) return false
  const texts = rawTexts(part?.arguments ?? call.arguments, environment, conversion)
  // The branches are then what the one text may be as well as the other: `whereRaw(descending ? 'a < ?' : 'a > ?', …)`.
  const areTexts = texts.length > 1 && texts.length === branches.length
  if (areTexts && branches.every(({ kind }) => kind !== 'or')) return false
  return !texts.every(({ text }) => isBracketed(text.trim()))
}

/** Does one pair of brackets enclose all of the text? */
function isBracketed(text: string): boolean {
  let depth = 0
  const plain = text.replace(/'(?:[^']|'')*'/g, '')
  for (const [index, character] of [...plain].entries()) {
    if (character === '(') depth++
    else if (character === ')') depth--
    if (depth === 0) return index === plain.length - 1 && plain.length > 1
  }
  return false
}

function joined(items: readonly Item[]): Condition | null {
  const terms: Condition[][] = []
  for (const { or, condition } of items) {
    if (or || terms.length === 0) terms.push([condition])
    else terms.at(-1)!.push(condition)
  }
  const operands = terms.map((term): Condition =>
    term.length === 1 ? term[0]! : { kind: 'and', operands: term },
  )
  if (operands.length === 0) return null
  return operands.length === 1 ? operands[0]! : { kind: 'or', operands }
}

function clears({ method, call, environment }: ChainStep, family: Family, conversion: Conversion): boolean {
  if (family === 'where' && method === 'clearWhere') return true
  if (family === 'having' && method === 'clearHaving') return true
  return method === 'clear' && namesIn(call.arguments, environment, conversion).includes(family)
}

function itemOf(step: ChainStep, family: Family, level: Level, conversion: Conversion): Item | null {
  const read = readMethod(step.method, family)
  if (read === null) return null
  const { call, environment, optional } = step
  const condition = conditionOf(read.suffix, call.arguments, {
    at: call,
    environment,
    level,
    conversion,
    right: family === 'on' ? 'reference' : 'value',
    family,
  })
  // A disjunct that may be absent is judged as if it were there; a conjunct that may be absent confines nothing.
  if (optional === null || read.or) return { or: read.or, condition }
  const span = conversion.draft.spanOf(call)
  return { or: false, condition: { kind: 'optional', condition, reason: optional, span } }
}

/** `orWhereNotIn` is `or`, `NotIn`. */
function readMethod(
  method: string,
  family: Family,
): { readonly or: boolean; readonly suffix: string } | null {
  if (family === 'on') {
    const found = joinMethod.exec(method)
    return found === null ? null : { or: found[1] === 'or', suffix: found[2] ?? '' }
  }
  const found = conditionMethod.exec(method)
  if (found === null) return null
  const [, conjunction, upper, lower, rest, suffix] = found
  if (`${(upper ?? lower)!.toLowerCase()}${rest}` !== family) return null
  return { or: conjunction === 'or', suffix: suffix ?? '' }
}
