import type { Resolved } from '../generate/resolve.ts'
import type { Tenant } from '../model/tenant.ts'
import type { Answer } from '../oracles/oracle.ts'
import type { Arena } from './arena.ts'
import type { ShownRequest, ShownResponse } from './events.ts'
import type { Played } from './execute.ts'
import { wireOf } from './exchange.ts'

const excerptLength = 400

/** Gives concrete values their symbols: `victim.project#1`, `<canary of victim>`, `$ATTACKER_TOKEN`. */
export class Disguise {
  readonly #arena: Arena
  readonly #actor: Tenant
  /** Concrete value → symbol, in the order in which they were learnt. */
  readonly #symbols = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  constructor(arena: Arena, actor: Tenant) {
    this.#arena = arena
    this.#actor = actor
    for (const tenant of [arena.victim, arena.bystander, actor]) {
      this.#symbols.set(tenant.provisioned.id, `${tenant.label}.tenant`)
      this.#symbols.set(tenant.slug, `${tenant.label}.slug`)
      for (const { type, id } of tenant.pool.all()) if (id.length > 2) this.#learn(id, tenant.label, type)
    }
  }

  #learn(id: string, label: string, type: string): void {
    if (this.#symbols.has(id)) return
    const key = `${label}.${type}`
    const count = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, count)
    this.#symbols.set(id, `${key}#${count}`)
  }

  /** Ids of a request get their symbols from the slots that they stood in. */
  note(resolved: Resolved): void {
    for (const { slot, id, relation } of resolved.filled) {
      if (relation === 'malformed') continue
      this.#learn(id, relation === 'own' || relation === 'deleted' ? this.#actor.label : relation, slot.type)
    }
    // What is left of a pair are the ghosts.
    if (resolved.hinted !== null)
      for (const value of resolved.sent) if (!this.#symbols.has(value)) this.#learn(value, 'ghost', 'tenant')
  }

  text(text: string): string {
    let out = text
    for (const [value, symbol] of this.#symbols) {
      // A short number would be replaced inside other words.
      if (value.length < 6)
        out = out.replace(new RegExp(`(?<![\\w-])${escape(value)}(?![\\w-])`, 'g'), symbol)
      else if (out.includes(value)) out = out.replaceAll(value, symbol)
    }
    return this.#arena.world.canaries.mask(out, (tenant) => this.#arena.world.nameOf(tenant))
  }

  request(resolved: Resolved): ShownRequest {
    const { headers } = wireOf(resolved)
    const shown: Record<string, string> = {}
    for (const [name, value] of Object.entries(headers)) {
      shown[name] = this.#isSecret(name, String(value)) ? `<${this.#actor.label}>` : this.text(String(value))
    }
    const body =
      resolved.body === undefined ? null : (JSON.parse(this.text(JSON.stringify(resolved.body))) as unknown)
    return {
      operation: resolved.prepared.operation.id,
      actor: this.actorName(resolved),
      method: resolved.method,
      path: this.text(resolved.path),
      headers: shown,
      body,
    }
  }

  response(answer: Answer): ShownResponse {
    return { status: answer.status, excerpt: this.text(answer.body).slice(0, excerptLength) }
  }

  actorName(resolved: Resolved): string {
    if (resolved.step.credential === 'absent') return 'nobody'
    const { actors, label } = this.#actor
    return `${label}.${actors[resolved.step.actor % actors.length]!.name}`
  }

  /** A header that the target's `authenticate` gave is a credential, unless it names the tenant. */
  #isSecret(name: string, value: string): boolean {
    if (/^(accept|content-type|host)$/.test(name) || this.#symbols.has(value)) return false
    if (/^(authorization|cookie|proxy-authorization)$/.test(name)) return true
    return this.#actor.actors.some(({ credentials }) =>
      Object.entries(credentials.headers ?? {}).some(
        ([header, secret]) => header.toLowerCase() === name && secret === value,
      ),
    )
  }
}

/** All steps of a played sequence, with the partner of a comparison after its step. */
export function showSteps(
  played: readonly Played[],
  disguise: Disguise,
): { readonly request: ShownRequest; readonly response: ShownResponse }[] {
  const pairs = played.flatMap(({ resolved, answer, partner }) =>
    partner === null ? [{ resolved, answer }] : [{ resolved, answer }, partner],
  )
  for (const { resolved } of pairs) disguise.note(resolved)
  return pairs.map(({ resolved, answer }) => ({
    request: disguise.request(resolved),
    response: disguise.response(answer),
  }))
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
