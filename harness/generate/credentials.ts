import type { Tenant } from '../model/tenant.ts'
import type { Step } from './trial.ts'

/** What a request says of who sends it. */
export interface Sender {
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly query: readonly (readonly [name: string, value: string])[]
  readonly host: string | null
}

const secretHeader = /^(authorization|cookie|x-(api|auth|access)[-_]?(key|token)|api[-_]?key)$/i

/** The credentials of the step's actor, left out or forged where the step wants that. */
export function senderOf({ actor, credential }: Step, attacker: Tenant, victim: Tenant): Sender {
  const { headers, query, host } = attacker.actors[actor % attacker.actors.length]!.credentials
  const swaps = [
    [attacker.provisioned.id, victim.provisioned.id],
    [attacker.slug, victim.slug],
  ] as const
  const isForged = credential === 'tampered' || credential === 'unsigned'
  return {
    headers: Object.entries(headers ?? {}).flatMap(([name, value]): (readonly [string, string])[] => {
      if (!secretHeader.test(name)) return [[name.toLowerCase(), value]]
      if (credential === 'absent') return []
      return [[name.toLowerCase(), isForged ? forge(value, credential, swaps) : value]]
    }),
    query: credential === 'absent' ? [] : Object.entries(query ?? {}),
    host: host ?? null,
  }
}

/** A token whose claims name the victim: signed as before (tampered), or with algorithm `none` (unsigned). RFC 7515, 8725. */
function forge(
  value: string,
  how: 'tampered' | 'unsigned',
  swaps: readonly (readonly [string, string])[],
): string {
  const match = /^(.*?)([\w-]+)\.([\w-]+)\.([\w-]*)$/.exec(value)
  if (match === null) return `${value.slice(0, -4)}AAAA`
  const [, before, header, claims, signature] = match
  const swapped = swaps.reduce(
    (text, [from, to]) => text.replaceAll(from, to),
    Buffer.from(claims!, 'base64url').toString('utf8'),
  )
  const payload = Buffer.from(swapped).toString('base64url')
  if (how === 'tampered') return `${before}${header}.${payload}.${signature}`
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url')
  return `${before}${none}.${payload}.`
}
