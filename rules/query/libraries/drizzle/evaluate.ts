import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName, type FunctionNode } from '../../../source/binding.ts'
import { returnsOf, unwrap } from '../../../source/children.ts'
import { variableOf } from '../../../source/module.ts'
import { firstOfMany } from '../../../provenance/writes.ts'
import { Growth } from '../../builder/growth.ts'
import type { ExtractionScope } from '../../library.ts'
import { asOptional, unfollowed } from '../../builder/chain.ts'
import {
  beginning,
  clientMethods,
  isEnded,
  merged,
  setOperators,
  statementMethods,
  type Chain,
  type ChainStep,
} from './chain.ts'
import { alternativesOf } from './alternatives.ts'
import { bindParameters, enterHelper, type Alternative, type Bound, type Environment } from './environment.ts'
import { exportName } from './receiver.ts'
import { begins } from './shape.ts'

/** A builder may be extended through many variables and helpers; beyond this it is not followed. */
const maximumDepth = 24

/** Finds out what expressions are, following what the program did to them. One per file. */
export interface Evaluator {
  readonly scope: ExtractionScope
  /** Null: no Drizzle builder, or not one that can be followed. */
  readonly chainOf: (node: TSESTree.Node, environment: Environment) => Chain | null
  /** The expressions that an argument can turn out to be. Null when it cannot be followed. */
  readonly alternativesOf: (node: TSESTree.Node, environment: Environment) => readonly Alternative[] | null
  /** Name of Drizzle's function that a callee is (`eq`, `sql`, `operators.and`). Null: none. */
  readonly operatorOf: (callee: TSESTree.Node, environment: Environment) => string | null
  /** The function of this file that a callee names. */
  readonly functionOf: (node: TSESTree.Node) => FunctionNode | null
}

export function createEvaluator(scope: ExtractionScope): Evaluator {
  const chains = new ChainReader(scope)
  const evaluator: Evaluator = {
    scope,
    chainOf: (node, environment) => chains.evaluate(node, environment, 0),
    alternativesOf: (node, environment) => alternativesOf(node, environment, evaluator),
    operatorOf: (callee, environment) => operatorOf(callee, environment, scope),
    functionOf: (node) => chains.functionOf(node),
  }
  return evaluator
}

function operatorOf(given: TSESTree.Node, environment: Environment, scope: ExtractionScope): string | null {
  const callee = unwrap(given)
  if (callee.type === 'Identifier') {
    const bound = environment.get(callee.name)
    if (bound?.kind === 'operator') return bound.name
    if (bound !== undefined) return null
  }
  if (callee.type === 'MemberExpression' && callee.object.type === 'Identifier') {
    if (environment.get(callee.object.name)?.kind === 'operators') return memberName(callee)
  }
  return exportName(callee, scope)
}

class ChainReader {
  readonly #scope: ExtractionScope
  readonly #evaluated = new Map<TSESTree.Node, Chain>()
  readonly #growth = new Growth<Chain>()

  constructor(scope: ExtractionScope) {
    this.#scope = scope
  }

  functionOf(node: TSESTree.Node): FunctionNode | null {
    const direct = this.#scope.resolve(node)
    if (isFunction(direct)) return direct
    const definition = this.#scope.definitionOf(node)
    if (definition.kind !== 'function') return null
    const found = methodValue(definition.node)
    return isFunction(found) && definition.module === this.#scope.filename && this.#isHere(found)
      ? found
      : null
  }

