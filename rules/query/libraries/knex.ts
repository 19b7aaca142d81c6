import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName } from '../../source/binding.ts'
import { below } from '../../source/below.ts'
import { contains, unwrap } from '../../source/children.ts'
import { variableOf } from '../../source/module.ts'
import { startDraft } from '../draft.ts'
import { type CallNode, type ExtractionScope, isCallNode, type LibraryExtractor } from '../library.ts'
import type { Answer, QueryOrOpaque } from '../query.ts'
import { accessOf, chainBlock, isStatement } from './knex/block.ts'
import { emptyEnvironment, unseenStep, type Chain } from './knex/chain.ts'
import { outermostCall, wrapperOf } from './knex/change.ts'
import { emptyLevel, has, type Conversion } from './knex/conversion.ts'
import { createEvaluator, type Evaluator } from './knex/evaluate.ts'
import { tableMethods } from './knex/methods.ts'
import { partMethod } from './knex/raw.ts'
import { rawStatement } from './knex/raw-statement.ts'
import { receiverOf, saysKnex } from './knex/receiver.ts'

type Answers = ReadonlyMap<TSESTree.Node, readonly QueryOrOpaque[]>

const analysed = new WeakMap<object, Answers>()

/**
 * Knex. A statement can be spread over variables, helpers and callbacks, and one builder can become part of another; which
 * builders are statements of their own shows only when all of the file is known, so the file is read once, as a whole.
 */
export const knex: LibraryExtractor = {
  name: 'knex',
  mentions: (text) =>
    /knex/i.test(text) ||
    /\b(\w*trx\w*|tx|db\w*|\w+Db|database|conn|connection)\b\)?\s*(<[^()]*>)?\s*(\(|\.\s*(from|select|with|table|into)\b)/.test(
      text,
    ),
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
  readonly chains: readonly Chain[]
}

interface Converted {
  readonly candidate: Candidate
  readonly queries: readonly QueryOrOpaque[]
  readonly consumed: ReadonlySet<TSESTree.Node>
}

function analyse(scope: ExtractionScope): Answers {
  const evaluator = createEvaluator(scope)
  const calls = below(scope.sourceCode.ast).filter(isCallNode)
  const all = candidatesIn(calls, evaluator).map((candidate) => converted(candidate, evaluator))
  const own = all.filter((one) => !all.some((other) => other !== one && absorbs(other, one.candidate)))
  const consumed = new Set(all.flatMap((one) => [...one.consumed]))
  const covered = new Set(own.flatMap((one) => [...one.consumed]))
  const answers = new Map<TSESTree.Node, readonly QueryOrOpaque[]>()
  // Two that seem to be part of each other both count: none may get lost.
  for (const one of all.filter((each) => own.includes(each) || !covered.has(each.candidate.node))) {
    const { node } = one.candidate
    answers.set(node, [...(answers.get(node) ?? []), ...one.queries])
  }
  for (const node of calls) {
    if (partMethod(node, scope) !== 'raw' || node.type !== 'CallExpression') continue
    const statement = consumed.has(node) ? [] : rawStatement(node, evaluator)
    if (statement !== null) answers.set(node, statement)
  }
  return answers
}

/** Did the builder become part of this statement, as a sub-query, a CTE or a beginning that was continued? */
function absorbs({ consumed }: Converted, { node, end }: Candidate): boolean {
  if (isSent(end) || !consumed.has(node)) return false
  return end === node || [...consumed].some((call) => contains(call, end))
}

/** Is the builder awaited here, or handled as a promise? Then it is a statement whatever comes after it. */
function isSent(end: TSESTree.Node): boolean {
  const { parent } = wrapperOf(end)
  if (parent?.type === 'AwaitExpression') return true
  return parent?.type === 'MemberExpression' && /^(then|catch|finally)$/.test(memberName(parent) ?? '')
}

