import type { TSESTree } from '@typescript-eslint/utils'
import { memberName } from '../../../../source/binding.ts'
import { contains, unwrap } from '../../../../source/children.ts'
import { variableOf } from '../../../../source/module.ts'
import { areExclusive, decisionsTo, type Decision } from '../../../../provenance/writes.ts'
import type { ExtractionScope } from '../../../library.ts'
import { functionOf } from './chain.ts'

/** One call on a builder. */
export interface Step {
  /** `''`: the builder is handed to a function out of sight, which may call anything on it. */
  readonly method: string
  readonly call: TSESTree.CallExpression
  /** What must hold for the call to happen. */
  readonly decisions: readonly Decision[]
}

/** Which uses of a variable count, and from where control flow is looked at. */
interface Range {
  /** Uses before this node; null for all of them. */
  readonly before: TSESTree.Node | null
  readonly at: TSESTree.Node
}

const depthLimit = 6

/** Calls that give something other than the builder. */
const leaves = /^(get[A-Z]\w*|execute|stream|clone|subQuery|createQueryBuilder|then|catch)$/

const loggers = /^(console|log|logger|this\.logger|logger\w*)\./i

/** The calls on the builder that a variable holds, in source order. */
export function stepsOn(
  identifier: TSESTree.Node & { readonly name: string },
  range: Range,
  scope: ExtractionScope,
  depth = 0,
): readonly Step[] {
  const variable = variableOf(scope.sourceCode, identifier)
  if (variable === null || depth > depthLimit) return []
  const uses = variable.references
    .map((reference) => reference.identifier as TSESTree.Identifier)
    .filter((use) => isInRange(use, range))
    .toSorted((one, other) => one.range[0] - other.range[0])
  return uses.flatMap((use) => stepsAt(use, range, scope, depth))
}

function isInRange(use: TSESTree.Identifier, { before, at }: Range): boolean {
  if (before === null) return true
  return use.range[0] < before.range[0] && !areExclusive(use, at)
}

function stepsAt(
  use: TSESTree.Identifier,
  range: Range,
  scope: ExtractionScope,
  depth: number,
): readonly Step[] {
  const { text } = scope.sourceCode
  const own = (method: string, call: TSESTree.CallExpression): Step => ({
    method,
    call,
    decisions: decisionsTo(call, range.at, text),
  })
  const steps: Step[] = []
  let at: TSESTree.Node = whole(use)
  for (;;) {
    const call = calledOn(at)
    if (call === null) break
    steps.push(own(memberName(unwrap(call.callee) as TSESTree.MemberExpression) ?? '', call))
    at = whole(call)
    if (leaves.test(steps.at(-1)!.method)) return steps
  }
  const { parent } = at
  if (parent?.type === 'CallExpression' && parent.callee !== at) {
    return [...steps, ...handedTo(parent, at, own, scope, depth)]
  }
  if (parent?.type !== 'VariableDeclarator' || parent.id.type !== 'Identifier' || at === use) return steps
  // The result of a call on the builder is the builder, under one more name.
  return [...steps, ...stepsOn(parent.id, range, scope, depth + 1)]
}

/** The expression with the casts, `await` and parentheses around it. */
function whole(node: TSESTree.Node): TSESTree.Node {
  let at = node
  while (at.parent !== undefined && at.parent !== null && unwrap(at.parent) === unwrap(node)) at = at.parent
  return at
}

function calledOn(node: TSESTree.Node): TSESTree.CallExpression | null {
  const member = node.parent
  if (member?.type !== 'MemberExpression' || member.object !== node) return null
  const callee = whole(member)
  const call = callee.parent
  return call?.type === 'CallExpression' && call.callee === callee ? call : null
}

/** A helper in sight is looked into; any other may do anything to the builder. */
function handedTo(
  call: TSESTree.CallExpression,
  argument: TSESTree.Node,
  own: (method: string, call: TSESTree.CallExpression) => Step,
  scope: ExtractionScope,
  depth: number,
): readonly Step[] {
  const index = call.arguments.indexOf(argument as TSESTree.CallExpressionArgument)
  const target = functionOf(call.callee, scope)
  const parameter = target?.params[index]
  if (loggers.test(scope.pathOf(call.callee))) return []
  if (target === null || parameter?.type !== 'Identifier') return [own('', call)]
  const { decisions } = own('', call)
  const inner = contains(target, call)
    ? []
    : stepsOn(parameter, { before: null, at: target }, scope, depth + 1)
  return inner.map((step) => ({ ...step, decisions: [...decisions, ...step.decisions] }))
}
