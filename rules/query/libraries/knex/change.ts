import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName, type FunctionNode } from '../../../source/binding.ts'
import { childrenOf, contains, functionAround, unwrap } from '../../../source/children.ts'
import { variableOf } from '../../../source/module.ts'
import { areExclusive, decisionsTo, inWords } from '../../../provenance/writes.ts'
import type { ExtractionScope } from '../../library.ts'
import { limited, unseenStep, type Bound, type Chain, type Environment } from './chain.ts'
import { isKnexMethod } from './methods.ts'

/** What following a builder through a function needs of the evaluation of expressions. */
export interface Evaluate {
  readonly scope: ExtractionScope
  readonly chainsOf: (node: TSESTree.Node, environment: Environment) => readonly Chain[] | null
  readonly functionOf: (node: TSESTree.Node) => FunctionNode | null
  /** The builders that a helper leaves when it is given them as argument number `index` of the call. */
  readonly helperState: (
    target: FunctionNode,
    call: TSESTree.CallExpression,
    index: number,
    chains: readonly Chain[],
    environment: Environment,
  ) => readonly Chain[] | null
}

/**
 * The builders that a variable can hold at a use of it. Knex changes a builder in place: `query.where(…)` extends it whether or
 * not the result is assigned, so every call on the variable before the use counts.
 */
export function stateAt(
  node: TSESTree.Identifier,
  environment: Environment,
  evaluate: Evaluate,
): readonly Chain[] | null {
  const bound = environment.get(node.name)
  if (bound?.kind === 'fixed') return bound.chains
  if (bound?.kind === 'argument') return evaluate.chainsOf(bound.node, bound.environment)
  const { sourceCode } = evaluate.scope
  const variable = variableOf(sourceCode, node)
  if (variable === null || variable.defs.length === 0) return null
  const base = bound?.kind === 'builder' ? bound.chains : null
  if (base === null && isNeverBuilder(variable, node, environment, evaluate)) return null
  const uses = variable.references.map((reference) => reference.identifier as TSESTree.Identifier)
  const events = uses
    .filter((use) => use.range[0] < node.range[0])
    .flatMap((use) => eventAt(use, node, evaluate.scope) ?? [])
  return accumulate(base, events, environment, evaluate)
}

/**
 * Does the variable certainly hold no builder, for none is written to it, or something else is at first? A client is such a
 * variable that every statement of a file mentions, so that its uses are not gone through for each of them.
 */
function isNeverBuilder(
  variable: NonNullable<ReturnType<typeof variableOf>>,
  node: TSESTree.Identifier,
  environment: Environment,
  evaluate: Evaluate,
): boolean {
  const [first] = variable.references
  if (!variable.references.some((one) => one.isWrite())) return true
  const use = first?.identifier as TSESTree.Identifier | undefined
  if (use === undefined || use.range[0] >= node.range[0]) return false
  const event = eventAt(use, node, evaluate.scope)
  return event?.kind === 'value' && after(event, null, environment, evaluate) === null
}

/** The builders that a function leaves when it was given them as `this` and as the parameter `name`. */
export function changedIn(
  target: FunctionNode,
  name: string | null,
  base: readonly Chain[],
  environment: Environment,
  evaluate: Evaluate,
): readonly Chain[] | null {
  const uses = usesIn(target, name)
  const returns = earlyReturns(target)
  const events = uses.flatMap((use): Event[] => {
    const event = eventAt(use, target.body, evaluate.scope)
    if (event === null) return []
    const left = returns.some((end) => end.range[1] < use.range[0] && !contains(end, use))
    return [left ? { ...event, optional: event.optional ?? 'the function may return before it' } : event]
  })
  return accumulate(base, events, environment, evaluate)
}

interface Event {
  /** `call`: a chain of calls on the builder; `value`: the variable is written; `handed`: it is an argument of a call. */
  readonly kind: 'call' | 'value' | 'handed'
  readonly node: TSESTree.Node
  readonly use: TSESTree.Node
  readonly optional: string | null
}

function eventAt(use: TSESTree.Node, at: TSESTree.Node, scope: ExtractionScope): Event | null {
  const found = bareEvent(use)
  if (found === null) return null
  if (found.kind !== 'value' || found.node.parent?.type !== 'VariableDeclarator') {
    if (areExclusive(found.node, at)) return null
  }
  if (contains(found.node, at) && at.type !== 'BlockStatement' && found.node !== at) return null
  const decisions = isInitial(found) ? [] : decisionsTo(found.node, at, scope.sourceCode.text)
  return { ...found, optional: inWords(decisions) }
}

