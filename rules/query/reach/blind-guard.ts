import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../source/binding.ts'
import type { QueryContext } from '../context.ts'
import { calledFunction } from './called-function.ts'
import { workingText } from './delegated.ts'
import { knowsActor, namesActorOrTenant } from './handed-actor.ts'

/**
 * Does a call run a function in sight that neither knows nor speaks of the actor or a tenant? It says the same to everybody, whatever it is
 * called: `assertSlugIsFree(slug)`.
 */
export function isBlind(call: TSESTree.CallExpression, file: QueryContext): boolean {
  const target = calledFunction(call, file)
  const text = target === null ? null : workingText(target, file)
  if (target === null || text === null) return false
  const { node } = target
  const body = isFunction(node) ? text.slice(node.body.range[0] - node.range[0]) : text
  return !knowsActor(call, node, text, file) && !namesActorOrTenant(body, file)
}
