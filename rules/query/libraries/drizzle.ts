import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../source/binding.ts'
import { belowOf } from '../../source/below.ts'
import { contains, unwrap } from '../../source/children.ts'
import { startDraft } from '../draft.ts'
import type { ExtractionScope, LibraryExtractor } from '../library.ts'
import type { Answer, QueryOrOpaque } from '../query.ts'
import { chainBlock } from './drizzle/block.ts'
import { isPartOf } from '../builder/chain.ts'
import { beginning, isEnded, isNamedQuery, type Chain } from './drizzle/chain.ts'
import { emptyLevel, type Conversion } from './drizzle/conversion.ts'
import { emptyEnvironment } from './drizzle/environment.ts'
import { createEvaluator, type Evaluator } from './drizzle/evaluate.ts'
import { rawQueries } from './drizzle/raw.ts'
import { relationalBlock, relationalCall } from './drizzle/relational.ts'
import { usesOf } from './kysely/uses.ts'

type Answers = ReadonlyMap<TSESTree.Node, readonly QueryOrOpaque[]>

const analysed = new WeakMap<object, Answers>()

/** Texts that stand together in a file with a query. */
const hints: readonly (readonly [RegExp, RegExp])[] = [
  [/\.\s*select(Distinct(On)?)?\s*\(/, /\.\s*from\s*\(/],
  [/\.\s*insert\s*\(/, /\.\s*(values|select)\s*\(/],
  [/\.\s*update\s*\(/, /\.\s*set\s*\(/],
  [/\.\s*delete\s*\(\s*[\w$.]+\s*,?\s*\)/, /drizzle|\.\s*where\s*\(|import/],
  [/\.\s*_?query\s*[!?]*\s*[.[]/, /\.\s*find(First|Many)\s*\(/],
  [/\.\s*\$count\s*\(/, /import/],
  [/\bsql\b/, /\.\s*(execute|run|all|get|values)\s*[(<]/],
]

/**
 * Drizzle. As with other builders, which of them are statements of their own shows only when all of the file is known, so the
 * file is read once, as a whole.
 */
export const drizzle: LibraryExtractor = {
  name: 'drizzle',
  mentions: (text) => hints.some((all) => all.every((hint) => hint.test(text))),
  extract: (node, scope) => {
    const { ast } = scope.sourceCode
    let answers = analysed.get(ast)
    if (answers === undefined) analysed.set(ast, (answers = analyse(scope)))
    return answers.get(node) ?? null
  },
}

/** One builder as it was left: `node` is the call to report, `end` the expression that stands for the whole of it. */
interface Candidate {
  readonly node: TSESTree.CallExpression
  readonly end: TSESTree.Node
  readonly chain: Chain
}

interface Converted {
  readonly candidate: Candidate
  readonly query: QueryOrOpaque
  readonly consumed: Conversion['consumed']
}

function analyse(scope: ExtractionScope): Answers {
  const evaluator = createEvaluator(scope)
  const calls = belowOf(scope.sourceCode.ast, 'CallExpression')
  const all = candidatesIn(calls, evaluator).map((candidate) => converted(candidate, evaluator))
  const relational = calls.flatMap((call) => relationalQuery(call, evaluator))
  const covered = new Set(relational.flatMap(({ consumed }) => [...consumed]))
  const answers = new Map<TSESTree.Node, readonly QueryOrOpaque[]>()
  for (const { candidate, query } of statementsOf(all)) {
    const { node } = candidate
    if (!covered.has(node)) answers.set(node, [...(answers.get(node) ?? []), query])
  }
  for (const { node, query } of relational) answers.set(node, [query])
  for (const call of calls) {
    const queries = answers.has(call) ? null : rawQueries(call, evaluator, () => conversionFor(evaluator))
    if (queries !== null) answers.set(call, queries)
  }
  return answers
}

/** The builders that are statements of their own. Two that seem to be part of each other both count: none may get lost. */
function statementsOf(all: readonly Converted[]): readonly Converted[] {
  const own = all.filter((one) => !all.some((other) => other !== one && absorbs(other, one.candidate)))
  const covered = new Set(own.flatMap(({ consumed }) => [...consumed]))
  return all.filter((one) => own.includes(one) || !covered.has(one.candidate.node))
}

/** Did the builder become part of this statement, as a sub-query, a CTE or a beginning that was continued? */
function absorbs({ consumed }: Converted, { node, end, chain }: Candidate): boolean {
  if (isEnded(chain) || !consumed.has(node)) return false
  return end === node || [...consumed].some((call) => contains(call, end))
}

function candidatesIn(calls: readonly TSESTree.CallExpression[], evaluator: Evaluator): readonly Candidate[] {
  const found = new Map<TSESTree.Node, Candidate>()
  for (const node of calls) {
    if (isInnerCall(node)) continue
    const chain = evaluator.chainOf(node, emptyEnvironment)
    if (chain === null || (beginning(chain) === null && !isNamedQuery(chain))) continue
    const uses = isEnded(chain) || isSent(node) ? [] : usesOf(node, evaluator.scope)
    // A builder kept in a variable is judged where the variable is used, with all that was added to it until then.
    if (uses === null) continue
    const end = uses.at(-1)
    const whole = end === undefined ? null : evaluator.chainOf(end, emptyEnvironment)
    if (end === undefined || whole === null || !isPartOf(chain, whole))
      found.set(node, { node, end: node, chain })
    else if (!found.has(end)) found.set(end, { node, end, chain: whole })
  }
  return [...found.values()]
}

/** Is the call the receiver of a further call of the same chain? */
function isInnerCall(node: TSESTree.CallExpression): boolean {
  const bare = (one: TSESTree.Node): TSESTree.Node => unwrap(one, true)
  let at: TSESTree.Node = node
  while (at.parent !== undefined && at.parent !== null && bare(at.parent) === node) at = at.parent
  const member = at.parent
  if (member?.type !== 'MemberExpression' || member.object !== at) return false
  let callee: TSESTree.Node = member
  while (callee.parent !== undefined && bare(callee.parent) === member) callee = callee.parent
  if (callee.parent?.type !== 'CallExpression' || callee.parent.callee !== callee) return false
  // What is awaited is an array of rows, and a promise's methods end nothing.
  return at.type !== 'AwaitExpression' && !['then', 'catch', 'finally'].includes(memberName(member) ?? '')
}

/** A builder is a promise: to wait for it sends it. */
function isSent(node: TSESTree.Node): boolean {
  let at = node
  while (at.parent !== undefined && at.parent !== null && unwrap(at.parent) === node) at = at.parent
  return at.parent?.type === 'AwaitExpression' || at.parent?.type === 'MemberExpression'
}

function conversionFor(evaluator: Evaluator): Conversion {
  const conversion: Conversion = {
    draft: startDraft(evaluator.scope),
    evaluator,
    consumed: new Set(),
    tables: new Map(),
    ctes: new Map(),
    blockOf: (chain, level) => chainBlock(chain, level, conversion),
  }
  return conversion
}

function converted(candidate: Candidate, evaluator: Evaluator): Converted {
  const { node, chain } = candidate
  const conversion = conversionFor(evaluator)
  const block = chainBlock(chain, emptyLevel, conversion)
  const client = evaluator.scope.pathOf(chain.root)
  const query = conversion.draft.finish('drizzle', node, client, block, answerOf(chain))
  return { candidate, query, consumed: conversion.consumed }
}

/** A selection gives rows, a write only where it says what it returns; `.get()` gives the first of them. */
function answerOf(chain: Chain): Answer {
  const has = (method: string): boolean => chain.steps.some((step) => step.method === method)
  const start = beginning(chain)?.method ?? ''
  const reads = !/^(insert|update|delete|\$count)$/.test(start)
  const gives = (reads || has('returning')) && !has('run') && !has('toSQL') && !isTuples(chain)
  return { shape: !gives ? 'none' : has('get') ? 'row' : 'rows', throws: false }
}

/** `.values()` at the end gives arrays of values, without names. */
const isTuples = ({ steps }: Chain): boolean => {
  const last = steps.at(-1)
  return last?.method === 'values' && last.call.arguments.length === 0
}

/** The query of `db.query.table.findMany({…})`, with the builders that became part of it. */
function relationalQuery(
  node: TSESTree.CallExpression,
  evaluator: Evaluator,
): readonly {
  readonly node: TSESTree.Node
  readonly query: QueryOrOpaque
  readonly consumed: Conversion['consumed']
}[] {
  const call = relationalCall(node, evaluator.scope)
  if (call === null) return []
  const conversion = conversionFor(evaluator)
  const { consumed, draft } = conversion
  if (call.table === null) {
    const reason = 'the table is chosen at run time'
    return [
      { node, query: { kind: 'opaque', library: 'drizzle', node, reason, interpolations: [] }, consumed },
    ]
  }
  const block = relationalBlock(call, call.table, conversion)
  const shape = call.method === 'findFirst' ? 'row' : 'rows'
  return [
    { node, query: draft.finish('drizzle', node, call.client, block, { shape, throws: false }), consumed },
  ]
}
