import type { Resolved } from '../generate/resolve.ts'
import type { Tenant } from '../model/tenant.ts'
import type { Answer, Exchange } from '../oracles/oracle.ts'
import type { Arena } from './arena.ts'

/** Sends a resolved step. @throws the socket's error when no answer came */
export async function sendResolved(resolved: Resolved, arena: Arena): Promise<Answer> {
  const { headers, body } = wireOf(resolved)
  return arena.transport.send(resolved.method, resolved.path, headers, body)
}

/** Headers and body as they go over the wire. */
export function wireOf(resolved: Resolved): {
  readonly headers: Record<string, string | string[]>
  readonly body: string | null
} {
  const { headers, host, body, prepared } = resolved
  const wire: Record<string, string | string[]> = { accept: 'application/json', ...headers }
  if (host !== null) wire['host'] = host
  const contentType = prepared.operation.body?.contentType
  if (contentType === undefined || body === undefined) return { headers: wire, body: null }
  wire['content-type'] = contentType
  if (!contentType.startsWith('application/x-www-form-urlencoded'))
    return { headers: wire, body: JSON.stringify(body) }
  const fields = Object.entries((body ?? {}) as Record<string, unknown>).map(
    ([name, value]): [string, string] => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ],
  )
  return { headers: wire, body: new URLSearchParams(fields).toString() }
}

/**
 * Names and ids of others that stand in a text, whether they were put there as such or inside a word that a field was filled with:
 * an answer that repeats them, then or later, tells nothing.
 */
export function spokenIn(text: string, actor: Tenant, { world, victim }: Arena): string[] {
  const names = [victim.provisioned.id, victim.slug].filter((name) => text.includes(name))
  return [...names, ...Array.from(world.identifiers.foreign(text, actor.index), ({ id }) => id)]
}

/** What the oracles are told about a request and its answer. */
export function exchangeOf(resolved: Resolved, answer: Answer, actor: Tenant, arena: Arena): Exchange {
  const text = `${resolved.path} ${JSON.stringify(resolved.body) ?? ''}`
  return {
    operation: resolved.prepared.operation,
    relation: resolved.relation,
    actor: actor.index,
    named: resolved.named,
    sent: new Set([...resolved.sent, ...spokenIn(text, actor, arena)]),
    hinted: resolved.hinted === null ? null : arena.victim.index,
    answer,
  }
}
