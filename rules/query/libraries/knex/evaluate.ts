import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName, type FunctionNode } from '../../../source/binding.ts'
import { returnsOf, unwrap } from '../../../source/children.ts'
import type { ExtractionScope } from '../../library.ts'
import {
  emptyEnvironment,
  enterHelper,
  limited,
  unseenStep,
  type Bound,
  type Chain,
  type Environment,
} from './chain.ts'
import { changedIn, handedAt, stateAt, type Evaluate } from './change.ts'
import { clientMethods, endMethods, isKnexMethod } from './methods.ts'
import { hasClientName, receiverOf } from './receiver.ts'

/** A builder may be extended through many variables and helpers; beyond this it is not followed. */
const maximumDepth = 24

/** Finds out which builders an expression can be, following what the program did to them. One per file. */
export interface Evaluator {
  readonly scope: ExtractionScope
  /** One chain for each way to build it. Null: no Knex builder, or not one that can be followed. */
  readonly chainsOf: (node: TSESTree.Node, environment: Environment) => readonly Chain[] | null
  /** The same builders after the call, if any, that they end as arguments of. */
  readonly handedAt: (end: TSESTree.Node, chains: readonly Chain[]) => readonly Chain[]
  /** The function that a callee or callback names in this file. */
  readonly functionOf: (node: TSESTree.Node) => FunctionNode | null
  /** What a callback does to the builder that it gets as `this` and as its first parameter. */
  readonly applied: (
    callback: FunctionNode,
    base: Chain,
    more: readonly TSESTree.Node[],
    environment: Environment,
  ) => readonly Chain[]
}

export function createEvaluator(scope: ExtractionScope): Evaluator {
  const known = new Map<TSESTree.Node, readonly Chain[] | null>()
  let depth = 0

  const evaluate: Evaluate = {
    scope,
    chainsOf,
    functionOf,
    helperState: (target, call, index, chains, environment) => {
      const inside = enterHelper(target, environment)
      if (inside === null) return null
      const bound = bind(target, argumentsOf(call, environment), inside)
      const parameter = target.params[index]
      if (parameter?.type !== 'Identifier') return null
      return changedIn(target, parameter.name, chains, bound, evaluate)
    },
  }

  function chainsOf(given: TSESTree.Node, environment: Environment): readonly Chain[] | null {
    // What is awaited is a result, no builder any more.
    const node = unwrap(given)
    const plain = environment.size === 0
    const found = plain ? known.get(node) : undefined
    if (found !== undefined) return found
    // A chain of calls ends with its text, however long it is; what leads elsewhere counts.
    const leads = node.type === 'CallExpression' && isChained(node) ? 0 : 1
    if (leads > 0 && depth > maximumDepth) return null
    depth += leads
    try {
      const chains = read(node, environment)
      if (plain) known.set(node, chains)
      return chains
    } finally {
      depth -= leads
    }
  }

  function read(node: TSESTree.Node, environment: Environment): readonly Chain[] | null {
    switch (node.type) {
      case 'ThisExpression':
        return builderOf(environment.get('this'))
      case 'Identifier':
        return stateAt(node, environment, evaluate)
      case 'CallExpression':
        return call(node, environment)
      case 'ConditionalExpression':
        return alternatives([node.consequent, node.alternate], environment)
      default:
        return null
    }
  }

  function alternatives(nodes: readonly TSESTree.Node[], environment: Environment): readonly Chain[] | null {
    const chains = nodes.map((one) => chainsOf(one, environment))
    return chains.some((one) => one === null) ? null : limited(chains.flatMap((one) => one ?? []))
  }

  function call(node: TSESTree.CallExpression, environment: Environment): readonly Chain[] | null {
    const callee = unwrap(node.callee)
    if (callee.type === 'MemberExpression') {
      const method = memberName(callee)
      const chains = method === null ? null : chainsOf(callee.object, environment)
      if (chains !== null) return extended(chains, method!, node, environment)
      const client = method !== null && clientMethods.has(method) && method !== 'transaction'
      if (client && receiverOf(callee.object, scope) !== 'other') {
        return [start(callee.object, method, node, environment)]
      }
    }
    if (isClientCall(node, callee)) return [start(callee, '', node, environment)]
    return helper(node, callee, environment)
  }

  /** `knex('tasks')`, `trx(TASKS)`, `(trx || db.knex)('tasks')`. */
  function isClientCall(node: TSESTree.CallExpression, callee: TSESTree.Node): boolean {
    const [table] = node.arguments
    if (table === undefined || table.type === 'SpreadElement' || isFunction(table)) return false
    if (node.arguments.length > 2) return false
    const receiver = receiverOf(callee, scope)
    if (receiver === 'client') return true
    return receiver === 'conventional' && hasClientName(callee, scope)
  }

  const start = (
    root: TSESTree.Node,
    method: string,
    node: TSESTree.CallExpression,
    environment: Environment,
  ): Chain => ({ root: unwrap(root, true), steps: [{ method, call: node, environment, optional: null }] })

  function extended(
    chains: readonly Chain[],
    method: string,
    node: TSESTree.CallExpression,
    environment: Environment,
  ): readonly Chain[] | null {
    if (endMethods.has(method)) return null
    const step = (chain: Chain, name: string): Chain => ({
      ...chain,
      steps: [...chain.steps, { method: name, call: node, environment, optional: null }],
    })
    // A method that Knex does not have may do anything to the statement.
    if (method !== 'modify')
      return chains.map((chain) => step(chain, isKnexMethod(method) ? method : unseenStep))
    const [callback, ...more] = node.arguments
    const target = callback === undefined ? null : functionOf(callback)
    if (target === null) return chains.map((chain) => step(chain, unseenStep))
    return chains.flatMap((chain) =>
      applied(target, chain, more, environment).map((one) => step(one, 'modify')),
    )
  }

  function applied(
    callback: FunctionNode,
    base: Chain,
    more: readonly TSESTree.Node[],
    environment: Environment,
  ): readonly Chain[] {
    const inner = bind(
      callback,
      [null, ...more.map((node): Bound => ({ kind: 'argument', node, environment }))],
      environment,
    )
    const [parameter] = callback.params
    const name = parameter?.type === 'Identifier' ? parameter.name : null
    return changedIn(callback, name, [base], inner, evaluate) ?? [base]
  }

  /** A call of a function of this file that returns a builder: its arguments are followed into it. */
  function helper(
    node: TSESTree.CallExpression,
    callee: TSESTree.Node,
    environment: Environment,
  ): readonly Chain[] | null {
    const target = functionOf(callee)
    if (target === null || target.async || target.generator) return null
    const inside = enterHelper(target, environment)
    const returned = returnsOf(target)
    if (inside === null || returned.length === 0) return null
    return alternatives(returned, bind(target, argumentsOf(node, environment), inside))
  }

  function argumentsOf(node: TSESTree.CallExpression, environment: Environment): readonly Bound[] {
    return node.arguments.map((argument): Bound => {
      const chains = argument.type === 'SpreadElement' ? null : chainsOf(argument, environment)
      if (chains !== null) return { kind: 'builder', chains }
      return { kind: 'argument', node: argument, environment }
    })
  }

  function functionOf(node: TSESTree.Node): FunctionNode | null {
    const direct = scope.resolve(node)
    if (isFunction(direct)) return direct
    const definition = scope.definitionOf(node)
    if (definition.kind !== 'function' || definition.module !== scope.filename) return null
    const found = methodValue(definition.node)
    return isFunction(found) ? found : null
  }

  return {
    scope,
    chainsOf,
    handedAt: (end, chains) => handedAt(end, chains, emptyEnvironment, evaluate),
    functionOf,
    applied,
  }
}

