import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName, type FunctionNode } from '../../../../source/binding.ts'
import { returnsOf, unwrap } from '../../../../source/children.ts'
import { inWords } from '../../../../provenance/writes.ts'
import type { Condition } from '../../../../sql/statement.ts'
import { membership } from '../../prisma/where.ts'
import { stored } from '../../prisma/entity.ts'
import { criteria } from '../find-options.ts'
import { typeormName } from '../receiver.ts'
import { unseen, whereOf } from '../where.ts'
import { chainOf } from './chain.ts'
import type { Conversion, Level } from './conversion.ts'
import { stepsOn, type Step } from './steps.ts'
import { readText } from './text.ts'

/**
 * A filter as TypeORM writes it: text after text, with AND and OR between them and nothing around them. So `a` and `b OR c` are
 * `a AND b OR c`, in which AND binds first.
 */
type Groups = Condition[][]

const filters = /^(where|andWhere|orWhere)(Exists|InIds)?$/
const havings = /^(having|andHaving|orHaving)$/

/** The filter that the steps make; null for none. */
export function filterOf(
  steps: readonly Step[],
  kind: 'where' | 'having',
  level: Level,
  conversion: Conversion,
): Condition | null {
  const groups: Groups = []
  for (const step of steps) addStep(step, kind, groups, level, conversion)
  for (const step of kind === 'where' ? steps : []) {
    if (step.method === 'setFindOptions') addFindOptions(step, groups, level, conversion)
  }
  const all = groups.map((group): Condition =>
    group.length === 1 ? group[0]! : { kind: 'and', operands: group },
  )
  if (all.length < 2) return all[0] ?? null
  return { kind: 'or', operands: all }
}

function addStep(
  step: Step,
  kind: 'where' | 'having',
  groups: Groups,
  level: Level,
  conversion: Conversion,
): void {
  const { method, call } = step
  if (method === '' && kind === 'where') {
    const reason = `\`${conversion.draft.scope.sourceCode.getText(call.callee)}\`, which is not in sight, may change the filter`
    groups.splice(0, groups.length, [
      { kind: 'opaque', reason, mentions: [], span: conversion.draft.spanOf(call) },
    ])
    return
  }
  if (method === 'returned' && kind === 'where') {
    const span = conversion.draft.spanOf(call)
    add(groups, false, [
      { kind: 'opaque', reason: 'the caller goes on with the builder', mentions: [], span },
    ])
    return
  }
  if (!(kind === 'where' ? filters : havings).test(method) || !happens(step, conversion)) return
  if (method === kind || (kind === 'where' && /^where/.test(method))) groups.length = 0
  const [first] = call.arguments
  const callback = first === undefined ? null : unwrap(first)
  if (isFunction(callback)) addCallback(callback, step, kind, groups, level, conversion)
  else if (first !== undefined) add(groups, /^or/.test(method), parts(step, first, level, conversion))
}

/** A step that a decisive test governs happens or not; every other one happens, though its condition may be missing. */
function happens({ decisions }: Step, { decider, decisive }: Conversion): boolean {
  return decisions.every((decision) => !decisive.has(decision.key) || decider.holds(decision))
}

function optionalReason({ decisions }: Step, { decisive }: Conversion): string | null {
  return inWords(decisions.filter(({ key }) => !decisive.has(key)))
}

function add(groups: Groups, or: boolean, [first, ...rest]: readonly Condition[]): void {
  if (first === undefined) return
  const last = groups.at(-1)
  if (or || last === undefined) groups.push([first])
  else last.push(first)
  for (const condition of rest) groups.push([condition])
}

/** The alternatives that a condition brings without brackets around them; mostly one. */
function parts(step: Step, given: TSESTree.Node, level: Level, conversion: Conversion): readonly Condition[] {
  const reason = optionalReason(step, conversion)
  const span = conversion.draft.spanOf(step.call)
  const all = alternatives(step.method, given, level, conversion)
  // A condition after OR that may be missing only lets fewer rows through.
  if (reason === null || /^or/.test(step.method)) return all
  return all.map((condition) => ({ kind: 'optional', condition, reason, span }))
}

function alternatives(
  method: string,
  given: TSESTree.Node,
  level: Level,
  conversion: Conversion,
): readonly Condition[] {
  const { draft } = conversion
  const node = unwrap(draft.scope.resolve(unwrap(given)))
  const { main } = level
  if (/InIds$/.test(method)) {
    if (main === null) return [unseen('filter', given, draft)]
    const key = stored(main, main.relation?.key[0] ?? 'id', given, draft)
    return [membership(key, given, given, draft)]
  }
  if (/Exists$/.test(method)) {
    const chain = chainOf(given, given, draft.scope)
    if (chain === null) return [unseen('sub-query', given, draft)]
    return [{ kind: 'exists', block: conversion.blockOf(chain, level), span: draft.spanOf(given) }]
  }
  if (node.type === 'NewExpression') return [bracketed(node, level, conversion)]
  if (node.type === 'ObjectExpression' || node.type === 'ArrayExpression') {
    return [main === null ? unseen('filter', given, draft) : whereOf(given, main, draft)]
  }
  return textCondition(given, level, conversion)
}

