import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction } from '../../source/binding.ts'
import type { QueryContext } from '../context.ts'
import { tenantNames } from './actor.ts'
import { namesIn } from './entry.ts'

/** Values that stand for the actor or its tenant, in the text of an argument list. */
const actorWords =
  /\b(?:ctx|context|session|user|userId|currentUser|req|request|c|auth|apiKey|member|authentication)\b/

/** A function that finds out by itself who is logged in. */
const asksWho =
  /\b(?:getServerSession|getSession|getAuth|auth|currentUser|getUser|getCurrentUser|requireUser|validateRequest|cookies)\(/

/** `currentTenantId()`: what is asked for. */
const asked = /\b([a-z]\w*)\(\)/g

/**
 * Does a function that is called know the actor or its tenant: does it take them from the session, or is it handed them and uses what it
 * is handed? A read by id alone refuses nobody.
 */
export function knowsActor(
  call: TSESTree.CallExpression,
  target: TSESTree.Node,
  text: string,
  file: QueryContext,
): boolean {
  if (findsActor(text, file)) return true
  return call.arguments.some((argument, index) => {
    const written = file.scope.sourceCode.getText(argument)
    return namesActorOrTenant(written, file) && usesParameter(target, index, text)
  })
}

/** Does a function take the actor, or its tenant, from the session by itself? */
export function findsActor(text: string, { tenancy }: QueryContext): boolean {
  const names = tenantNames(tenancy)
  return asksWho.test(text) || [...text.matchAll(asked)].some(([, name]) => names.test(name!))
}

/** Does a text name the actor, or a tenant? */
export function namesActorOrTenant(text: string, { tenancy }: QueryContext): boolean {
  const names = tenantNames(tenancy)
  return actorWords.test(text) || (text.match(/[A-Za-z_$][\w$]*/g) ?? []).some((word) => names.test(word))
}

/** Does a function do anything with what it is handed at this place? */
export function usesParameter(node: TSESTree.Node, index: number, text: string): boolean {
  if (!isFunction(node)) return true
  const parameter = node.params[index]
  if (parameter === undefined) return false
  const body = text.slice(node.body.range[0] - node.range[0])
  const names = namesIn(parameter)
  return (
    names.length === 0 ||
    names.some((name) => new RegExp(`(?<![\\w$])(?<!(?<!\\.)\\.)${escaped(name)}(?![\\w$])`).test(body))
  )
}

const escaped = (name: string): string => name.replaceAll('$', '\\$')