/** A call on what another call gave, without a function that is followed. */
function isChained({ callee }: TSESTree.CallExpression): boolean {
  const member = unwrap(callee)
  return (
    member.type === 'MemberExpression' &&
    unwrap(member.object).type === 'CallExpression' &&
    memberName(member) !== 'modify'
  )
}

export function builderOf(bound: Bound | undefined): readonly Chain[] | null {
  return bound?.kind === 'builder' || bound?.kind === 'fixed' ? bound.chains : null
}

/** Gives a function's parameters their meaning. */
function bind(
  target: FunctionNode,
  values: readonly (Bound | null)[],
  environment: Environment,
): Environment {
  const inner = new Map(environment)
  target.params.forEach((parameter, index) => {
    const pattern = parameter.type === 'AssignmentPattern' ? parameter.left : parameter
    const value = values[index] ?? null
    if (pattern.type === 'Identifier') {
      if (value === null) inner.delete(pattern.name)
      else inner.set(pattern.name, value)
    } else if (pattern.type === 'ObjectPattern') bindPattern(pattern, value, inner)
  })
  return inner
}

/** `({ query, teamId }) => …` called with an object in sight. */
function bindPattern(pattern: TSESTree.ObjectPattern, value: Bound | null, inner: Map<string, Bound>): void {
  for (const property of pattern.properties) {
    if (property.type !== 'Property' || property.key.type !== 'Identifier') continue
    const local = property.value.type === 'AssignmentPattern' ? property.value.left : property.value
    if (local.type !== 'Identifier') continue
    const member = value?.kind === 'argument' ? memberOf(value.node, property.key.name) : null
    if (member === null || value?.kind !== 'argument') inner.delete(local.name)
    else inner.set(local.name, { kind: 'argument', node: member, environment: value.environment })
  }
}

function memberOf(node: TSESTree.Node, name: string): TSESTree.Node | null {
  if (node.type !== 'ObjectExpression') return null
  for (const property of node.properties) {
    if (property.type === 'Property' && property.key.type === 'Identifier' && property.key.name === name) {
      return property.value
    }
  }
  return null
}

function methodValue(node: TSESTree.Node): TSESTree.Node {
  if (node.type === 'MethodDefinition' || node.type === 'Property') return node.value
  if (node.type === 'PropertyDefinition' && node.value !== null) return node.value
  if (node.type === 'VariableDeclarator' && node.init !== null) return node.init
  return node
}