const isInitial = ({ kind, node }: { readonly kind: string; readonly node: TSESTree.Node }): boolean =>
  kind === 'value' && node.parent?.type === 'VariableDeclarator'

function bareEvent(use: TSESTree.Node): Omit<Event, 'optional'> | null {
  const { parent } = use
  if (parent?.type === 'VariableDeclarator' && parent.id === use) {
    return parent.init === null ? null : { kind: 'value', node: parent.init, use }
  }
  if (parent?.type === 'AssignmentExpression' && parent.left === use) {
    return parent.operator === '=' ? { kind: 'value', node: parent.right, use } : null
  }
  const chain = outermostCall(use)
  if (chain !== null) return { kind: 'call', node: chain, use }
  const outer = wrapperOf(use)
  const call = outer.parent
  if (call?.type === 'CallExpression' && call.arguments.includes(outer as never)) {
    return { kind: 'handed', node: call, use: outer }
  }
  return null
}

function accumulate(
  base: readonly Chain[] | null,
  events: readonly Event[],
  environment: Environment,
  evaluate: Evaluate,
): readonly Chain[] | null {
  let current = base
  const written = events.filter(({ kind }) => kind === 'value')
  for (const event of events) {
    // What stands inside an assignment to the variable is part of what it becomes.
    if (event.kind !== 'value' && written.some(({ node }) => contains(node, event.node))) continue
    const next = after(event, current, environment, evaluate)
    if (next === null) return null
    current = next
  }
  return current === null ? null : limited(current)
}

function after(
  event: Event,
  current: readonly Chain[] | null,
  environment: Environment,
  evaluate: Evaluate,
): readonly Chain[] | null {
  if (event.kind === 'value') {
    const inner = current === null ? environment : holding(current, event.use, environment)
    const next = evaluate.chainsOf(event.node, inner) ?? lostIn(event.node, current, environment)
    if (next === null || current === null || event.optional === null) return next
    return merged(current, next, event.optional)
  }
  if (current === null) return null
  const next =
    event.kind === 'call'
      ? evaluate.chainsOf(untilClone(event.node, event.use), holding(current, event.use, environment))
      : handed(event, current, environment, evaluate)
  if (next === null) return current
  return event.optional === null ? next : merged(current, next, event.optional, false)
}

const holding = (chains: readonly Chain[], use: TSESTree.Node, environment: Environment): Environment => {
  const bound: Bound = { kind: 'fixed', chains }
  return new Map([...environment, [use.type === 'Identifier' ? use.name : 'this', bound]])
}

/** `query = paginated(query)` with a function out of sight: still the same builder, changed in a way that was not seen. */
function lostIn(
  node: TSESTree.Node,
  current: readonly Chain[] | null,
  environment: Environment,
): readonly Chain[] | null {
  const call = unwrap(node)
  return current === null || call.type !== 'CallExpression' ? null : changedUnseen(current, call, environment)
}

const changedUnseen = (
  chains: readonly Chain[],
  call: TSESTree.CallExpression,
  environment: Environment,
): readonly Chain[] =>
  chains.map((chain) => ({
    ...chain,
    steps: [...chain.steps, { method: unseenStep, call, environment, optional: null }],
  }))

/** A step that may not happen: steps beyond what was there are optional; another builder is an alternative. */
function merged(
  current: readonly Chain[],
  next: readonly Chain[],
  reason: string,
  keeps = true,
): readonly Chain[] {
  const continuing = next.map((chain): Chain => {
    const earlier = current.find((one) => continues(one, chain))
    if (earlier === undefined) return chain
    const length = earlier.steps.length
    return {
      ...chain,
      steps: chain.steps.map((step, index) =>
        index < length ? step : { ...step, optional: step.optional ?? reason },
      ),
    }
  })
  const lost = current.filter((one) => !next.some((chain) => continues(one, chain)))
  return keeps ? [...lost, ...continuing] : continuing
}

function continues(earlier: Chain, later: Chain): boolean {
  return (
    earlier.root === later.root &&
    earlier.steps.every((step, index) => later.steps[index]?.call === step.call)
  )
}

