import type { TSESTree } from '@typescript-eslint/utils'
import { unwrap } from '../../source/children.ts'
import type { QueryContext } from '../context.ts'
import { calleeName } from '../../source/callee.ts'

/**
 * `c.get('userId')`: what runs before a handler of Hono keeps in the context, by its name and members; null for anything
 * else. The names of headers, which other frameworks read the same way, are written in small letters and dashes.
 */
export function contextVariableOf(node: TSESTree.Node, file: QueryContext): string | null {
  const identity = file.proofs.identities.of(node)
  const call = identity?.call ?? null
  if (call === null || calleeName(call) !== 'get') return null
  const callee = unwrap(call.callee)
  const object = callee.type === 'MemberExpression' ? unwrap(callee.object) : null
  const [name, ...others] = call.arguments
  if (object?.type !== 'Identifier' || !isContext(object.name, file) || others.length > 0) return null
  if (name?.type !== 'Literal' || typeof name.value !== 'string') return null
  return isHeader(name.value) ? null : [name.value, ...identity!.path].join('.')
}

/** Hono's own name for it, and those that Koa has for something that reads headers, where the file speaks of Hono. */
const isContext = (name: string, { scope }: QueryContext): boolean =>
  name === 'c' ||
  (/^(?:ctx|context)$/.test(name) &&
    /['"](?:@hono\/[\w-]+|hono(?:\/[\w/-]+)?)['"]/.test(scope.sourceCode.text))

const isHeader = (name: string): boolean =>
  name.includes('-') || /^(?:accept|authorization|cookie|host|origin|referer|forwarded|via)$/i.test(name)

/** Does a variable of the context say who is logged in? */
export function isSelfVariable(name: string): boolean {
  return /^(?:user|actor|member)_?(?:id|email)$|^(?:session\.)?(?:user|actor)\.(?:id|email)$/i.test(name)
}
