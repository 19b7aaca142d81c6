import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName, type FunctionNode } from '../../../source/binding.ts'
import { firstOfMany } from '../../../provenance/writes.ts'
import { Growth } from '../../builder/growth.ts'
import type { ExtractionScope } from '../../library.ts'
import { asOptional, unfollowed } from '../../builder/chain.ts'
import {
  clientMethods,
  enterHelper,
  isEnded,
  merged,
  statementMethods,
  type Bound,
  type Chain,
  type Environment,
} from './chain.ts'
import { expressionMethod, isExpressions } from './expressions.ts'
import { receiverOf } from './receiver.ts'
import { bindParameters, returnedExpressions, unwrapped } from './syntax.ts'

/** A builder may be extended through many variables and helpers; beyond this it is not followed. */
const maximumDepth = 24

/** Under these names what wraps a builder (for a cache, a retry, a trace) gives it back. */
const builderName = /^(qb|query|builder|queryBuilder)$/

/** Finds out which builder an expression is, following what the program did to it. One per file. */
export interface Evaluator {
  readonly scope: ExtractionScope
  /** Null: no Kysely builder, or not one that can be followed. */
  readonly chainOf: (node: TSESTree.Node, environment: Environment) => Chain | null
  readonly isExpressions: (node: TSESTree.Node, environment: Environment) => boolean
  /** Name of the expression builder's method that a callee is (`eb.or`, `or`), `''` for `eb(…)` itself. Null: none. */
  readonly expressionMethod: (callee: TSESTree.Node, environment: Environment) => string | null
  /** The function that a callee names in this file. */
  readonly functionOf: (node: TSESTree.Node) => FunctionNode | null
  /** Choices between two builders that begin differently, found so far: each way is a statement of its own. */
  readonly forks: ReadonlySet<Fork>
}

export type Fork = TSESTree.ConditionalExpression

/** A fork, and which way the program takes. */
export interface Way {
  readonly fork: Fork
  readonly taken: boolean
}

/** How an expression is taken for a builder: as one, or as what holds one. */
type Reader = (node: TSESTree.Node, environment: Environment, depth: number) => Chain | null