/** `new Brackets((qb) => …)`, `new NotBrackets(…)`. */
function bracketed(node: TSESTree.NewExpression, level: Level, conversion: Conversion): Condition {
  const { draft } = conversion
  const name = typeormName(draft.scope.definitionOf(node.callee)) ?? draft.scope.pathOf(node.callee)
  const [first] = node.arguments
  const callback = first === undefined ? null : unwrap(draft.scope.resolve(unwrap(first)))
  const parameter = isFunction(callback) ? callback.params[0] : undefined
  if (!/^(Not)?Brackets$/.test(name) || !isFunction(callback) || parameter?.type !== 'Identifier') {
    return unseen('filter', node, draft)
  }
  const steps = stepsOn(parameter, { before: null, at: callback }, draft.scope)
  const inner = filterOf(steps, 'where', level, conversion) ?? { kind: 'and', operands: [] }
  return name === 'NotBrackets' ? { kind: 'not', operand: inner } : inner
}

/** `where((qb) => …)`: the callback gets the builder itself, and may return the text of a condition. */
function addCallback(
  callback: FunctionNode,
  step: Step,
  kind: 'where' | 'having',
  groups: Groups,
  level: Level,
  conversion: Conversion,
): void {
  const { scope } = conversion.draft
  const [parameter] = callback.params
  const inner =
    parameter?.type === 'Identifier' ? stepsOn(parameter, { before: null, at: callback }, scope) : []
  const own = inner.filter(({ call }) => !isOfSubquery(call))
  for (const one of own) {
    const decisions = [...step.decisions, ...one.decisions]
    addStep({ ...one, decisions }, kind, groups, level, conversion)
  }
  for (const returned of returnsOf(callback)) {
    if (chainOfParameter(returned, own)) continue
    if (step.method === kind) groups.length = 0
    add(groups, /^or/.test(step.method), parts(step, returned, level, conversion))
  }
}

/** `qb.subQuery().where(…)` filters the sub-query. */
function isOfSubquery(call: TSESTree.CallExpression): boolean {
  for (let at: TSESTree.Node = call; ;) {
    if (at.type === 'CallExpression') at = unwrap(at.callee)
    else if (at.type === 'MemberExpression') {
      if (/^(subQuery|createQueryBuilder)$/.test(memberName(at) ?? '')) return true
      at = unwrap(at.object)
    } else return false
  }
}

const chainOfParameter = (returned: TSESTree.Node, own: readonly Step[]): boolean =>
  own.some(({ call }) => call === unwrap(returned))

export function textCondition(
  given: TSESTree.Node,
  level: Level,
  conversion: Conversion,
): readonly Condition[] {
  const read = readText(given, (names) => [`SELECT 1${names} WHERE (`, ')'], level, conversion)
  const where = read?.block.where ?? null
  if (read === null || where === null) return [unseen('condition', given, conversion.draft)]
  return where.kind === 'or' && !isEnclosed(read.plain) ? where.operands : [where]
}

/** Does the text stand in brackets as a whole? */
function isEnclosed(text: string): boolean {
  const trimmed = text.trim()
  if (!trimmed.startsWith('(') || !trimmed.endsWith(')')) return false
  let depth = 0
  for (let index = 0; index < trimmed.length; index++) {
    if (trimmed[index] === '(') depth++
    if (trimmed[index] === ')' && --depth === 0) return index === trimmed.length - 1
  }
  return false
}

/** The `where` of find options comes last, whenever they were set. */
function addFindOptions(step: Step, groups: Groups, level: Level, conversion: Conversion): void {
  const { draft } = conversion
  const [given] = step.call.arguments
  const view = given === undefined ? null : draft.scope.objectOf(unwrap(given))
  const { main } = level
  if (view === null || main === null) {
    const hidden = given === undefined ? null : unseen('options', given, draft)
    if (hidden !== null) add(groups, false, [hidden])
    return
  }
  const reason = optionalReason(step, conversion)
  for (const { name, value, optional, node } of view.properties) {
    if (name !== 'where') continue
    const condition = criteria(value, main, draft)
    const why = reason ?? optional
    const span = draft.spanOf(node)
    if (condition === null) continue
    add(groups, false, [why === null ? condition : { kind: 'optional', condition, reason: why, span }])
  }
  for (const open of view.open) {
    add(groups, false, [{ kind: 'opaque', reason: open.reason, mentions: [], span: draft.spanOf(open.node) }])
  }
}
