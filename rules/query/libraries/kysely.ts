import type { TSESTree } from '@typescript-eslint/utils'
import { below } from '../../source/below.ts'
import { contains } from '../../source/children.ts'
import { memberName } from '../../source/binding.ts'
import { startDraft } from '../draft.ts'
import { fragmentBlocks } from '../fragment.ts'
import { type CallNode, type ExtractionScope, isCallNode, type LibraryExtractor } from '../library.ts'
import type { Answer, QueryOrOpaque } from '../query.ts'
import { chainBlock, emptyLevel } from './kysely/block.ts'
import { continues, isPartOf } from '../builder/chain.ts'
import { beginning, emptyEnvironment, isEnded, type Chain } from './kysely/chain.ts'
import type { Conversion } from './kysely/conversion.ts'
import { createEvaluator, type Evaluator, type Fork } from './kysely/evaluate.ts'
import { fragmentTexts } from './kysely/fragment-text.ts'
import { isSqlTag } from './kysely/receiver.ts'
import { unwrapped } from './kysely/syntax.ts'
import { usesOf } from './kysely/uses.ts'

type Answers = ReadonlyMap<TSESTree.Node, readonly QueryOrOpaque[]>

const analysed = new WeakMap<object, Answers>()

/**
 * Kysely. A statement can be spread over variables, helpers and callbacks, and one builder can become part of another; which
 * builders are statements of their own shows only when all of the file is known, so the file is read once, as a whole.
 */