function candidatesIn(calls: readonly CallNode[], evaluator: Evaluator): readonly Candidate[] {
  const found = new Map<TSESTree.Node, Candidate>()
  for (const node of calls) {
    if (node.type !== 'CallExpression' || outermostCall(node) !== null || isChange(node, evaluator)) continue
    const chains = statements(node, evaluator)
    if (chains === null) continue
    const { uses, calls: changed } = usesOf(node, evaluator)
    // A builder kept in a variable is judged where the variable is used, with all that was done to it until then.
    const ends = uses.map((end) => ({ end, chains: statements(end, evaluator) }))
    if (ends.length === 0 && changed) continue
    const whole = ends.filter((one) => one.chains !== null)
    if (whole.length === 0) found.set(node, { node, end: node, chains: evaluator.handedAt(node, chains) })
    for (const { end, chains: kept } of whole) {
      if (!found.has(end)) found.set(end, { node, end, chains: evaluator.handedAt(end, kept!) })
    }
  }
  return [...found.values()]
}

function statements(node: TSESTree.Node, evaluator: Evaluator): readonly Chain[] | null {
  const chains = evaluator.chainsOf(node, emptyEnvironment)?.filter((chain) => isKnex(chain, evaluator))
  return chains === undefined || chains.length === 0 ? null : chains
}

/** A statement on a client of Knex, or one that has the shape of Knex on something that may be one. */
function isKnex(chain: Chain, evaluator: Evaluator): boolean {
  const { scope } = evaluator
  if (!isStatement(chain)) return false
  if (receiverOf(chain.root, scope) === 'client') return true
  if (unitesOthers(chain, evaluator)) return false
  if (chain.steps.some(({ method }) => method === unseenStep) && !saysKnex(chain.root, scope)) return false
  const table = chain.steps.find(({ method }) => tableMethods.has(method))
  const [name] = table?.call.arguments ?? []
  if (saysKnex(chain.root, scope)) return name !== undefined || table === undefined
  const constant = name === undefined ? null : scope.constantOf(name)?.value
  return typeof constant === 'string' && chain.steps.length > 1
}

/** `z.union([z.string(), z.number()])`: schemas, sets and collections have a union too, but not of builders. */
function unitesOthers({ steps }: Chain, evaluator: Evaluator): boolean {
  const [first] = steps
  if (first === undefined || !/^union(All)?$/.test(first.method)) return false
  const arms = first.call.arguments.flatMap((one) => (one.type === 'ArrayExpression' ? one.elements : [one]))
  return !arms.some((arm) => {
    if (arm === null || arm.type === 'SpreadElement') return false
    if (isFunction(arm) || (arm.type === 'CallExpression' && partMethod(arm, evaluator.scope) === 'raw'))
      return true
    return evaluator.chainsOf(arm, emptyEnvironment)?.some(isStatement) === true
  })
}

/** `query.where(…)` as a statement, and `query = query.where(…)`: they change the builder, they do not send it. */
function isChange(node: TSESTree.CallExpression, evaluator: Evaluator): boolean {
  const { scope } = evaluator
  if (node.arguments.some((one) => one.type === 'Identifier' && isFilled(one, node, evaluator))) return true
  const start = startOf(node)
  if (start.type !== 'Identifier' && start.type !== 'ThisExpression') return false
  if (start.type === 'Identifier' && receiverOf(start, scope) === 'client') return false
  const { parent } = wrapperOf(node)
  const kept = start.type === 'Identifier' && holdsBuilder(start, scope)
  if (parent?.type === 'ExpressionStatement') return kept
  return (
    parent?.type === 'AssignmentExpression' &&
    parent.left.type === 'Identifier' &&
    start.type === 'Identifier' &&
    parent.left.name === start.name
  )
}

/** `filtered(query)` as a statement, and `query = filtered(query)`: the helper changes the builder. */
function isFilled(one: TSESTree.Identifier, call: TSESTree.CallExpression, evaluator: Evaluator): boolean {
  if (unwrap(call.callee).type === 'MemberExpression' && outermostCall(startOf(call)) === call) return false
  const { parent } = wrapperOf(call)
  const kept =
    parent?.type === 'AssignmentExpression' &&
    parent.left.type === 'Identifier' &&
    parent.left.name === one.name
  return (
    (kept || parent?.type === 'ExpressionStatement') && evaluator.chainsOf(one, emptyEnvironment) !== null
  )
}

