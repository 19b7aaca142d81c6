import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, memberName, type FunctionNode } from '../../../../source/binding.ts'
import { returnsOf, unwrap } from '../../../../source/children.ts'
import type { ExtractionScope } from '../../../library.ts'
import { mikroReceiverOf } from '../../mikro-orm/receiver.ts'
import { receiverOf, type Receiver } from '../receiver.ts'
import { stepsOn, type Step } from './steps.ts'

/** A query builder with all the calls on it, in order. Builders are mutable: a call counts wherever its result goes. */
export interface Chain {
  /** `createQueryBuilder(…)`, `subQuery()`. */
  readonly root: TSESTree.CallExpression
  /** What the builder was made on; null where that cannot be told. */
  readonly receiver: Receiver | null
  readonly steps: readonly Step[]
  readonly library: 'typeorm' | 'mikro-orm'
}

const depthLimit = 12

/** The builder that an expression is, with the calls on it that come before `at`. Null: none that was made in sight. */
export function chainOf(
  given: TSESTree.Node,
  at: TSESTree.Node,
  scope: ExtractionScope,
  depth = 0,
): Chain | null {
  const node = unwrap(given, true)
  if (depth > depthLimit) return null
  switch (node.type) {
    case 'Identifier':
      return ofVariable(node, at, scope, depth)
    case 'CallExpression':
      return ofCall(node, at, scope, depth)
    default:
      return null
  }
}

function ofCall(
  node: TSESTree.CallExpression,
  at: TSESTree.Node,
  scope: ExtractionScope,
  depth: number,
): Chain | null {
  const callee = unwrap(node.callee)
  if (callee.type !== 'MemberExpression') return ofHelper(node, scope, depth)
  const method = memberName(callee)
  if (method === 'createQueryBuilder' || method === 'qb') return ofMaker(node, callee, scope)
  if (method === 'subQuery')
    return { root: node, receiver: { kind: 'manager' }, steps: [], library: 'typeorm' }
  const base = method === null ? null : chainOf(callee.object, at, scope, depth + 1)
  if (base === null) return ofHelper(node, scope, depth)
  const step: Step = { method: method!, call: node, decisions: [] }
  return { ...base, steps: [...base.steps, step] }
}

/** A method of that name on something unknown is a query builder's where the file uses TypeORM. */
function ofMaker(
  node: TSESTree.CallExpression,
  callee: TSESTree.MemberExpression,
  scope: ExtractionScope,
): Chain | null {
  const other = mikroReceiverOf(callee.object, scope)
  if (other !== null) return { root: node, receiver: other, steps: [], library: 'mikro-orm' }
  const receiver = receiverOf(callee.object, scope)
  if (receiver === null && (memberName(callee) === 'qb' || !isTypeormFile(scope))) return null
  return {
    root: node,
    receiver: receiver?.kind === 'builder' ? { kind: 'manager' } : receiver,
    steps: [],
    library: 'typeorm',
  }
}

const isTypeormFile = ({ sourceCode }: ExtractionScope): boolean =>
  sourceCode.ast.body.some(
    (statement) =>
      statement.type === 'ImportDeclaration' && /^(@[\w-]+\/)?typeorm(\/|$)/.test(statement.source.value),
  )

/** A function of this file that returns a builder. */
function ofHelper(node: TSESTree.CallExpression, scope: ExtractionScope, depth: number): Chain | null {
  const target = functionOf(node.callee, scope)
  const [returned, ...more] = target === null ? [] : returnsOf(target)
  return returned === undefined || more.length > 0 ? null : chainOf(returned, returned, scope, depth + 1)
}

/** The function or method of this file that a callee names. */
export function functionOf(callee: TSESTree.Node, scope: ExtractionScope): FunctionNode | null {
  const definition = scope.definitionOf(unwrap(callee))
  if (definition.kind !== 'function' || definition.module !== scope.filename) return null
  return isFunction(definition.node) ? definition.node : null
}

function ofVariable(
  node: TSESTree.Identifier,
  at: TSESTree.Node,
  scope: ExtractionScope,
  depth: number,
): Chain | null {
  const writes = (scope.writesOf(node, node) ?? []).filter((write) => write.kind !== 'member')
  const makers = writes.flatMap(({ value }) => {
    const base =
      value === null || usesItself(value, node.name) ? null : chainOf(value, value, scope, depth + 1)
    return base === null ? [] : [base]
  })
  const [base] = makers
  if (base === undefined || makers.length > 1) return null
  return { ...base, steps: [...base.steps, ...stepsOn(node, { before: node, at }, scope)] }
}

/** `query = query.andWhere(…)` is a use of the builder that is there already. */
function usesItself(value: TSESTree.Node, name: string): boolean {
  let at = unwrap(value)
  if (at.type === 'ConditionalExpression')
    return [at.consequent, at.alternate].some((one) => usesItself(one, name))
  for (;;) {
    if (at.type === 'CallExpression') at = unwrap(at.callee)
    else if (at.type === 'MemberExpression') at = unwrap(at.object)
    else return at.type === 'Identifier' && at.name === name
  }
}
