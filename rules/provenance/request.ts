import type { TSESTree } from '@typescript-eslint/utils'

/**
 * What whoever sends a request chooses, told from the path of members that leads to a value. `request` stands for every
 * name of the request object once {@link canonicalRoot} has been applied.
 */

const requestNames = new Set(['request', 'ctx', 'context', 'c', 'event', 'raw', 'rawRequest', 'opts'])

const chosen = new Set([
  'params',
  'body',
  'rawBody',
  'query',
  'headers',
  'cookies',
  'signedCookies',
  'searchParams',
  'nextUrl',
  'pathParameters',
  'queryStringParameters',
  'multiValueQueryStringParameters',
  'hostname',
  'host',
  'subdomains',
  'url',
  'originalUrl',
  'files',
  'file',
])

/** What a page of Next.js is handed. */
const pageProperties = new Set(['params', 'searchParams'])

/** Methods of a request object that hand out what the sender wrote. */
const chosenCalls = new Set([
  'param()',
  'query()',
  'queries()',
  'header()',
  'get()',
  'json()',
  'formData()',
  'text()',
  'parseBody()',
  'valid()',
  'cookie()',
])

/** May be missing although the route matched; a path parameter cannot. */
const mayBeMissing = new Set([
  'query',
  'headers',
  'cookies',
  'signedCookies',
  'searchParams',
  'queryStringParameters',
  'query()',
  'header()',
  'get()',
  'cookie()',
])

const aliases: Readonly<Record<string, string>> = { req: 'request', _req: 'request', _request: 'request' }

/** One name for the request object, however it is called. */
export function canonicalRoot(name: string): string {
  return aliases[name] ?? name
}

/** Index of the first segment that the sender chooses; -1 when none is. `anonymous`: the root is a destructured parameter. */
export function requestSegment(path: readonly string[], anonymous: boolean): number {
  return path.findIndex((segment, index) => {
    if (anonymous && index === 1 && path[0] === '')
      return chosen.has(segment) || segment === 'input' || segment === 'parsedInput'
    const holder = path[index - 1]
    if (holder === 'props') return pageProperties.has(segment)
    if (holder === undefined || !requestNames.has(canonicalRoot(holder))) return false
    return (
      chosen.has(segment) ||
      chosenCalls.has(segment) ||
      (segment === 'input' && holder === 'opts') ||
      segment === 'parsedInput'
    )
  })
}

/** Names of functions that hand out what was sent: `readJsonBody`, `getValidatedQuery`, `parseInput`. */
const reading =
  /^(?:read|parse|get|extract|load|fetch|decode|validate)\w*(?:Body|J[sS][oO][nN]|Form(?:Data)?|Payload|Input|Params?|Query|SearchParams|Headers?)(?:$|[A-Z]\w*$)/

/** `readJsonBody(request, schema)`, `getParams({ req })`: a call that is handed the request to read what was sent with it. */
export function readsRequest(name: string, given: readonly TSESTree.Node[]): boolean {
  return reading.test(name) && given.some(isRequestObject)
}

function isRequestObject(node: TSESTree.Node): boolean {
  if (node.type === 'Identifier') return requestNames.has(canonicalRoot(node.name))
  if (node.type === 'MemberExpression') {
    return node.property.type === 'Identifier' && canonicalRoot(node.property.name) === 'request'
  }
  return (
    node.type === 'ObjectExpression' &&
    node.properties.some((one) => one.type === 'Property' && isRequestObject(one.value))
  )
}

export function isOftenMissing(segment: string): boolean {
  return mayBeMissing.has(segment)
}

/**
 * Does the path lead to (or through) a trusted place? The names before it do not matter; the first segment of
 * `trusted` may be missing where a parameter was destructured (`({ session }) => session.orgId`).
 */
export function matchesTrusted(path: readonly string[], trusted: string, anonymous: boolean): boolean {
  const wanted = trusted.split('.').map((segment) => canonicalRoot(segment))
  const own = path.map((segment) => canonicalRoot(segment))
  for (let start = 0; start + wanted.length <= own.length; start++) {
    if (wanted.every((segment, index) => own[start + index] === segment)) {
      return requestSegment(own.slice(0, start + 1), anonymous) < 0
    }
  }
  if (!anonymous || own[0] !== '' || wanted.length < 2) return false
  return wanted.slice(1).every((segment, index) => own[1 + index] === segment)
}

const requestDecorators = /^(Param|Body|Query|Headers|Req|Request|Args|Cookies)$/

/** NestJS hands request data to parameters with these decorators. */
export function hasRequestDecorator(pattern: TSESTree.Node): boolean {
  const decorators = 'decorators' in pattern ? pattern.decorators : []
  return (decorators ?? []).some(({ expression }) => {
    const callee = expression.type === 'CallExpression' ? expression.callee : expression
    return callee.type === 'Identifier' && requestDecorators.test(callee.name)
  })
}
