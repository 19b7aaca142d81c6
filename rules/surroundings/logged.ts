import type { TSESTree } from '@typescript-eslint/utils'
import { annotationOf, memberName } from '../source/binding.ts'
import { unwrap } from '../source/children.ts'
import { variableOf } from '../source/module.ts'
import type { ExtractionScope } from '../query/library.ts'
import type { Judged } from '../query/judge.ts'
import type { FileView } from './file.ts'
import type { LogCall } from './loggers.ts'
import { readRowOf } from './row.ts'
import { isSecretName } from './secret-name.ts'
import { isNamedTenant } from './tenant-name.ts'

/** Something in the log that does not belong there. */
export type Logged =
  /** A password, token or key. */
  | { readonly kind: 'secret'; readonly node: TSESTree.Node }
  /** Headers and cookies as a whole: they carry the sender's token. */
  | { readonly kind: 'headers'; readonly node: TSESTree.Node }
  | { readonly kind: 'body'; readonly node: TSESTree.Node }
  /** Whole rows of a relation that tenants own. */
  | { readonly kind: 'row'; readonly node: TSESTree.Node; readonly mention: Judged }
  | { readonly kind: 'tenant'; readonly node: TSESTree.Node }

/** A value that ends up in the log, and the name that it has there; null inside a text. */
interface Leaf {
  readonly key: string | null
  readonly node: TSESTree.Node
}

const depthLimit = 8

/** What a call writes to the log although it should not. */
export function loggedBy(call: LogCall, file: FileView): readonly Logged[] {
  return call.values
    .flatMap((value) => leavesOf(value, file))
    .flatMap((leaf): Logged[] => {
      if (isRedacted(leaf, call)) return []
      const found = kindOf(leaf, call, file)
      return found === null ? [] : [found]
    })
}

/** The values that a logged expression writes out, through objects, texts, branches, constants and what turns values into text. */
function leavesOf(given: TSESTree.Node, { scope }: FileView): readonly Leaf[] {
  const found: Leaf[] = []
  const visit = (at: TSESTree.Node, key: string | null, depth: number): void => {
    const node = unwrap(at, true)
    const again = (next: TSESTree.Node): void => visit(next, key, depth + 1)
    if (depth > depthLimit) return
    switch (node.type) {
      case 'TemplateLiteral':
        return node.expressions.forEach((one) => visit(one, null, depth + 1))
      case 'BinaryExpression':
        return node.operator === '+' ? [node.left, node.right].forEach(again) : undefined
      case 'LogicalExpression':
        return (node.operator === '&&' ? [node.right] : [node.left, node.right]).forEach(again)
      case 'ConditionalExpression':
        return [node.consequent, node.alternate].forEach(again)
      case 'ArrayExpression':
        return node.elements.forEach((one) => {
          if (one !== null) again(one.type === 'SpreadElement' ? one.argument : one)
        })
      case 'ObjectExpression':
        return node.properties.forEach((one) => {
          if (one.type === 'SpreadElement') return again(one.argument)
          const own = one.computed ? null : one.key.type === 'Identifier' ? one.key.name : null
          visit(one.value, own ?? key, depth + 1)
        })
      case 'CallExpression':
        // What was sent, read where it is logged.
        if (partOfRequest(node, scope) !== '') found.push({ key, node })
        return writtenOut(node).forEach(again)
      case 'MemberExpression':
        return void found.push({ key, node })
      case 'Identifier': {
        found.push({ key, node })
        const value = scope.resolve(node)
        const built = /^(ObjectExpression|TemplateLiteral|ArrayExpression|BinaryExpression)$/.test(value.type)
        return built ? again(value) : undefined
      }
      default:
    }
  }
  visit(given, null, 0)
  return found
}

/** `JSON.stringify(x)`, `String(x)`, `inspect(x)`, `x.toString()`: any other function may have masked what it was given. */
function writtenOut(node: TSESTree.CallExpression): readonly TSESTree.Node[] {
  const callee = unwrap(node.callee)
  const [first] = node.arguments
  const argument = first === undefined || first.type === 'SpreadElement' ? [] : [first]
  if (callee.type === 'Identifier') return /^(String|inspect)$/.test(callee.name) ? argument : []
  if (callee.type !== 'MemberExpression') return []
  const name = memberName(callee) ?? ''
  // A replacer may leave out what is secret.
  if (name === 'stringify') return node.arguments[1]?.type === 'ArrowFunctionExpression' ? [] : argument
  if (/^(inspect|fromEntries|entries)$/.test(name)) return argument
  return /^(toString|trim)$/.test(name) ? [callee.object] : []
}

