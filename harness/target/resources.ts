import type { Operation } from './target.ts'

/**
 * From names to resource types. Types are compared in one canonical spelling: lower case, letters and digits, singular, so that
 * `project_member`, `ProjectMembers` and `projectMember` are one type.
 */

/** Words for a tenant itself: an id parameter of this type takes a tenant's id when the target provisions no such resource. */
const tenantWords = new Set([
  'tenant',
  'org',
  'organization',
  'organisation',
  'workspace',
  'account',
  'company',
  'team',
  'customer',
  'client',
])

/** Words for a user in a role: `assigneeId` takes a user when nothing is called assignee. */
const userWords = new Set([
  'assignee',
  'owner',
  'author',
  'creator',
  'reviewer',
  'member',
  'manager',
  'reporter',
  'invitee',
  'recipient',
  'createdby',
  'updatedby',
  'assignedto',
])

/** The type whose pool holds tenants' own ids. */
export const tenantType = 'tenant'

export function singular(word: string): string {
  if (/(ss|us|is)$/i.test(word)) return word
  if (/ies$/i.test(word) && word.length > 4) return `${word.slice(0, -3)}y`
  if (/(stat|b|bon|vir|camp|cens)uses$|(ali|canv)ases$/i.test(word)) return word.slice(0, -2)
  if (/(xes|ches|shes|sses|zes)$/i.test(word)) return word.slice(0, -2)
  return /s$/i.test(word) && word.length > 2 ? word.slice(0, -1) : word
}

/** @internal */
export function canonicalType(name: string): string {
  return singular(name.replace(/[^A-Za-z0-9]/g, '').toLowerCase())
}

const idName = /^(.*?)(?:[_-]?(?:uuid|guid)|_ids?|-ids?|Ids?|IDs?)$/

/** Fields that name a resource by something else than its id; the pools keep them as `type.field`. */
const otherKeys = new Set(['slug', 'key', 'number', 'code', 'handle'])

/** `projectId` → `project`; null for what names no id. `id` alone gives ''. */
export function typeOfProperty(name: string): string | null {
  if (/^(id|uuid|guid|ids)$/i.test(name)) return ''
  const match = idName.exec(name)
  return match === null || match[1] === '' ? null : canonicalType(match[1]!)
}

/** `/projects/{projectId}/tasks/{id}` and `id` → `task`: by the parameter's own name, else by the collection before it. */
export function typeOfPathParameter(path: string, name: string): string | null {
  const segments = path.split('/')
  const index = segments.findIndex((segment) => segment.includes(`{${name}}`))
  const before = segments[index - 1]
  const collection =
    before === undefined || before === '' || before.includes('{') ? null : canonicalType(before)
  const byName = typeOfProperty(name)
  if (byName) return byName
  if (otherKeys.has(name.toLowerCase()))
    return collection === null ? null : `${collection}.${name.toLowerCase()}`
  const own = canonicalType(name)
  if (tenantWords.has(own)) return own
  return collection ?? (byName === '' ? null : own)
}

/** Last words of a path that say what is done with a collection, and name none. */
const action =
  /^((bulk|batch|mass|multi)([-_A-Z].*)?|search|query|find|filter|import|export|count|stats|statistics|upload|download|validate|preview|reorder|sort|move|copy|merge|duplicate)$/

/** `/tasks/bulk` and `/tasks/{id}/export` end in an action; `/search` and `/api/search` do not, for nothing before it is a collection. */
export function endsInAction(path: string): boolean {
  const segments = path.split('/').filter((segment) => segment !== '')
  const last = segments.at(-1)
  const before = segments.at(-2)
  if (last === undefined || last.includes('{')) return false
  // `/tasks:batchUpdate`, as Google's API design guide writes it.
  if (/[^:]:\w/.test(last)) return true
  return action.test(last) && before !== undefined && (before.includes('{') || singular(before) !== before)
}

/** The collection that a path ends in: what a POST to it creates. `/projects/{id}/tasks` → `task`, `/tasks/bulk` → `task`. */
export function typeOfCollection(path: string): string | null {
  const segments = path.split('/').filter((segment) => segment !== '')
  if (endsInAction(path) && !segments.at(-1)!.includes(':')) segments.pop()
  for (const segment of segments.toReversed()) {
    if (!segment.includes('{')) return canonicalType(segment.split(':')[0]!)
  }
  return null
}

/**
 * In a program that names its collections in the plural, a word in the singular behind an id says what is done with the row:
 * `/invoices/{id}/issue`, `/tasks/{id}/complete`.
 */
export function endsInDeed(path: string): boolean {
  const [collection, id, last] = path
    .split('/')
    .filter((segment) => segment !== '')
    .slice(-3)
  if (last === undefined || !id!.includes('{') || last.includes('{') || collection!.includes('{'))
    return false
  return singular(last) === last && singular(collection!) !== collection
}

/** Does a success make a new row of what the operation produces? */
export function creates(operation: Pick<Operation, 'method' | 'path' | 'produces'>): boolean {
  return operation.method === 'POST' && operation.produces !== undefined && !endsInAction(operation.path)
}

/**
 * The pool that serves a type, among those that exist: itself, the tenant, the user in a role, or the type that its name ends
 * in (`parentTask` → `task`). Null when none does.
 */
export function resolveType(type: string, known: ReadonlySet<string>): string | null {
  if (known.has(type)) return type
  if (tenantWords.has(type)) return tenantType
  if (userWords.has(type) && known.has('user')) return 'user'
  let longest: string | null = null
  for (const candidate of known) {
    if (type.endsWith(candidate) && candidate.length > (longest?.length ?? 2)) longest = candidate
  }
  return longest
}