export function createEvaluator(scope: ExtractionScope, way: Way | null = null): Evaluator {
  const forks = new Set<Fork>()
  const evaluated = new Map<TSESTree.Node, Chain>()
  const growth = new Growth<Chain>()
  const evaluator: Evaluator = {
    scope,
    chainOf: (node, environment) => evaluate(node, environment, 0),
    isExpressions: (node, environment) => isExpressions(unwrapped(node), environment, scope),
    expressionMethod: (callee, environment) => expressionMethod(callee, environment, scope),
    functionOf,
    forks,
  }

  function functionOf(node: TSESTree.Node): FunctionNode | null {
    const direct = scope.resolve(node)
    if (isFunction(direct)) return direct
    const definition = scope.definitionOf(node)
    if (definition.kind !== 'function') return null
    const found = methodValue(definition.node)
    return isFunction(found) && inFile(found, scope) ? found : null
  }

  function evaluate(given: TSESTree.Node, environment: Environment, depth: number): Chain | null {
    const node = unwrapped(given)
    const plain = environment.size === 0
    const known = plain ? evaluated.get(node) : undefined
    if (known !== undefined) return known
    if (depth > maximumDepth) return null
    const chain = read(node, environment, depth)
    if (plain && chain !== null) evaluated.set(node, chain)
    return chain
  }

  function read(node: TSESTree.Node, environment: Environment, depth: number): Chain | null {
    switch (node.type) {
      case 'Identifier':
        return identifier(node, environment, depth + 1)
      // A chain of calls ends with its text, however long it is.
      case 'CallExpression':
        return call(node, environment, depth)
      case 'ConditionalExpression':
        if (node === way?.fork)
          return evaluate(way.taken ? node.consequent : node.alternate, environment, depth + 1)
        return alternatives([node.consequent, node.alternate], environment, depth + 1, evaluate, node)
      case 'MemberExpression': {
        const chain = builderName.test(memberName(node) ?? '')
          ? kept(node.object, environment, depth + 1)
          : null
        return chain === null ? null : { ...chain, repeated: chain.steps.map((one) => one.call) }
      }
      case 'LogicalExpression':
        return null
      default:
        return null
    }
  }

  /** The builder inside `cached(db.selectFrom(…))`, or inside what a function of this file returns so. */
  function kept(given: TSESTree.Node, environment: Environment, depth: number): Chain | null {
    const node = unwrapped(scope.resolve(unwrapped(given)))
    if (node.type !== 'CallExpression' || depth > maximumDepth) return null
    const callee = unwrapped(node.callee)
    if (functionOf(callee) !== null) return helper(node, callee, environment, depth, kept)
    const [first] = node.arguments
    return first === undefined ? null : evaluate(first, environment, depth)
  }

  function alternatives(
    nodes: readonly TSESTree.Node[],
    environment: Environment,
    depth: number,
    read: Reader = evaluate,
    fork: Fork | null = null,
  ): Chain | null {
    const chains = nodes.map((one) => read(one, environment, depth))
    if (chains.some((chain) => chain === null)) return null
    const whole = merged(chains as Chain[], 'only one branch of the program adds it')
    if (whole === null && fork !== null) forks.add(fork)
    return whole
  }

  function identifier(node: TSESTree.Identifier, environment: Environment, depth: number): Chain | null {
    const bound = environment.get(node.name)
    if (bound?.kind === 'chain') return bound.chain
    if (bound?.kind === 'argument') return evaluate(bound.node, bound.environment, depth)
    if (bound !== undefined) return null
    const first = firstOfMany(scope.sourceCode, node)
    if (first !== undefined) {
      const begun = first === null ? null : evaluate(first, environment, depth)
      return begun === null ? null : lost(begun, environment)
    }
    const writes = scope.writesOf(node, node)
    if (writes === null) return null
    const plain = environment.size === 0
    let current: Chain | null = null
    for (const write of writes) {
      if (write.kind === 'member') continue
      if (write.value === null || write.kind === 'append') return null
      const known: Chain | null =
        plain && current !== null ? growth.of(current, write.node, write.conditional) : null
      if (known !== null) {
        current = known
        continue
      }
      const earlier = current
      const inner: Environment =
        current === null
          ? environment
          : new Map([...environment, [node.name, { kind: 'chain', chain: current }]])
      const next = evaluate(write.value, inner, depth)
      if (next === null) return null
      if (current === null || write.conditional === null) current = next
      else {
        current = asOptional(current, next, write.conditional) ?? null
        if (current === null) return null
      }
      if (plain && earlier !== null) growth.keep(earlier, write.node, write.conditional, current)
    }
    return current
  }

  function lost(begun: Chain, environment: Environment): Chain {
    const known = growth.of(begun, begun, null)
    if (known !== null) return known
    const chain = unfollowed(begun, environment)
    growth.keep(begun, begun, null, chain)
    return chain
  }

  function call(node: TSESTree.CallExpression, environment: Environment, depth: number): Chain | null {
    const callee = unwrapped(node.callee)
    if (callee.type !== 'MemberExpression') {
      const method = expressionMethod(callee, environment, scope)
      if (method !== null) {
        return statementMethods.has(method) ? start(callee, true, method, node, environment) : null
      }
      return helper(node, callee, environment, depth + 1)
    }
    const method = memberName(callee)
    if (method === null) return null
    const object = unwrapped(callee.object)
    if (isExpressions(object, environment, scope)) {
      return statementMethods.has(method) ? start(object, true, method, node, environment) : null
    }
    const chain = evaluate(object, environment, depth)
    if (chain !== null) return extend(chain, method, node, environment, depth)
    if (statementMethods.has(method) || clientMethods.has(method)) {
      return isClient(object, method, node, environment)
        ? start(object, isExpressionReceiver(object), method, node, environment)
        : null
    }
    return helper(node, callee, environment, depth + 1)
  }

  const isExpressionReceiver = (object: TSESTree.Node): boolean => receiverOf(object, scope) === 'expressions'

  function isClient(
    object: TSESTree.Node,
    method: string,
    node: TSESTree.CallExpression,
    environment: Environment,
  ): boolean {
    if (object.type === 'Identifier' && environment.get(object.name)?.kind === 'client') return true
    const receiver = receiverOf(object, scope)
    if (receiver === 'client' || receiver === 'expressions') return true
    if (receiver === 'other') return namesKnownRelation(node)
    return clientMethods.has(method) ? method.startsWith('with') : namesRelation(node)
  }

  /** The first argument of a statement names relations, or is a sub-query. */
  function namesRelation(node: TSESTree.CallExpression): boolean {
    const [first] = node.arguments
    if (first === undefined) return false
    const target = unwrapped(first)
    if (typeof scope.constantOf(target)?.value === 'string') return true
    return !(target.type === 'Literal' || target.type === 'ObjectExpression')
  }

  /** An unknown receiver, but a distinctive method on a relation of the tenancy model. */
  function namesKnownRelation(node: TSESTree.CallExpression): boolean {
    if (scope.definitionOf(unwrapped((node.callee as TSESTree.MemberExpression).object)).kind === 'value') {
      return false
    }
    const [first] = node.arguments
    const value = first === undefined ? null : scope.constantOf(first)?.value
    if (typeof value !== 'string') return false
    return scope.tenancy.find(value.trim().split(/\s+/)[0]!) !== null
  }

  function start(
    root: TSESTree.Node,
    nested: boolean,
    method: string,
    node: TSESTree.CallExpression,
    environment: Environment,
  ): Chain {
    return { root, nested, steps: [{ method, call: node, environment, optional: null }] }
  }

  function extend(
    chain: Chain,
    method: string,
    node: TSESTree.CallExpression,
    environment: Environment,
    depth: number,
  ): Chain | null {
    if (isEnded(chain)) return null
    const [first, second] = node.arguments
    if (method === '$call' && first !== undefined) {
      const extended = apply(first, chain, environment, depth + 1)
      return extended === null
        ? step(chain, method, node, environment)
        : step(extended, '$applied', node, environment)
    }
    if (method === '$if' && first !== undefined && second !== undefined) {
      const condition = scope.sourceCode.getText(first)
      const extended = apply(second, chain, environment, depth + 1)
      const constant = scope.constantOf(first)?.value
      // A step that cannot be followed stays in the chain, so that the statement is not taken for understood.
      if (extended === null) return step(chain, method, node, environment)
      const left =
        constant === true ? extended : asOptional(chain, extended, `it is added only if ${condition}`)
      return left === null ? null : step(left, '$applied', node, environment)
    }
    return step(chain, method, node, environment)
  }

  const step = (
    chain: Chain,
    method: string,
    node: TSESTree.CallExpression,
    environment: Environment,
  ): Chain => ({ ...chain, steps: [...chain.steps, { method, call: node, environment, optional: null }] })

  /** The builder that a callback or helper makes of `chain`. */
  function apply(
    callback: TSESTree.Node,
    chain: Chain,
    environment: Environment,
    depth: number,
  ): Chain | null {
    const target = functionOf(callback)
    if (target === null) return null
    return body(target, [{ kind: 'chain', chain }], environment, depth)
  }

  /** A call of a function of this file that returns a builder: its arguments are followed into it. */
  function helper(
    node: TSESTree.CallExpression,
    callee: TSESTree.Node,
    environment: Environment,
    depth: number,
    read: Reader = evaluate,
  ): Chain | null {
    const target = functionOf(callee)
    if (target === null || target.async || target.generator) return null
    const bound = node.arguments.map((argument): Bound => {
      const chain = evaluate(argument, environment, depth)
      if (chain !== null) return { kind: 'chain', chain }
      if (isExpressions(unwrapped(argument), environment, scope)) return { kind: 'expressions' }
      return { kind: 'argument', node: argument, environment }
    })
    const inside = enterHelper(target, environment)
    return inside === null ? null : body(target, bound, inside, depth, read)
  }

  function body(
    target: FunctionNode,
    bound: readonly Bound[],
    environment: Environment,
    depth: number,
    read: Reader = evaluate,
  ): Chain | null {
    const inner = bindParameters(target, bound, environment)
    const returned = returnedExpressions(target)
    return returned === null || returned.length === 0 ? null : alternatives(returned, inner, depth, read)
  }

  return evaluator
}

function methodValue(node: TSESTree.Node): TSESTree.Node {
  if (node.type === 'MethodDefinition' || node.type === 'Property') return node.value
  if (node.type === 'PropertyDefinition' && node.value !== null) return node.value
  if (node.type === 'VariableDeclarator' && node.init !== null) return node.init
  return node
}

/** Nodes of other modules cannot be asked about here. */
function inFile(node: TSESTree.Node, scope: ExtractionScope): boolean {
  let at: TSESTree.Node | undefined = node
  while (at.parent !== undefined && at.parent !== null) at = at.parent
  return at === scope.sourceCode.ast
}
