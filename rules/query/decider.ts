import type { TSESTree } from '@typescript-eslint/utils'
import type { FunctionNode } from '../source/binding.ts'
import { type Decision, type Write, decisionOf } from '../provenance/writes.ts'
import type { ExtractionScope } from './library.ts'

/** Answers for the tests that decide which text is built. */
export interface Decider {
  readonly holds: (decision: Decision) => boolean
  /** What the parameters of helpers that are being looked into stand for. */
  readonly arguments: ReadonlyMap<FunctionNode, readonly TSESTree.Node[]>
}

export function holdsTest(test: TSESTree.Node, scope: ExtractionScope, decider: Decider): boolean {
  return decider.holds(decisionOf(test, true, scope.sourceCode.text))
}

export function happens(write: Write, decider: Decider): boolean {
  return write.decisions.every((decision) => decider.holds(decision))
}