/** What a function does to the builder that it is handed. One that cannot be followed may do anything. */
function handed(
  event: Event,
  current: readonly Chain[],
  environment: Environment,
  evaluate: Evaluate,
): readonly Chain[] | null {
  const call = event.node as TSESTree.CallExpression
  const callee = unwrap(call.callee)
  const method = callee.type === 'MemberExpression' ? memberName(callee) : null
  if (method !== null && (isKnexMethod(method) || /^(push|all|allSettled|log|resolve|race)$/.test(method)))
    return null
  const target = evaluate.functionOf(call.callee)
  const index = call.arguments.indexOf(event.use as never)
  const followed = target === null ? null : evaluate.helperState(target, call, index, current, environment)
  return followed ?? changedUnseen(current, call, environment)
}

/** What becomes of a builder that ends as the argument of a call: `paginate(query)`. */
export function handedAt(
  end: TSESTree.Node,
  chains: readonly Chain[],
  environment: Environment,
  evaluate: Evaluate,
): readonly Chain[] {
  const use = wrapperOf(end)
  const call = use.parent
  if (call?.type !== 'CallExpression' || !call.arguments.includes(use as never)) return chains
  return handed({ kind: 'handed', node: call, use, optional: null }, chains, environment, evaluate) ?? chains
}

/** The outermost call of the chain that begins at `node`; null when nothing is called on it. */
export function outermostCall(node: TSESTree.Node): TSESTree.CallExpression | null {
  let found: TSESTree.CallExpression | null = null
  let at = wrapperOf(node)
  for (;;) {
    const member = at.parent
    if (member?.type !== 'MemberExpression' || member.object !== at) return found
    const callee = wrapperOf(member)
    const call = callee.parent
    if (call?.type !== 'CallExpression' || call.callee !== callee) return found
    if (/^(then|catch|finally)$/.test(memberName(member) ?? '')) return found
    found = call
    at = wrapperOf(call)
  }
}

/** The casts, `!` and optional chains around an expression. */
export function wrapperOf(node: TSESTree.Node): TSESTree.Node {
  let at = node
  while (at.parent != null && at.parent.type !== 'AwaitExpression' && unwrap(at.parent) === unwrap(at))
    at = at.parent
  return at
}

/** The part of a chain of calls that changes the builder it begins with: what comes after `.clone()` changes another. */
function untilClone(call: TSESTree.Node, use: TSESTree.Node): TSESTree.Node {
  let part = call
  for (let at = unwrap(call); at !== unwrap(use) && at.type === 'CallExpression';) {
    const callee = unwrap(at.callee)
    if (callee.type !== 'MemberExpression') break
    if (memberName(callee) === 'clone') part = callee.object
    at = unwrap(callee.object)
  }
  return part
}

/** Where a function speaks of its parameter `name`, and of `this` where that is the builder. */
function usesIn(target: FunctionNode, name: string | null): readonly TSESTree.Node[] {
  const found: TSESTree.Node[] = []
  const visit = (node: TSESTree.Node, own: boolean): void => {
    if (node.type === 'Identifier' && node.name === name && !isMemberName(node)) found.push(node)
    if (node.type === 'ThisExpression' && own) found.push(node)
    const inner = own && !(isFunction(node) && node.type !== 'ArrowFunctionExpression')
    if (isFunction(node) && node.params.some((one) => one.type === 'Identifier' && one.name === name)) return
    for (const child of childrenOf(node)) visit(child, inner)
  }
  const own = target.type !== 'ArrowFunctionExpression'
  visit(target.body, own)
  return found
}

function isMemberName(node: TSESTree.Identifier): boolean {
  const { parent } = node
  if (parent.type === 'MemberExpression') return parent.property === node && !parent.computed
  return parent.type === 'Property' && parent.key === node && !parent.computed && parent.value !== node
}

/** `return` without the rest of the function having run. */
function earlyReturns(target: FunctionNode): readonly TSESTree.Node[] {
  const found: TSESTree.Node[] = []
  const visit = (node: TSESTree.Node): void => {
    if (node.type === 'ReturnStatement' && functionAround(node) === target) found.push(node)
    if (!isFunction(node)) for (const child of childrenOf(node)) visit(child)
  }
  visit(target.body)
  return found
}