  /** Nodes of other modules cannot be asked about here. */
  #isHere(node: TSESTree.Node): boolean {
    let at: TSESTree.Node | undefined = node
    while (at.parent !== undefined && at.parent !== null) at = at.parent
    return at === this.#scope.sourceCode.ast
  }

  evaluate(given: TSESTree.Node, environment: Environment, depth: number): Chain | null {
    // What is awaited is no builder any more, but the rows that it gave.
    const node = unwrap(given)
    const plain = environment.size === 0
    const known = plain ? this.#evaluated.get(node) : undefined
    if (known !== undefined) return known
    if (depth > maximumDepth) return null
    const chain = this.#read(node, environment, depth)
    if (plain && chain !== null) this.#evaluated.set(node, chain)
    return chain
  }

  #read(node: TSESTree.Node, environment: Environment, depth: number): Chain | null {
    switch (node.type) {
      case 'Identifier':
        return this.#identifier(node, environment, depth + 1)
      // A chain of calls ends with its text, however long it is.
      case 'CallExpression':
        return this.#call(node, environment, depth)
      case 'ConditionalExpression':
        return this.#either([node.consequent, node.alternate], environment, depth + 1)
      default:
        return null
    }
  }

  #either(nodes: readonly TSESTree.Node[], environment: Environment, depth: number): Chain | null {
    const chains = nodes.map((one) => this.evaluate(one, environment, depth))
    if (chains.some((chain) => chain === null)) return null
    return merged(chains as Chain[], 'only one branch of the program adds it')
  }

  #identifier(node: TSESTree.Identifier, environment: Environment, depth: number): Chain | null {
    const bound = environment.get(node.name)
    if (bound?.kind === 'chain') return bound.chain
    if (bound?.kind === 'argument') return this.evaluate(bound.node, bound.environment, depth)
    if (bound !== undefined) return null
    const first = firstOfMany(this.#scope.sourceCode, node)
    if (first !== undefined) {
      const begun = first === null ? null : this.evaluate(first, environment, depth)
      return begun === null ? null : this.#lost(begun, environment)
    }
    const plain = environment.size === 0
    let current: Chain | null = null
    for (const write of this.#scope.writesOf(node, node) ?? []) {
      if (write.kind === 'member') continue
      if (write.value === null || write.kind === 'append') return null
      const known: Chain | null =
        plain && current !== null ? this.#growth.of(current, write.node, write.conditional) : null
      if (known !== null) {
        current = known
        continue
      }
      const earlier = current
      const inner: Environment =
        current === null
          ? environment
          : new Map([...environment, [node.name, { kind: 'chain', chain: current }]])
      const next = this.evaluate(write.value, inner, depth)
      if (next === null) return null
      if (current === null || write.conditional === null) current = next
      else current = asOptional(current, next, write.conditional)
      if (current === null) return null
      if (plain && earlier !== null) this.#growth.keep(earlier, write.node, write.conditional, current)
    }
    return current
  }

  #lost(begun: Chain, environment: Environment): Chain {
    const known = this.#growth.of(begun, begun, null)
    if (known !== null) return known
    const chain = unfollowed(begun, environment)
    this.#growth.keep(begun, begun, null, chain)
    return chain
  }

  #call(node: TSESTree.CallExpression, environment: Environment, depth: number): Chain | null {
    const callee = unwrap(node.callee)
    if (callee.type !== 'MemberExpression') {
      // What is imported is a set operator, or no function of this file.
      const imported = importedName(callee, this.#scope.sourceCode)
      if (
        imported !== null &&
        !environment.has(imported.local) &&
        !Object.hasOwn(setOperators, imported.name)
      )
        return null
      const name = operatorOf(callee, environment, this.#scope)
      if (name === null) return this.#helper(node, callee, environment, depth + 1)
      if (!Object.hasOwn(setOperators, name) || node.arguments.length < 2) return null
      const first = this.evaluate(node.arguments[0]!, environment, depth)
      return first === null ? null : { root: callee, steps: [step(name, node, environment)] }
    }
    const method = memberName(callee)
    if (method === null) return null
    const object = unwrap(callee.object)
    const chain = this.evaluate(object, environment, depth)
    if (chain !== null) return isEnded(chain) ? null : extended(chain, method, node, environment)
    if (statementMethods.has(method) || clientMethods.has(method)) {
      return begins(object, method, node, this.#scope)
        ? { root: object, steps: [step(method, node, environment)] }
        : null
    }
    return this.#helper(node, callee, environment, depth + 1)
  }

  /** A call of a function of this file that returns a builder: its arguments are followed into it. */
  #helper(
    node: TSESTree.CallExpression,
    callee: TSESTree.Node,
    environment: Environment,
    depth: number,
  ): Chain | null {
    const target = this.functionOf(callee)
    if (target === null || target.async || target.generator) return null
    const inside = enterHelper(target, environment)
    if (inside === null) return null
    const bound = node.arguments.map((argument): Bound => {
      const chain = this.evaluate(argument, environment, depth)
      return chain === null ? { kind: 'argument', node: argument, environment } : { kind: 'chain', chain }
    })
    const returned = returnsOf(target)
    return returned.length === 0 ? null : this.#either(returned, bindParameters(target, bound, inside), depth)
  }
}

function importedName(
  callee: TSESTree.Node,
  sourceCode: ExtractionScope['sourceCode'],
): { readonly local: string; readonly name: string } | null {
  if (callee.type !== 'Identifier') return null
  const node: TSESTree.Node | undefined = variableOf(sourceCode, callee)?.defs[0]?.node
  if (node?.type !== 'ImportSpecifier') return null
  const { imported } = node
  return { local: callee.name, name: imported.type === 'Identifier' ? imported.name : imported.value }
}

function step(method: string, call: TSESTree.CallExpression, environment: Environment): ChainStep {
  return { method, call, environment, optional: null }
}

/** A bare `db.with(cte)` goes on with a statement only. */
function extended(
  chain: Chain,
  method: string,
  node: TSESTree.CallExpression,
  environment: Environment,
): Chain | null {
  if (/^(then|catch|finally)$/.test(method)) return null
  if (beginning(chain) === null && !statementMethods.has(method) && method !== 'as' && method !== 'with')
    return null
  return { ...chain, steps: [...chain.steps, step(method, node, environment)] }
}

function methodValue(node: TSESTree.Node): TSESTree.Node {
  if (node.type === 'MethodDefinition' || node.type === 'Property') return node.value
  if (node.type === 'PropertyDefinition' && node.value !== null) return node.value
  if (node.type === 'VariableDeclarator' && node.init !== null) return node.init
  return node
}