/** A variable that was given the result of a call, as builders are. */
function holdsBuilder(node: TSESTree.Identifier, scope: ExtractionScope): boolean {
  const definition = variableOf(scope.sourceCode, node)?.defs[0]
  if (definition?.type !== 'Variable') return false
  const { init } = definition.node
  return init === null || !isFunction(init)
}

/** What a chain of calls begins on. */
function startOf(node: TSESTree.CallExpression): TSESTree.Node {
  let at: TSESTree.Node = node
  while (at.type === 'CallExpression') {
    const callee = unwrap(at.callee)
    at = callee.type === 'MemberExpression' ? unwrap(callee.object) : callee
    if (callee.type !== 'MemberExpression') return at
  }
  return at
}

/** Where a builder that is kept in a variable leaves it as a whole, and whether something else is called on the variable. */
function usesOf(
  builder: TSESTree.CallExpression,
  evaluator: Evaluator,
): { readonly uses: readonly TSESTree.Identifier[]; readonly calls: boolean } {
  const identifier = keeperOf(builder)
  const variable = identifier === null ? null : variableOf(evaluator.scope.sourceCode, identifier)
  const uses: TSESTree.Identifier[] = []
  let calls = false
  for (const reference of variable?.references ?? []) {
    const use = reference.identifier as TSESTree.Identifier
    if (!reference.isRead()) continue
    const call = outermostCall(use)
    if (call === null) {
      if (!isHandedOn(use, evaluator)) uses.push(use)
    } else if (!isChange(call, evaluator)) calls = true
  }
  return { uses, calls }
}

/** `filtered(query)` as a statement, and `query = filtered(query)`, change the builder. */
function isHandedOn(use: TSESTree.Identifier, evaluator: Evaluator): boolean {
  const outer = wrapperOf(use)
  const call = outer.parent
  if (call?.type !== 'CallExpression' || !call.arguments.includes(outer as never)) return false
  const { parent } = wrapperOf(call)
  if (parent?.type === 'ExpressionStatement') return true
  if (parent?.type !== 'AssignmentExpression') return evaluator.chainsOf(call, emptyEnvironment) !== null
  return parent.left.type === 'Identifier' && parent.left.name === use.name
}

/** The variable that the expression is written to. */
function keeperOf(builder: TSESTree.Node): TSESTree.Identifier | null {
  let at = wrapperOf(builder)
  while (at.parent?.type === 'ConditionalExpression') at = wrapperOf(at.parent)
  const { parent } = at
  if (parent?.type === 'VariableDeclarator') {
    return parent.init === at && parent.id.type === 'Identifier' ? parent.id : null
  }
  if (parent?.type !== 'AssignmentExpression' || parent.right !== at) return null
  return parent.left.type === 'Identifier' ? parent.left : null
}

function converted(candidate: Candidate, evaluator: Evaluator): Converted {
  const { scope } = evaluator
  const consumed = new Set<TSESTree.Node>()
  const queries = candidate.chains.map((chain) => {
    const draft = startDraft(scope)
    const conversion: Conversion = {
      draft,
      evaluator,
      consumed,
      blockOf: (inner, level) => chainBlock(inner, level, conversion),
    }
    const block = chainBlock(chain, emptyLevel, conversion)
    return draft.finish('knex', candidate.node, scope.pathOf(chain.root), block, answerOf(chain))
  })
  return { candidate, queries, consumed }
}

/** What an awaited builder gives: rows, the first of them, or how many were changed. */
function answerOf({ steps }: Chain): Answer {
  const access = accessOf(steps)
  if (access !== 'read') {
    const returns = has(steps, 'returning') || steps.some(({ method, call }) => returnsRows(method, call))
    return { shape: returns ? 'rows' : 'none', throws: false }
  }
  return { shape: has(steps, 'first') ? 'row' : 'rows', throws: false }
}

const returnsRows = (method: string, { arguments: given }: TSESTree.CallExpression): boolean =>
  (/^(insert|update)$/.test(method) && given.length > 1 && given.at(-1)?.type !== 'ObjectExpression') ||
  (/^(del|delete)$/.test(method) && given.length > 0)
