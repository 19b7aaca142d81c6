import type { TSESTree } from '@typescript-eslint/utils'
import { keyName, memberName } from '../source/binding.ts'
import { contains, functionAround, unwrap } from '../source/children.ts'
import { variableOf } from '../source/module.ts'
import type { ExtractionScope } from '../query/library.ts'
import type { FileView } from './file.ts'
import { exportOf, isGlobal, originOf } from '../source/origin.ts'
import { isCheckedByHand } from './signatures.ts'

/** A call that reads a token without checking its signature, and the token. */
export interface DecodedToken {
  readonly node: TSESTree.CallExpression
  readonly token: TSESTree.Node
}

/** A call that checks a token's signature. `options` is null when there are none, undefined when they are out of sight. */
export interface VerifiedToken {
  readonly node: TSESTree.CallExpression
  readonly library: 'jsonwebtoken' | 'jose' | 'other'
  readonly options: ReadonlyMap<string, TSESTree.Node> | null | undefined
}

const verifiers =
  /^(verify|verifyAsync|jwtVerify|compactVerify|flattenedVerify|generalVerify|verifyIdToken|verifyToken|unsecuredVerify)$/

const verifierPackages =
  /^(jsonwebtoken|jose|fast-jwt|@nestjs\/jwt|google-auth-library|firebase-admin(\/.*)?|aws-jwt-verify|@fastify\/jwt|@clerk\/.*|hono\/jwt|jwks-rsa)$/

/** Calls of the file that check signatures. */
export function verifiedTokens(file: FileView): readonly VerifiedToken[] {
  return file.all('CallExpression').flatMap((node): VerifiedToken[] => {
    const origin = originOf(file.scope.definitionOf(node.callee))
    if (origin === null || !verifierPackages.test(origin.module)) return []
    if (!verifiers.test(origin.path.at(-1)!)) return []
    const nest = origin.module === '@nestjs/jwt'
    const library = origin.module === 'jsonwebtoken' || origin.module === 'jose' ? origin.module : 'other'
    return [{ node, library, options: optionsOf(node.arguments[nest ? 1 : 2], file.scope) }]
  })
}

function optionsOf(
  node: TSESTree.CallExpressionArgument | undefined,
  scope: ExtractionScope,
): VerifiedToken['options'] {
  if (node === undefined || scope.definitionOf(node).kind === 'function') return null
  const view = scope.objectOf(node)
  if (view === null || view.open.length > 0) return undefined
  return new Map(view.properties.map(({ name, value }) => [name, value]))
}

/** Calls of the file that read a token's claims without checking its signature. */
export function decodedTokens(file: FileView): readonly DecodedToken[] {
  return file.all('CallExpression').flatMap((node): DecodedToken[] => {
    const [first] = node.arguments
    if (first === undefined || first.type === 'SpreadElement') return []
    if (isDecoder(node, file.scope)) return [{ node, token: first }]
    const token = isJsonParse(node) ? payloadPart(first, file.scope) : null
    return token === null ? [] : [{ node, token }]
  })
}

function isDecoder({ callee }: TSESTree.CallExpression, scope: ExtractionScope): boolean {
  const definition = scope.definitionOf(callee)
  const exported = exportOf(definition)
  switch (exported?.module) {
    case 'jsonwebtoken':
      return exported.name === 'decode'
    case 'jose':
      return exported.name === 'decodeJwt'
    case 'jwt-decode':
      return /^(default|jwtDecode|jwt_decode)$/.test(exported.name)
    default: {
      const origin = originOf(definition)
      return origin?.module === '@nestjs/jwt' && origin.path.at(-1) === 'decode'
    }
  }
}

function isJsonParse({ callee }: TSESTree.CallExpression): boolean {
  return (
    callee.type === 'MemberExpression' &&
    callee.object.type === 'Identifier' &&
    callee.object.name === 'JSON' &&
    memberName(callee) === 'parse'
  )
}

/** The token of `atob(token.split('.')[1])` or `Buffer.from(token.split('.')[1], 'base64url').toString()`. */
function payloadPart(text: TSESTree.Node, scope: ExtractionScope): TSESTree.Node | null {
  const value = scope.resolve(text)
  if (value.type !== 'CallExpression') return null
  const callee = unwrap(value.callee)
  if (callee.type === 'MemberExpression') {
    const name = memberName(callee)
    if (name === 'toString' || name === 'decode') {
      const [argument] = name === 'decode' ? value.arguments : []
      return payloadPart(argument ?? callee.object, scope)
    }
    const buffer = unwrap(callee.object)
    if (name !== 'from' || buffer.type !== 'Identifier' || buffer.name !== 'Buffer') return null
    return value.arguments[0] === undefined ? null : secondPart(value.arguments[0], scope)
  }
  const decodes = callee.type === 'Identifier' && isGlobal(scope.definitionOf(callee), 'atob')
  return decodes && value.arguments[0] !== undefined ? secondPart(value.arguments[0], scope) : null
}

/** `token` of `token.split('.')[1]`, also through `const [, payload] = token.split('.')`. */
function secondPart(node: TSESTree.Node, scope: ExtractionScope): TSESTree.Node | null {
  const place = partOf(unwrap(node), scope)
  if (place === null || place.index !== '1') return null
  const call = scope.resolve(place.object)
  if (call.type !== 'CallExpression' || call.callee.type !== 'MemberExpression') return null
  const [separator] = call.arguments
  const splits = memberName(call.callee) === 'split' && separator !== undefined
  return splits && scope.constantOf(separator)?.value === '.' ? call.callee.object : null
}

