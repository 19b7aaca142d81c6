import type { TSESTree } from '@typescript-eslint/utils'
import { isFunction, type FunctionNode } from '../../source/binding.ts'
import type { Tenancy } from '../../tenancy/tenancy.ts'
import { takesRequest } from './entry.ts'
import { isDeclaredPublic } from './published.ts'

/** The functions around a node, innermost first. */
export function functionsAround(node: TSESTree.Node): readonly FunctionNode[] {
  const found: FunctionNode[] = []
  for (let at = node.parent; at != null; at = at.parent) if (isFunction(at)) found.push(at)
  return found
}

/** A function with the call that it is handed to: a wrapper, a route. */
export interface Handler {
  readonly function: FunctionNode
  readonly whole: TSESTree.Node
}

/** The outermost function around a node: null at the top level. */
export function outermostAround(node: TSESTree.Node): Handler | null {
  return wholeOf(functionsAround(node).at(-1))
}

/** The same, where a function that takes a request goes before one that only registers routes. */
export function handlerAround(node: TSESTree.Node): Handler | null {
  return wholeOf(functionsAround(node).findLast(takesRequest)) ?? outermostAround(node)
}

function wholeOf(handler: FunctionNode | undefined): Handler | null {
  if (handler === undefined) return null
  let whole: TSESTree.Node = handler
  while (whole.parent?.type === 'CallExpression' || whole.parent?.type === 'MemberExpression')
    whole = whole.parent
  return { function: handler, whole }
}

const words = new WeakMap<Tenancy, RegExp>()

/** Names that mean the tenant in this model, in every usual spelling: `team_id`, `teamId`, `team`. */
export function tenantNames(tenancy: Tenancy): RegExp {
  const known = words.get(tenancy)
  if (known !== undefined) return known
  const stems = new Set<string>()
  for (const column of tenancy.tenantColumns) stems.add(stemOf(column))
  const root = tenancy.tenantRoot === null ? null : tenancy.find(tenancy.tenantRoot)
  for (const name of [root?.name, root?.model]) if (name != null) stems.add(stemOf(name))
  for (const path of tenancy.trusted) {
    for (const segment of path.split('.'))
      if (/id$/i.test(segment) && segment.length > 2) stems.add(stemOf(segment))
  }
  const alternatives = [...stems].filter((stem) => stem.length > 1).map((stem) => stem.replace(/_/g, '_?'))
  const made = new RegExp(
    `^(?:current|active|my|the|acting)?_?(?:${alternatives.join('|') || '(?!)'})(?:_?id)?$`,
    'i',
  )
  words.set(tenancy, made)
  return made
}

/** Does a name end in the id of a tenant, whosever it is: `surveyWorkspaceId`, `inviteTeamId`? */
export function endsInTenantId(name: string, tenancy: Tenancy): boolean {
  const words = name.split(/(?=[A-Z])|_/)
  const names = tenantNames(tenancy)
  return (
    /^ids?$/i.test(words.at(-1) ?? '') && words.some((_, index) => names.test(words.slice(index).join('')))
  )
}

/** Does a function of this name answer whose a resource is: `teamIdOf`, `getWorkspaceIdFromSurveyId`? */
export function answersTenant(name: string | null, tenancy: Tenancy): boolean {
  const asked = /^(?:get|find|fetch|load|read|resolve)?(.+?I[dD])(?:From|Of|By|For)(?=$|[A-Z])/.exec(
    name ?? '',
  )
  return asked !== null && tenantNames(tenancy).test(asked[1]!)
}

/** `team_id`, `teamId`, `teams`, `Team` → `team`. */
function stemOf(name: string): string {
  return name
    .replace(/^.*\./, '')
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/_?ids?$/, '')
    .replace(/_?table$/, '')
    .replace(/ies$/, 'y')
    .replace(/(?<!s)s$/, '')
}