const nameOf = (node: TSESTree.Node): string =>
  node.type === 'Identifier' ? node.name : node.type === 'MemberExpression' ? (memberName(node) ?? '') : ''

/** Paths of a logger's `redact` apply to properties, never inside a text. */
function isRedacted({ key, node }: Leaf, { redacted }: LogCall): boolean {
  if (redacted.length === 0 || key === null) return false
  const names = [key, nameOf(node)]
  const own = redacted.map((path) => path.replaceAll(/\[["'*]|["']?\]/g, '.').split('.'))
  return own.some((path) => {
    const last = path.findLast((segment) => segment !== '' && segment !== '*') ?? ''
    return names.includes(last) || (names.includes('headers') && /^(authorization|cookie)$/i.test(last))
  })
}

const masking = /mask|redact|hash|digest|fingerprint|anonym|pseudonym|obfuscat|censor/i

function kindOf(leaf: Leaf, { logger }: LogCall, file: FileView): Logged | null {
  const { key, node } = leaf
  const { scope, tenancy } = file
  if (masking.test(nameOf(node)) || (key !== null && masking.test(key))) return null
  if (isSecret(leaf, file)) return { kind: 'secret', node }
  const origin = scope.provenanceOf(node)
  const sent = partOfRequest(node, scope)
  if (/^(headers|rawHeaders|cookies|signedCookies)$/.test(sent)) return { kind: 'headers', node }
  if (/^(body|rawBody|json|formData|text|parseBody)$/.test(sent)) return { kind: 'body', node }
  if (logger === 'console' && isWholeRequest(node, file)) return { kind: 'headers', node }
  const row = readRowOf(node, file)
  if (row !== null && row.path.length === 0 && row.columns === null && isOwned(row.mention)) {
    return { kind: 'row', node, mention: row.mention }
  }
  const isTenant = origin.kind === 'trusted' || isNamedTenant(node, tenancy)
  return isTenant ? { kind: 'tenant', node } : null
}

const isOwned = ({ ownership }: Judged): boolean => ownership.kind === 'owned' || ownership.kind === 'through'

/** Named like a secret, and neither a flag nor a constant of the program. */
function isSecret({ key, node }: Leaf, { scope }: FileView): boolean {
  const own = nameOf(node)
  const named =
    isSecretName(own) || (key !== null && isSecretName(key) && /^(value|key|data|raw)$/i.test(own))
  if (!named || scope.provenanceOf(node).kind === 'literal') return false
  if (node.type !== 'Identifier') return true
  const declared = variableOf(scope.sourceCode, node)?.defs[0]?.name
  const type = declared === undefined ? null : annotationOf(declared as TSESTree.Node)
  return type?.type !== 'TSBooleanKeyword' && type?.type !== 'TSNumberKeyword'
}

/** `headers` of `request.headers`, `json` of `await request.json()`: the part itself, not a member of it; empty for what was not sent. */
function partOfRequest(node: TSESTree.Node, scope: ExtractionScope): string {
  const value = unwrap(scope.resolve(node), true)
  const [first] = value.type === 'CallExpression' ? value.arguments : []
  const name = nameOf(value.type === 'CallExpression' ? unwrap(value.callee) : value)
  if (name === 'parse' && first !== undefined) return partOfRequest(first, scope)
  return scope.provenanceOf(node).kind === 'request' ? name : ''
}

/** What frameworks call the type of a request; another type of that name may be anything. */
const requestTypes =
  /^(?:(?:\w+\.)?(?:Request|IncomingMessage)|FastifyRequest|NextRequest|NextApiRequest|KoaRequest)$/

/** `console.log(req)`: a logging library has serializers for it. */
function isWholeRequest(node: TSESTree.Node, { scope }: FileView): boolean {
  if (node.type !== 'Identifier' || !/^(req|request)$/.test(node.name)) return false
  const declared = variableOf(scope.sourceCode, node)?.defs[0]
  if ((declared?.type as string | undefined) !== 'Parameter') return false
  const type = annotationOf(declared!.name as TSESTree.Node)
  if (type === null) return true
  return type.type === 'TSTypeReference' && requestTypes.test(scope.sourceCode.getText(type.typeName))
}