function partOf(
  node: TSESTree.Node,
  scope: ExtractionScope,
): { readonly object: TSESTree.Node; readonly index: string | null } | null {
  if (node.type === 'MemberExpression') return { object: node.object, index: memberName(node) }
  if (node.type === 'CallExpression' && node.callee.type === 'MemberExpression') {
    // Base64url is often made base64 by hand first: `part.replace(/-/g, '+')`.
    return /^replace(All)?$/.test(memberName(node.callee) ?? '')
      ? partOf(unwrap(node.callee.object), scope)
      : null
  }
  if (node.type !== 'Identifier') return null
  const definition = variableOf(scope.sourceCode, node)?.defs[0]
  if (definition?.node.type !== 'VariableDeclarator' || definition.node.init === null) return null
  const { id, init } = definition.node
  if (id.type === 'Identifier') return partOf(unwrap(init), scope)
  if (id.type !== 'ArrayPattern') return null
  const index = id.elements.findIndex((one) => one?.type === 'Identifier' && one.name === node.name)
  return { object: init, index: String(index) }
}

/** Claims that say nothing of who somebody is. */
const impersonal = /^(exp|iat|nbf|header|kid|alg|typ|iss|jti)$/

/** Are claims taken from the token that tell who or what somebody is? */
export function isIdentityTaken({ node }: DecodedToken, scope: ExtractionScope): boolean {
  const names = claimsOf(node, scope, 0)
  return names === null || names.some((name) => !impersonal.test(name))
}

/** Names of the claims that are read from a value; null when it is handed on as a whole. */
function claimsOf(value: TSESTree.Node, scope: ExtractionScope, depth: number): readonly string[] | null {
  let use: TSESTree.Node = value
  while (use.parent !== undefined && unwrap(use.parent, true) === unwrap(use, true)) use = use.parent
  const parent = use.parent!
  if (parent.type === 'MemberExpression' && parent.object === use) {
    const name = memberName(parent)
    return name === 'payload' && depth < 5
      ? claimsOf(parent, scope, depth + 1)
      : name === null
        ? null
        : [name]
  }
  if (isTest(parent, use)) return []
  if (parent.type !== 'VariableDeclarator' || parent.init !== use) return null
  if (parent.id.type === 'ObjectPattern') {
    const keys = parent.id.properties.map((one) =>
      one.type === 'Property' ? keyName(one.key, one.computed) : null,
    )
    return keys.includes(null) ? null : (keys as string[])
  }
  const variable = parent.id.type === 'Identifier' ? variableOf(scope.sourceCode, parent.id) : null
  if (variable === null || depth > 5) return null
  const uses = variable.references
    .filter((one) => !one.isWrite())
    .map((one) => claimsOf(one.identifier as TSESTree.Node, scope, depth + 1))
  return uses.includes(null) ? null : uses.flatMap((one) => one!)
}

function isTest(parent: TSESTree.Node, use: TSESTree.Node): boolean {
  switch (parent.type) {
    case 'UnaryExpression':
      return true
    case 'IfStatement':
      return parent.test === use
    case 'LogicalExpression':
      return parent.left === use && parent.operator === '&&'
    case 'BinaryExpression':
      return true
    default:
      return false
  }
}

/**
 * Is a signature checked in the function that also reads the token's claims, or in one that calls it? Then the reading only
 * finds the key.
 */
export function isVerifiedToo(
  { node, token }: DecodedToken,
  verified: readonly VerifiedToken[],
  file: FileView,
): boolean {
  const { sourceCode } = file.scope
  const around = outermostFunction(node)
  if (isCheckedByHand(token, around, file)) return true
  if (verified.some((one) => around === null || contains(around, one.node))) return true
  const name = around === null ? null : nameOf(around)
  if (name === null) return false
  return (variableOf(sourceCode, name)?.references ?? []).some(({ identifier }) => {
    const caller = outermostFunction(identifier as TSESTree.Node)
    return caller !== null && verified.some((one) => contains(caller, one.node))
  })
}

function outermostFunction(node: TSESTree.Node): TSESTree.Node | null {
  let around = functionAround(node)
  for (let next = around; next !== null; next = functionAround(next)) around = next
  return around
}

/** Name of a function that only this file can call. */
function nameOf(node: TSESTree.Node): TSESTree.Identifier | null {
  if (node.type === 'FunctionDeclaration') return node.parent.type.startsWith('Export') ? null : node.id
  const { parent } = node
  if (parent?.type !== 'VariableDeclarator' || parent.id.type !== 'Identifier') return null
  return parent.parent.parent.type.startsWith('Export') ? null : parent.id
}

/**
 * A token that came over TLS from the provider itself may be read as it is: OpenID Connect Core 1.0, section 3.1.3.7. So may an access token that
 * the program keeps for calls of its own.
 */
export function isFromProvider({ token }: DecodedToken, scope: ExtractionScope): boolean {
  if (scope.provenanceOf(token).kind === 'request') return false
  const bare = unwrap(token)
  const text = scope.sourceCode.getText(bare)
  if (/\bid_?token$/i.test(text)) return true
  const declared = bare.type === 'Identifier' ? variableOf(scope.sourceCode, bare)?.defs[0]?.node : bare
  const told = declared?.type === 'VariableDeclarator' || declared?.type === 'MemberExpression'
  return told && /\baccess_token\b|credentials|oauth/i.test(scope.sourceCode.getText(declared))
}

/** Code that runs in the browser decides nothing. */
export function isForBrowser(file: FileView): boolean {
  const { body } = file.scope.sourceCode.ast
  const [first] = body
  const directive = first?.type === 'ExpressionStatement' ? first.directive : undefined
  const components = body.some(
    (one) => one.type === 'ImportDeclaration' && /^(react|vue|svelte|@angular\/core)$/.test(one.source.value),
  )
  return directive === 'use client' || components
}
