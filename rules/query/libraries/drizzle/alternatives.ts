import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../../source/binding.ts'
import { returnsOf, unwrap } from '../../../source/children.ts'
import { conditionText } from '../../../provenance/writes.ts'
import { variableOf } from '../../../source/module.ts'
import type { ExtractionScope } from '../../library.ts'
import { bindParameters, enterHelper, type Alternative, type Bound, type Environment } from './environment.ts'
import type { Evaluator } from './evaluate.ts'

const maximumDepth = 16

type Alternatives = readonly Alternative[] | null

/**
 * The expressions that a place can turn out to hold: through constants, variables that are written again, the caller's arguments,
 * helpers of this file, and both branches of `?:`. Null when it cannot be followed.
 */
export function alternativesOf(
  given: TSESTree.Node,
  environment: Environment,
  evaluator: Evaluator,
): Alternatives {
  return new Follower(evaluator).follow(given, environment, 0)
}

class Follower {
  readonly #evaluator: Evaluator
  readonly #scope: ExtractionScope

  constructor(evaluator: Evaluator) {
    this.#evaluator = evaluator
    this.#scope = evaluator.scope
  }

  follow(given: TSESTree.Node, environment: Environment, depth: number): Alternatives {
    const node = unwrap(given)
    if (depth > maximumDepth) return null
    const itself: Alternatives = [{ node, environment, when: null }]
    const again = (next: TSESTree.Node, inner = environment): Alternatives =>
      this.follow(next, inner, depth + 1)
    switch (node.type) {
      case 'Identifier':
        return this.#identifier(node, environment, depth)
      case 'MemberExpression': {
        const value = unwrap(this.#scope.resolve(node))
        return value === node ? itself : again(value)
      }
      case 'ConditionalExpression':
        return this.#conditional(node, environment, depth)
      case 'LogicalExpression': {
        const left = again(node.left)
        const right = again(node.right)
        if (right === null) return null
        if (node.operator === '&&')
          return [...dependent(right, this.#when(node.left, true)), absent(this.#when(node.left, false))]
        if (left === null) return null
        const present = left.filter((one) => one.node !== null)
        return present.length === left.length ? left : [...present, ...right]
      }
      case 'AwaitExpression':
        return this.#evaluator.chainOf(node.argument, environment) === null ? again(node.argument) : itself
      case 'UnaryExpression':
        return node.operator === 'void' ? [absent(null)] : itself
      case 'CallExpression':
        return this.#call(node, environment, depth) ?? itself
      default:
        return itself
    }
  }

  #when(test: TSESTree.Node, taken: boolean): string {
    return conditionText(test, taken, this.#scope.sourceCode.text)
  }

  #identifier(node: TSESTree.Identifier, environment: Environment, depth: number): Alternatives {
    const itself: Alternatives = [{ node, environment, when: null }]
    if (node.name === 'undefined') return [absent(null)]
    const bound = environment.get(node.name)
    if (bound?.kind === 'argument') return this.follow(bound.node, bound.environment, depth + 1)
    if (bound?.kind === 'alternatives') return bound.alternatives
    if (bound !== undefined) return itself
    const resolved = unwrap(this.#scope.resolve(node))
    if (resolved !== node) return this.follow(resolved, environment, depth + 1)
    return this.#written(node, environment, depth)
  }

  /** `let where = eq(…); if (search) where = and(where, like(…))`. */
  #written(node: TSESTree.Identifier, environment: Environment, depth: number): Alternatives {
    const itself: Alternatives = [{ node, environment, when: null }]
    const writes = (this.#scope.writesOf(node, node) ?? []).filter(({ kind }) => kind !== 'member')
    if (writes.length === 0) return itself
    const starts = writes[0]!.kind === 'initial'
    if (!starts && !isDeclaredEmpty(node, this.#scope)) return itself
    let current: readonly Alternative[] = [absent('nothing was assigned to it')]
    for (const { kind, value, conditional, node: at } of writes) {
      if (value === null || kind === 'append' || isPattern(at)) return itself
      const inner = new Map(environment)
      inner.set(node.name, { kind: 'alternatives', alternatives: current })
      const next = this.follow(value, inner, depth + 1)
      if (next === null) return null
      current = conditional === null ? next : [...current, ...dependent(next, conditional)]
    }
    return current
  }

  /** `conditions.length > 0 ? and(...conditions) : undefined` is no choice where one of them is always there. */
  #conditional(node: TSESTree.ConditionalExpression, environment: Environment, depth: number): Alternatives {
    const again = (next: TSESTree.Node): Alternatives => this.follow(next, environment, depth + 1)
    const outcome = this.#isFilled(node.test)
    if (outcome === true) return again(node.consequent)
    if (outcome === false) return again(node.alternate)
    const yes = again(node.consequent)
    const no = again(node.alternate)
    if (yes === null || no === null) return null
    return [...dependent(yes, this.#when(node.test, true)), ...dependent(no, this.#when(node.test, false))]
  }

  /** `list.length`, `list.length > 0`, `list.length === 0`. Null: it cannot be told. */
  #isFilled(test: TSESTree.Node): boolean | null {
    const bare = unwrap(test)
    const compared = bare.type === 'BinaryExpression' ? bare : null
    const member = unwrap(compared === null ? bare : compared.left)
    if (member.type !== 'MemberExpression' || member.property.type !== 'Identifier') return null
    if (member.property.name !== 'length') return null
    const view = this.#scope.arrayOf(member.object)
    const certain = view?.elements.filter(({ optional }) => optional === null).length ?? 0
    if (certain === 0) return null
    if (compared === null) return true
    const limit = this.#scope.constantOf(compared.right)?.value
    if (typeof limit !== 'number') return null
    if (/^(>|!==?)$/.test(compared.operator) && limit === 0) return true
    if (compared.operator === '>=' && limit <= certain) return true
    return /^===?$/.test(compared.operator) && limit === 0 ? false : null
  }

  #call(node: TSESTree.CallExpression, environment: Environment, depth: number): Alternatives {
    const evaluator = this.#evaluator
    const target = evaluator.functionOf(node.callee)
    if (target === null || target.generator) return null
    if (evaluator.operatorOf(node.callee, environment) !== null) return null
    if (evaluator.chainOf(node, environment) !== null) return null
    const returned = returnsOf(target)
    const body = enterHelper(target, environment)
    if (returned.length === 0 || body === null) return null
    const bound = node.arguments.map((argument): Bound => ({ kind: 'argument', node: argument, environment }))
    const inner = bindParameters(target, bound, body)
    const several = returned.length > 1 || mayFallThrough(target)
    const found = returned.map((one) => this.follow(one, inner, depth + 1))
    if (found.some((one) => one === null)) return null
    const all = found.flatMap((one) => one ?? [])
    const name = this.#scope.sourceCode.getText(node.callee)
    const reason = `it depends on what ${name} returns`
    const given = several ? dependent(all, reason) : all
    return mayFallThrough(target) ? [...given, absent(reason)] : given
  }
}

const absent = (when: string | null): Alternative => ({ node: null, environment: new Map(), when })

const dependent = (all: readonly Alternative[], when: string): readonly Alternative[] =>
  all.map((one) => ({ ...one, when: one.when ?? when }))

/** Can the function end without a `return` that has a value? */
function mayFallThrough(target: TSESTree.Node): boolean {
  if (!isFunction(target) || target.body.type !== 'BlockStatement') return false
  const ends = (statement: TSESTree.Node | undefined): boolean => {
    switch (statement?.type) {
      case 'ReturnStatement':
        return statement.argument !== null
      case 'ThrowStatement':
        return true
      case 'BlockStatement':
        return ends(statement.body.at(-1))
      case 'IfStatement':
        return statement.alternate !== null && ends(statement.consequent) && ends(statement.alternate)
      case 'TryStatement':
        return ends(statement.block) && (statement.handler === null || ends(statement.handler.body))
      case 'SwitchStatement':
        return (
          statement.cases.some(({ test }) => test === null) &&
          statement.cases.every(({ consequent }) => consequent.length === 0 || ends(consequent.at(-1)))
        )
      default:
        return false
    }
  }
  return !ends(target.body) || hasEmptyReturn(target.body)
}

function hasEmptyReturn(node: TSESTree.BlockStatement): boolean {
  const visit = (at: TSESTree.Node): boolean => {
    if (at.type === 'ReturnStatement') return at.argument === null
    if (at.type === 'IfStatement')
      return visit(at.consequent) || (at.alternate !== null && visit(at.alternate))
    if (at.type === 'BlockStatement') return at.body.some(visit)
    return false
  }
  return visit(node)
}

function isPattern(write: TSESTree.Node): boolean {
  return write.type === 'VariableDeclarator' && write.id.type !== 'Identifier'
}

/** `let where: SQL | undefined`, without a value. */
function isDeclaredEmpty(node: TSESTree.Identifier, scope: ExtractionScope): boolean {
  const definition = variableOf(scope.sourceCode, node)?.defs[0]?.node as TSESTree.Node | undefined
  return definition?.type === 'VariableDeclarator' && definition.init === null
}