export const kysely: LibraryExtractor = {
  name: 'kysely',
  mentions: (text) =>
    /\b(selectFrom|selectNoFrom|insertInto|replaceInto|updateTable|deleteFrom|mergeInto)\b/.test(text) ||
    (/['"]kysely['"]|\bsql\b/.test(text) && /\bsql\b(<[^`]*>)?`|\bsql\.raw\b/.test(text)),
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
  readonly evaluator: Evaluator
  /** The choice that it was made by; null: whichever way the program takes. */
  readonly fork: Fork | null
}

/** More choices than these in one file are not followed: each is read twice. */
const forkLimit = 8

function analyse(scope: ExtractionScope): Answers {
  const evaluator = createEvaluator(scope)
  const calls = below(scope.sourceCode.ast).filter(isCallNode)
  const all = candidatesOf(calls, evaluator).map(converted)
  const answers = new Map<TSESTree.Node, readonly QueryOrOpaque[]>()
  for (const { candidate, query } of statementsOf(all)) {
    const { node } = candidate
    answers.set(node, [...(answers.get(node) ?? []), query])
  }
  for (const [node, queries] of rawStatements(calls, evaluator)) answers.set(node, queries)
  return answers
}

/** `(user ? db.with(…).selectFrom(…) : db.selectFrom(…)).where(…)`: what goes on from a choice is a statement for each way. */
function candidatesOf(calls: readonly CallNode[], evaluator: Evaluator): readonly Candidate[] {
  const found = [...candidatesIn(calls, evaluator, null)]
  for (const fork of [...evaluator.forks].slice(0, forkLimit)) {
    for (const taken of [true, false]) {
      const onWay = createEvaluator(evaluator.scope, { fork, taken })
      for (const one of candidatesIn(calls, onWay, fork))
        if (!found.some((other) => isSame(one, other))) found.push(one)
    }
  }
  return found
}

function isSame(one: Candidate, other: Candidate): boolean {
  const { steps } = other.chain
  return (
    one.node === other.node && one.chain.steps.length === steps.length && continues(one.chain, other.chain)
  )
}

/** The builders that are statements of their own. Two that seem to be part of each other both count: none may get lost. */
function statementsOf(all: readonly Converted[]): readonly Converted[] {
  const own = all.filter((one) => !all.some((other) => other !== one && absorbs(other, one.candidate)))
  const covered = new Set(own.flatMap(({ consumed }) => [...consumed]))
  return all.filter(
    (one) =>
      own.includes(one) ||
      (!covered.has(one.candidate.node) && !own.some((other) => absorbs(other, one.candidate))),
  )
}

/** Did the builder become part of this statement, as a sub-query, a CTE or a beginning that was continued? */
function absorbs({ consumed, candidate }: Converted, { node, end, chain }: Candidate): boolean {
  // Two ways of one choice end in the same call.
  if (isEnded(chain) || candidate.node === node) return false
  const isInside = [...consumed].some((call) => contains(call, end))
  if (consumed.has(node)) {
    return end === node || isInside || (candidate.fork !== null && contains(candidate.fork, end))
  }
  // A helper's call is no step of the builder that the helper makes.
  const last = chain.steps.at(-1)?.call
  return last !== undefined && consumed.has(last) && isInside
}

function candidatesIn(
  calls: readonly CallNode[],
  evaluator: Evaluator,
  fork: Fork | null,
): readonly Candidate[] {
  const found = new Map<TSESTree.Node, Candidate>()
  for (const node of calls) {
    if (node.type !== 'CallExpression' || isInnerCall(node)) continue
    const chain = evaluator.chainOf(node, emptyEnvironment)
    if (chain === null || beginning(chain) === null) continue
    const uses = isEnded(chain) ? [] : usesOf(node, evaluator.scope)
    // A builder kept in a variable is judged where the variable is used, with all that was added to it until then.
    if (uses === null) continue
    const end = uses.at(-1)
    const whole = end === undefined ? null : evaluator.chainOf(end, emptyEnvironment)
    if (end === undefined || whole === null || !isPartOf(chain, whole))
      found.set(node, { node, end: node, chain, evaluator, fork })
    else if (!found.has(end)) found.set(end, { node, end, chain: whole, evaluator, fork })
  }
  return [...found.values()]
}

/** Is the call the receiver of a further call of the same chain? */
function isInnerCall(node: TSESTree.CallExpression): boolean {
  let at: TSESTree.Node = node
  while (at.parent !== undefined && unwrapped(at.parent) === unwrapped(node)) at = at.parent
  const member = at.parent
  if (member?.type !== 'MemberExpression' || member.object !== at) return false
  let callee: TSESTree.Node = member
  while (callee.parent !== undefined && unwrapped(callee.parent) === member) callee = callee.parent
  if (callee.parent?.type !== 'CallExpression' || callee.parent.callee !== callee) return false
  // `.then(…)` after the end, and `.as(…)` within a query, are calls too; a promise's methods end nothing.
  return !['then', 'catch', 'finally'].includes(memberName(member) ?? '')
}

interface Converted {
  readonly candidate: Candidate
  readonly query: QueryOrOpaque
  readonly consumed: Conversion['consumed']
}

function converted(candidate: Candidate): Converted {
  const { evaluator } = candidate
  const { scope } = evaluator
  const draft = startDraft(scope)
  const conversion: Conversion = {
    draft,
    evaluator,
    consumed: new Set(),
    blockOf: (chain, level) => chainBlock(chain, level, conversion),
  }
  const block = chainBlock(candidate.chain, emptyLevel, conversion)
  const query = draft.finish(
    'kysely',
    candidate.node,
    scope.pathOf(candidate.chain.root),
    block,
    answerOf(candidate.node),
  )
  return { candidate, query, consumed: conversion.consumed }
}

/** How the chain ends tells what it gives; a builder that is sent elsewhere gives rows. */
function answerOf(node: TSESTree.CallExpression): Answer {
  const callee = unwrapped(node.callee)
  const method = callee.type === 'MemberExpression' ? (memberName(callee) ?? '') : ''
  const first = /^executeTakeFirst/.test(method)
  return { shape: first ? 'row' : 'rows', throws: /OrThrow$/.test(method) }
}

const rawAnswer: Answer = { shape: 'result', throws: false }

/** `sql\`…\`.execute(db)`. Fragments that are not executed belong to the statements that hold them. */
function rawStatements(
  calls: readonly CallNode[],
  evaluator: Evaluator,
): ReadonlyMap<TSESTree.Node, readonly QueryOrOpaque[]> {
  const { scope } = evaluator
  const answers = new Map<TSESTree.Node, readonly QueryOrOpaque[]>()
  for (const node of calls) {
    if (node.type !== 'CallExpression') continue
    const callee = unwrapped(node.callee)
    if (callee.type !== 'MemberExpression' || !/^(execute|compile)$/.test(memberName(callee) ?? '')) continue
    const template = unwrapped(scope.resolve(unwrapped(callee.object)))
    const [client] = node.arguments
    if (template.type !== 'TaggedTemplateExpression' || !isSqlTag(template.tag, scope)) continue
    answers.set(node, rawQueries(node, template, client === undefined ? '' : scope.pathOf(client), evaluator))
  }
  return answers
}

function rawQueries(
  node: TSESTree.CallExpression,
  template: TSESTree.TaggedTemplateExpression,
  client: string,
  evaluator: Evaluator,
): readonly QueryOrOpaque[] {
  const conversionFor = (): Conversion => {
    const conversion: Conversion = {
      draft: startDraft(evaluator.scope),
      evaluator,
      consumed: new Set(),
      blockOf: (chain, level) => chainBlock(chain, level, conversion),
    }
    return conversion
  }
  const first = conversionFor()
  const count = fragmentTexts(template, emptyEnvironment, emptyLevel, first).length
  const queries: QueryOrOpaque[] = []
  for (let index = 0; index < count; index++) {
    const conversion = conversionFor()
    const text = fragmentTexts(template, emptyEnvironment, emptyLevel, conversion)[index]!
    const blocks = fragmentBlocks([text], template, conversion.draft)
    if (blocks === null) {
      const { interpolations } = text
      queries.push({
        kind: 'opaque',
        library: 'kysely',
        node,
        reason: text.unseen ? 'a part of the SQL text is chosen at run time' : 'the SQL text does not parse',
        interpolations,
      })
    } else
      for (const block of blocks)
        queries.push(conversion.draft.finish('kysely', node, client, block, rawAnswer))
  }
  return queries
}