const identity =
  /\b(?:protected\w*|authed\w*|authenticat(?:ed\w*|ion)|session|[cC]urrentUser|UseGuards|getUser|getCurrentUser|getServerSession|getSession|getAuth|authUser|auth|userId|user_id|ctx\.user|req\.user|request\.user|locals|principal|claims|jwt|apiKey)\b|\b(?:require|ensure|is|check|must|with)(?:d?Auth|LoggedIn|SignedIn|Authenticat)\w*/

/** `new PermissionChecker(req)`, `authorize(request, …)`: what is handed the request to ask what its sender may do. */
const asksForRights = /\b\w*(?:[pP]ermission|[aA]uthori[sz])\w*\(\s*(?:req|request|ctx|context)\b/

/** Is an authenticated actor, or its tenant, in sight of the handler? */
export function hasActor(handler: TSESTree.Node, text: string, tenancy: Tenancy): boolean {
  const before = actors.get(handler)
  if (before?.tenancy === tenancy) return before.answer
  const answer = speaksOfActor(handler, text, tenancy)
  actors.set(handler, { tenancy, answer })
  return answer
}

/** Each value that a handler hands to its queries asks. */
const actors = new WeakMap<TSESTree.Node, { readonly tenancy: Tenancy; readonly answer: boolean }>()

function speaksOfActor(handler: TSESTree.Node, text: string, tenancy: Tenancy): boolean {
  if (isDeclaredPublic(handler)) return false
  const source = [handler, ...decoratorsAround(handler)].map(({ range }) => text.slice(...range)).join('\n')
  if (identity.test(source) || asksForRights.test(source)) return true
  const names = tenantNames(tenancy)
  return (source.match(/[A-Za-z_$][\w$]*/g) ?? []).some((word) => names.test(word) || names.test(bare(word)))
}

/** What stands above a method and its class: `@UseGuards(JwtGuard)`. */
function decoratorsAround({ parent }: TSESTree.Node): readonly TSESTree.Node[] {
  return parent?.type === 'MethodDefinition' ? [...parent.decorators, ...parent.parent.parent.decorators] : []
}

/** `withWorkspace`, `getTeamOrThrow`, `teamAdminProcedure` → the word that is left. */
function bare(name: string): string {
  return name
    .replace(/^(?:with|get|require|use|for|by|in|current)(?=[A-Z])/, '')
    .replace(/(?:OrThrow|Auth|Access|Handler|(?:Admin|Owner|Member|Editor|User)?Procedure)$/, '')
}

const self =
  /(?:^|\.)(?:session|auth|currentUser|authUser|principal|claims|locals)(?:\(\))?\b.*(?:id|email|sub)$|(?:^|\.)(?:user|currentUser|me)\.(?:id|email)$|^(?:currentUserId|sessionUserId|authUserId)$/i

/** Does a path lead to the identity of whoever is logged in? */
export function isSelf(path: string): boolean {
  return self.test(path)
}

/** `getSession`, `getServerSession`, `auth`: a call that finds out who is logged in, not a session that is a row. */
export function isLogin(name: string): boolean {
  return /^(?:get|use|require|load|validate|verify|ensure)?(?:Server|Current|User|Login|Iron)?Session$|auth/i.test(
    name,
  )
}

const people = /user|person|member|actor|profile|principal|identity|account|auth|session|claims|^me$|^sub$/i

/** `res.locals.plan.id`: what a middleware left for the handler and is no person, nor their tenant. */
export function isFoundByAuthentication(path: string, tenancy: Tenancy): boolean {
  const names = path.split('.')
  const [left, ...more] = names.slice(names.indexOf('locals') + 1)
  const isIdOfIt = names.includes('locals') && more.length === 1 && /^(?:id|uuid)$/i.test(more[0]!)
  return isIdOfIt && !people.test(left!) && !tenantNames(tenancy).test(left!)
}

/** `session.teamId`, `locals.team.id`: is what a path to whoever is logged in ends with their tenant? */
export function isOwnTenant(path: string, tenancy: Tenancy): boolean {
  const [last = '', before = ''] = path.split('.').reverse()
  return tenantNames(tenancy).test(/^(?:id|uuid)$/i.test(last) ? before : last)
}
